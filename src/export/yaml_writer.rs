//! Responsible for writing an export as YAML files with comments.
//!
//! Quotes text from the API unless it can only be read as a plain scalar, and escapes all characters
//! with an effect in a terminal, a CI log or a YAML reader.

use super::{Block, Exported, ExportedConnector, ExportedCustomer};
use crate::model::{Cache, Contract, Entity, Literal, Mode, Setting, Settings, Status, escaped};
use crate::render::{Safe, sanitize};
use std::fmt::Write as _;

/// A list that would end after this column is written with one item per line.
const MAX_WIDTH: usize = 100;
/// The blanks before a connector in a document.
const CONNECTOR_INDENT: usize = 6;
/// The blanks before a customer in a document.
const CUSTOMER_INDENT: usize = 2;

/// The export as one document.
pub fn document(exported: &Exported) -> String {
    let mut yaml = Yaml::default();
    yaml.project(exported);
    yaml.customers_left_out(exported);
    if exported.declared().next().is_none() {
        yaml.line(0, "customers: []");
        return yaml.text;
    }
    yaml.line(0, "customers:");
    exported
        .declared()
        .for_each(|customer| yaml.customer(customer));
    yaml.text
}

/// The project file and one file per customer, each as its relative path and its text.
pub fn project(exported: &Exported) -> Vec<(String, String)> {
    let mut yaml = Yaml::default();
    yaml.project(exported);
    if exported.declared().next().is_some() {
        yaml.line(0, "include: [customers/*.yaml]");
    }
    yaml.customers_left_out(exported);
    let files = exported.declared().map(|customer| {
        let mut yaml = Yaml::default();
        yaml.line(0, "customers:");
        yaml.customer(customer);
        (format!("customers/{}.yaml", customer.slug), yaml.text)
    });
    std::iter::once(("airlift.yaml".to_owned(), yaml.text))
        .chain(files)
        .collect()
}

/// The declaration of a connector as an item of a list, without indentation.
pub(crate) fn connector_text(connector: &ExportedConnector) -> String {
    let mut yaml = Yaml::default();
    yaml.connector(connector);
    without_indent(&yaml.text, CONNECTOR_INDENT)
}

/// The declaration of a customer as an item of a list, without indentation.
pub(crate) fn customer_text(customer: &ExportedCustomer) -> String {
    let mut yaml = Yaml::default();
    yaml.customer(customer);
    without_indent(&yaml.text, CUSTOMER_INDENT)
}

fn without_indent(text: &str, indent: usize) -> String {
    text.lines().fold(String::new(), |text, line| {
        text + line.get(indent..).unwrap_or_default() + "\n"
    })
}

/// A YAML document under construction.
#[derive(Default)]
struct Yaml {
    text: String,
    /// Whether lines are written as comments.
    commented: bool,
}

impl Yaml {
    fn line(&mut self, indent: usize, text: &str) {
        // The comment mark stands at the column of the commented line.
        let mark = if self.commented { "# " } else { "" };
        let _ = writeln!(self.text, "{:indent$}{mark}{text}", "");
    }

    /// Writes a comment. In a commented-out block it stays a comment after the block is uncommented.
    fn remark(&mut self, indent: usize, text: &str) {
        for line in Safe::lines(text) {
            self.line(indent, &format!("# {line}"));
        }
    }

    fn field(&mut self, indent: usize, key: &str, value: &str) {
        self.line(indent, &format!("{key}: {value}"));
    }

    fn project(&mut self, exported: &Exported) {
        self.remark(0, "Written by `airlift export`.");
        let placeholders = exported.placeholders();
        if placeholders > 0 {
            let text = format!("Placeholders to replace: {placeholders}.");
            self.remark(0, &text);
        }
        self.line(0, "version: 1");
        self.field(0, "organization_id", &exported.organization_id.to_string());
        if exported.contract == Contract::ExternalUser {
            self.line(0, "contract: external_user");
        }
        if let Some(stores) = exported.stores() {
            let stores: Vec<&str> = stores.into_iter().collect();
            self.field(0, "stores", &format!("[{}]", stores.join(", ")));
        }
    }

    fn customers_left_out(&mut self, exported: &Exported) {
        for customer in &exported.customers {
            if let Some(reason) = &customer.left_out {
                let (name, id) = (scalar(&customer.name), &customer.id);
                self.remark(0, &format!("{name} (workspace {id}) is left out: {reason}"));
            }
        }
    }

    fn customer(&mut self, customer: &ExportedCustomer) {
        self.field(2, "- name", &scalar(&escaped(&customer.name)));
        if customer.status == Status::Inactive {
            self.line(4, "status: inactive");
        }
        match customer.cache {
            None => {}
            Some(Cache::On) => self.line(4, "cache: true"),
            Some(Cache::Off) => self.line(4, "cache: false"),
            Some(Cache::Inherit) => self.line(4, "cache: inherit"),
        }
        if customer.protect.is_some() {
            self.line(4, &format!("protect: {}", customer.protect.as_text()));
        }
        if customer.declared().next().is_some() {
            self.line(4, "connectors:");
        }
        for connector in &customer.connectors {
            if let Some(reason) = &connector.left_out {
                self.remark(
                    6,
                    &format!(
                        "Left out: {reason}. The connector's id is {}.",
                        connector.id
                    ),
                );
            }
            self.commented = connector.left_out.is_some();
            self.connector(connector);
            self.commented = false;
        }
    }

    fn connector(&mut self, connector: &ExportedConnector) {
        self.field(6, "- name", &scalar(&escaped(&connector.name)));
        self.remarks(connector, Block::Type);
        self.field(8, "type", &scalar(&connector.kind));
        self.remarks(connector, Block::Auth);
        if let Some(auth) = &connector.auth {
            self.field(8, "auth", &scalar(auth));
        }
        if let Some(template) = &connector.template_id {
            self.field(8, "template_id", template);
        }
        self.block(connector, Block::Credentials, &connector.credentials);
        if let Some(version) = connector.credentials_version {
            self.field(8, "credentials_version", &version.to_string());
        }
        self.block(connector, Block::Environment, &connector.environment);
        let config = &connector.replication_config;
        self.block(connector, Block::ReplicationConfig, config);
        if connector.replicates_nothing {
            self.line(8, "replication_config: none");
        }
        self.remarks(connector, Block::Entities);
        if !connector.entities.is_empty() {
            self.line(8, "entities:");
            for entity in &connector.entities {
                self.line(10, &format!("- {}", entity_text(entity)));
            }
        }
    }

    fn remarks(&mut self, connector: &ExportedConnector, block: Block) {
        for remark in connector.remarks.get(&block).into_iter().flatten() {
            self.remark(8, remark);
        }
    }

    fn block(&mut self, connector: &ExportedConnector, block: Block, all: &Settings) {
        self.remarks(connector, block);
        if !all.is_empty() {
            self.line(8, &format!("{}:", block.key()));
            self.settings(10, all);
        }
    }

    fn settings(&mut self, indent: usize, settings: &Settings) {
        for (name, setting) in settings {
            let key = scalar(name);
            match setting {
                Setting::Map(fields) if !fields.is_empty() => {
                    self.line(indent, &format!("{key}:"));
                    self.settings(indent + 2, fields);
                }
                Setting::List(items) if indent + key.len() + flow(setting).len() > MAX_WIDTH => {
                    self.line(indent, &format!("{key}:"));
                    for item in items {
                        self.line(indent + 2, &format!("- {}", flow(item)));
                    }
                }
                other => self.field(indent, &key, &flow(other)),
            }
        }
    }
}

fn entity_text(entity: &Entity) -> String {
    let name = scalar(&entity.entity);
    let mode = |mode: &Mode| match mode {
        Mode::Read => "read",
        Mode::Write => "write",
    };
    match &entity.modes {
        None => format!("{{entity: {name}}}"),
        Some(modes) => {
            let modes: Vec<&str> = modes.iter().map(mode).collect();
            format!("{{entity: {name}, modes: [{}]}}", modes.join(", "))
        }
    }
}

/// A value on one line.
pub(super) fn flow(setting: &Setting) -> String {
    match setting {
        Setting::Secret(reference) => quoted(&reference.to_string()),
        Setting::Literal(Literal::Text(text)) => scalar(&escaped(text)),
        // JSON scalars are valid YAML.
        Setting::Literal(value) => value.to_value().to_string(),
        Setting::List(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Setting::Map(fields) => {
            let field =
                |(name, value): (&str, &Setting)| format!("{}: {}", scalar(name), flow(value));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A text: plain if no reader can take it for anything else, also inside a list; otherwise quoted.
pub(super) fn scalar(text: &str) -> String {
    const WORDS: [&str; 11] = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan",
    ];
    let plain = |c: char| {
        (c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '@'))
            && !sanitize::is_dangerous(c)
    };
    let is_plain = text.starts_with(|c: char| c.is_alphabetic() && plain(c))
        && !text.ends_with(' ')
        && text.chars().all(plain)
        && !WORDS.contains(&text.to_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text in double quotes, on one line.
fn quoted(text: &str) -> String {
    let commands = sanitize::commands(text);
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for (at, character) in text.char_indices() {
        let is_unsafe =
            sanitize::is_dangerous(character) || matches!(character, '\u{fffe}' | '\u{ffff}');
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if is_unsafe || commands.contains(&at) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::super::values::as_written;
    use super::{flow, sanitize, scalar};
    use crate::model::Setting;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("finite", |f| f.is_finite())
                .prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[-:#\\[\\]{}&*!|>'\"%@`,?~ a0.\n\t]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[^$]{0,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn flow_of_any_value_reads_back_unchanged(value in any_value()) {
            let setting = Setting::from(value);
            let text = format!("[{}]", flow(&setting));
            let read: Value = serde_yaml::from_str(&text).map_err(|error| {
                TestCaseError::fail(format!("{error}: {text}"))
            })?;
            prop_assert_eq!(&read, &json!([as_written(&setting)]), "{}", text);
            for line in text.lines() {
                prop_assert!(!line.contains("##[") && !line.contains("##vso["));
                prop_assert!(!line.chars().any(sanitize::is_dangerous));
            }
        }

        #[test]
        fn scalar_of_any_name_reads_back_unchanged(name in "\\PC{1,30}|[-:#?!&*|>'\"% ~a0\u{1b}\u{202e}]{1,12}") {
            let text = format!("- name: {}\n", scalar(&name));
            let read: Value = serde_yaml::from_str(&text).map_err(|error| {
                TestCaseError::fail(format!("{error}: {text}"))
            })?;
            prop_assert_eq!(&read, &json!([{"name": name}]), "{}", text);
        }
    }

    #[test]
    fn scalar_of_ambiguous_text_is_quoted() {
        for text in [
            "",
            "no",
            "NULL",
            "~",
            "1",
            "1.5",
            "0x1",
            "2026-01-01",
            "- a",
            "a: b",
            "# a",
            "${env:A}",
            " a",
            "a ",
            "<<",
            "=",
            ".inf",
        ] {
            assert!(scalar(text).starts_with('"'), "{text:?}");
        }
        assert_eq!(scalar("Acme GitHub"), "Acme GitHub");
        assert_eq!(scalar("Zoë/日本"), "Zoë/日本");
        assert_eq!(
            scalar("a\u{1b}##[error]"),
            "\"a\\U0000001B\\U00000023#[error]\""
        );
    }
}
