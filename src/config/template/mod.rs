//! Responsible for templates: a customer with placeholders becomes the customer of a row.
//!
//! Does not check the customers: `validate` does.

mod expressions;
mod overrides;
mod parameter;
mod row;

pub(super) use row::{Expanded, RowContext};

use super::code::Code;
use super::findings::{FindingSite, Findings};
use super::mistakes;
use super::origin::Origin;
use super::raw::RawBlock;
use super::raw_template::RawTemplate;
use crate::model::has_reference_mark;
use expressions::{Expression, Expressions};
use parameter::Parameter;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The column whose value changes the customer of its row.
pub(super) const OVERRIDES: &str = "overrides";
/// The key of a connector in a template that says which rows have it.
const WHEN: &str = "when";

/// A template that is ready for rows.
#[derive(Debug)]
pub(super) struct Template {
    parameters: BTreeMap<String, Parameter>,
    expressions: Expressions,
    customer: Node,
    /// Whether an expression is invalid, so that no row can have a customer.
    is_broken: bool,
    /// The parameters whose values become part of secret references.
    in_references: BTreeSet<String>,
    /// The parameters whose values become credentials without a reference of the template.
    credentials: BTreeSet<String>,
}

/// A value of a template, with its place in the project file.
#[derive(Debug)]
struct Node {
    kind: NodeKind,
    site: FindingSite,
}

#[derive(Debug)]
enum NodeKind {
    Literal(Value),
    Expression(Expression),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<(String, Node)>),
}

impl Template {
    /// Compiles a template. Adds a finding for each of its defects.
    pub(super) fn new(raw: &RawTemplate, origin: Origin<'_>, findings: &mut Findings) -> Self {
        let declared = raw.parameters.iter().flatten();
        let parameters: BTreeMap<String, Parameter> = declared
            .map(|(name, raw)| {
                let origin = origin.key("parameters").key(name);
                if name == OVERRIDES {
                    let message = "a parameter cannot be named `overrides`, the column of \
                                   changes to single rows";
                    findings.at(origin, Code::InvalidTemplate, message, None);
                }
                (name.clone(), Parameter::new(raw, origin, findings))
            })
            .collect();
        let mut compiler = Compiler {
            parameters: &parameters,
            expressions: Expressions::new(),
            in_references: BTreeSet::new(),
            credentials: BTreeSet::new(),
            is_broken: false,
            findings,
        };
        let customer = compiler.map(&raw.customer, origin.key("customer"));
        let Compiler {
            expressions,
            in_references,
            credentials,
            is_broken,
            ..
        } = compiler;
        Self {
            parameters,
            expressions,
            customer,
            is_broken,
            in_references,
            credentials,
        }
    }

    /// What to write in place of a cell that is refused.
    fn help(&self, column: &str, cell: &Value) -> Option<String> {
        if !cell.as_str().is_some_and(has_reference_mark) {
            return self.parameters.get(column)?.help(cell);
        }
        if self.in_references.contains(column) {
            return Some(mistakes::IN_REFERENCE.to_owned());
        }
        let is_credential = self.credentials.contains(column);
        is_credential.then(|| mistakes::of_column(column))
    }
}

struct Compiler<'c> {
    parameters: &'c BTreeMap<String, Parameter>,
    expressions: Expressions,
    in_references: BTreeSet<String>,
    credentials: BTreeSet<String>,
    is_broken: bool,
    findings: &'c mut Findings,
}

impl Compiler<'_> {
    /// Recursion is safe, because the parser limits depth.
    fn node(&mut self, value: &Value, origin: Origin<'_>) -> Node {
        let kind = match value {
            Value::Object(fields) => return self.map(fields, origin),
            Value::Array(items) => {
                let items = items.iter().zip(origin.items());
                NodeKind::List(items.map(|(item, at)| self.node(item, at)).collect())
            }
            Value::String(text) if expressions::has_mark(text) => self.expression(text, origin),
            literal => NodeKind::Literal(literal.clone()),
        };
        Node {
            kind,
            site: origin.into(),
        }
    }

    fn map(&mut self, fields: &RawBlock, origin: Origin<'_>) -> Node {
        let origins = origin.fields();
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| {
            let node = self.node(value, origins.key(name));
            (name.clone(), node)
        });
        Node {
            kind: NodeKind::Map(fields.collect()),
            site: origin.into(),
        }
    }

    fn expression(&mut self, text: &str, origin: Origin<'_>) -> NodeKind {
        match self.expressions.compile(text, self.parameters) {
            Ok(expression) => {
                let columns = expression.columns.iter().cloned();
                if has_reference_mark(text) {
                    self.in_references.extend(columns);
                } else if is_credential(origin) {
                    self.credentials.extend(columns);
                }
                NodeKind::Expression(expression)
            }
            Err(problem) => {
                self.is_broken = true;
                let message = format!("{}: {}", origin.label(), problem.message);
                let help = problem.help;
                self.findings
                    .at(origin, Code::InvalidTemplate, message, help);
                NodeKind::Literal(Value::Null)
            }
        }
    }
}

/// Whether a value of a template is in the credentials of a connector.
fn is_credential(origin: Origin<'_>) -> bool {
    let path = origin.path();
    path.is_some_and(|path| path.contains("].credentials."))
}

impl Node {
    fn field(&self, name: &str) -> Option<&Self> {
        let NodeKind::Map(fields) = &self.kind else {
            return None;
        };
        let field = fields.iter().find(|(known, _)| known == name);
        field.map(|(_, node)| node)
    }

    /// The parameters that the value depends on.
    fn columns(&self) -> &[String] {
        match &self.kind {
            NodeKind::Expression(expression) => &expression.columns,
            NodeKind::Literal(_) | NodeKind::List(_) | NodeKind::Map(_) => &[],
        }
    }
}
