//! Responsible for cells that a spreadsheet would run as formulas.

/// How a formula begins, in any width.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// What keeps a spreadsheet from running a cell.
const MARK: char = '\'';

/// The text with a mark in front if a spreadsheet would run it, or if it begins with the mark itself.
pub(crate) fn escaped(text: &str) -> String {
    if text.starts_with(FORMULA) || text.starts_with(MARK) {
        format!("{MARK}{text}")
    } else {
        text.to_owned()
    }
}

/// The text without the mark that [`escaped`] put in front.
pub(crate) fn unescaped(text: &str) -> &str {
    match text.strip_prefix(MARK) {
        Some(rest) if rest.starts_with(FORMULA) || rest.starts_with(MARK) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, unescaped};

    #[test]
    fn escaped_cell_does_not_begin_like_a_formula_and_unescapes_to_the_text() {
        for text in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "'=1", "''", "'acme", "acme", "",
        ] {
            let cell = escaped(text);
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']));
            assert_eq!(unescaped(&cell), text);
        }
        assert_eq!(escaped("=1"), "'=1");
        assert_eq!(unescaped("'acme"), "'acme");
    }
}
