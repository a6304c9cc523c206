//! Responsible for the forms of tokens that a field takes, where the provider has several kinds that look alike. The
//! vendor's documentation has them, its specifications have not.

/// The tokens of a field, by how they begin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenForm {
    /// How a token that the field takes begins.
    pub takes: &'static str,
    /// How the provider's other tokens begin.
    pub refuses: &'static [&'static str],
}

/// Slack has tokens of bots, users, apps and configurations.
const SLACK: TokenForm = TokenForm {
    takes: "xoxb-",
    refuses: &[
        "xoxa-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxp-", "xoxr-", "xoxs-", "xapp-",
    ],
};

/// The form of a credential's tokens, if it is known.
pub fn token_form(kind: &str, field: &str) -> Option<TokenForm> {
    match (kind, field) {
        ("slack", "bot_key" | "access_token") => Some(SLACK),
        _ => None,
    }
}
