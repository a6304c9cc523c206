//! Responsible for recognizing secrets that are not references: by name, by form, or as a mask.

/// Words in the names of fields that contain secrets.
const WORDS: [&str; 9] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "apikey",
    "api_key",
    "private_key",
];

/// Prefixes of texts that contain a secret.
const PREFIXES: [&str; 13] = [
    "-----BEGIN",
    "AKIA",
    "eyJ",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "pat-",
    "rk_live_",
    "sk_live_",
    "sk_test_",
    "xoxb-",
    "xoxp-",
];

/// Prefixes of tokens that are recognized anywhere in a text.
const TOKEN_PREFIXES: [&str; 31] = [
    "AGE-SECRET-KEY-1",
    "ATATT3",
    "AIza",
    "AKIA",
    "ASIA",
    "SG.",
    "dop_v1_",
    "eyJ",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hvs.",
    "lin_api_",
    "npm_",
    "pk_live_",
    "pypi-",
    "rk_live_",
    "shpat_",
    "shpss_",
    "sk-ant-",
    "sk-proj-",
    "sk_live_",
    "sk_test_",
    "whsec_",
    "xapp-",
    "xox",
    "ya29.",
];
/// The shortest token that is recognized inside a text. Shorter words are too often harmless.
const SHORTEST_TOKEN: usize = 12;
/// Prefixes of texts that stand for a secret in a store of the API.
const COORDINATES: [&str; 2] = ["secret_coordinate::", "airbyte_secret_coordinate::"];
/// Words that servers return in place of a secret.
const REDACTED: [&str; 4] = ["redacted", "masked", "hidden", "secret"];

/// Whether a field of this name usually contains a secret.
pub fn names_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word)) || name == "key" || name.ends_with("_key")
}

/// Whether a text is the placeholder of a secret that a server withholds.
pub fn is_mask(text: &str) -> bool {
    let has_stars = text.contains("***") || text.contains("•••");
    let is_stars = text.len() >= 3 && text.chars().all(|c| c == '*' || c == '•');
    let is_coordinate = COORDINATES.iter().any(|prefix| text.starts_with(prefix));
    has_stars || is_stars || is_coordinate || is_redacted(text)
}

/// `<redacted>`, `[HIDDEN]`, `xxxx`.
fn is_redacted(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    let in_brackets = word.len() < text.len();
    let is_word = REDACTED
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known));
    let is_filler = text.len() >= 4 && text.bytes().all(|c| c == b'x' || c == b'X');
    (in_brackets && is_word) || word.eq_ignore_ascii_case("redacted") || is_filler
}

/// Whether a word of the text is a token of a known kind.
fn holds_token(text: &str) -> bool {
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && !"_-.+/".contains(c);
    text.contains("-----BEGIN")
        || text
            .split(is_separator)
            .filter(|word| word.len() >= SHORTEST_TOKEN)
            .any(|word| TOKEN_PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
}

/// Whether a text is the value of an `Authorization` header, or the header.
fn is_authorization(text: &str) -> bool {
    let lower = text.to_lowercase();
    let value = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    ["authorization:", "bearer ", "basic "]
        .iter()
        .any(|start| value.starts_with(start))
}

/// Whether a text is a secret by its form or by the name of its field.
pub fn looks_secret(name: &str, text: &str) -> bool {
    let with_password = text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split('/').next().unwrap_or_default();
        authority.contains('@') && authority.contains(':')
    });
    !text.is_empty()
        && (names_secret(name)
            || is_mask(text)
            || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            || is_authorization(text)
            || holds_token(text)
            || with_password)
}

#[cfg(test)]
mod tests {
    use super::{looks_secret, names_secret};

    #[test]
    fn looks_secret_by_name_or_form_is_true() {
        assert!(names_secret("client-secret") && names_secret("api_key") && names_secret("Token"));
        assert!(!names_secret("repositories") && !names_secret("keyword"));
        for text in [
            "****",
            "sk_l****34",
            "<redacted>",
            "secret_coordinate::x",
            "airbyte_secret_coordinate::x",
            "auth=ghp_abcdefghijkl; x",
            "{\"t\": \"eyJhbGciOiJIUzI1NiJ9.e30\"}",
            "ghp_abc",
            "https://u:p@host/x",
            "eyJhbGciOi",
            "  bearer abc",
            "Authorization: Basic abc",
            "x sk-ant-abcdefghijkl",
        ] {
            assert!(looks_secret("value", text), "{text}");
        }
        for text in [
            "https://host:80/a@b",
            "secret",
            "data/**/*.csv",
            "a eyJ in a text",
            "xx",
        ] {
            assert!(!looks_secret("value", text), "{text}");
        }
        assert!(!looks_secret("token", "") && !looks_secret("start_date", "2026-01-01"));
    }
}
