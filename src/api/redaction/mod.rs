//! Responsible for text from the API that may repeat a secret of the run: finding it, and replacing
//! the text. Keeps no copy of a secret.

mod error_body;
mod secrets_in_text;
mod sent_secrets;

#[cfg(test)]
mod tests;

pub use error_body::ServerMessage;
pub(super) use error_body::{WITHHELD, display_safe, server_message};
pub(super) use secrets_in_text::Redactor;
pub(super) use sent_secrets::SentSecrets;
