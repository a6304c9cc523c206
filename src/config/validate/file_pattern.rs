//! Responsible for the file patterns in the entries of a policy.

use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use glob::{MatchOptions, Pattern};
use std::path::{Component, Path, PathBuf};

/// A pattern of files, relative to the project's directory.
#[derive(Debug)]
pub(super) struct FilePattern(Pattern);

impl FilePattern {
    /// Parses a pattern. An invalid pattern becomes a finding.
    pub(super) fn parse(text: &str, origin: Origin<'_>, findings: &mut Findings) -> Option<Self> {
        parse(text, origin, findings).map(Self)
    }

    #[cfg(test)]
    pub(super) fn new(text: &str) -> Self {
        Self(Pattern::new(text).expect("a pattern in a test is valid"))
    }

    /// Whether the pattern matches a path from `relative_path`.
    pub(super) fn matches(&self, relative_path: Option<&Path>) -> bool {
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        relative_path.is_some_and(|path| self.0.matches_path_with(path, options))
    }
}

/// Parses a pattern of any kind. An invalid pattern becomes a finding.
pub(super) fn parse(text: &str, origin: Origin<'_>, findings: &mut Findings) -> Option<Pattern> {
    Pattern::new(text)
        .map_err(|error| {
            let message = format!("this pattern is invalid: {}", error.msg);
            findings.at(origin, Code::InvalidPattern, message, None);
        })
        .ok()
}

/// A file's path relative to the project's directory, as written, or `None` for a file elsewhere.
pub(super) fn relative_path(file: &Path, root: &Path) -> Option<PathBuf> {
    let plain = |path: &Path| -> PathBuf {
        let parts = path.components();
        parts.filter(|part| *part != Component::CurDir).collect()
    };
    let (file, root) = (plain(file), plain(root));
    let rest = file.strip_prefix(&root).ok()?;
    let descends = |part: Component<'_>| matches!(part, Component::Normal(_));
    rest.components().all(descends).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::relative_path;
    use std::path::Path;

    #[test]
    fn relative_path_of_file_outside_project_is_none() {
        let relative = |file: &str, root: &str| relative_path(Path::new(file), Path::new(root));
        assert_eq!(relative("./a/b.yaml", "."), Some("a/b.yaml".into()));
        assert_eq!(relative("b.yaml", "."), Some("b.yaml".into()));
        assert_eq!(relative("../p/b.yaml", "../p"), Some("b.yaml".into()));
        assert_eq!(relative("p/../b.yaml", "p"), None);
        assert_eq!(relative("../b.yaml", "."), None);
        assert_eq!(relative("/q/b.yaml", "/p"), None);
    }
}
