//! Responsible for recognizing secrets that are not references: by name, by form, or as a mask.

use super::is_mask;

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
const TOKEN_PREFIXES: [&str; 63] = [
    "1//0",
    "AGE-SECRET-KEY-1",
    "AIza",
    "AKIA",
    "ASIA",
    "ATATT3",
    "EAAB",
    "EAAG",
    "GOCSPX-",
    "NRAK-",
    "PMAK-",
    "SG.",
    "dapi",
    "dckr_pat_",
    "dop_v1_",
    "dp.pt.",
    "dp.st.",
    "eyJ",
    "figd_",
    "gho_",
    "ghp_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "gldt-",
    "glpat-",
    "glptt-",
    "glrt-",
    "gsk_",
    "hf_",
    "hvb.",
    "hvs.",
    "lin_api_",
    "npm_",
    "ntn_",
    "ops_eyJ",
    "pat-eu1-",
    "pat-na1-",
    "pk_live_",
    "pypi-",
    "rk_live_",
    "rk_test_",
    "rubygems_",
    "shpat_",
    "shpca_",
    "shppa_",
    "shpss_",
    "sk-ant-",
    "sk-or-",
    "sk-proj-",
    "sk-svcacct-",
    "sk_live_",
    "sk_test_",
    "sntrys_",
    "sntryu_",
    "sq0atp-",
    "sq0csp-",
    "whsec_",
    "xapp-",
    "xkeysib-",
    "xox",
    "ya29.",
];
/// Addresses that let everybody who knows them post messages.
const WEBHOOKS: [&str; 5] = [
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "hooks.slack.com/",
    "hooks.zapier.com/",
    "webhook.office.com/",
];
/// The ends of names to which a text assigns a secret, as in `client_secret=…` and `X-Api-Key: …`.
const ASSIGNED: [&str; 14] = [
    "access_key",
    "accesskey",
    "account_key",
    "accountkey",
    "api_key",
    "apikey",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "signature",
    "token",
];
/// Names to which a text assigns a secret, as in `?sig=…`.
const ASSIGNED_EXACTLY: [&str; 3] = ["pass", "pwd", "sig"];
/// Values that are no secrets, although their names are names of secrets.
const HARMLESS: [&str; 7] = [
    "false", "none", "null", "optional", "required", "string", "true",
];
/// The part of an assigned value that is looked at.
const VALUE_LENGTH: usize = 64;
/// Prefixes that also begin ordinary words, with the number of letters and digits that follow in a token.
const LONG_TOKEN_PREFIXES: [(&str, usize); 2] = [("key-", 32), ("secret_", 40)];
/// Schemes of addresses of people, in which a name and no password follows the colon.
const SCHEMES_OF_PEOPLE: [&str; 9] = [
    "acct", "bcc", "cc", "from", "mailto", "sip", "sips", "to", "xmpp",
];
/// The shortest token that is recognized inside a text. Shorter words are too often harmless.
const SHORTEST_TOKEN: usize = 12;
/// Whether a field of this name usually contains a secret.
pub fn names_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word)) || name == "key" || name.ends_with("_key")
}

/// Whether a word of the text is a token of a known kind.
fn holds_token(text: &str) -> bool {
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && !"_-.+/".contains(c);
    text.contains("-----BEGIN")
        || text
            .split(is_separator)
            .filter(|word| word.len() >= SHORTEST_TOKEN)
            .any(is_token)
}

fn is_token(word: &str) -> bool {
    let is_long = |&(prefix, length): &(&str, usize)| {
        word.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= length && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    };
    TOKEN_PREFIXES.iter().any(|prefix| word.starts_with(prefix))
        || LONG_TOKEN_PREFIXES.iter().any(is_long)
}

/// Whether a text contains an `Authorization` header, or is the value of one.
fn is_authorization(text: &str) -> bool {
    let lower = text.to_lowercase();
    let value = lower.trim_start_matches(|c: char| !c.is_alphanumeric());
    let start = text.len().saturating_sub(value.len());
    lower.contains("authorization:")
        || value.starts_with("bearer ")
        || (value.starts_with("basic ") && is_basic(text.get(start..).unwrap_or_default()))
}

/// Whether the text after `Basic` is encoded: one long word that does not look like a word of a language.
fn is_basic(text: &str) -> bool {
    let Some((_, encoded)) = text.split_once(' ') else {
        return false;
    };
    let is_unusual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '=';
    let encoded = encoded.trim_end_matches(|c: char| c == '"' || c.is_whitespace());
    encoded.len() >= 8
        && !encoded.contains(char::is_whitespace)
        && encoded.chars().skip(1).any(is_unusual)
}

/// Whether a text assigns a value to a name of a secret: `token=…`, `"password": "…"`, `X-Api-Key: …`, `?sig=…`.
fn assigns_secret(text: &str) -> bool {
    text.match_indices(['=', ':'])
        .any(|(at, sign)| is_assignment(&text[..at], sign, &text[at + 1..]))
}

fn is_assignment(before: &str, sign: &str, after: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = before
        .trim_end_matches([' ', '"', '\''])
        .rsplit(|c| !is_name(c))
        .next()
        .unwrap_or_default();
    let is_header = name.contains('-');
    let name = name.to_lowercase().replace('-', "_");
    let is_secret = ASSIGNED.iter().any(|end| name.ends_with(end))
        || ASSIGNED_EXACTLY.contains(&name.as_str())
        || (name == "key" && before.contains("://") && sign == "=");
    if !is_secret {
        return false;
    }
    let value: String = after
        .trim_start_matches([' ', '"', '\''])
        .chars()
        .take(VALUE_LENGTH)
        .take_while(|c| !c.is_whitespace() && !"&,;\"')}]".contains(*c))
        .collect();
    // An empty value is one, too.
    let is_short_number = value.len() < 6 && value.chars().all(|c| c.is_ascii_digit());
    let is_short_word = value.len() < 8 && !value.contains(|c: char| c.is_ascii_digit());
    // A colon also ends the first half of a sentence.
    let is_prose = sign == ":" && !is_header && is_short_word;
    let is_harmless = HARMLESS.iter().any(|word| value.eq_ignore_ascii_case(word));
    !(is_prose || is_harmless || is_short_number)
}

/// Whether a URL in the text has a password, or a token in the place of the user.
fn has_user(text: &str) -> bool {
    text.match_indices("://").any(|(at, sign)| {
        let scheme = text[..at]
            .rsplit(|c: char| !c.is_ascii_alphanumeric())
            .next();
        let is_web = scheme.is_some_and(|scheme| {
            ["http", "https"]
                .iter()
                .any(|web| scheme.eq_ignore_ascii_case(web))
        });
        let authority = text[at + sign.len()..]
            .split(['/', '?', '#', ' '])
            .next()
            .unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':') || (is_web && user != "git"))
    })
}

/// Whether a word of the text is a user, a password and a host without a scheme, as in `user:password@host`.
fn has_password(text: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() || "\"',;<>()".contains(c);
    text.split(is_separator).any(|word| {
        let Some((login, host)) = word.rsplit_once('@') else {
            return false;
        };
        let Some((user, password)) = login.split_once(':') else {
            return false;
        };
        let is_person = |scheme: &&str| user.eq_ignore_ascii_case(scheme);
        host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && !user.is_empty()
            && !password.is_empty()
            && !password.contains('/')
            && !SCHEMES_OF_PEOPLE.iter().any(is_person)
    })
}

/// Whether a text is a secret by its form or by the name of its field.
pub fn looks_secret(name: &str, text: &str) -> bool {
    !text.is_empty()
        && (names_secret(name)
            || is_mask(text)
            || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
            || is_authorization(text)
            || holds_token(text)
            || has_user(text)
            || has_password(text)
            || assigns_secret(text)
            || WEBHOOKS.iter().any(|address| text.contains(address)))
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

    #[test]
    fn looks_secret_of_assignment_header_or_url_is_true() {
        for text in [
            "token=abc",
            "password: hunter2",
            "api_key=abcdef",
            "X-Api-Key: abc",
            "\"client_secret\": \"abcdefgh\"",
            "BEARER abc",
            "\"Bearer abc\"",
            "curl -H 'authorization: Bearer abc'",
            "Basic YWNtZTpodW50ZXIy",
            "https://token@host/x",
            "see https://abc123@host",
            "https://h/?token=abc",
            "https://h/x?a=b&sig=abc%3D",
            "https://maps.example/?key=abc",
            "postgres://u:p@host/db",
            "AccountName=acme;AccountKey=abc==",
            "https://hooks.slack.com/services/T0/B0/x",
            "https://discord.com/api/webhooks/1/x",
            "sk-ant-abcdefghijkl",
            "sk-proj-abcdefghijkl",
            "whsec_abcdefghijkl",
            "xapp-1-abcdefghijkl",
            "pk_live_abcdefghijkl",
            "lin_api_abcdefghijkl",
            "shpss_abcdefghijkl",
            "hf_abcdefghijkl",
            "ATATT3abcdefghijkl",
            "dapi0123456789ab",
            "1//0abcdefghijkl",
            "EAABsbCSabcdefgh",
            "AGE-SECRET-KEY-1ABCDEFG",
            "key-0123456789abcdef0123456789abcdef",
            "secret_0123456789abcdefghijABCDEFGHIJ0123456789abc",
            "reader:hunter2@db.example.com:5432/app",
            "dsn reader:hunter2@10.0.0.1",
        ] {
            assert!(looks_secret("value", text), "{text}");
        }
    }

    #[test]
    fn looks_secret_of_ordinary_setting_is_false() {
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00+00:00",
            "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
            "https://api.example.com:8443/v1/items?page=2&sort_key=name",
            "https://git@github.com/acme/api",
            "postgres://reader@host/db",
            "mailto:a@example.com",
            "Mozilla/5.0 (X11; Linux x86_64; rv:1.0) Gecko/20100101",
            "airlift/1.2 (+https://example.com)",
            "token_bucket",
            "token_bucket=fast",
            "max_tokens=100",
            "token: required",
            "the secret: see the wiki",
            "primary_key=id",
            "key: value",
            "Basic plan",
            "basic subscription",
            "Authorization",
            "acme/api",
            "America/New_York",
            "SELECT id FROM tokens WHERE a = 1",
            "0 3 * * *",
            "s3://bucket/path/*.csv",
            "sk-learn",
            "key-value",
            "secret_santa_list",
            "git@github.com:acme/api",
            "at 10:00 @ann",
            "https://h:80/a@b",
            "from:ann@example.com to:bob@example.com",
            "jdbc:postgresql://reader@host/db",
            "registry:5000/image@sha256:0123",
        ] {
            assert!(!looks_secret("value", text), "{text}");
        }
    }
}
