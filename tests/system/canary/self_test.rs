//! Responsible for testing the search itself: a program leaks on purpose, and the harness runs it as
//! it runs airlift. The search must find each form in every sink.

use super::encode::forms;
use super::harness::Run;
use super::project::CanaryProject;
use super::search::Hit;
use super::server::ServerBehavior;
use super::summary::print_figures;
use super::values::{CanaryGenerator, CanaryPattern};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

/// Files that the program writes. They can hold any bytes.
const FILES: [&str; 10] = [
    "project/leak.txt",
    "project/.airlift/ledger/leak.json",
    "project/airlift.yaml",
    "home/.cache/leak",
    "tmp/leak",
    "xdg/config/leak",
    "xdg/cache/leak",
    "xdg/state/leak",
    "xdg/data/leak",
    "seen/leak",
];

/// The leaking program. `run_leaking_program` starts this test binary with the variable.
#[test]
fn leak_into_every_sink() {
    let Some(input) = std::env::var_os("CANARY_LEAK_FILE") else {
        return;
    };
    let leak = fs::read(input).unwrap();
    std::io::stdout().write_all(&leak).unwrap();
    std::io::stderr().write_all(&leak).unwrap();
    let root = PathBuf::from(std::env::var_os("HOME").unwrap());
    let root = root.parent().unwrap();
    for file in FILES {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &leak).unwrap();
    }
    let is_file_name = leak.len() < 200 && !leak.contains(&b'/') && !leak.contains(&0);
    if is_file_name {
        fs::write(root.join("tmp").join(OsStr::from_bytes(&leak)), "").unwrap();
    }
    if !leak.contains(&0) {
        let mut child = Command::new(root.join("home/bin/show"));
        child
            .arg(OsStr::from_bytes(&leak))
            .env("LEAK", OsStr::from_bytes(&leak));
        child.output().unwrap();
    }
    for variable in ["AIRBYTE_API_HOST", "VAULT_ADDR"] {
        let address = std::env::var(variable).unwrap();
        send(address.trim_start_matches("http://"), &leak);
    }
}

/// Sends a request with the leak in its body, and in its URL and a header if HTTP allows the bytes.
fn send(address: &str, leak: &[u8]) {
    let visible = |byte: &u8| (b'!'..=b'~').contains(byte);
    let is_url =
        leak.iter().all(visible) && !leak.iter().any(|byte| b"\"<>\\^`{|}#".contains(byte));
    let is_header = leak
        .iter()
        .all(|byte| *byte >= b' ' && *byte != 127 || *byte == b'\t');
    let mut request = b"PUT /leak?x=".to_vec();
    request.extend_from_slice(if is_url { leak } else { b"" });
    request.extend_from_slice(b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-leak: .");
    request.extend_from_slice(if is_header { leak } else { b"" });
    request.extend_from_slice(format!(".\r\ncontent-length: {}\r\n\r\n", leak.len()).as_bytes());
    request.extend_from_slice(leak);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&request).unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
}

/// The names of the sinks that contain the hit.
fn sinks_with(project: &CanaryProject, run: &Run, hit: &Hit) -> Vec<String> {
    run.sinks
        .iter()
        .filter(|(_, bytes)| project.search.hits(bytes).contains(hit))
        .map(|(sink, _)| sink.clone())
        .collect()
}

/// The sinks that can hold any bytes.
fn binary_sinks() -> Vec<&'static str> {
    let streams = ["stdout", "stderr", "body", "vault body"];
    streams.into_iter().chain(FILES).collect()
}

#[test]
fn search_finds_every_form_in_every_sink() {
    let project = CanaryProject::new(14, 7);
    let mut hits: BTreeMap<String, usize> = BTreeMap::new();
    let mut leaks = 0;
    let canaries = project.search.canaries.iter().enumerate();
    // One canary of each pattern, so that each form differs from the raw text for at least one.
    let tested = canaries
        .filter(|(_, canary)| canary.origin.starts_with("customer-"))
        .take(CanaryPattern::ALL.len());
    for (number, canary) in tested {
        for (form, leak) in forms(&canary.value) {
            let run = run_leaking_program(&project, &leak);
            let hit = Hit {
                canary: number,
                form,
            };
            let sinks = sinks_with(&project, &run, &hit);
            for sink in binary_sinks() {
                leaks += 1;
                assert!(sinks.iter().any(|name| name == sink), "{form} in {sink}");
            }
            for sink in sinks {
                *hits.entry(kind_of(&sink)).or_default() += 1;
            }
        }
    }
    for sink in [
        "name of a file",
        "child",
        "command line",
        "URL",
        "header",
        "vault URL",
    ] {
        assert!(
            hits.get(sink).is_some_and(|count| *count > 20),
            "{sink}: {hits:?}"
        );
    }
    print_figures(&format!(
        "{leaks} leaks into binary sinks, all found; hits by sink: {hits:?}"
    ));
}

/// The sink's name. All child processes count as one sink.
fn kind_of(sink: &str) -> String {
    let is_child = sink.starts_with("seen/child");
    if is_child { "child" } else { sink }.to_owned()
}

fn run_leaking_program(project: &CanaryProject, leak: &[u8]) -> Run {
    let harness = &project.harness;
    harness.clear();
    let file = harness.path("leak");
    fs::write(&file, leak).unwrap();
    let file = file.display().to_string();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args([
        "canary::self_test::leak_into_every_sink",
        "--exact",
        "--nocapture",
    ]);
    // The test runner requires UTF-8 arguments, and treats them as filters.
    if !leak.contains(&0) && std::str::from_utf8(leak).is_ok() && !leak.starts_with(b"-") {
        program.arg(OsStr::from_bytes(leak));
    }
    harness.isolate(&mut program, &[("CANARY_LEAK_FILE", &file)]);
    harness.follow(
        "leaking program".to_owned(),
        &mut program,
        ServerBehavior::Normal,
        |_| false,
    )
}

#[test]
fn search_of_unrelated_text_finds_nothing() {
    let project = CanaryProject::new(14, 8);
    let mut other = CanaryGenerator::new(99);
    for pattern in CanaryPattern::ALL {
        let value = other.canary("elsewhere", pattern).value;
        let head = value.trim_end_matches(|c| c != '^');
        assert!(project.search.hits(head.as_bytes()).is_empty(), "{value}");
    }
}

#[test]
fn search_of_canary_finds_only_itself() {
    let project = CanaryProject::new(14, 8);
    for (number, canary) in project.search.canaries.iter().enumerate() {
        let matches = project.search.canaries_in(canary.value.as_bytes());
        assert_eq!(matches, [number].into(), "{}", canary.origin);
    }
}
