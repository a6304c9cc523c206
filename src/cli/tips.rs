//! Responsible for the commands that the parser's errors name: what a word that a command does not take was
//! probably meant for.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What a command takes in place of a word that it does not take, or in addition to what it got.
const TIPS: &[(&str, &str)] = &[
    (
        "plan",
        "`--target` selects customers, `-f` names the files; `airlift show PLAN` shows a saved plan, and \
         `airlift apply PLAN` executes it",
    ),
    (
        "replan",
        "`airlift replan --from PLAN` names the saved plan",
    ),
    (
        "show",
        "`airlift show PLAN` takes the file of `airlift plan --out PLAN`, or an id of `airlift plan --save`",
    ),
    (
        "apply",
        "`--target` selects customers, `-f` names the files; `airlift apply PLAN` executes one saved plan",
    ),
    (
        "snapshot",
        "`airlift snapshot --out FILE` writes a snapshot; `airlift plan --snapshot FILE` plans from it",
    ),
    ("drift", SELECTS),
    ("export", SELECTS),
    ("outputs", SELECTS),
    ("validate", FILES),
    ("expand", FILES),
];
const SELECTS: &str = "`--target` selects customers, `-f` names the files";
const FILES: &str = "`-f` names the files";

/// Adds what the command takes to an error about a word or about one that is missing.
pub(super) fn with_tip(mut error: Error) -> Error {
    with_selector(&mut error);
    closest_first(&mut error);
    let concerns_words = match error.kind() {
        // A missing option has no such tip.
        ErrorKind::MissingRequiredArgument => command(&error)
            .is_some_and(|command| ["replan", "show", "snapshot"].contains(&&*command)),
        ErrorKind::UnknownArgument => {
            let argument = error.get(ContextKind::InvalidArg);
            matches!(argument, Some(ContextValue::String(word)) if !word.starts_with('-'))
        }
        _ => false,
    };
    if concerns_words
        && error.get(ContextKind::Suggested).is_none()
        && let Some(tip) = tip(&error)
    {
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// Names the closest command first, which the parser names last.
fn closest_first(error: &mut Error) {
    let kind = ContextKind::SuggestedSubcommand;
    if let Some(ContextValue::Strings(names)) = error.get(kind) {
        const MOST: usize = 2;
        let names = names.iter().rev().take(MOST).cloned().collect();
        error.insert(kind, ContextValue::Strings(names));
    }
}

/// Names the selectors of a command that has no `--target`, in place of an option that is spelled like it.
fn with_selector(error: &mut Error) {
    let is = |kind, text: &str| {
        let context = error.get(kind);
        context.is_some_and(|context| context.to_string().contains(text))
    };
    if is(ContextKind::InvalidArg, "--target") && is(ContextKind::Usage, "SELECTOR") {
        error.remove(ContextKind::SuggestedArg);
        let tip = "name customers and connectors without an option, as SELECTOR";
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    }
}

/// The command whose usage the error shows.
fn command(error: &Error) -> Option<String> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else {
        return None;
    };
    let usage = usage.to_string();
    usage.split_whitespace().nth(2).map(str::to_owned)
}

fn tip(error: &Error) -> Option<&'static str> {
    let command = command(error)?;
    let tip = TIPS.iter().find(|(name, _)| *name == command);
    tip.map(|(_, tip)| *tip)
}

#[cfg(test)]
mod tests {
    use crate::cli::parse;
    use std::ffi::OsString;

    #[test]
    fn error_about_a_word_names_the_command_that_takes_it() {
        for (line, part) in [
            ("plan show plan.json", "`airlift show PLAN`"),
            ("plan plan.json", "`airlift apply PLAN`"),
            ("plan acme-corp", "`--target`"),
            ("replan", "`airlift replan --from PLAN`"),
            ("replan plan.json", "`airlift replan --from PLAN`"),
            ("show", "`airlift show PLAN`"),
            ("drift acme-corp", "`--target`"),
            ("snapshot", "`airlift snapshot --out FILE`"),
            ("validate airlift.yaml", "`-f`"),
        ] {
            let arguments = ["airlift"].into_iter().chain(line.split(' '));
            let error = parse(arguments.map(OsString::from), 80).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(part), "{line}: {text}");
        }
    }

    #[test]
    fn error_about_a_mistyped_command_names_the_closest_first() {
        let error = parse(["airlift", "paln"].map(OsString::from).into_iter(), 80);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("exist: 'plan', "), "{text}");
    }

    #[test]
    fn error_about_a_missing_option_has_no_tip_about_words() {
        let arguments = ["airlift", "apply", "--wave-pause", "1s"].map(OsString::from);
        let error = parse(arguments.into_iter(), 80).unwrap_err().to_string();
        assert!(
            error.contains("--waves") && !error.contains("tip:"),
            "{error}"
        );
    }

    #[test]
    fn error_about_an_option_keeps_the_suggestion_of_the_parser() {
        let arguments = ["airlift", "plan", "--tagret", "acme"].map(OsString::from);
        let text = parse(arguments.into_iter(), 80).unwrap_err().to_string();
        assert!(
            text.contains("--target") && !text.contains("saved plan"),
            "{text}"
        );
    }

    #[test]
    fn parse_of_target_where_selectors_are_arguments_says_so() {
        for command in ["status", "rotate"] {
            let arguments = ["airlift", command, "--target", "x"].map(OsString::from);
            let error = parse(arguments.into_iter(), 80).unwrap_err().to_string();
            assert!(error.contains("as SELECTOR"), "{error}");
            assert!(!error.contains("a similar argument"), "{error}");
        }
    }
}
