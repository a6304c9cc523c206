//! Responsible for options that every command accepts.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options that every command accepts.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Project file, directory, or - for stdin; may be repeated
    #[arg(
        short,
        long = "file",
        value_name = "PATH",
        default_value = ".",
        global = true
    )]
    pub files: Vec<PathBuf>,
    /// Form of the result on stdout
    #[arg(long, value_name = "FORM", value_enum, default_value_t, global = true)]
    pub format: Format,
    /// No colour, whatever the terminal
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Say more; twice for each request
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Use the embedded API instead of the remote one
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Where the ledger is kept: a directory or s3://, and in builds that have them gs:// and az://
    /// [default: .airlift beside the project]
    #[arg(long, value_name = "PLACE", global = true)]
    pub ledger: Option<PathBuf>,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE", global = true)]
    pub ca_file: Option<PathBuf>,
    /// Send requests through this proxy; none is used otherwise
    #[arg(long, value_name = "URL", global = true)]
    pub proxy: Option<String>,
    // One help for -h and --help: clap's long form spreads it over three screens.
    /// Print help
    #[arg(short, long, action = clap::ArgAction::HelpShort, global = true)]
    help: Option<bool>,
}

/// Form of a result.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: versioned, one document.
    Json,
}
