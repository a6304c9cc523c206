//! The benchmark: airlift beside a bare loader that sends the requests that a job needs at least.
//! Server, loader and airlift are processes of their own. Prints a table of medians and ratios.
//!
//! `cargo bench --bench requests -- --help` lists what can be chosen.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot run fails by panicking"
)]

mod comparison;
mod curl;
mod flood;
mod form;
mod job;
mod large;
mod loader;
mod measured;
mod project;
mod sandbox;
mod sdk;
mod server;
mod world;

use clap::{Parser, Subcommand};
use form::Form;
use job::Job;
use std::path::PathBuf;

/// Compare airlift with a bare loader.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    role: Option<Role>,
    /// The jobs to compare.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["create", "unchanged", "one-change"])]
    jobs: Vec<Job>,
    /// The forms in which the jobs run.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["scoped", "application", "organization"])]
    forms: Vec<Form>,
    /// Requests by which the rates of the servers are measured.
    #[arg(long, default_value_t = 200_000)]
    flood: usize,
    /// Milliseconds that each response takes.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 20])]
    latency: Vec<u64>,
    /// Requests that are under way at the same time.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 50, 100])]
    in_flight: Vec<usize>,
    /// Customers, each with three connectors.
    #[arg(long, default_value_t = 1_000)]
    customers: usize,
    /// Connectors of the project that is validated, planned and created.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    validate: Vec<usize>,
    /// Runs of each, of which the table has the medians.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The program to measure, instead of the one that Cargo built beside this.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_airlift"))]
    airlift: PathBuf,
    /// A Python with `airbyte-agent-sdk==0.1.98`, to compare with the vendor's SDK.
    #[arg(long)]
    sdk: Option<PathBuf>,
    /// What Cargo adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What the processes that the benchmark starts do.
#[derive(Subcommand)]
#[command(hide = true)]
enum Role {
    /// Serve the API.
    Serve,
    /// Send the requests of a job.
    Load {
        host: String,
        job: Job,
        form: Form,
        customers: usize,
        connectors: usize,
        in_flight: usize,
    },
    /// Deserialize a project.
    Deserialize { directory: PathBuf },
}

fn main() {
    let args = Args::parse();
    match args.role {
        Some(Role::Serve) => server::serve(),
        Some(Role::Load {
            host,
            job,
            form,
            customers,
            connectors,
            in_flight,
        }) => loader::load(&loader::Load {
            host,
            job,
            form,
            customers,
            connectors,
            in_flight,
        }),
        Some(Role::Deserialize { directory }) => {
            std::hint::black_box(project::deserialize(&directory));
        }
        None => comparison::print(&args),
    }
}
