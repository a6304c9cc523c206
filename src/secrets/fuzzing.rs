//! Responsible for the laws of reading a field from a file of secrets, for `crate::fuzzing`.

use super::ResolveErrorKind;
use super::fields::{FieldsForm, read};
use serde_json::Value;

/// A field is what another reader of the same text finds, byte for byte.
pub fn secret_fields(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (field, text) = text.split_once('\n').unwrap_or(("a", &text));
    let json = serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(text));
    agree(FieldsForm::Json, field, text, json.ok());
    // Tags, further documents and what only one of the two readers knows are refused by ours.
    // Line ends of YAML 1.1 that are none in 1.2 stay in a value as they are; and of a block that
    // ends with the file, without a line break, the two disagree about the break.
    let odd =
        |c: char| c.is_control() && !"\t\n\r".contains(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(odd) && text.ends_with('\n') {
        let theirs = serde_yaml::from_str(text);
        agree(FieldsForm::Yaml, field, text, theirs.ok());
    }
    dotenv(field, text);
}

fn agree(form: FieldsForm, field: &str, text: &str, theirs: Option<Value>) {
    let ours = told(form, text, field);
    let Some(found) = theirs.and_then(|theirs| lookup(&theirs, field)) else {
        return;
    };
    match (ours, found) {
        (Ok(ours), Value::String(theirs)) => assert_eq!(ours, theirs),
        (Ok(ours), Value::Bool(theirs)) => assert_eq!(ours.to_lowercase(), theirs.to_string()),
        (Ok(_), Value::Number(_)) | (Err(_), Value::Null | Value::Array(_) | Value::Object(_)) => {}
        (Ok(ours), theirs) => assert!(form == FieldsForm::Yaml, "{ours} is {theirs}"),
        (Err(why), _) => assert!(
            form == FieldsForm::Yaml || why == ResolveErrorKind::Ambiguous,
            "{why:?}"
        ),
    }
}

/// A key that holds dots itself comes first.
fn lookup(top: &Value, field: &str) -> Option<Value> {
    let names = || {
        field
            .split('.')
            .try_fold(top, |at, name| at.as_object()?.get(name))
    };
    top.as_object()?.get(field).or_else(names).cloned()
}

fn told(form: FieldsForm, text: &str, field: &str) -> Result<String, ResolveErrorKind> {
    read(form, text, field).map(|value| value.expose().to_owned())
}

/// Any text, quoted as the rules say, is read back as it was, beside any other lines that can be
/// read.
fn dotenv(name: &str, text: &str) {
    let _ = told(FieldsForm::Dotenv, text, name);
    let mut quoted = String::from("K=\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted += "\" # end\n";
    assert_eq!(told(FieldsForm::Dotenv, &quoted, "K").as_deref(), Ok(text));
    if !text.contains('\'') {
        let quoted = format!("export K='{text}'\nL=1");
        assert_eq!(told(FieldsForm::Dotenv, &quoted, "K").as_deref(), Ok(text));
        assert_eq!(told(FieldsForm::Dotenv, &quoted, "L").as_deref(), Ok("1"));
    }
}
