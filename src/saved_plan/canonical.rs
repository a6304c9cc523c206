//! Responsible for canonical JSON: one text for each value, so that its digest identifies it.
//!
//! RFC 8785 rounds integers above 2^53 to floating-point numbers, so that two plans with different
//! integers would have one digest. This form writes integers exactly.

use serde_json::Value;
use std::collections::BTreeMap;

/// The canonical text of a value: names in the order of their bytes, no blanks, exact integers.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            separated(text, ['[', ']'], items, write);
        }
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            separated(text, ['{', '}'], sorted, |(name, value), text| {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, text);
            });
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn separated<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    text.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn canonical_text_does_not_depend_on_the_order_of_names() {
        let sorted = json!({"b": [1, {"y": null, "x": true}], "a": "\u{e9}\n"});
        let other = json!({"a": "\u{e9}\n", "b": [1, {"x": true, "y": null}]});
        assert_eq!(canonical(&sorted), canonical(&other));
        assert_eq!(
            canonical(&sorted),
            "{\"a\":\"\u{e9}\\n\",\"b\":[1,{\"x\":true,\"y\":null}]}"
        );
    }

    #[test]
    fn canonical_text_of_different_large_integers_differs() {
        let texts = [
            9_007_199_254_740_992_u64,
            9_007_199_254_740_993,
            u64::MAX - 1,
            u64::MAX,
        ]
        .map(|number| canonical(&json!(number)));
        assert_eq!(texts[1], "9007199254740993");
        assert_eq!(texts[3], "18446744073709551615");
        assert_ne!(texts[0], texts[1]);
        assert_ne!(texts[2], texts[3]);
        assert_eq!(canonical(&json!(i64::MIN)), "-9223372036854775808");
    }
}
