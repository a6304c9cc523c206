//! Responsible for the properties of reading one field from a secret file, for `crate::fuzzing`.

use super::ResolveErrorKind;
use super::fields::{FieldsForm, read};
use serde_json::Value;

/// A field equals the field that an independent parser reads from the same text, byte for byte.
pub fn secret_fields(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (field, text) = text.split_once('\n').unwrap_or(("a", &text));
    let json = serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(text));
    agree(FieldsForm::Json, field, text, json.ok());
    // The two YAML parsers disagree about line ends that only YAML 1.1 knows, and about the last line break of a
    // block that ends without one. Such texts are skipped.
    let is_ambiguous =
        |c: char| c.is_control() && !"\t\n\r".contains(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(is_ambiguous) && text.ends_with('\n') {
        let yaml = serde_yaml::from_str(text);
        agree(FieldsForm::Yaml, field, text, yaml.ok());
    }
    dotenv(field, text);
}

/// Compares a field with the document of the independent parser. The YAML reader refuses more than `serde_yaml` does.
fn agree(form: FieldsForm, field: &str, text: &str, document: Option<Value>) {
    let actual = read_field(form, text, field);
    let Some(expected) = document.and_then(|document| lookup(&document, field)) else {
        return;
    };
    match (actual, expected) {
        (Ok(actual), Value::String(expected)) => assert_eq!(actual, expected),
        (Ok(actual), Value::Bool(expected)) => {
            assert_eq!(actual.to_lowercase(), expected.to_string());
        }
        (Ok(_), Value::Number(_)) | (Err(_), Value::Null | Value::Array(_) | Value::Object(_)) => {}
        (Ok(actual), expected) => {
            assert!(form == FieldsForm::Yaml, "{actual} is {expected}");
        }
        (Err(error), _) => assert!(
            form == FieldsForm::Yaml || error == ResolveErrorKind::Ambiguous,
            "{error:?}"
        ),
    }
}

/// Looks a field up. A key that contains dots takes precedence over a path of names.
fn lookup(top: &Value, field: &str) -> Option<Value> {
    let names = || {
        field
            .split('.')
            .try_fold(top, |at, name| at.as_object()?.get(name))
    };
    top.as_object()?.get(field).or_else(names).cloned()
}

fn read_field(form: FieldsForm, text: &str, field: &str) -> Result<String, ResolveErrorKind> {
    read(form, text, field).map(|value| value.expose().to_owned())
}

/// A text that is quoted by the dotenv rules is read back unchanged.
fn dotenv(name: &str, text: &str) {
    // Any text is read without a panic.
    let _ = read_field(FieldsForm::Dotenv, text, name);
    let mut quoted = String::from("K=\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted += "\" # end\n";
    assert_eq!(
        read_field(FieldsForm::Dotenv, &quoted, "K").as_deref(),
        Ok(text)
    );
    if !text.contains('\'') {
        let quoted = format!("export K='{text}'\nL=1");
        assert_eq!(
            read_field(FieldsForm::Dotenv, &quoted, "K").as_deref(),
            Ok(text)
        );
        assert_eq!(
            read_field(FieldsForm::Dotenv, &quoted, "L").as_deref(),
            Ok("1")
        );
    }
}
