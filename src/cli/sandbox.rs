//! Responsible for the flags of `airlift sandbox serve`, which runs the embedded test API as a server.

use crate::model::OrganizationId;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `sandbox`.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve the embedded API on 127.0.0.1
    Serve(ServeArgs),
}

/// `sandbox serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  airlift sandbox serve --port 8400 --state world.json --latency 20 &
  AIRBYTE_API_HOST=http://127.0.0.1:8400 airlift plan

A fault is OPERATION:WHEN:KIND, for example
create_integrations_connectors:2:503 or *:p5%:reset-after.
  OPERATION  an operation id, or * for any; OPERATION@CUSTOMER for the
             requests of one customer, such as *@acme:*:403
  WHEN       the number of the request, * for all, or pN% for a probability
  KIND       a status (503, 429@2, 429@date2, 504-after); timeout-, reset- or
             close- with before or after; delay@MS; down@MS; redirect; echo;
             cut; badjson; misshaped; empty; expire; or an inconsistent
             response: stale, missing, short, twice, renamed, reversed,
             ghost, loop, foreign, endless, repeated, unknown")]
pub struct ServeArgs {
    /// Port on 127.0.0.1; 0 chooses a free one
    #[arg(long, value_name = "P")]
    pub port: u16,
    /// File that stores the state between runs (no link)
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// Id of the organization that it serves
    #[arg(long, value_name = "UUID")]
    pub organization: Option<OrganizationId>,
    /// Delay of every response, in milliseconds
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 0,
        help_heading = "Fault injection"
    )]
    pub latency: u64,
    /// Fault to inject; may be repeated
    #[arg(long, value_name = "SPEC", help_heading = "Fault injection")]
    pub fault: Vec<String>,
    /// How settings are returned: sort-lists, lower-case, numbers-as-text, utc-offset, add-defaults,
    /// verbatim, ignore=KEY, or reads-only (writes are answered as stored); may be repeated
    #[arg(long, value_name = "FORM", help_heading = "Fault injection")]
    pub behavior: Vec<String>,
    /// Lifetime of application tokens, in seconds
    #[arg(long, value_name = "S", help_heading = "Fault injection")]
    pub app_token_life: Option<u64>,
    /// Lifetime of scoped tokens, in seconds
    #[arg(long, value_name = "S", help_heading = "Fault injection")]
    pub scoped_token_life: Option<u64>,
    /// Duration of a deletion, in milliseconds
    #[arg(long, value_name = "MS", help_heading = "Fault injection")]
    pub delete_delay: Option<u64>,
}
