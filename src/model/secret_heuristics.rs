//! Responsible for recognizing secrets that are not references: by name, by form, or as a mask.

/// Words in the names of fields that contain secrets.
const WORDS: [&str; 7] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "apikey",
];

/// Prefixes of common kinds of secrets.
const PREFIXES: [&str; 16] = [
    "secret_coordinate::",
    "-----BEGIN",
    "AKIA",
    "Bearer ",
    "Basic ",
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

/// Whether a field of this name usually contains a secret.
pub fn names_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word)) || name == "key" || name.ends_with("_key")
}

/// Whether a text is the placeholder of a secret that a server withholds.
pub fn is_mask(text: &str) -> bool {
    let stars = text.len() >= 3 && text.chars().all(|c| c == '*' || c == '•');
    stars || text.starts_with("secret_coordinate::")
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
            "secret_coordinate::x",
            "ghp_abc",
            "https://u:p@host/x",
            "eyJhbGciOi",
        ] {
            assert!(looks_secret("value", text), "{text}");
        }
        assert!(!looks_secret("value", "https://host:80/a@b"));
        assert!(!looks_secret("token", "") && !looks_secret("start_date", "2026-01-01"));
    }
}
