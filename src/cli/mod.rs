//! Responsible for the command line as types, with its help: one file per command.
//!
//! Does not open files or decide anything. No option takes a secret's value, because a command
//! line is visible to every process and is kept in shell histories.

mod apply;
mod completions;
mod connection;
mod doctor;
mod drift;
mod explain;
mod export;
mod global;
mod init;
mod ledger;
mod plan;
mod rotate;
mod sandbox;
mod schema;
mod types;
mod validate;
mod values;

pub use apply::{ApplyArgs, ApprovalArgs, ExecutionArgs};
pub use completions::CompletionsArgs;
pub use connection::{ConnectionArgs, ConnectorToken, RateArgs, Refresh};
pub use doctor::DoctorArgs;
pub use drift::DriftArgs;
pub use explain::ExplainArgs;
pub use export::ExportArgs;
pub use global::{Format, GlobalArgs};
pub use init::InitArgs;
pub use ledger::{LedgerCommand, RekeyArgs};
pub use plan::{PlanArgs, PlanningArgs};
pub use rotate::RotateArgs;
pub use sandbox::{SandboxCommand, ServeArgs};
pub use schema::{SchemaArgs, SchemaOf};
pub use types::TypesArgs;
pub use validate::ValidateArgs;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;

/// Bring your customers onto Airbyte Agents, from files: plan, review, apply.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "airlift",
    version,
    disable_help_subcommand = true,
    disable_help_flag = true,
    after_help = "\
Examples:
  airlift init && airlift plan --sandbox     try it without an account
  airlift plan -f customers/ --detailed-exitcode
  airlift apply -f airlift.yaml --auto-approve

Credentials come from AIRBYTE_CLIENT_ID, AIRBYTE_CLIENT_SECRET,
AIRBYTE_ORGANIZATION_ID and AIRBYTE_API_HOST, never from a flag.
AIRLIFT_LOG=requests tells of each request, as -vv does.
`airlift explain exit-codes` lists the exit codes."
)]
pub struct Cli {
    /// Options that every command accepts.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Write a commented starting project
    Init(InitArgs),
    /// Check the files, offline, and list every finding
    Validate(ValidateArgs),
    /// Compare the files with what there is, and print the difference
    Plan(PlanArgs),
    /// Plan, show, ask, and carry it out
    Apply(ApplyArgs),
    /// Show what changed out of band since the last apply
    Drift(DriftArgs),
    /// Write the YAML of what exists
    Export(ExportArgs),
    /// Send credentials again, as replacements, wave by wave
    Rotate(RotateArgs),
    /// The record of what is ours
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// List the connector types, or the fields of one
    Types(TypesArgs),
    /// Explain a code, a reason, an exit code or a field, offline
    Explain(ExplainArgs),
    /// Print a JSON Schema
    Schema(SchemaArgs),
    /// Check that everything a run needs is there: files, access, ledger, stores
    Doctor(DoctorArgs),
    /// The embedded API
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Print a shell's completion script
    Completions(CompletionsArgs),
}

/// Reads a command line; the error is also how help and the version come.
pub fn parse(arguments: impl Iterator<Item = OsString>, width: usize) -> Result<Cli, clap::Error> {
    let matches = Cli::command()
        .term_width(width)
        .try_get_matches_from(arguments)?;
    Cli::from_arg_matches(&matches)
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_verb_is_kept() {
        let mut command = Cli::command().term_width(80);
        command.build();
        crate::render::golden("help.txt", &help(&mut command));
    }

    fn help(command: &mut clap::Command) -> String {
        let title = command.get_bin_name().unwrap_or("airlift").to_owned();
        let mut text = format!("$ {title} --help\n{}\n", command.render_help());
        for verb in command.get_subcommands_mut() {
            text += &help(verb);
        }
        text
    }

    #[test]
    fn global_options_stand_anywhere() {
        let cli = Cli::try_parse_from(["airlift", "--sandbox", "plan", "-f", "a", "-f", "b"]);
        let cli = cli.unwrap();
        assert!(cli.global.sandbox && cli.global.files.len() == 2);
        assert!(matches!(cli.command, Command::Plan(_)));
    }
}
