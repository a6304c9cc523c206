//! Responsible for recognizing text from the API that repeats a secret of the run, and for replacing
//! it. Does not store secrets.

mod base85;
mod decoders;
mod decodings;
mod error_body;
mod secrets_in_text;
mod sent_secrets;

#[cfg(test)]
mod tests;

pub use error_body::ServerMessage;
pub(super) use error_body::{WITHHELD, display_safe, server_message, shown_request_id};
pub(super) use secrets_in_text::Redactor;
pub use secrets_in_text::repeats;
pub(super) use sent_secrets::SentSecrets;
