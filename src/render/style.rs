//! Labels and how they look: the one table of symbols and colours.
//!
//! Other files name a label and never a colour. Colour is never the only sign.

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
pub(super) struct Symbol {
    pub(super) text: &'static str,
    pub(super) label: Label,
    pub(super) meaning: &'static str,
}

/// Every symbol, in the order of the legend.
pub(super) const SYMBOLS: [Symbol; 8] = [
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

    /// How it looks in colour.
    pub(super) fn style(self) -> Style {
        let coloured = |colour: AnsiColor| colour.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Create | Self::Added | Self::Good => coloured(AnsiColor::Green),
            Self::Update | Self::Unverified => coloured(AnsiColor::Yellow),
            Self::Delete | Self::Removed => coloured(AnsiColor::Red),
            Self::Replace | Self::Secret => coloured(AnsiColor::Magenta),
            Self::RemovedWord => coloured(AnsiColor::Red).bold().underline(),
            Self::AddedWord => coloured(AnsiColor::Green).bold().underline(),
            Self::Adopt => coloured(AnsiColor::Cyan),
            Self::Rename => coloured(AnsiColor::Blue),
            Self::Error => coloured(AnsiColor::Red).bold(),
            Self::Warning => coloured(AnsiColor::Yellow).bold(),
        }
    }
}
