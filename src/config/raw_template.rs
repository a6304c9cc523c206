//! Responsible for the grammar of templates and tables: the fields before validation.

use super::raw::RawBlock;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A customer with placeholders that the rows of a table fill.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Template")]
pub(crate) struct RawTemplate {
    /// The columns that a table may have, by name.
    pub(crate) parameters: Option<BTreeMap<String, RawParameter>>,
    /// The customer, with the fields of an item of `customers`. Text may contain expressions such as
    /// `{{ row.id }}`. A connector may also have `when`: a row for which it is false has no such
    /// connector.
    pub(crate) customer: RawBlock,
}

/// A parameter of a template: a column of the tables.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Parameter")]
pub(crate) struct RawParameter {
    /// The type of the values (default: `string`).
    #[serde(rename = "type")]
    pub(crate) kind: Option<RawParameterType>,
    /// Whether each row must have a value (default: true without `default`).
    pub(crate) required: Option<bool>,
    /// The value of a row without one.
    pub(crate) default: Option<Value>,
    /// The permitted values.
    #[serde(rename = "enum")]
    pub(crate) permitted: Option<Vec<Value>>,
    /// Whether a value inside a secret reference may contain `/` (default false).
    pub(crate) slashes: Option<bool>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawParameterType {
    #[default]
    String,
    Integer,
    Number,
    Boolean,
}

/// Customers from the rows of a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CustomersFrom")]
pub(crate) struct RawCustomersFrom {
    /// A file or a pattern of files, relative to this file, such as `tables/*.csv`.
    pub(crate) table: String,
    /// The template that each row fills.
    pub(crate) template: String,
    /// The format of the table (default: by the ending of its name). `jsonl` has a JSON object on
    /// each line, `json` a list of objects.
    pub(crate) format: Option<RawTableFormat>,
}

/// The format of a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum RawTableFormat {
    Csv,
    Json,
    Jsonl,
}
