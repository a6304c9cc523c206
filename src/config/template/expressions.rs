//! Responsible for the expressions in templates, with `minijinja` in its strict mode: an unknown column is an error, and so
//! is text with an empty one.

use super::parameter::Parameter;
use crate::catalog::closest;
use crate::config::redaction::title;
use crate::model::has_reference_mark;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Evaluated};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The variable that has the columns of a row.
const ROW: &str = "row";
/// The variable that takes the value of a whole expression, which keeps its type.
const VALUE: &str = "value";

/// Filters whose result can be as large as a number in their arguments says.
const UNBOUNDED_FILTERS: [&str; 5] = ["batch", "format", "indent", "pprint", "slice"];

/// The compiled expressions of a template.
#[derive(Debug)]
pub(super) struct Expressions {
    environment: Environment<'static>,
    count: usize,
}

/// A text with expressions.
#[derive(Debug)]
pub(super) struct Expression {
    /// The name in the environment.
    name: String,
    /// Whether the text is one expression, whose value keeps its type.
    is_whole: bool,
    /// Whether the text has `${`, so that its value may be a secret reference.
    writes_references: bool,
    /// The parameters that it uses.
    pub(super) columns: Vec<String>,
}

impl Expression {
    /// The problem of a value that the cells of a row gave: a reference that the template does not write, or
    /// one whose path leads to another place than the template's.
    pub(super) fn problem_of(&self, value: &Value) -> Option<&'static str> {
        match value {
            Value::String(text) if has_reference_mark(text) => {
                if !self.writes_references {
                    Some(
                        "the cells of the row make a secret reference, which only the template may write",
                    )
                } else if has_empty_part(text) {
                    Some("a part of the secret reference is empty, `.` or `..`")
                } else {
                    None
                }
            }
            Value::Array(items) => items.iter().find_map(|item| self.problem_of(item)),
            Value::Object(fields) => fields.values().find_map(|field| self.problem_of(field)),
            _ => None,
        }
    }
}

/// Whether the path of a reference has a part that stands for the folder itself or for the one above. The path
/// may start with `/`.
fn has_empty_part(reference: &str) -> bool {
    let path = reference
        .split_once(':')
        .map_or(reference, |(_, path)| path);
    let path = path.trim_end_matches('}');
    let path = path.split_once('#').map_or(path, |(path, _)| path);
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
    parts.any(|part| matches!(part, "" | "." | ".."))
}

/// The reason why a text cannot be compiled.
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// The reason why a template cannot be filled.
pub(super) struct Reason {
    pub(super) message: String,
    /// Whether no other row could fill it.
    pub(super) is_of_template: bool,
}

/// Whether a text has an expression.
pub(super) fn has_mark(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The values of a row's parameters, for expressions.
pub(super) fn context(values: &BTreeMap<&str, Value>) -> Evaluated {
    let row = BTreeMap::from([(ROW, values)]);
    Evaluated::from_serialize(row)
}

impl Expressions {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for filter in UNBOUNDED_FILTERS {
            environment.remove_filter(filter);
        }
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_formatter(|output, state, value| {
            if value.is_none() {
                let message = "a column without a value is part of a text";
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            minijinja::escape_formatter(output, state, value)
        });
        Self {
            environment,
            count: 0,
        }
    }

    /// Compiles a text with expressions.
    pub(super) fn compile(
        &mut self,
        text: &str,
        parameters: &BTreeMap<String, Parameter>,
    ) -> Result<Expression, Problem> {
        let name = self.count.to_string();
        self.count += 1;
        let whole = whole_expression(text);
        let source = match whole {
            Some(expression) => format!("{{% set {VALUE} = {expression} %}}"),
            None => text.to_owned(),
        };
        let added = self.environment.add_template_owned(name.clone(), source);
        let used = added
            .and_then(|()| self.environment.get_template(&name))
            .map(|template| template.undeclared_variables(true))
            .map_err(|error| Problem {
                message: format!("the expression is invalid: {}", reason(&error)),
                help: None,
            })?;
        Ok(Expression {
            name,
            is_whole: whole.is_some(),
            writes_references: text.contains("${"),
            columns: columns(used, parameters)?,
        })
    }

    /// The value for a row.
    pub(super) fn evaluate(
        &self,
        expression: &Expression,
        context: &Evaluated,
    ) -> Result<Value, Reason> {
        self.try_evaluate(expression, context)
            .map_err(|error| Reason {
                message: reason(&error),
                is_of_template: is_of_template(&error),
            })
    }

    fn try_evaluate(&self, expression: &Expression, context: &Evaluated) -> Result<Value, Error> {
        let template = self.environment.get_template(&expression.name)?;
        if !expression.is_whole {
            return template.render(context).map(Value::from);
        }
        let captured = template.render_captured(context)?;
        let value = captured.state().lookup(VALUE).unwrap_or_default();
        if value.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        serde_json::to_value(value)
            .map_err(|_| Error::new(ErrorKind::BadSerialization, "the value is no JSON value"))
    }
}

/// The expression of a text that has nothing else.
fn whole_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let is_one = !inside.contains("{{") && !inside.contains("}}");
    let trims = inside.starts_with(['-', '+']) || inside.ends_with(['-', '+']);
    (is_one && !trims).then_some(inside)
}

/// The parameters that an expression uses. Refuses any other variable.
fn columns(
    used: impl IntoIterator<Item = String>,
    parameters: &BTreeMap<String, Parameter>,
) -> Result<Vec<String>, Problem> {
    let mut columns = BTreeSet::new();
    for variable in used {
        let mut parts = variable.split('.');
        match (parts.next(), parts.next()) {
            // The expression can reach any column.
            (Some(ROW), None) => columns.extend(parameters.keys().cloned()),
            (Some(ROW), Some(column)) if parameters.contains_key(column) => {
                columns.insert(column.to_owned());
            }
            (Some(ROW), Some(column)) => {
                let near = closest(column, parameters.keys().map(String::as_str));
                return Err(Problem {
                    message: format!("the template has no parameter {}", title(column)),
                    help: match near {
                        Some(near) => Some(format!("did you mean `row.{near}`?")),
                        None if parameters.is_empty() => None,
                        None => {
                            let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
                            Some(format!("the parameters are {}", names.join(", ")))
                        }
                    },
                });
            }
            _ => {
                return Err(Problem {
                    message: format!("{} is no variable of a template", title(&variable)),
                    help: Some("write `row.COLUMN` for the value of a column".to_owned()),
                });
            }
        }
    }
    Ok(columns.into_iter().collect())
}

/// Why an expression failed, without values.
fn reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => "it uses a value that does not exist".to_owned(),
        ErrorKind::SyntaxError => {
            let detail = error.detail().unwrap_or("syntax error");
            detail.escape_debug().to_string()
        }
        // Filters, tests and functions are words of the template.
        _ if is_of_template(error) => error
            .detail()
            .unwrap_or("it uses a word that templates do not have")
            .escape_debug()
            .to_string(),
        ErrorKind::InvalidOperation => error
            .detail()
            .unwrap_or("an operation does not fit its values")
            .escape_debug()
            .to_string(),
        kind => kind.to_string(),
    }
}

/// Whether a filter, a test or a function does not exist.
fn is_of_template(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction
    )
}
