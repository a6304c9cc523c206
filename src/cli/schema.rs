//! Responsible for the arguments of `schema`.

use clap::{Args, ValueEnum};

/// `schema`.
#[derive(Args, Clone, Copy, Debug)]
pub struct SchemaArgs {
    /// Of what
    #[arg(value_enum, default_value_t)]
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum SchemaOf {
    /// The files
    #[default]
    Config,
    /// The result of `plan --format json`
    Plan,
    /// The result of `apply --format json`
    Report,
    /// The result of `drift --format json`
    Drift,
}
