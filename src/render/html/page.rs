//! Responsible for the page: its template, and the hashes by which the page runs only its own script
//! and styles.

use crate::render::{Safe, json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, context};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io;

/// The name ends with `.html`, by which the engine escapes every value.
const NAME: &str = "page.html";
const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The width of the longest bar.
const BAR: u64 = 420;

/// A page without its rows.
#[derive(Serialize)]
pub(super) struct Page {
    /// What the page shows, such as `Plan`.
    pub(super) title: &'static str,
    pub(super) verdict: String,
    pub(super) sentences: Vec<String>,
    pub(super) facts: Vec<Fact>,
    /// What the rows are, such as `Changes`.
    pub(super) counted: &'static str,
    pub(super) counts: Vec<Count>,
    pub(super) sections: Vec<Section>,
    pub(super) has_rows: bool,
}

/// A value with its name.
#[derive(Serialize)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// A bar of the chart.
#[derive(Serialize)]
pub(super) struct Count {
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    pub(super) count: u64,
    width: u64,
}

/// A list under a heading.
#[derive(Serialize)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) class: &'static str,
    pub(super) meaning: String,
    pub(super) is_open: bool,
    pub(super) rows: Vec<SectionRow>,
}

/// A row of a list.
#[derive(Serialize)]
pub(super) struct SectionRow {
    pub(super) text: String,
    pub(super) detail: Option<String>,
}

/// A row of the table. The names are short, because a page may have 30,000 rows.
#[derive(Serialize)]
pub(super) struct Row {
    /// The symbol of the action.
    #[serde(rename = "y")]
    pub(super) symbol: &'static str,
    /// The class of the action.
    #[serde(rename = "k")]
    pub(super) class: &'static str,
    #[serde(rename = "a")]
    pub(super) action: &'static str,
    #[serde(rename = "o")]
    pub(super) outcome: Option<&'static str>,
    #[serde(rename = "n")]
    pub(super) address: String,
    #[serde(rename = "c")]
    pub(super) customer: String,
    #[serde(rename = "t")]
    pub(super) kind: String,
    #[serde(rename = "w")]
    pub(super) why: String,
    /// What the row shows when it is opened: names with values.
    #[serde(rename = "f")]
    pub(super) fields: Vec<(String, String)>,
}

impl Fact {
    pub(super) fn new(name: &'static str, value: impl std::fmt::Display) -> Self {
        Self {
            name,
            value: Safe::new(value).to_string(),
        }
    }
}

/// Counts the rows by their actions.
pub(super) fn counts(rows: &[Row]) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for row in rows {
        match counts.iter_mut().find(|count| count.label == row.action) {
            Some(count) => count.count += 1,
            None => counts.push(Count {
                label: row.action,
                class: row.class,
                count: 1,
                width: 0,
            }),
        }
    }
    let most = counts.iter().map(|count| count.count).max().unwrap_or(1);
    for count in &mut counts {
        count.width = (count.count * BAR / most).max(2);
    }
    counts
}

/// The text of a page.
pub(super) fn render(page: &Page, rows: &[Row]) -> io::Result<String> {
    let mut environment = Environment::new();
    environment
        .add_template(NAME, TEMPLATE)
        .map_err(io::Error::other)?;
    let template = environment.get_template(NAME).map_err(io::Error::other)?;
    template
        .render(context! {
            page,
            version => env!("CARGO_PKG_VERSION"),
            style => STYLE,
            style_hash => hash(STYLE),
            script => SCRIPT,
            script_hash => hash(SCRIPT),
            data => data(rows)?,
        })
        .map_err(io::Error::other)
}

/// A source of a content security policy.
pub(super) fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// JSON that ends no element of a page: only strings have these characters, and there they can be
/// escapes.
fn data(rows: &[Row]) -> io::Result<String> {
    let bytes = json::compact(&rows)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("\\u003c"),
            '>' => escaped.push_str("\\u003e"),
            '&' => escaped.push_str("\\u0026"),
            '\u{2028}' => escaped.push_str("\\u2028"),
            '\u{2029}' => escaped.push_str("\\u2029"),
            other => escaped.push(other),
        }
    }
    Ok(escaped)
}
