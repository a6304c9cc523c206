//! Responsible for the global options. `accepted` says which commands read them.

use crate::model::Shard;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options that concern more than one command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct GlobalArgs {
    /// Project file or directory, or - for stdin; may be repeated
    #[arg(
        short,
        long = "file",
        value_name = "PATH",
        default_value = ".",
        global = true
    )]
    pub files: Vec<PathBuf>,
    /// Environment of the project file.
    #[arg(
        long,
        value_name = "NAME",
        global = true,
        help = "Environment of the project file [default: AIRLIFT_ENV]"
    )]
    pub env: Option<String>,
    /// Output format
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        global = true
    )]
    pub format: Format,
    /// Events on stdout, one JSON object a line
    #[arg(long, global = true, conflicts_with = "format")]
    pub json: bool,
    /// When to use color
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub color: ColorArg,
    /// Never use color
    #[arg(long, global = true, conflicts_with = "color")]
    pub no_color: bool,
    /// More output; -vv also logs every request
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Less output: no progress, only failures and the result
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Use the embedded API instead of the remote one
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Location of the ledger: a directory or an s3:// address; gs:// and az:// in builds with
    /// those features [default: `AIRLIFT_LEDGER`, or .airlift beside the project file]
    #[arg(long, value_name = "LOCATION", global = true)]
    pub ledger: Option<PathBuf>,
    /// Part of the customers that the run covers: INDEX/COUNT, such as 0/4 for the first of four
    #[arg(long, value_name = "INDEX/COUNT", global = true)]
    pub shard: Option<Shard>,
    /// Who may write the ledger's files on this machine
    #[arg(long, value_name = "WHO", value_enum, default_value_t, global = true)]
    pub ledger_mode: LedgerMode,
    /// Also trust the certificates in this PEM file
    #[arg(long, value_name = "FILE", global = true)]
    pub ca_file: Option<PathBuf>,
    /// Send requests through this proxy [default: no proxy]
    #[arg(long, value_name = "URL", global = true)]
    pub proxy: Option<String>,
    // -h and --help print the same, because clap's long form of it fills three screens.
    /// Print help
    #[arg(short, long, action = clap::ArgAction::HelpShort, global = true)]
    help: Option<bool>,
}

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal, as the environment says.
    #[default]
    Auto,
    /// Also in a pipe or a file.
    Always,
    /// Never.
    Never,
}

/// The value of `--ledger-mode`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum LedgerMode {
    /// Only this user.
    #[default]
    Private,
    /// Also the group, such as that of a Kubernetes volume with fsGroup.
    Group,
}

/// The value of `--format`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// Text for people.
    #[default]
    Text,
    /// One versioned JSON document for programs.
    Json,
    /// Markdown for a comment on a pull request.
    Markdown,
    /// One HTML page, for people.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A `JUnit` report.
    Junit,
    /// Variables of an environment file.
    Dotenv,
    /// A YAML document.
    Yaml,
    /// A Kubernetes `ConfigMap`.
    K8s,
    /// Comma-separated values.
    Csv,
    /// `--json`: events, one JSON object a line.
    #[value(skip)]
    Events,
}
