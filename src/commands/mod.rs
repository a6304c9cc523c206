//! Responsible for the commands, one file each. A command turns its arguments into calls of
//! [`crate::app`] and shows the result.

mod adopt;
mod apply;
mod completions;
mod connect;
mod doctor;
mod drift;
mod expand;
mod explain;
mod export;
mod init;
mod ledger;
mod ledger_copy;
mod ledger_history;
mod ledger_sign;
mod man;
mod outputs;
mod plan;
mod replan;
mod rotate;
mod sandbox;
mod schema;
mod show;
mod snapshot;
mod status;
mod token;
mod types;
mod validate;

use crate::app::{self, Environment, Invocation, repeated_options};
use crate::cli::{self, Cli, ColorArg, Command, Format, GlobalArgs, LedgerCommand, SandboxCommand};
use crate::failure::{Exit, Failure};
use crate::render::{self, ColorChoice, OutputEnvironment, Ui, Verbosity, ndjson};
#[cfg(feature = "otel")]
use crate::telemetry::{Settings, Telemetry};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

/// Runs the command-line tool with this process's arguments, environment and streams.
///
/// Hardens the process first: no core file, no debugger. A panic ends it with exit code 70 and
/// prints the place of the defect, never a value.
pub fn run_command_line() -> ExitCode {
    crate::process::harden();
    completions::answer_shell();
    if let Some(code) = app::answer_as_browser() {
        return code;
    }
    std::panic::set_hook(Box::new(|panic| {
        let failure = render::defect(panic.location());
        match format() {
            Format::Json => render::failure_as_json(&failure),
            Format::Events => ndjson::panicked(&failure),
            _ => {}
        }
        std::process::exit(Exit::Internal.number().into());
    }));
    match cli::parse(std::env::args_os(), render::width()) {
        Ok(cli) => run(cli),
        Err(error) => match format() {
            Format::Json => render::usage_as_json(&error).into(),
            Format::Events => render::usage_as_events(&error).into(),
            _ => render::usage(&error).into(),
        },
    }
}

/// The format that the arguments of this process ask for, whether or not they are valid.
fn format() -> Format {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    cli::format_of(&arguments)
}

/// Runs a command in the environment of this process, and returns its exit code.
pub fn run(cli: Cli) -> ExitCode {
    let color = match cli.global.color {
        ColorArg::Always => ColorChoice::Always,
        ColorArg::Auto if !cli.global.no_color => ColorChoice::Auto,
        ColorArg::Auto | ColorArg::Never => ColorChoice::Never,
    };
    let verbosity = if cli.global.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::from_count(cli.global.verbose)
    };
    let ui = Ui::new(color, verbosity, &OutputEnvironment::read());
    let env = Environment::read();
    let runtime = match runtime(&cli.command) {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::cannot_start(&error);
            if cli.global.format == Format::Events {
                ndjson::panicked(&failure);
            }
            return invocation(&cli.global, &env, &ui).fail(&failure).into();
        }
    };
    let exit = runtime.block_on(async {
        if !is_offline(&cli.command) {
            app::notice_signals();
        }
        perform(cli, &env, &ui).await
    });
    // The result is complete, so a hanging connection must not delay the exit.
    runtime.shutdown_background();
    exit.into()
}

/// Runs a command on the current runtime. Shows the failure that stops the command.
pub async fn perform(mut cli: Cli, env: &Environment, ui: &Ui) -> Exit {
    let policy_file = cli.command.policy_file().map(Path::to_owned);
    let env = env
        .clone()
        .with_policy_file(policy_file)
        .with_project_environment(cli.global.env.clone());
    let ledger = || env.text("AIRLIFT_LEDGER").map(PathBuf::from);
    cli.global.ledger = cli.global.ledger.or_else(ledger);
    let ui = ui.clone().with_options(repeated_options(&cli.global));
    let ui = if cli.global.format == Format::Events {
        ui.with_events(Uuid::new_v4())
    } else {
        ui
    };
    #[cfg(feature = "otel")]
    return traced(cli, &env, ui).await;
    #[cfg(not(feature = "otel"))]
    ended(cli, &env, &ui).await
}

async fn ended(cli: Cli, env: &Environment, ui: &Ui) -> Exit {
    let invocation = invocation(&cli.global, env, ui);
    match Box::pin(dispatch(cli.command, invocation)).await {
        Ok(exit) => invocation.end(exit),
        Err(failure) => invocation.fail(&failure),
    }
}

/// Runs a command, and sends its spans if the environment names an endpoint for them.
#[cfg(feature = "otel")]
async fn traced(cli: Cli, env: &Environment, ui: Ui) -> Exit {
    let settings = (!is_offline(&cli.command)).then(|| Settings::read(|name| env.text(name)));
    let Some(settings) = settings.flatten() else {
        return ended(cli, env, &ui).await;
    };
    let telemetry = match Telemetry::start(settings, trace_name(&cli.command)) {
        Ok(telemetry) => telemetry,
        Err(problem) => {
            note_traces(&ui, &format!("the endpoint {problem}"));
            return ended(cli, env, &ui).await;
        }
    };
    let ui = ui.with_observer(telemetry.sink());
    let exit = ended(cli, env, &ui).await;
    if let Some(problem) = telemetry.finish(exit.number()).await {
        note_traces(&ui, &problem);
    }
    exit
}

/// The name of a command's span.
#[cfg(feature = "otel")]
fn trace_name(command: &Command) -> &'static str {
    match command {
        Command::Plan(_) => "plan",
        Command::Replan(_) => "replan",
        Command::Snapshot(_) => "snapshot",
        Command::Adopt(_) => "adopt",
        Command::Apply(_) => "apply",
        Command::Drift(_) => "drift",
        Command::Export(_) => "export",
        Command::Doctor(_) => "doctor",
        Command::Rotate(_) => "rotate",
        Command::Outputs(_) => "outputs",
        Command::Status(_) => "status",
        Command::Connect(_) => "connect",
        Command::Token(_) => "token",
        Command::Ledger(_) => "ledger",
        _ => "airlift",
    }
}

/// Traces never change the result of a command, so that a problem is a note.
#[cfg(feature = "otel")]
fn note_traces(ui: &Ui, problem: &str) {
    let _ = render::print_note(
        ui,
        &format!("traces (OTEL_EXPORTER_OTLP_ENDPOINT): {problem}"),
    );
}

fn invocation<'a>(global: &'a GlobalArgs, env: &'a Environment, ui: &'a Ui) -> Invocation<'a> {
    Invocation { ui, env, global }
}

/// Offline commands get a runtime without sockets or signals. A client of the API needs less CPU time
/// on one thread: measured, two thirds. The sandbox serves many connections, so it uses all cores.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    if is_offline(command) {
        Builder::new_current_thread().build()
    } else if matches!(command, Command::Sandbox(_)) {
        Builder::new_multi_thread().enable_all().build()
    } else {
        app::use_disk_thread();
        Builder::new_current_thread().enable_all().build()
    }
}

fn is_offline(command: &Command) -> bool {
    matches!(
        command,
        Command::Completions(_)
            | Command::Expand(_)
            | Command::Man(_)
            | Command::Explain(_)
            | Command::Schema(_)
            | Command::Init(_)
            | Command::Validate(_)
    ) || matches!(command, Command::Types(args) if !args.is_online())
        || matches!(command, Command::Show(args) if args.plan.is_file())
}

async fn dispatch(command: Command, invocation: Invocation<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Completions(args) => completions::run(invocation, args),
        Command::Man(args) => man::run(invocation, &args),
        Command::Explain(args) => explain::run(invocation, &args),
        Command::Schema(args) => schema::run(invocation, args),
        Command::Init(args) => init::run(invocation, &args),
        Command::Validate(_) => validate::run(invocation),
        Command::Expand(args) => expand::run(invocation, &args),
        Command::Types(args) if args.is_online() => {
            Box::pin(types::run_online(invocation, &args)).await
        }
        Command::Types(args) => types::run(invocation, &args),
        Command::Plan(args) => plan::run(invocation, &args).await,
        Command::Replan(args) => replan::run(invocation, &args).await,
        Command::Snapshot(args) => snapshot::run(invocation, &args).await,
        Command::Show(args) => show::run(invocation, &args).await,
        Command::Adopt(args) => adopt::run(invocation, &args).await,
        Command::Apply(args) => Box::pin(apply::run(invocation, &args)).await,
        Command::Drift(args) => drift::run(invocation, &args).await,
        Command::Export(args) => export::run(invocation, &args).await,
        Command::Doctor(_) => doctor::run(invocation).await,
        Command::Rotate(args) => Box::pin(rotate::run(invocation, &args)).await,
        Command::Outputs(args) => outputs::run(invocation, &args).await,
        Command::Status(args) => Box::pin(status::run(invocation, &args)).await,
        Command::Connect(args) => Box::pin(connect::run(invocation, &args)).await,
        Command::Token(command) => token::run(invocation, &command).await,
        Command::Ledger(LedgerCommand::Show(args)) => ledger::show(invocation, &args).await,
        Command::Ledger(LedgerCommand::History) => ledger_history::run(invocation).await,
        Command::Ledger(LedgerCommand::Copy(args)) => ledger_copy::run(invocation, &args).await,
        Command::Ledger(LedgerCommand::Trust(args)) => ledger::trust(invocation, &args).await,
        Command::Ledger(LedgerCommand::Rekey(args)) => ledger::rekey(invocation, &args).await,
        Command::Ledger(LedgerCommand::Sign(args)) => ledger_sign::run(invocation, &args).await,
        Command::Sandbox(SandboxCommand::Serve(args)) => sandbox::run(invocation, &args).await,
    }
}
