//! What an apply leaves in memory: a child process applies two hundred secrets over TLS, lets go of
//! everything, and its writable memory is searched for them.

use crate::support::{TestEnv, isolate, options};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const SECRETS: usize = 200;
/// What a freed piece of memory loses first: the allocator writes its own notes there.
const LEAD: &str = "the-first-bytes-of-what-is-freed-";
/// What stands in each secret, and what the child frees without wiping it.
const MARK: &str = "hEaP-9f3a71c0";
const PLANTED: &str = "pLaNt-51d2e8b7";

/// The child: does nothing unless it was started as one.
#[test]
fn child() {
    let Ok(arguments) = std::env::var("HEAP_CHILD") else {
        return;
    };
    let arguments = arguments.split_whitespace().map(Into::into);
    let Ok(cli) = airlift::cli::parse(arguments, 80) else {
        return;
    };
    airlift::commands::run(cli);
    // What is only freed has to be found, or finding nothing would prove nothing.
    drop([(); 64].map(|()| std::fs::read_to_string("planted").unwrap()));
    // The parent looks now, and lets go by closing the other end.
    airlift::render::Ui::new(true, 0, &airlift::render::Surroundings::default())
        .out()
        .say("\nlooked at")
        .unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn an_apply_over_tls_leaves_no_secret_in_memory() {
    let env = project();
    let port = env.runtime().block_on(tls(&env));
    let mut child = apply(&env, port);
    let out = BufReader::new(child.stdout.take().unwrap());
    let text = until_looked_at(out);
    assert!(text.contains("Apply complete!"), "{text}");
    assert_eq!(env.world().connectors().count(), SECRETS);
    let [left, planted] = count(child.id(), [MARK, PLANTED]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(planted > 0, "the search finds what was only freed");
    assert_eq!(left, 0, "copies of secrets");
}

fn project() -> TestEnv {
    let mut yaml = "version: 1\ncustomers:\n".to_owned();
    for n in 0..SECRETS {
        if n % 4 == 0 {
            write!(yaml, "  - name: c{n}\n    connectors:\n").unwrap();
        }
        let credentials = format!("{{token: \"${{file:secrets/{n}}}\"}}");
        writeln!(
            yaml,
            "      - {{name: Hub {n}, type: github, credentials: {credentials}}}"
        )
        .unwrap();
    }
    let env = TestEnv::with(&yaml, options());
    for n in 0..SECRETS {
        env.write(&format!("secrets/{n}"), &format!("{LEAD}{MARK}-{n:04}-end"));
    }
    env.write("planted", &format!("{LEAD}{PLANTED}"));
    env
}

/// Takes TLS off in front of the sandbox; the certificate is put beside the project.
async fn tls(env: &TestEnv) -> u16 {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    env.write("ca.pem", &made.cert.pem());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind: SocketAddr = env.sandbox().origin()["http://".len()..].parse().unwrap();
    tokio::spawn(async move {
        while let Ok((outer, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut outer = acceptor.accept(outer).await?;
                let mut inner = TcpStream::connect(behind).await?;
                tokio::io::copy_bidirectional(&mut outer, &mut inner).await
            });
        }
    });
    port
}

fn apply(env: &TestEnv, port: u16) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    isolate(&mut command, env.root(), &env.variables)
        .args(["heap::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(
            "HEAP_CHILD",
            "airlift apply --auto-approve --ca-file ca.pem -vv",
        )
        .env("AIRBYTE_API_HOST", format!("https://localhost:{port}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn until_looked_at(out: impl BufRead) -> String {
    let lines = out.lines().map_while(Result::ok);
    let before = lines.take_while(|line| line != "looked at");
    before.fold(String::new(), |text, line| text + &line + "\n")
}

/// How often each text stands in the writable memory of a process.
fn count(process: u32, texts: [&str; 2]) -> [usize; 2] {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut found = [0; 2];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split_whitespace().next().unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A region of the kernel's own cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            for (found, text) in found.iter_mut().zip(texts) {
                *found += occurrences(&bytes, text.as_bytes());
            }
        }
    }
    found
}

fn occurrences(bytes: &[u8], text: &[u8]) -> usize {
    let starts = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == text[0]);
    starts
        .filter(|(at, _)| bytes[*at..].starts_with(text))
        .count()
}
