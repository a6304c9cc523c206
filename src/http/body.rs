//! Responsible for reading a response body up to a limit, into memory that is wiped on drop.

use super::TransportError;
use crate::model::SecretBuffer;
use reqwest::Response;
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Reads up to `limit` bytes. Fails if the server sends nothing for `idle`. The read timeout of the
/// HTTP client cannot be used for this, because it also applies before the response begins, when the
/// server may need longer.
pub(crate) async fn read_body(
    response: &mut Response,
    limit: usize,
    idle: Duration,
) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let announced = response.content_length().unwrap_or_default();
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(TransportError::TooLarge);
    }
    let mut body = SecretBuffer::with_capacity(announced, limit);
    while let Some(chunk) = timeout(idle, response.chunk())
        .await
        .map_err(|_| TransportError::TimedOut)??
    {
        body.push(&chunk).map_err(|_| TransportError::TooLarge)?;
    }
    Ok(body.into_bytes())
}
