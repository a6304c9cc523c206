//! Responsible for labels: the one table of symbols and colors.
//!
//! Other files name a label, never a color. A symbol or a word always says the same as the color.

use crate::plan::Action;
use anstyle::{AnsiColor, Style};

/// The kind of a piece of text, which decides its color and its symbol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Label {
    /// Ordinary text.
    Plain,
    /// A heading, a name.
    Strong,
    /// Secondary text.
    Faint,
    /// An object is created.
    Create,
    /// An object is changed in place.
    Update,
    /// An object is deleted.
    Delete,
    /// A replacement is created, then the old object is deleted.
    Replace,
    /// An object is adopted into the ledger.
    Adopt,
    /// A secret is written.
    Secret,
    /// An object is renamed.
    Rename,
    /// A secret could not be verified.
    Unverified,
    /// A connector waits for a consent.
    Waiting,
    /// A removed text.
    Removed,
    /// An added text.
    Added,
    /// A removed word inside a removed line.
    RemovedWord,
    /// An added word inside an added line.
    AddedWord,
    /// An error or a failure.
    Error,
    /// A warning.
    Warning,
    /// A success.
    Good,
}

/// A symbol with its meaning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Symbol {
    pub(crate) text: &'static str,
    pub(crate) label: Label,
    pub(crate) meaning: &'static str,
}

/// Every symbol, in the order of the legend.
pub(crate) const SYMBOLS: [Symbol; 9] = [
    symbol("+", Label::Create, "create"),
    symbol("~", Label::Update, "change in place"),
    symbol("-", Label::Delete, "delete"),
    symbol(
        "+/-",
        Label::Replace,
        "create a replacement, then delete the old one",
    ),
    symbol("=", Label::Adopt, "adopt as it is"),
    symbol("!", Label::Secret, "write a secret"),
    symbol(">", Label::Rename, "rename"),
    symbol("?", Label::Unverified, "not verified"),
    symbol("?", Label::Waiting, "wait for a consent"),
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
    pub fn from_action(action: Action) -> Self {
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

    /// The style on a colored stream.
    pub(crate) fn style(self) -> Style {
        let colored = |color: AnsiColor| color.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Create | Self::Added | Self::Good => colored(AnsiColor::Green),
            Self::Update | Self::Unverified | Self::Waiting => colored(AnsiColor::Yellow),
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
