//! Labels and how they look: the one table of symbols and colors.
//!
//! Other files name a label and never a color. Color is never the only sign.

use crate::plan::Action;
use anstyle::{AnsiColor, Style};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Label {
    /// Ordinary text.
    Plain,
    /// What a reader looks for first.
    Strong,
    /// What a reader may skip.
    Faint,
    /// Something is made.
    Create,
    /// Something is changed in place.
    Update,
    /// Something is deleted.
    Delete,
    /// Something is made anew, then the old one is deleted.
    Replace,
    /// Something is taken into the ledger.
    Adopt,
    /// A secret is written.
    Secret,
    /// Something gets another name.
    Rename,
    /// Something could not be verified.
    Unverified,
    /// A part of a text that goes.
    Removed,
    /// A part of a text that comes.
    Added,
    /// A word that goes, inside a line that goes.
    RemovedWord,
    /// A word that comes, inside a line that comes.
    AddedWord,
    /// An error, a failure.
    Error,
    /// A warning.
    Warning,
    /// It went well.
    Good,
}

/// A symbol with what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Symbol {
    pub(crate) text: &'static str,
    pub(crate) label: Label,
    pub(crate) meaning: &'static str,
}

/// Every symbol, in the order of the legend.
pub(crate) const SYMBOLS: [Symbol; 8] = [
    symbol("+", Label::Create, "create"),
    symbol("~", Label::Update, "change in place"),
    symbol("-", Label::Delete, "delete"),
    symbol(
        "+/-",
        Label::Replace,
        "create anew, then delete the old one",
    ),
    symbol("=", Label::Adopt, "adopt as it is"),
    symbol("!", Label::Secret, "write a secret"),
    symbol(">", Label::Rename, "rename"),
    symbol("?", Label::Unverified, "not verified"),
];

const fn symbol(text: &'static str, label: Label, meaning: &'static str) -> Symbol {
    Symbol {
        text,
        label,
        meaning,
    }
}

impl Label {
    /// The label of an action.
    pub fn of(action: Action) -> Self {
        match action {
            Action::Create => Self::Create,
            Action::Update => Self::Update,
            Action::Rename => Self::Rename,
            Action::Adopt => Self::Adopt,
            Action::Rotate => Self::Secret,
            Action::Replace => Self::Replace,
            Action::Delete => Self::Delete,
        }
    }

    /// The symbol, or nothing for a label that has none.
    pub fn symbol(self) -> &'static str {
        SYMBOLS
            .iter()
            .find(|symbol| symbol.label == self)
            .map_or("", |symbol| symbol.text)
    }

    /// How it looks in color.
    pub(crate) fn style(self) -> Style {
        let colored = |color: AnsiColor| color.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Create | Self::Added | Self::Good => colored(AnsiColor::Green),
            Self::Update | Self::Unverified => colored(AnsiColor::Yellow),
            Self::Delete | Self::Removed => colored(AnsiColor::Red),
            Self::Replace | Self::Secret => colored(AnsiColor::Magenta),
            Self::RemovedWord => colored(AnsiColor::Red).bold().underline(),
            Self::AddedWord => colored(AnsiColor::Green).bold().underline(),
            Self::Adopt => colored(AnsiColor::Cyan),
            Self::Rename => colored(AnsiColor::Blue),
            Self::Error => colored(AnsiColor::Red).bold(),
            Self::Warning => colored(AnsiColor::Yellow).bold(),
        }
    }
}
