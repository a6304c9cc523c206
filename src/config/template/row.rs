//! Responsible for the customer of one row, and for the places that findings about it point to: the cell whose value is
//! wrong, or the template.

use super::expressions::context;
use super::{Node, NodeKind, OVERRIDES, Template, WHEN, overrides};
use crate::config::code::Code;
use crate::config::diagnostic::Location;
use crate::config::findings::{FindingSite, Findings};
use crate::config::origin::PathStep;
use crate::config::raw::FIELDS;
use crate::config::redaction::{did_you_mean, title};
use crate::config::table::{Row, Table};
use minijinja::Value as Evaluated;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A row and the template that it fills.
#[derive(Debug)]
pub(in crate::config) struct RowContext<'t> {
    pub(in crate::config) table: &'t Table,
    pub(in crate::config) row: &'t Row,
    template: &'t Template,
    /// The position in the template of each connector, or `None` for one that only the row has.
    connectors: Vec<Option<usize>>,
    /// The changes that only this row makes.
    patch: Map<String, Value>,
}

/// The customer of a row.
#[derive(Debug)]
pub(in crate::config) struct Expanded<'t> {
    pub(in crate::config) customer: Value,
    pub(in crate::config) context: RowContext<'t>,
}

impl Template {
    /// Reports the columns of a table that the template does not have.
    pub(in crate::config) fn check_columns(&self, table: &Table, findings: &mut Findings) {
        let site = FindingSite::new(table.header_location());
        // Another spelling of a parameter has a finding of its own.
        let is_spelling = |column: &str, name: &str| column.trim().eq_ignore_ascii_case(name);
        let is_spelt = |name: &str| table.columns.iter().any(|column| is_spelling(column, name));
        for (name, parameter) in &self.parameters {
            if parameter.is_required && !table.may_have(name) && !is_spelt(name) {
                let message = format!(
                    "the table has no column {}, and the template requires it",
                    title(name)
                );
                findings.at_site(site.clone(), Code::MissingCell, message, None);
            }
        }
        let is_known =
            |column: &String| column == OVERRIDES || self.parameters.contains_key(column);
        let has_parameter = |column: &String| {
            let mut names = self.parameters.keys();
            is_known(column) || names.any(|name| is_spelling(column, name))
        };
        if !table.columns.is_empty() && !table.columns.iter().any(has_parameter) {
            // The file may be no table, so that its first line may hold a secret.
            let message = "the table has none of the columns that the template takes".to_owned();
            let help = "write the names of the columns into the first line of the file";
            findings.at_site(site, Code::UnknownColumn, message, Some(help.to_owned()));
            return;
        }
        for column in &table.columns {
            if is_known(column) {
                continue;
            }
            // A column that the table has already is not the one that was meant.
            let absent = self.parameters.keys();
            let absent = absent.filter(|name| !table.columns.contains(name));
            let help = did_you_mean(column, absent.map(String::as_str)).unwrap_or_else(|| {
                "add it to `parameters` of the template, or remove the column".to_owned()
            });
            let help = Some(help);
            let message = format!(
                "the template has no parameter for the column {}",
                title(column)
            );
            findings.at_site(site.clone(), Code::UnknownColumn, message, help);
        }
    }

    /// Whether a connector of this name may be in other rows only. A name with an expression may be any.
    fn has_in_other_rows(&self, name: &str) -> bool {
        let connectors = self.customer.field("connectors").map(|field| &field.kind);
        let Some(NodeKind::List(connectors)) = connectors else {
            return false;
        };
        let mut conditional = connectors
            .iter()
            .filter(|connector| connector.field(WHEN).is_some());
        conditional.any(
            |connector| match connector.field("name").map(|field| &field.kind) {
                Some(NodeKind::Literal(literal)) => literal.as_str() == Some(name),
                _ => true,
            },
        )
    }

    /// The customer of a row, or findings.
    pub(in crate::config) fn expand<'t>(
        &'t self,
        table: &'t Table,
        row: &'t Row,
        findings: &mut Findings,
    ) -> Option<Expanded<'t>> {
        let mut context = RowContext::new(table, row, self);
        let values = context.values(findings)?;
        if self.is_broken {
            return None;
        }
        let values = self::context(&values);
        let mut expander = Expander {
            context: &mut context,
            values: &values,
            findings,
        };
        let Value::Object(mut customer) = expander.customer(&self.customer)? else {
            return None;
        };
        let mut absent = overrides::apply(&context.patch, &mut customer, &mut context.connectors);
        absent.retain(|name| !self.has_in_other_rows(name));
        context.refuse_absent(&absent, &customer, findings);
        Some(Expanded {
            customer: Value::Object(customer),
            context,
        })
    }
}

impl<'t> RowContext<'t> {
    /// A row before its template is filled.
    pub(in crate::config) fn new(table: &'t Table, row: &'t Row, template: &'t Template) -> Self {
        Self {
            table,
            row,
            template,
            connectors: Vec::new(),
            patch: Map::new(),
        }
    }

    /// The values of the parameters. Reports every wrong cell.
    fn values(&mut self, findings: &mut Findings) -> Option<BTreeMap<&'t str, Value>> {
        let mut values = BTreeMap::new();
        let mut is_valid = true;
        let mut refuse = |site, code, message: String, help: Option<String>| {
            findings.at_site(site, code, message, help);
            false
        };
        for (name, parameter) in &self.template.parameters {
            let value = match self.table.cell(self.row, name) {
                Some(cell) => parameter.value(&cell.value).and_then(|value| {
                    let checked = self.template.in_references.contains(name);
                    let problem = checked.then(|| parameter.problem_in_reference(&value));
                    problem.flatten().map_or(Ok(value), Err)
                }),
                // The header has the finding.
                None if parameter.is_required && !self.table.may_have(name) => {
                    is_valid = false;
                    continue;
                }
                None if parameter.is_required => {
                    let message = "has no value, and the template requires one".to_owned();
                    is_valid = refuse(self.site_of(name), Code::MissingCell, message, None);
                    continue;
                }
                None => Ok(parameter.default.clone()),
            };
            match value {
                Ok(value) => {
                    values.insert(name.as_str(), value);
                }
                Err(message) => {
                    let cell = self.table.cell(self.row, name);
                    let help = cell.and_then(|cell| self.template.help(name, &cell.value));
                    is_valid = refuse(self.site_of(name), Code::InvalidCell, message, help);
                }
            }
        }
        if let Some(cell) = self.table.cell(self.row, OVERRIDES) {
            match overrides::parse(&cell.value) {
                Ok(patch) => self.patch = patch,
                Err(message) => {
                    is_valid = refuse(self.site_of(OVERRIDES), Code::InvalidCell, message, None);
                }
            }
        }
        is_valid.then_some(values)
    }

    /// Reports names that the row's own changes remove, and that the customer does not have.
    fn refuse_absent(
        &self,
        absent: &[String],
        customer: &Map<String, Value>,
        findings: &mut Findings,
    ) {
        let connectors = customer.get("connectors").and_then(Value::as_array);
        let names = connectors.into_iter().flatten();
        let names = names.filter_map(|connector| connector.get("name")?.as_str());
        let known: Vec<&str> = FIELDS.iter().map(String::as_str).chain(names).collect();
        for name in absent {
            let message = format!("the customer has no {}, which the row removes", title(name));
            let help = did_you_mean(name, known.iter().copied());
            findings.at_site(self.site_of(OVERRIDES), Code::InvalidCell, message, help);
        }
    }

    /// The place of a column's value, or of the row if it has none.
    fn site_of(&self, column: &str) -> FindingSite {
        let cell = self.table.cell(self.row, column);
        let location = cell.map_or_else(|| self.location(), |cell| self.table.cell_location(cell));
        FindingSite::new(location)
            .in_row(self.row.number)
            .in_column(title(column))
    }

    /// The place of the row.
    pub(in crate::config) fn location(&self) -> Location {
        self.table.row_location(self.row)
    }

    /// The place of a part of the customer: a cell, the row, or the template if the row does not change the part.
    pub(in crate::config) fn site(&self, steps: &[PathStep]) -> FindingSite {
        if self.is_overridden(steps) {
            return self.site_of(OVERRIDES);
        }
        match self.node(steps) {
            Some(node) => match node.columns().first() {
                Some(column) => self.site_of(column),
                None => node.site.clone().shared(),
            },
            None => FindingSite::new(self.location()).in_row(self.row.number),
        }
    }

    /// The place in the template of a value that a column gives, and the column.
    pub(in crate::config) fn column(&self, steps: &[PathStep]) -> Option<(FindingSite, &'t str)> {
        let node = self.node(steps).filter(|_| !self.is_overridden(steps))?;
        let column = node.columns().first()?;
        Some((node.site.clone().shared(), column))
    }

    /// The part of the template that a part of the customer comes from. A part without a counterpart comes from the nearest
    /// value around it.
    fn node(&self, steps: &[PathStep]) -> Option<&'t Node> {
        let mut node = &self.template.customer;
        for (depth, step) in steps.iter().enumerate() {
            let next = match (&node.kind, step) {
                (NodeKind::Map(_), PathStep::Field { name, .. }) => node.field(name),
                (NodeKind::List(items), PathStep::Item(position)) => {
                    let position = match self.connectors.get(*position) {
                        Some(position) if depth == 1 => (*position)?,
                        _ => *position,
                    };
                    items.get(position)
                }
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        Some(node)
    }

    /// Whether the row's own changes have a part of the customer. Changes name connectors and do not have their positions.
    fn is_overridden(&self, steps: &[PathStep]) -> bool {
        let (connector, rest) = match steps {
            [] => return false,
            [
                PathStep::Field { name, .. },
                PathStep::Item(position),
                rest @ ..,
            ] if name == "connectors" => (*position, rest),
            _ => return overrides::has_path(&self.patch, steps),
        };
        match self.patch.get("connectors") {
            _ if self.connectors.get(connector) == Some(&None) => true,
            Some(Value::Object(changes)) if !rest.is_empty() => {
                let mut changes = changes.values().filter_map(Value::as_object);
                changes.any(|change| overrides::has_path(change, rest))
            }
            _ => false,
        }
    }
}

struct Expander<'e, 't> {
    context: &'e mut RowContext<'t>,
    values: &'e Evaluated,
    findings: &'e mut Findings,
}

impl Expander<'_, '_> {
    fn customer(&mut self, node: &Node) -> Option<Value> {
        let NodeKind::Map(fields) = &node.kind else {
            return None;
        };
        let fields = fields.iter().map(|(name, field)| {
            let value = match &field.kind {
                NodeKind::List(connectors) if name == "connectors" => {
                    self.connectors(connectors)?
                }
                _ => self.value(field)?,
            };
            Some((name.clone(), value))
        });
        fields.collect::<Option<Map<_, _>>>().map(Value::Object)
    }

    fn connectors(&mut self, nodes: &[Node]) -> Option<Value> {
        let mut connectors = Vec::with_capacity(nodes.len());
        for (position, node) in nodes.iter().enumerate() {
            if self.has_connector(node)? {
                let mut connector = self.value(node)?;
                if let Some(fields) = connector.as_object_mut() {
                    fields.shift_remove(WHEN);
                }
                self.context.connectors.push(Some(position));
                connectors.push(connector);
            }
        }
        Some(Value::Array(connectors))
    }

    /// Whether the row has a connector of the template. An empty column means that it has not.
    fn has_connector(&mut self, node: &Node) -> Option<bool> {
        let Some(when) = node.field(WHEN) else {
            return Some(true);
        };
        match self.value(when)? {
            Value::Bool(condition) => Some(condition),
            Value::Null => Some(false),
            _ => {
                self.fail(when, "`when` must be true or false".to_owned());
                None
            }
        }
    }

    /// Recursion is safe, because the parser limits the depth of the template.
    fn value(&mut self, node: &Node) -> Option<Value> {
        Some(match &node.kind {
            NodeKind::Literal(value) => value.clone(),
            NodeKind::List(items) => {
                let items: Option<Vec<Value>> = items.iter().map(|item| self.value(item)).collect();
                Value::Array(items?)
            }
            NodeKind::Map(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, field)| Some((name.clone(), self.value(field)?)));
                Value::Object(fields.collect::<Option<Map<_, _>>>()?)
            }
            NodeKind::Expression(expression) => {
                let expressions = &self.context.template.expressions;
                match expressions.evaluate(expression, self.values) {
                    Ok(value) => {
                        if let Some(problem) = expression.problem_of(&value) {
                            self.report(node, Code::InvalidCell, problem.to_owned());
                            return None;
                        }
                        value
                    }
                    Err(reason) => {
                        let message = format!("the template cannot be filled: {}", reason.message);
                        if reason.is_of_template {
                            let site = node.site.clone().shared();
                            let code = Code::InvalidTemplate;
                            self.findings.at_site(site, code, message, None);
                        } else {
                            self.fail(node, message);
                        }
                        return None;
                    }
                }
            }
        })
    }

    fn fail(&mut self, node: &Node, message: String) {
        self.report(node, Code::InvalidTemplate, message);
    }

    fn report(&mut self, node: &Node, code: Code, message: String) {
        let site = match node.columns().first() {
            Some(column) => self.context.site_of(column),
            None => node.site.clone().shared(),
        };
        self.findings.at_site(site, code, message, None);
    }
}
