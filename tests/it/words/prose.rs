//! Splits Rust source into code and prose: comments and string literals.

/// One line of a file.
#[derive(Default)]
pub(super) struct Line {
    /// From one.
    pub(super) number: usize,
    /// Without comments, strings and characters.
    pub(super) code: String,
    /// Comments and contents of strings.
    pub(super) prose: String,
}

impl Line {
    /// A line of a document.
    pub(super) fn prose((number, text): (usize, &str)) -> Self {
        Self {
            number,
            prose: text.to_owned(),
            ..Self::default()
        }
    }
}

enum State {
    Code,
    Comment,
    Text,
    /// A raw string that ends with a quote and so many `#`.
    Raw(usize),
}

/// Splits a Rust source.
pub(super) fn split(source: &str) -> Vec<Line> {
    let mut state = State::Code;
    let lines = (1..).zip(source.lines());
    lines
        .map(|(number, text)| {
            let mut line = Line {
                number,
                ..Line::default()
            };
            if matches!(state, State::Comment) {
                state = State::Code;
            }
            let mut rest = text;
            while let Some(next) = rest.chars().next() {
                let length = step(&mut state, rest, next, &mut line);
                rest = &rest[length..];
            }
            line
        })
        .collect()
}

/// Reads one token at the start of `rest`, and returns its length in bytes.
fn step(state: &mut State, rest: &str, next: char, line: &mut Line) -> usize {
    match state {
        State::Code => code(state, rest, next, line),
        State::Comment => {
            line.prose.push_str(rest);
            rest.len()
        }
        State::Text if next == '\\' => {
            line.prose.push(' ');
            rest.chars().take(2).map(char::len_utf8).sum()
        }
        State::Text if next == '"' => leave(state, line, 1),
        State::Raw(marks) if rest.starts_with(&format!("\"{}", "#".repeat(*marks))) => {
            let length = 1 + *marks;
            leave(state, line, length)
        }
        State::Text | State::Raw(_) => {
            line.prose.push(next);
            next.len_utf8()
        }
    }
}

fn leave(state: &mut State, line: &mut Line, length: usize) -> usize {
    *state = State::Code;
    line.prose.push(' ');
    length
}

fn code(state: &mut State, rest: &str, next: char, line: &mut Line) -> usize {
    let name_before = line
        .code
        .ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        *state = State::Comment;
        line.prose.push(' ');
        return rest.chars().take_while(|c| *c == '/' || *c == '!').count();
    }
    if let Some((length, marks)) = raw_start(rest).filter(|_| !name_before) {
        *state = State::Raw(marks);
        return length;
    }
    if next == '"' {
        *state = State::Text;
        return 1;
    }
    if let Some(length) = character(rest) {
        line.code.push(' ');
        return length;
    }
    line.code.push(next);
    next.len_utf8()
}

/// The length of the start of a raw string, and its number of `#`.
fn raw_start(rest: &str) -> Option<(usize, usize)> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let marks = after.chars().take_while(|c| *c == '#').count();
    let length = rest.len() - after.len() + marks + 1;
    after[marks..].starts_with('"').then_some((length, marks))
}

/// The length of a character literal, which a lifetime is not.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        let end = inner[2..].find('\'')?;
        return Some(1 + 2 + end + 1);
    }
    let first = inner.chars().next()?;
    inner[first.len_utf8()..]
        .starts_with('\'')
        .then(|| first.len_utf8() + 2)
}
