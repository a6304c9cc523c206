//! Responsible for reading one field from a JSON, YAML or dotenv file. The file's extension selects the format.
//!
//! A field is a top-level key, or a path of names that are joined by dots. A key that contains dots takes precedence
//! over a path. Values are text, numbers, true and false, unchanged. Refuses duplicate fields, null, lists and mappings.
//! Errors do not quote content.

mod dotenv;
pub(super) mod json;
mod yaml;

use super::ResolveErrorKind;
use crate::model::SecretValue;
use std::path::Path;

/// The format of a file with fields.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FieldsForm {
    Json,
    Yaml,
    /// Lines of `NAME=value`.
    Dotenv,
}

impl FieldsForm {
    /// The format that belongs to the extension of a file name.
    pub(super) fn from_path(path: &str) -> Option<Self> {
        let name = Path::new(path).file_name()?.to_str()?;
        match name.rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            "env" => Some(Self::Dotenv),
            _ => None,
        }
    }
}

/// Reads one field.
pub(super) fn read(
    form: FieldsForm,
    text: &str,
    field: &str,
) -> Result<SecretValue, ResolveErrorKind> {
    match form {
        FieldsForm::Json => json::field(text, field),
        FieldsForm::Yaml => yaml::field(text, field),
        FieldsForm::Dotenv => dotenv::field(text, field),
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldsForm, ResolveErrorKind, read};

    fn read_field(form: FieldsForm, text: &str, field: &str) -> Result<String, ResolveErrorKind> {
        read(form, text, field).map(|value| value.expose().to_owned())
    }

    #[test]
    fn from_path_selects_by_lowercase_extension() {
        assert_eq!(FieldsForm::from_path("a/b.json"), Some(FieldsForm::Json));
        assert_eq!(FieldsForm::from_path("a.yml"), Some(FieldsForm::Yaml));
        assert_eq!(
            FieldsForm::from_path("secrets/.env"),
            Some(FieldsForm::Dotenv)
        );
        assert_eq!(FieldsForm::from_path("prod.env"), Some(FieldsForm::Dotenv));
        assert_eq!(FieldsForm::from_path("token"), None);
        assert_eq!(FieldsForm::from_path(".env/token"), None);
        assert_eq!(FieldsForm::from_path("a.JSON"), None);
    }

    #[test]
    fn read_json_and_yaml_return_equal_values() {
        let json = r#"{"a": {"b": "x\n\u00e9\ud83d\ude00\"\/", "n": 1.50, "t": true}, "a.b": "dots", "z": null, "l": [1]}"#;
        let yaml = "a:\n  b: \"x\\n\u{e9}\u{1f600}\\\"/\"\n  n: 1.50\n  t: true\na.b: dots\nz: null\nl: [1]\n";
        for (form, text) in [(FieldsForm::Json, json), (FieldsForm::Yaml, yaml)] {
            assert_eq!(read_field(form, text, "a.b").unwrap(), "dots");
            assert_eq!(read_field(form, text, "a.n").unwrap(), "1.50");
            assert_eq!(read_field(form, text, "a.t").unwrap(), "true");
            assert_eq!(
                read_field(form, text, "z").unwrap_err(),
                ResolveErrorKind::NotScalar
            );
            assert_eq!(
                read_field(form, text, "l").unwrap_err(),
                ResolveErrorKind::NotScalar
            );
            assert_eq!(
                read_field(form, text, "a").unwrap_err(),
                ResolveErrorKind::NotScalar
            );
            assert_eq!(
                read_field(form, text, "a.b.c").unwrap_err(),
                ResolveErrorKind::NoSuchField
            );
            assert_eq!(
                read_field(form, text, "q").unwrap_err(),
                ResolveErrorKind::NoSuchField
            );
        }
        let inner = r#"{"a": {"b": "x\n\u00e9\ud83d\ude00\"\/"}}"#;
        assert_eq!(
            read_field(FieldsForm::Json, inner, "a.b").unwrap(),
            "x\n\u{e9}\u{1f600}\"/"
        );
    }

    #[test]
    fn read_malformed_content_fails_without_quoting_it() {
        let cases = [
            (FieldsForm::Json, r#"{"a": "hunter2"#, "JSON"),
            (FieldsForm::Json, r#"["hunter2""#, "JSON"),
            (FieldsForm::Json, r#"{"a": "\ud800 hunter2"}"#, "JSON"),
            (FieldsForm::Yaml, "a: \"hunter2\n", "YAML"),
            (FieldsForm::Yaml, "a: 1\n---\na: hunter2\n", "YAML"),
            (FieldsForm::Dotenv, "A=1\nhunter2\n", "dotenv"),
            (FieldsForm::Dotenv, "A='hunter2\n", "dotenv"),
        ];
        for (form, text, what) in cases {
            let field = if form == FieldsForm::Dotenv { "A" } else { "a" };
            let error = read_field(form, text, field).unwrap_err();
            assert_eq!(error, ResolveErrorKind::Malformed(what), "{text}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn read_list_or_scalar_has_no_fields() {
        for (form, text) in [
            (FieldsForm::Json, r#"["hunter2"]"#),
            (FieldsForm::Json, "\u{feff} 5"),
            (FieldsForm::Yaml, "- hunter2\n"),
            (FieldsForm::Yaml, "hunter2\n"),
        ] {
            let error = read_field(form, text, "0").unwrap_err();
            assert_eq!(error, ResolveErrorKind::NoMapping, "{text}");
        }
    }

    #[test]
    fn read_duplicate_field_is_ambiguous() {
        let duplicates = [
            (FieldsForm::Json, r#"{"a": 1, "\u0061": 2}"#, "a"),
            (FieldsForm::Dotenv, "a=1\nexport a=2", "a"),
            (FieldsForm::Yaml, "a: 1\n'a': 2", "a"),
        ];
        for (form, text, field) in duplicates {
            assert_eq!(
                read_field(form, text, field).unwrap_err(),
                ResolveErrorKind::Ambiguous
            );
        }
    }

    #[test]
    fn read_deep_nesting_or_alias_bomb_is_refused() {
        let deep = 200_000;
        let json = format!("{{\"a\":{}{}}}", "[".repeat(deep), "]".repeat(deep));
        assert_eq!(
            read_field(FieldsForm::Json, &json, "a").unwrap_err(),
            ResolveErrorKind::NotScalar
        );
        let yaml = format!("a: {}", "[".repeat(deep));
        assert_eq!(
            read_field(FieldsForm::Yaml, &yaml, "a").unwrap_err(),
            ResolveErrorKind::Malformed("YAML")
        );
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: *b\nd: y\n";
        assert_eq!(read_field(FieldsForm::Yaml, bomb, "d").unwrap(), "y");
        assert_eq!(
            read_field(FieldsForm::Yaml, bomb, "c").unwrap_err(),
            ResolveErrorKind::NotScalar
        );
    }

    #[test]
    fn read_dotenv_follows_the_documented_rules() {
        let text = "# comment\n\nexport A=one\nB = two words  # comment\nC='it is $C # not'\nD=\"a\\nb\\t\\\"q\\\" \\$x \\\\\"  # c\nE=a#b\nF=\nG=\"two\nlines\"\nH=$A\n\u{feff}I=1\n";
        let text = text.replace('\u{feff}', "");
        let read = |name: &str| read_field(FieldsForm::Dotenv, &text, name);
        assert_eq!(read("A").unwrap(), "one");
        assert_eq!(read("B").unwrap(), "two words");
        assert_eq!(read("C").unwrap(), "it is $C # not");
        assert_eq!(read("D").unwrap(), "a\nb\t\"q\" $x \\");
        assert_eq!(read("E").unwrap(), "a#b");
        assert_eq!(read("F").unwrap(), "");
        assert_eq!(read("G").unwrap(), "two\nlines");
        assert_eq!(read("H").unwrap(), "$A");
        assert_eq!(read("I").unwrap(), "1");
        assert_eq!(read("Z").unwrap_err(), ResolveErrorKind::NoSuchField);
    }
}
