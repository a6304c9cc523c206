//! The proof of the search: a program that leaks on purpose, run and judged as airlift is. Each
//! form is put into every sink, and every one has to be found there.

use super::encode::forms;
use super::estate::Estate;
use super::harness::Run;
use super::search::Hit;
use super::server::ServerBehavior;
use super::summary::tell;
use super::values::{CanaryGenerator, Shape};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;

/// Sinks that hold any bytes.
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

/// The leaking program: does nothing unless it was started as one.
#[test]
fn leaks() {
    let Some(plant) = std::env::var_os("CANARY_PLANT") else {
        return;
    };
    let leak = fs::read(plant).unwrap();
    std::io::stdout().write_all(&leak).unwrap();
    std::io::stderr().write_all(&leak).unwrap();
    let root = PathBuf::from(std::env::var_os("HOME").unwrap());
    let root = root.parent().unwrap();
    for file in FILES {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &leak).unwrap();
    }
    let fits_a_name = leak.len() < 200 && !leak.contains(&b'/') && !leak.contains(&0);
    if fits_a_name {
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

/// A request with the leak in its address, in a header and in its body, as far as they hold it.
fn send(address: &str, leak: &[u8]) {
    let visible = |byte: &u8| (b'!'..=b'~').contains(byte);
    let fits = leak.iter().all(visible) && !leak.iter().any(|byte| b"\"<>\\^`{|}#".contains(byte));
    let header = leak
        .iter()
        .all(|byte| *byte >= b' ' && *byte != 127 || *byte == b'\t');
    let mut request = b"PUT /leak?x=".to_vec();
    request.extend_from_slice(if fits { leak } else { b"" });
    request.extend_from_slice(b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-leak: .");
    request.extend_from_slice(if header { leak } else { b"" });
    request.extend_from_slice(format!(".\r\ncontent-length: {}\r\n\r\n", leak.len()).as_bytes());
    request.extend_from_slice(leak);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&request).unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Where a hit was found, by the sink's name.
fn found(estate: &Estate, run: &Run, hit: &Hit) -> Vec<String> {
    let has = |bytes: &[u8]| estate.search.hits(bytes).contains(hit);
    let places = run.places.iter().filter(|(_, bytes)| has(bytes));
    places.map(|(place, _)| place.clone()).collect()
}

/// The sinks that hold any bytes at all.
fn all_sinks() -> Vec<&'static str> {
    let streams = ["stdout", "stderr", "body", "vault body"];
    streams.into_iter().chain(FILES).collect()
}

#[test]
fn every_form_is_found_in_every_sink() {
    let estate = Estate::new(14, 7);
    let mut caught: BTreeMap<String, usize> = BTreeMap::new();
    let mut planted = 0;
    let canaries = estate.search.canaries.iter().enumerate();
    // One canary of each shape, so that every form is unlike the text itself for some.
    let mut seen = Vec::new();
    for (number, canary) in canaries.filter(|(_, canary)| canary.place.starts_with("customer-")) {
        if seen.len() == Shape::ALL.len() {
            break;
        }
        seen.push(number);
        for (form, leak) in forms(&canary.value) {
            let run = plant(&estate, &leak);
            let places = found(
                &estate,
                &run,
                &Hit {
                    canary: number,
                    form,
                },
            );
            for sink in all_sinks() {
                planted += 1;
                assert!(places.iter().any(|place| place == sink), "{form} in {sink}");
            }
            for place in places {
                *caught.entry(sink_of(&place)).or_default() += 1;
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
            caught.get(sink).is_some_and(|count| *count > 20),
            "{sink}: {caught:?}"
        );
    }
    tell(&format!(
        "{planted} leaks planted in sinks of any bytes, all found; by sink: {caught:?}"
    ));
}

fn sink_of(place: &str) -> String {
    let child = place.starts_with("seen/child");
    if child { "child" } else { place }.to_owned()
}

fn plant(estate: &Estate, leak: &[u8]) -> Run {
    let harness = &estate.harness;
    harness.forget();
    let file = harness.path("plant");
    fs::write(&file, leak).unwrap();
    let file = file.display().to_string();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["canary::self_test::leaks", "--exact", "--nocapture"]);
    // The harness of tests reads its arguments as text, and takes those for filters.
    if !leak.contains(&0) && std::str::from_utf8(leak).is_ok() && !leak.starts_with(b"-") {
        program.arg(OsStr::from_bytes(leak));
    }
    harness.isolate(&mut program, &[("CANARY_PLANT", &file)]);
    harness.follow(
        "planted".to_owned(),
        &mut program,
        ServerBehavior::Fair,
        |_| false,
    )
}

/// What is harmless is not found, and canaries are not each other.
#[test]
fn nothing_is_found_by_chance() {
    let estate = Estate::new(14, 8);
    let mut other = CanaryGenerator::new(99);
    for shape in Shape::ALL {
        let value = other.canary("elsewhere", shape).value;
        let head = value.trim_end_matches(|c| c != '^');
        assert!(estate.search.hits(head.as_bytes()).is_empty(), "{value}");
    }
    for (number, canary) in estate.search.canaries.iter().enumerate() {
        let found = estate.search.canaries_in(canary.value.as_bytes());
        assert_eq!(found, [number].into(), "{}", canary.place);
    }
}
