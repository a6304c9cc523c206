//! Responsible for reading a body as a whole, up to a limit, into memory that is wiped.

use super::TransportError;
use crate::model::SecretBuffer;
use reqwest::Response;
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Reads up to `limit` bytes. No two pieces may be further apart than `idle`: before the response
/// begins the server may work for as long as the request may take, so the client's own limit on
/// silence, which counts from the sending on, is not for this.
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
    while let Some(piece) = timeout(idle, response.chunk())
        .await
        .map_err(|_| TransportError::TimedOut)??
    {
        body.push(&piece).map_err(|_| TransportError::TooLarge)?;
    }
    Ok(body.into_bytes())
}
