//! Responsible for comparing outputs with committed files. The unit tests also include this file.

use std::path::Path;

/// Compares with a file below `tests/golden`, or rewrites the file under `BLESS=1`.
pub(crate) fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(expected.as_str(), actual);
    assert!(
        expected == actual,
        "{} (BLESS=1 rewrites it)\n{}",
        path.display(),
        difference.unified_diff()
    );
}
