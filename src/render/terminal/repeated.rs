//! Responsible for the options that a suggested command repeats: those of this run that name the
//! project, the API and the ledger. Without them, the command would concern another project.

use super::{Line, Safe};

/// The start of a command in backticks.
const START: &str = "`airlift ";

/// Commands that read the project, the API and the ledger.
const COMMANDS: [&str; 14] = [
    "adopt", "apply", "connect", "doctor", "drift", "export", "ledger", "outputs", "plan",
    "replan", "rotate", "snapshot", "status", "token",
];

/// Options of the command line that suggested commands repeat.
#[derive(Clone, Debug, Default)]
pub struct RepeatedOptions {
    /// `-f` with each path.
    files: String,
    /// The other ones.
    access: String,
}

impl RepeatedOptions {
    /// Options as a shell reads them: those that name the files, and the other ones.
    pub fn new(files: &str, access: &str) -> Self {
        let shown = |options: &str| match options {
            "" => String::new(),
            options => Safe::new(format_args!(" {options}")).as_str().to_owned(),
        };
        Self {
            files: shown(files),
            access: shown(access),
        }
    }

    /// The line with the options in each command in backticks; `None` if that changes nothing.
    pub(super) fn complete(&self, line: &Line) -> Option<Line> {
        if (self.files.is_empty() && self.access.is_empty()) || !line.as_str().contains(START) {
            return None;
        }
        let mut completed = line.clone();
        for (place, options) in self.insertions(line.as_str()) {
            completed.insert(place, &options);
        }
        Some(completed)
    }

    /// The text with the options in each command in backticks.
    pub(in crate::render) fn completed(&self, mut text: String) -> String {
        for (place, options) in self.insertions(&text) {
            text.insert_str(place, &options);
        }
        text
    }

    /// The JSON text with the options in each command in backticks. A backtick is in a string of it.
    pub(in crate::render) fn completed_json(&self, mut json: String) -> String {
        for (place, options) in self.insertions(&json) {
            let options = serde_json::Value::from(options).to_string();
            json.insert_str(place, options.trim_matches('"'));
        }
        json
    }

    /// Where each command in backticks ends, with its options. The last one comes first, so that the places of the
    /// others stay.
    fn insertions(&self, text: &str) -> Vec<(usize, String)> {
        text.rmatch_indices(START)
            .filter_map(|(start, _)| {
                let command = &text[start + START.len()..];
                let end = command.find('`')?;
                Some((start + START.len() + end, self.options(&command[..end])))
            })
            .collect()
    }

    fn options(&self, command: &str) -> String {
        match command.split(' ').next() {
            Some("validate") => self.files.clone(),
            Some(name) if COMMANDS.contains(&name) => format!("{}{}", self.files, self.access),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RepeatedOptions;
    use crate::render::{Color, Line, Out, Safe};

    fn written(text: &str, options: RepeatedOptions) -> String {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes, 200, Color::Off).with_options(options);
        out.line(&Line::at(0).text(Safe::new(text))).unwrap();
        drop(out);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn commands_in_backticks_repeat_the_options() {
        let options = || RepeatedOptions::new("-f 'my project'", "--sandbox --ledger l");
        assert_eq!(
            written("run `airlift ledger sign`, then `airlift plan`", options()),
            "run `airlift ledger sign -f 'my project' --sandbox --ledger l`, then \
             `airlift plan -f 'my project' --sandbox --ledger l`\n"
        );
        assert_eq!(
            written("`airlift connect acme/CRM --again`", options()),
            "`airlift connect acme/CRM --again -f 'my project' --sandbox --ledger l`\n"
        );
        assert_eq!(
            written("`airlift validate` and `airlift explain CODE`", options()),
            "`airlift validate -f 'my project'` and `airlift explain CODE`\n"
        );
    }

    #[test]
    fn commands_without_options_to_repeat_stay() {
        let text = "run `airlift plan`; `airlift";
        let options = RepeatedOptions::default();
        assert_eq!(written(text, options), format!("{text}\n"));
    }

    #[test]
    fn commands_in_json_repeat_the_options_escaped() {
        let options = RepeatedOptions::new("-f 'a\"b\\c'", "--sandbox");
        let json =
            serde_json::json!({"hint": "run `airlift plan`, \"now\"", "message": "`airlift"});
        let completed = options.completed_json(json.to_string());
        let completed: serde_json::Value = serde_json::from_str(&completed).unwrap();
        let hint = "run `airlift plan -f 'a\"b\\c' --sandbox`, \"now\"";
        assert_eq!(completed["hint"], hint);
        assert_eq!(completed["message"], "`airlift");
    }

    #[test]
    fn repeated_options_hold_no_control_character() {
        let options = RepeatedOptions::new("-f 'a\u{1b}[31m\n::error::b'", "");
        let text = written("`airlift plan`", options);
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
