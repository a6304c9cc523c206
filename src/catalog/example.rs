//! Responsible for an example of each type, as YAML to paste below `connectors:` of a customer.

use super::{AuthMethod, ConnectorType, Field, FieldType, Variable, is_secret};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The customer of the examples, in names and in paths.
const CUSTOMER: (&str, &str) = ("Acme", "acme");

/// A connector as YAML, and the secret files that it refers to.
#[derive(Debug)]
pub struct Example {
    /// A list item, indented below `connectors:` of a customer.
    pub yaml: String,
    /// The secret files, as paths relative to the project.
    pub secret_files: Vec<String>,
}

impl Example {
    /// An example of a type. It has what the type requires, with values to replace.
    pub fn new(kind: &ConnectorType) -> Self {
        let mut example = Self {
            yaml: format!(
                "      - name: {} {}\n        type: {}\n",
                CUSTOMER.0,
                title(&kind.name),
                kind.name
            ),
            secret_files: Vec::new(),
        };
        if let Some(method) = simplest(kind) {
            example.credentials(kind, method);
        }
        let variables = kind.variables.iter();
        let needed = variables.filter(|(_, variable)| variable.default_is_placeholder());
        example.block("environment", needed.map(|(name, v)| (name, variable(v))));
        let settings = kind.replication_config.iter();
        let required = settings.filter(|(_, field)| field.required);
        let settings = required.map(|(name, field)| (name, setting(field)));
        example.block("replication_config", settings);
        example
    }

    fn credentials(&mut self, kind: &ConnectorType, method: &AuthMethod) {
        let others: Vec<&str> = kind
            .methods
            .iter()
            .map(|other| other.name.as_str())
            .filter(|other| *other != method.name)
            .collect();
        if !others.is_empty() {
            let others = others.join(", ");
            let name = &method.name;
            self.add(&format!("        auth: {name}  # or {others}\n"));
        }
        self.add("        credentials:\n");
        let has_required = method.fields.values().any(|field| field.required);
        for (name, field) in &method.fields {
            if !field.required && has_required {
                continue;
            }
            let value = if is_secret(name, Some(field)) {
                let words = format!("{}-{}-{name}", CUSTOMER.1, kind.name);
                let path = format!("secrets/{}", words.replace('_', "-"));
                let reference = format!("${{file:{path}}}");
                self.secret_files.push(path);
                json!(reference)
            } else {
                identifier(name, field)
            };
            self.add(&format!("          {name}: {value}\n"));
        }
    }

    fn block<'a>(&mut self, name: &str, fields: impl Iterator<Item = (&'a String, Value)>) {
        for (index, (field, value)) in fields.enumerate() {
            if index == 0 {
                self.add(&format!("        {name}:\n"));
            }
            self.add(&format!("          {field}: {value}\n"));
        }
    }

    fn add(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = self.yaml.write_str(text);
    }
}

/// The method that needs the least: a token rather than an OAuth app, which a person has to create.
fn simplest(kind: &ConnectorType) -> Option<&AuthMethod> {
    let without_app = kind.methods.iter().find(|method| method.kind != "oauth2");
    without_app.or(kind.methods.first())
}

/// `zendesk-support` as `Zendesk Support`.
fn title(name: &str) -> String {
    let word = |word: &str| match word {
        "github" => "GitHub".to_owned(),
        "gitlab" => "GitLab".to_owned(),
        "hubspot" => "HubSpot".to_owned(),
        word => {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        }
    };
    let words: Vec<String> = name.split('-').map(word).collect();
    words.join(" ")
}

/// A credential that only names an account.
fn identifier(name: &str, field: &Field) -> Value {
    let is_address = field.format.as_deref() == Some("email") || name == "email";
    match field.pattern.as_deref().and_then(|p| p.strip_prefix('^')) {
        Some(start) if start.chars().all(|c| c.is_ascii_alphanumeric()) => {
            json!(format!("{start}0123456789"))
        }
        _ if is_address => json!("ops@acme.example"),
        _ => json!(format!("{}-{}", CUSTOMER.1, name.replace('_', "-"))),
    }
}

fn variable(variable: &Variable) -> Value {
    let option = variable.options.iter().flatten().next();
    json!(option.map_or(CUSTOMER.1, String::as_str))
}

/// A value of a required setting.
fn setting(field: &Field) -> Value {
    let option = field.options.iter().flatten().next().cloned();
    if let Some(value) = option.or_else(|| field.default.clone()) {
        return value;
    }
    match (field.kind, field.format.as_deref()) {
        (FieldType::String, Some("date")) => json!("2026-01-01"),
        (FieldType::String, Some("date-time")) => json!("2026-01-01T00:00:00Z"),
        (FieldType::String, Some("email")) => json!("ops@acme.example"),
        (FieldType::String, _) => json!("acme"),
        (FieldType::Array, _) => match field.items.as_ref().map(|items| items.kind) {
            Some(FieldType::Object) => json!([{"name": "acme"}]),
            Some(FieldType::Integer | FieldType::Number) => json!([1]),
            _ => json!(["acme/api"]),
        },
        (FieldType::Object, _) => json!({}),
        (FieldType::Boolean, _) => json!(true),
        (FieldType::Integer | FieldType::Number, _) => json!(1),
    }
}

#[cfg(test)]
mod tests {
    use super::Example;
    use crate::catalog;

    #[test]
    fn example_of_github_has_what_the_type_requires() {
        let example = Example::new(catalog::find("github").unwrap());
        let expected = "      - name: Acme GitHub
        type: github
        auth: githubPAT  # or githubOAuth
        credentials:
          token: \"${file:secrets/acme-github-token}\"
        replication_config:
          repositories: [\"acme/api\"]
          start_date: \"2026-01-01T00:00:00Z\"
";
        assert_eq!(example.yaml, expected);
        assert_eq!(example.secret_files, ["secrets/acme-github-token"]);
    }
}
