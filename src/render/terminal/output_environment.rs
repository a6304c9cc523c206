//! Responsible for what the environment says about output: color, width and the request log.
//!
//! Does not hold the two streams; `ui` does.

use super::Color;
use super::line::Wrapping;
use std::io::{self, IsTerminal};

/// Columns when neither `COLUMNS` nor a terminal gives a number.
const DEFAULT_WIDTH: usize = 80;
/// Longer lines are hard to read, however wide the terminal.
const MAX_WIDTH: usize = 120;
/// Below this width, wrapped lines are unreadable.
const MIN_WIDTH: usize = 40;

/// When output is colored.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Never: `--color never`, or `NO_COLOR` is set and not empty, or `CLICOLOR` is `0`.
    Never,
    /// Always: `--color always`, or `FORCE_COLOR` or `CLICOLOR_FORCE` is set and not `0`.
    Always,
}

impl ColorChoice {
    /// The choice of the environment: `NO_COLOR` comes before the variables that force color.
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_off = |value: &String| value == "0" || value == "false";
        if set("NO_COLOR").is_some() {
            return Self::Never;
        }
        match [set("FORCE_COLOR"), set("CLICOLOR_FORCE")] {
            [Some(value), _] if is_off(&value) => Self::Never,
            [Some(_), _] => Self::Always,
            [None, Some(value)] if !is_off(&value) => Self::Always,
            _ if set("CLICOLOR").is_some_and(|value| is_off(&value)) => Self::Never,
            _ => Self::Auto,
        }
    }
}

/// Who reads stdout.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OutReader {
    /// A person, on a terminal or in the log of a CI job.
    #[default]
    Person,
    /// Another program or a file.
    Program,
}

/// What the environment says about output, read once.
#[derive(Clone, Debug, Default)]
pub struct OutputEnvironment {
    /// The choice that `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR` make.
    pub color: ColorChoice,
    /// `COLUMNS`, or the terminal's width.
    pub columns: Option<usize>,
    /// `AIRLIFT_LOG` asks for the request log.
    pub log: bool,
    /// stdout is a terminal that understands control sequences.
    pub out_is_terminal: bool,
    /// stderr is a terminal that understands control sequences.
    pub stderr_is_terminal: bool,
    /// Who reads stdout.
    pub out_reader: OutReader,
    /// Whether lines on stdout are wrapped: on a terminal, and where `COLUMNS` asks for it.
    pub out_wrapping: Wrapping,
    /// The same for stderr.
    pub stderr_wrapping: Wrapping,
}

impl OutputEnvironment {
    /// Reads the environment and the terminal's size.
    pub fn read() -> Self {
        let out_is_terminal = io::stdout().is_terminal();
        let variable = |name: &str| std::env::var(name).ok();
        let controls = takes_controls(variable("TERM").as_deref(), variable("CI").as_deref());
        Self {
            color: ColorChoice::from_variables(variable),
            out_wrapping: wrapping(out_is_terminal),
            stderr_wrapping: wrapping(io::stderr().is_terminal()),
            columns: columns().or_else(|| terminal_columns(out_is_terminal)),
            log: wants_log(variable("AIRLIFT_LOG").as_deref()),
            out_is_terminal: controls && out_is_terminal,
            stderr_is_terminal: controls && io::stderr().is_terminal(),
            out_reader: if out_is_terminal || is_ci(variable("CI").as_deref()) {
                OutReader::Person
            } else {
                OutReader::Program
            },
        }
    }

    /// Whether a stdout that is or is not a terminal is colored. `flag` is the choice of the
    /// command line.
    pub(super) fn out_color(&self, flag: ColorChoice) -> Color {
        self.decide(flag, self.out_is_terminal)
    }

    /// The same for stderr.
    pub(super) fn stderr_color(&self, flag: ColorChoice) -> Color {
        self.decide(flag, self.stderr_is_terminal)
    }

    fn decide(&self, flag: ColorChoice, is_terminal: bool) -> Color {
        // The command line comes first.
        let choice = match flag {
            ColorChoice::Auto => self.color,
            ColorChoice::Never | ColorChoice::Always => flag,
        };
        match choice {
            ColorChoice::Auto if is_terminal => Color::On,
            ColorChoice::Always => Color::On,
            ColorChoice::Auto | ColorChoice::Never => Color::Off,
        }
    }

    pub(super) fn width(&self) -> usize {
        let width = self.columns.unwrap_or(DEFAULT_WIDTH);
        width.clamp(MIN_WIDTH, MAX_WIDTH)
    }
}

fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// A program that reads a pipe gets whole lines.
fn wrapping(is_terminal: bool) -> Wrapping {
    if is_terminal || columns().is_some() {
        Wrapping::AtWidth
    } else {
        Wrapping::Never
    }
}

/// The columns of stdout or, if stdout is no terminal, of stderr.
fn terminal_columns(out_is_terminal: bool) -> Option<usize> {
    let terminal = if out_is_terminal {
        console::Term::stdout()
    } else {
        console::Term::stderr()
    };
    let (_, columns) = terminal.size_checked()?;
    Some(columns.into())
}

/// Whether a terminal understands control sequences: `TERM` names one that does, and no CI runner
/// records what it shows. Windows sets no `TERM`.
fn takes_controls(term: Option<&str>, ci: Option<&str>) -> bool {
    let is_dumb = term.map_or(cfg!(unix), |term| term.is_empty() || term == "dumb");
    !is_dumb && !is_ci(ci)
}

/// Whether a CI runner records the output.
fn is_ci(ci: Option<&str>) -> bool {
    ci.is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0")
}

/// Accepts `debug` and `trace` too, because other tools name their request log so.
fn wants_log(value: Option<&str>) -> bool {
    matches!(value, Some("requests" | "debug" | "trace"))
}

/// Columns of a line in this process's environment.
pub fn width() -> usize {
    OutputEnvironment::read().width()
}

#[cfg(test)]
mod tests {
    use super::{Color, ColorChoice, OutputEnvironment, takes_controls};

    fn decided(environment: ColorChoice, flag: ColorChoice, out_is_terminal: bool) -> Color {
        let environment = OutputEnvironment {
            color: environment,
            out_is_terminal,
            ..OutputEnvironment::default()
        };
        environment.out_color(flag)
    }

    #[test]
    fn color_without_a_choice_follows_the_terminal() {
        let auto = ColorChoice::Auto;
        assert_eq!(decided(auto, auto, false), Color::Off);
        assert_eq!(decided(auto, auto, true), Color::On);
    }

    #[test]
    fn color_chosen_by_the_environment_ignores_the_terminal() {
        let flag = ColorChoice::Auto;
        assert_eq!(decided(ColorChoice::Always, flag, false), Color::On);
        assert_eq!(decided(ColorChoice::Never, flag, true), Color::Off);
    }

    #[test]
    fn color_refused_by_the_flag_ignores_the_environment() {
        let flag = ColorChoice::Never;
        assert_eq!(decided(ColorChoice::Always, flag, true), Color::Off);
    }

    #[test]
    fn color_choice_of_the_environment_follows_the_usual_variables() {
        for (variables, expected) in [
            (&[][..], ColorChoice::Auto),
            (
                &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
                ColorChoice::Never,
            ),
            (&[("FORCE_COLOR", "1")], ColorChoice::Always),
            (&[("FORCE_COLOR", "0")], ColorChoice::Never),
            (
                &[("FORCE_COLOR", ""), ("CLICOLOR_FORCE", "1")],
                ColorChoice::Always,
            ),
            (&[("CLICOLOR_FORCE", "0")], ColorChoice::Auto),
            (&[("CLICOLOR", "0")], ColorChoice::Never),
            (&[("CLICOLOR", "1")], ColorChoice::Auto),
        ] {
            let value = |name: &str| {
                let variable = variables.iter().find(|(key, _)| *key == name);
                variable.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(
                ColorChoice::from_variables(value),
                expected,
                "{variables:?}"
            );
        }
    }

    #[test]
    fn takes_controls_of_a_dumb_terminal_or_a_ci_runner_is_false() {
        assert!(takes_controls(Some("xterm-256color"), None));
        assert!(takes_controls(Some("xterm"), Some("false")));
        assert!(!takes_controls(Some("dumb"), None));
        assert!(!takes_controls(Some(""), None));
        assert!(!takes_controls(Some("xterm"), Some("true")));
        assert_eq!(takes_controls(None, None), cfg!(windows));
    }

    #[test]
    fn width_outside_the_bounds_is_clamped() {
        let width = |columns| {
            let environment = OutputEnvironment {
                columns,
                ..OutputEnvironment::default()
            };
            environment.width()
        };
        assert_eq!(
            [None, Some(9), Some(100), Some(300)].map(width),
            [80, 40, 100, 120]
        );
    }
}
