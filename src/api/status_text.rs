//! Responsible for the meaning of a status that is no success.

use std::fmt;

/// The meaning of a status, as text.
pub(super) struct StatusText(pub(super) u16);

impl fmt::Display for StatusText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            status @ 300..=399 => {
                write!(
                    f,
                    "the server redirected ({status}), and redirects are not followed"
                )
            }
            401 => f.write_str("not authenticated (401)"),
            402 => f.write_str("payment required (402)"),
            // Valid credentials also get 403 if the subscription does not include the operation.
            403 => f.write_str("not permitted (403)"),
            404 => f.write_str("not found (404)"),
            429 => f.write_str("too many requests (429)"),
            status if is_server_failure(status) => write!(f, "the server failed ({status})"),
            status => write!(f, "refused ({status})"),
        }
    }
}

/// Whether a failed request failed on the server: 5xx, or a status above. A failed request has
/// neither 1xx nor 2xx.
pub(super) fn is_server_failure(status: u16) -> bool {
    !(300..500).contains(&status)
}
