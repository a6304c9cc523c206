//! Responsible for the place of a saved plan, as arguments name it, and the options that save one.

use clap::Args;
use std::fmt;
use std::path::{Path, PathBuf};

/// The least digits of an id that names a plan of a store.
const SHORTEST_ID: usize = 8;
/// The digits of a whole id.
const ID: usize = 64;

/// Where a saved plan is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PlanSource {
    /// In a file.
    File(PathBuf),
    /// In the ledger's store, by the id or its first digits.
    Ledger(String),
    /// In a directory of an object store, by the id or its first digits.
    Shared {
        /// The address of the directory.
        directory: String,
        /// The id, or its first digits.
        id: String,
    },
}

impl PlanSource {
    /// Whether the plan is read without a store.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// A file, or `s3://BUCKET/DIR/ID`.
    pub(super) fn parse_file(text: &str) -> Result<Self, String> {
        match text.rsplit_once('/') {
            Some((directory, id)) if text.contains("://") => Ok(Self::Shared {
                directory: directory.to_owned(),
                id: checked_id(id)?,
            }),
            _ => Ok(Self::File(text.into())),
        }
    }

    /// An id, or `s3://BUCKET/DIR/ID`.
    pub(super) fn parse_id(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return Self::parse_file(text);
        }
        checked_id(text).map(Self::Ledger)
    }

    /// An id, `s3://BUCKET/DIR/ID`, or a file. A file whose name looks like an id is written with its
    /// directory, such as `./3f79bb7b`.
    pub(super) fn parse_any(text: &str) -> Result<Self, String> {
        Self::parse_id(text).or_else(|_| Self::parse_file(text))
    }
}

impl fmt::Display for PlanSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Ledger(id) => formatter.write_str(id),
            Self::Shared { directory, id } => write!(formatter, "{directory}/{id}"),
        }
    }
}

fn checked_id(text: &str) -> Result<String, String> {
    let is_id = (SHORTEST_ID..=ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!(
            "an id of a plan has {SHORTEST_ID} to {ID} hexadecimal digits"
        ))
    }
}

/// Options that save a plan.
#[derive(Args, Clone, Debug)]
pub struct SaveArgs {
    /// Save the plan in this file, or below an address such as `s3://BUCKET/DIR/`, for `airlift apply`
    #[arg(
        long,
        value_name = "FILE",
        group = "destination",
        conflicts_with = "save",
        help_heading = "Saved plan"
    )]
    pub out: Option<PathBuf>,
    /// Save the plan beside the ledger, for `airlift apply --plan ID`
    #[arg(long, group = "destination", help_heading = "Saved plan")]
    pub save: bool,
    /// Sign the saved plan with this SSH key, through `ssh-keygen`
    #[arg(
        long,
        value_name = "KEY",
        requires = "destination",
        help_heading = "Saved plan"
    )]
    pub sign: Option<PathBuf>,
    /// How long the saved plan is valid
    #[arg(
        long,
        value_name = "HOURS",
        requires = "destination",
        default_value_t = 24,
        value_parser = clap::value_parser!(u32).range(1..=8760),
        help_heading = "Saved plan"
    )]
    pub valid_for: u32,
}

/// Where a plan is saved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlanDestination<'a> {
    /// A file.
    File(&'a Path),
    /// The ledger's store.
    Ledger,
    /// A directory of an object store.
    Shared(&'a str),
}

impl SaveArgs {
    /// Where the plan is saved, if anywhere.
    pub fn destination(&self) -> Option<PlanDestination<'_>> {
        let address = |path: &'_ Path| path.to_str().is_some_and(|text| text.contains("://"));
        match &self.out {
            Some(path) if address(path) => path
                .to_str()
                .map(|text| PlanDestination::Shared(text.trim_end_matches('/'))),
            Some(path) => Some(PlanDestination::File(path)),
            None => self.save.then_some(PlanDestination::Ledger),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PlanSource;

    #[test]
    fn plan_source_is_told_by_its_form() {
        let shared = PlanSource::Shared {
            directory: "s3://bucket/dir".into(),
            id: "3f79bb7b".into(),
        };
        let parse = |text| PlanSource::parse_any(text).unwrap();
        assert_eq!(parse("s3://bucket/dir/3F79BB7B"), shared);
        assert_eq!(parse("3F79bb7b"), PlanSource::Ledger("3f79bb7b".into()));
        assert_eq!(parse("./3f79bb7b"), PlanSource::File("./3f79bb7b".into()));
        assert_eq!(parse("plan.json"), PlanSource::File("plan.json".into()));
        for wrong in ["3f79", "plan.json", &"0".repeat(65)] {
            assert!(PlanSource::parse_id(wrong).is_err(), "{wrong}");
        }
        assert!(PlanSource::parse_file("s3://bucket/plan.json").is_err());
    }
}
