//! Responsible for comparing airlift with the loader in every case, by alternating runs.

use crate::Args;
use crate::curl;
use crate::flood;
use crate::form::Form;
use crate::job::Job;
use crate::large;
use crate::measured::{Measured, median, run};
use crate::project::{self, Size};
use crate::sandbox;
use crate::sdk;
use crate::server::COUNTS;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const CONNECTORS: usize = 3;

struct Case {
    job: Job,
    form: Form,
    latency: u64,
    in_flight: usize,
}

/// What one client needed for a case: requests, and the medians of its runs.
struct Figures {
    requests: u64,
    measured: Measured,
}

/// Measures every case and prints a table as Markdown.
pub(crate) fn print(args: &Args) {
    print_rates(args);
    print_line(
        "| job | latency | in flight | requests | loader | wall | loader | ratio | wall / curl | SDK: wall, CPU | CPU / request, ratio | peak MB | without files |",
    );
    print_line("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for case in cases(args) {
        print_line(&compare(args, &case));
    }
    large::print(args);
}

/// How fast the servers are, so that a reader sees that they are not what is measured.
fn print_rates(args: &Args) {
    let server = Server::start();
    let head = "GET /api/v1/workspaces/stats HTTP/1.1\r\nhost: x\r\n\r\n";
    let rate = flood::rate(server.address(), head, args.flood);
    print_line(&format!("The benchmark's server: {rate:.0} requests/s."));
    let rate = sandbox::rate(args);
    print_line(&format!("`airlift sandbox serve`: {rate:.0} requests/s.\n"));
}

fn cases(args: &Args) -> Vec<Case> {
    let mut cases = Vec::new();
    for &job in &args.jobs {
        for &form in &args.forms {
            for &latency in &args.latency {
                cases.extend(args.in_flight.iter().map(|&in_flight| Case {
                    job,
                    form,
                    latency,
                    in_flight,
                }));
            }
        }
    }
    cases
}

fn compare(args: &Args, case: &Case) -> String {
    let mut airlift = Vec::new();
    let mut loader = Vec::new();
    let (mut curl, mut sdk) = (Vec::new(), Vec::new());
    let mut requests = (0, 0);
    for _ in 0..args.runs {
        curl.extend(run_curl(args, case));
        sdk.extend(run_sdk(args, case));
        let (count, measured) = run_airlift(args, case);
        requests.0 = count;
        airlift.push(measured);
        let (count, measured) = run_loader(args, case);
        requests.1 = count;
        loader.push(measured);
    }
    let airlift = Figures {
        requests: requests.0,
        measured: median(&airlift),
    };
    let loader = Figures {
        requests: requests.1,
        measured: median(&loader),
    };
    let others = [curl, sdk].map(|runs| (!runs.is_empty()).then(|| median(&runs)));
    row(case, (&airlift, &loader), others)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn row(
    case: &Case,
    (airlift, loader): (&Figures, &Figures),
    [curl, sdk]: [Option<Measured>; 2],
) -> String {
    let cpu = |figures: &Figures| figures.measured.cpu / figures.requests as f64;
    let own = &airlift.measured;
    let to_curl = curl.map(|curl| format!("{:.2}", own.wall / curl.wall));
    let sdk = sdk.map(|sdk| format!("{:.1} x, {:.1} x", sdk.wall / own.wall, sdk.cpu / own.cpu));
    format!(
        "| {}, {} | {} ms | {} | {} | {} | {:.2} s | {:.2} s | {:.2} | {} | {} | {:.1} | {:.0} | {:.0} |",
        case.job.name(),
        case.form.name(),
        case.latency,
        case.in_flight,
        airlift.requests,
        loader.requests,
        airlift.measured.wall,
        loader.measured.wall,
        airlift.measured.wall / loader.measured.wall,
        to_curl.as_deref().unwrap_or("–"),
        sdk.as_deref().unwrap_or("–"),
        cpu(airlift) / cpu(loader),
        airlift.measured.peak,
        airlift.measured.private,
    )
}

fn run_airlift(args: &Args, case: &Case) -> (u64, Measured) {
    let server = Server::start();
    let directory = temporary();
    let size = Size {
        customers: args.customers,
        connectors: CONNECTORS,
        files: 10,
    };
    project::write(directory.path(), size, 0);
    let apply = || {
        let mut command = airlift(args, &server, directory.path());
        command.args([
            "apply",
            "--auto-approve",
            "--parallelism",
            &case.in_flight.to_string(),
        ]);
        command.args(case.form.options());
        command
    };
    if case.job.preparation().is_some() {
        run(&mut apply());
    }
    if case.job == Job::OneChange {
        project::write(directory.path(), size, 1);
    }
    server.counts(case.latency);
    let measured = run(&mut apply());
    (server.requests(), measured)
}

/// airlift in a directory, for a server.
pub(crate) fn airlift(args: &Args, server: &Server, directory: &Path) -> Command {
    let mut command = Command::new(&args.airlift);
    command.current_dir(directory);
    command.envs([
        ("AIRBYTE_API_HOST", server.host.as_str()),
        ("AIRBYTE_CLIENT_ID", "bench"),
        ("AIRBYTE_CLIENT_SECRET", "bench-client-secret"),
        ("BENCH_TOKEN", "ghp_token_of_the_benchmark_0123456789"),
        (
            "AIRLIFT_LEDGER_KEY",
            "a ledger key of the benchmark, which is no secret",
        ),
    ]);
    command
}

/// Whether `curl` and the SDK have a form of the case: they send the fewest requests, and prove nothing.
fn is_comparable(case: &Case) -> bool {
    case.job == Job::Create && case.form == Form::Organization
}

fn run_curl(args: &Args, case: &Case) -> Option<Measured> {
    if !is_comparable(case) || !curl::is_at_hand() {
        return None;
    }
    let (server, directory) = (Server::start(), temporary());
    let size = (args.customers, CONNECTORS);
    let mut command = curl::create(directory.path(), &server.host, size, case.in_flight);
    server.counts(case.latency);
    Some(run(&mut command))
}

fn run_sdk(args: &Args, case: &Case) -> Option<Measured> {
    let python = args.sdk.as_ref().filter(|_| is_comparable(case))?;
    let server = Server::start();
    let size = (args.customers, CONNECTORS);
    let mut command = sdk::create(python, &server.host, size, case.in_flight);
    server.counts(case.latency);
    Some(run(&mut command))
}

fn run_loader(args: &Args, case: &Case) -> (u64, Measured) {
    let server = Server::start();
    let load = |job: Job| {
        let mut command = this_program();
        command.args(["load", &server.host, job.name(), case.form.name()]);
        let numbers = [args.customers, CONNECTORS, case.in_flight];
        command.args(numbers.map(|number| number.to_string()));
        command
    };
    if let Some(preparation) = case.job.preparation() {
        run(&mut load(preparation));
    }
    server.counts(case.latency);
    let measured = run(&mut load(case.job));
    (server.requests(), measured)
}

pub(crate) fn this_program() -> Command {
    let path: PathBuf = std::env::current_exe().expect("the program has a path");
    Command::new(path)
}

pub(crate) fn temporary() -> TempDir {
    tempfile::tempdir().expect("a temporary directory can be created")
}

pub(crate) fn print_line(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("the output can be written");
}

/// The server, which ends when this is dropped.
pub(crate) struct Server {
    process: Child,
    host: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut process = this_program()
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stdout = process.stdout.as_mut().expect("the stream is piped");
        let mut host = String::new();
        BufReader::new(stdout)
            .read_line(&mut host)
            .expect("the server prints its address");
        host.truncate(host.trim_end().len());
        Self { process, host }
    }

    fn address(&self) -> &str {
        self.host.trim_start_matches("http://")
    }

    /// The requests for each operation since the last call. Sets the latency from now on.
    fn counts(&self, latency: u64) -> BTreeMap<String, u64> {
        let mut stream =
            TcpStream::connect(self.address()).expect("the server accepts connections");
        write!(stream, "GET {COUNTS}?{latency} HTTP/1.1\r\n\r\n").expect("the request is sent");
        let mut response = vec![0; 4 << 10];
        let length = stream.read(&mut response).expect("the server responds");
        let text = String::from_utf8_lossy(&response[..length]);
        let (_, body) = text.split_once("\r\n\r\n").expect("a response has a head");
        serde_json::from_str(body).expect("the body is JSON")
    }

    fn requests(&self) -> u64 {
        self.counts(0).values().sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that ended already needs no signal.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
