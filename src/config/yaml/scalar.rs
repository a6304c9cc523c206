//! Responsible for the types of plain YAML scalars: YAML 1.2's core schema as `serde_yaml` reads it.
//! A test compares the two.

use super::tree::NodeValue;

/// The typed value of a plain scalar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// A number that JSON cannot represent: too many digits, infinity or NaN.
    Inexact,
    Text,
}

impl Scalar {
    pub(super) fn into_node(self, text: &str) -> NodeValue<'_> {
        match self {
            Self::Null | Self::Inexact => NodeValue::Null,
            Self::Boolean(value) => NodeValue::Boolean(value),
            Self::Unsigned(value) => NodeValue::Unsigned(value),
            Self::Signed(value) => NodeValue::Signed(value),
            Self::Float(value) => NodeValue::Float(value),
            Self::Text => NodeValue::Text(text),
        }
    }
}

/// Types a plain scalar.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Boolean(true),
        "false" | "False" | "FALSE" => return Scalar::Boolean(false),
        _ => {}
    }
    // Most scalars are words, so the first character decides whether to try the number grammars.
    let may_be_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if !may_be_number || leading_zeros(text) {
        return Scalar::Text;
    }
    integer(text)
        .or_else(|| float(text))
        .unwrap_or(Scalar::Text)
}

/// Whether the text has leading zeros, as telephone numbers have. Such a text is not a number.
fn leading_zeros(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

fn integer(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, unsigned),
    };
    let (digits, radix) = match digits.get(..2) {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        _ => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    if negative {
        let value = i64::from_str_radix(&format!("-{digits}"), radix);
        return Some(value.map_or(Scalar::Inexact, Scalar::Signed));
    }
    let value = u64::from_str_radix(digits, radix);
    Some(value.map_or(Scalar::Inexact, Scalar::Unsigned))
}

fn float(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if [".inf", ".Inf", ".INF"].contains(&unsigned) || [".nan", ".NaN", ".NAN"].contains(&text) {
        return Some(Scalar::Inexact);
    }
    if unsigned.starts_with(['+', '-']) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Scalar::Float(value))
}

#[cfg(test)]
mod tests {
    use super::{Scalar, resolve};
    use crate::config::yaml::parse;
    use serde_json::Value;

    /// Plain scalars, separated by spaces.
    const SCALARS: &str = "~ null Null true False yes on 0 -0 +1 -17 007 0x1F -0x1f 0o17 0b11 1_000 \
        18446744073709551615 -9223372036854775808 1.5 -1.5e3 1e5 .5 5. +.5 1e999 \
        2026-01-01 2026-01-01T00:00:00Z 1:30 + . inf nan -inf +nan infinity 0x 0xg a é \
        1é ++1 -+1 12e 0.1.2 -.5 +0x1F -007 Infinity";

    #[test]
    fn resolve_any_scalar_agrees_with_serde_yaml() {
        for text in SCALARS.split_whitespace() {
            let list = format!("[{text}]");
            let expected: Value = serde_yaml::from_str(&list).unwrap();
            let tree = parse(&list, None).tree.unwrap();
            assert_eq!(tree.root().unwrap().to_json(), expected, "{text}");
        }
    }

    #[test]
    fn resolve_number_beyond_json_returns_inexact() {
        let long = "9".repeat(60);
        for text in [
            ".inf",
            "-.Inf",
            ".nan",
            "18446744073709551616",
            "-9223372036854775809",
            &long,
        ] {
            assert_eq!(resolve(text), Scalar::Inexact, "{text}");
        }
        assert_eq!(resolve("1.0"), Scalar::Float(1.0));
    }
}
