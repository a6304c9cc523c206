//! Responsible for the flags and arguments of `airlift validate`.

use clap::Args;

/// `validate`.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "\
Examples:
  airlift validate
  airlift validate -f airlift.yaml -f teams/ --format json")]
pub struct ValidateArgs {}
