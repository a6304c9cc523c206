//! Responsible for the number of spaces that a line needs in place of tabs.

/// The spaces before a line that tabs indent. `None` if the lines around it do not tell.
pub(super) fn spaces(text: &str, line: u32) -> Option<usize> {
    let position = (line as usize).checked_sub(1)?;
    let own = text.lines().nth(position)?;
    let body = own.trim_start_matches([' ', '\t']);
    if !own[..own.len() - body.len()].contains('\t') {
        return None;
    }
    let is_item = is_item(body);
    let before: Vec<Line<'_>> = text.lines().take(position).filter_map(Line::new).collect();
    let mut after = text.lines().skip(position + 1).filter_map(Line::new);
    let last = before.last()?;
    let spaces = if last.opens_block() {
        let is_inside = |line: &Line<'_>| {
            line.indent > last.content || (line.indent == last.content && line.is_item())
        };
        let inside = after.take_while(is_inside);
        let outermost = inside.min_by_key(|line| line.indent);
        match outermost {
            Some(line) if line.is_item() == is_item => line.indent,
            _ => last.content + 2,
        }
    } else if is_item {
        let open = open_items(&before);
        let field = after.next().filter(|next| !next.is_item());
        let dash = field.and_then(|field| field.indent.checked_sub(2));
        dash.filter(|dash| open.contains(dash))
            .or_else(|| only(&open))?
    } else if last.is_item() || after.next().is_some_and(|next| next.indent == last.content) {
        last.content
    } else {
        only(&open_fields(&before))?
    };
    (spaces > 0).then_some(spaces)
}

/// A line with content that no tab indents.
struct Line<'t> {
    body: &'t str,
    indent: usize,
    /// The column of the content, after the dash of an item.
    content: usize,
}

impl<'t> Line<'t> {
    fn new(text: &'t str) -> Option<Self> {
        let body = text.trim_start_matches(' ');
        if body.is_empty() || body.starts_with(['#', '\t']) {
            return None;
        }
        Some(Self {
            body,
            indent: text.len() - body.len(),
            content: text.len() - body.trim_start_matches(['-', ' ']).len(),
        })
    }

    fn is_item(&self) -> bool {
        is_item(self.body)
    }

    fn opens_block(&self) -> bool {
        self.body.trim_end().ends_with(':')
    }
}

fn is_item(body: &str) -> bool {
    body.starts_with("- ")
}

/// The indentation of the lists that are open after the last line.
fn open_items(before: &[Line<'_>]) -> Vec<usize> {
    let mut limit = usize::MAX;
    let mut open = Vec::new();
    for line in before.iter().rev() {
        if line.indent < limit {
            limit = line.indent;
            open.extend(line.is_item().then_some(line.indent));
        }
    }
    open
}

/// The indentation of the mappings that are open after the last line, without the outermost.
fn open_fields(before: &[Line<'_>]) -> Vec<usize> {
    let mut limit = usize::MAX;
    let mut open = Vec::new();
    for line in before.iter().rev() {
        if line.content < limit && line.content > 0 {
            limit = line.indent;
            open.push(line.content);
        }
    }
    open
}

fn only(columns: &[usize]) -> Option<usize> {
    match columns {
        [column] => Some(*column),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::spaces;

    #[test]
    fn spaces_of_tabs_are_those_of_the_lines_around() {
        for (text, expected) in [
            ("customers:\n\t- name: a\n", Some(2)),
            ("customers:\n\t- name: a\n    - name: b\n", Some(4)),
            ("customers:\n\t- name: a\n- name: b\n", None),
            ("customers:\n  - name: a\n\tregion: us\n", Some(4)),
            ("customers:\n  - name: a\n\t- name: b\n", Some(2)),
            ("customers:\n- name: a\n\tregion: us\n", Some(2)),
            (
                "a:\n  - b:\n      - c: 1\n\t- c: 2\n        d: 1\n",
                Some(6),
            ),
            ("a:\n  - b:\n      - c: 1\n\t- c: 2\n", None),
            ("customers:\n- name: a\n\t- name: b\n", None),
            ("guards:\n  max_deletes: 1\n\tmax_id_changes: 1\n", Some(2)),
            ("a:\n    - b: 1\n      c:\n\t d: 1\n", Some(8)),
            ("a:\n    - b: 1\n      c:\n        d: 1\n\t e: 1\n", None),
            ("a:\n  b:\n    c: 1\n\td: 1\n    e: 1\n", Some(4)),
            ("a:\n  - b\nc: 1\n\t- d\n", None),
            ("a:\n  -\tb: 1\n", None),
            ("\ta: 1\n", None),
        ] {
            let line = text.lines().position(|line| line.contains('\t')).unwrap() + 1;
            let line = u32::try_from(line).unwrap();
            assert_eq!(spaces(text, line), expected, "{text}");
        }
    }
}
