//! Responsible for the arguments of `sandbox`.

use crate::model::OrganizationId;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `sandbox`.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve the embedded API on loopback
    Serve(ServeArgs),
}

/// `sandbox serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  airlift sandbox serve --port 8400 --state world.json --latency 20 &
  AIRBYTE_API_HOST=http://127.0.0.1:8400 airlift plan

A fault is OPERATION:WHEN:KIND: an operation id or *, then a number, * or pN%,
such as create_integrations_connectors:2:503 or *:p5%:reset-after. Its kind is
a status (503, 429@2, 429@date2, 504-after), timeout-, reset- or close- with
before or after, delay@MS, down@MS, redirect, echo, cut, badjson, misshaped,
empty, expire, or a lie in what is answered: stale, missing, short, twice,
reversed, ghost, loop, foreign, unknown.")]
pub struct ServeArgs {
    /// Port on 127.0.0.1; 0 lets the system choose
    #[arg(long, value_name = "P")]
    pub port: u16,
    /// File that keeps the world between runs
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// The organization it serves
    #[arg(long, value_name = "UUID")]
    pub organization: Option<OrganizationId>,
    /// Delay of every answer, in milliseconds
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 0,
        help_heading = "Trouble on request"
    )]
    pub latency: u64,
    /// A fault to play; may be repeated
    #[arg(long, value_name = "SPEC", help_heading = "Trouble on request")]
    pub fault: Vec<String>,
    /// Life of application tokens, in seconds
    #[arg(long, value_name = "S", help_heading = "Trouble on request")]
    pub app_token_life: Option<u64>,
    /// Life of scoped tokens, in seconds
    #[arg(long, value_name = "S", help_heading = "Trouble on request")]
    pub scoped_token_life: Option<u64>,
    /// How long a deletion takes, in milliseconds
    #[arg(long, value_name = "MS", help_heading = "Trouble on request")]
    pub delete_delay: Option<u64>,
}
