//! Responsible for what to do about a syntax error.

use crate::config::yaml::spaces::NO_SPACE;
use crate::config::yaml::typos::{
    COLON_IN_VALUE, CONFLICT, FOREIGN_TEMPLATE, INDICATOR, ITEM_IN_MAPPING, MISPLACED_BRACKET,
    NO_COLON, NO_COMMA, NO_DASH, NO_DOCUMENT_START, NO_ITEM, NO_SPACE_AFTER_COLON,
    NO_SPACE_AFTER_DASH, OPEN_QUOTE, TAB_AFTER_COLON, TEXT_AFTER_QUOTE, TOO_FAR,
};

/// What to do about a syntax error.
pub(super) fn of_syntax(message: &str) -> Option<&'static str> {
    match message {
        NO_SPACE_AFTER_COLON | NO_COLON => Some("write `FIELD: VALUE`"),
        NO_SPACE_AFTER_DASH => Some("begin the item with a dash and a space: `- FIELD: VALUE`"),
        NO_DASH => Some("begin the item with `- `"),
        OPEN_QUOTE => Some("write the same quotation mark at the end of the value"),
        COLON_IN_VALUE | INDICATOR => Some("quote the value: `FIELD: \"VALUE\"`"),
        TOO_FAR => Some("indent it as far as the field above"),
        NO_COMMA => {
            Some("separate items by commas; quote a value that contains a comma or a bracket")
        }
        TEXT_AFTER_QUOTE => Some(
            "close the quotation mark of each value above; write \\\" for a quotation mark within a value",
        ),
        CONFLICT => Some("keep one of the two versions, and remove the lines with the markers"),
        FOREIGN_TEMPLATE => Some(
            "fill the template before airlift reads the file, or use `templates` and `customers_from`",
        ),
        NO_DOCUMENT_START => Some(
            "write `---` on a line of its own before this one, or remove the lines that begin with `%`",
        ),
        TAB_AFTER_COLON => Some("write a space in place of the tab"),
        ITEM_IN_MAPPING => Some(
            "begin each item of the list with `- `, or end the mapping above with its last field",
        ),
        MISPLACED_BRACKET => Some("remove it, or write the bracket that opens"),
        NO_ITEM => Some("indent it as far as the other fields of the list's last item"),
        _ if message.starts_with(NO_SPACE) => Some("write an ordinary space in its place"),
        _ if message.contains("expected <block end>") => {
            Some("indent this line as far as the other fields of the same item")
        }
        _ if message.contains("mapping values are not allowed") => Some(
            "indent the line as far as the line above; quote a value that contains a colon and a space",
        ),
        _ => None,
    }
}
