//! Responsible for the flags and arguments of `airlift schema`.

use clap::{Args, ValueEnum};

/// `schema`.
#[derive(Args, Clone, Copy, Debug)]
pub struct SchemaArgs {
    /// The document whose schema is printed
    #[arg(value_enum, default_value_t)]
    pub document: SchemaKind,
}

/// A document that has a schema.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum SchemaKind {
    /// The project files
    #[default]
    Config,
    /// The policy file
    Policy,
    /// The result of `plan --format json`
    Plan,
    /// The result of `apply --format json`
    Report,
    /// The result of `drift --format json`
    Drift,
    /// The result of `outputs --format json`
    Outputs,
    /// An event of `--json`
    Events,
    /// The result of `status --format json`
    Status,
    /// The result of `validate --format json`
    Validation,
    /// The result of `doctor --format json`
    Doctor,
    /// The result of `ledger show --format json`
    Ledger,
    /// The result of `ledger history --format json`
    LedgerHistory,
    /// The result of `ledger copy --format json`
    LedgerCopy,
    /// What every command prints with `--format json` if it fails before it has a result
    Error,
}
