//! Tests that an apply leaves no secret in memory: a child process applies two hundred secrets over
//! TLS and frees everything, and its writable memory is searched for the secrets.

use crate::support::{TestEnv, isolate, options};
use airlift::render::{ColorChoice, OutputEnvironment, Ui, Verbosity};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

const SECRETS: usize = 200;
/// The beginning of each secret, which the allocator may overwrite when it frees memory.
const LEAD: &str = "the-first-bytes-of-what-is-freed-";
/// The part of each secret that is searched for.
const MARK: &str = "hEaP-9f3a71c0";
/// A text that the child frees without wiping it.
const UNWIPED: &str = "pLaNt-51d2e8b7";

/// The child process. Does nothing in an ordinary run of the tests.
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
    // Memory that is freed without being wiped must be found by the search, to prove that the search
    // works.
    drop([(); 64].map(|()| std::fs::read_to_string("unwiped").unwrap()));
    // The parent searches the memory now, and then closes stdin.
    Ui::new(
        ColorChoice::Never,
        Verbosity::Normal,
        &OutputEnvironment::default(),
    )
    .out()
    .say("\nready")
    .unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn apply_over_tls_leaves_no_secret_in_memory() {
    let env = project();
    let port = env.runtime().block_on(tls(&env));
    let mut child = apply(&env, port);
    let out = BufReader::new(child.stdout.take().unwrap());
    let text = until_ready(out);
    assert!(text.contains("Apply complete!"), "{text}");
    assert_eq!(env.world().connectors().count(), SECRETS);
    let [secrets, unwiped] = count(child.id(), [MARK, UNWIPED]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(unwiped > 0, "the search finds memory that was not wiped");
    assert_eq!(secrets, 0, "copies of secrets");
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
    env.write("unwiped", &format!("{LEAD}{UNWIPED}"));
    env
}

/// Terminates TLS in front of the sandbox. The certificate is written to the project directory.
async fn tls(env: &TestEnv) -> u16 {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    env.write("ca.pem", &certificate.cert.pem());
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let upstream: SocketAddr = env.sandbox().origin()["http://".len()..].parse().unwrap();
    tokio::spawn(async move {
        while let Ok((outer, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let outer = acceptor.accept(outer).await?;
                let inner = TcpStream::connect(upstream).await?;
                let (from_client, mut to_client) = tokio::io::split(outer);
                let (mut from_server, to_server) = inner.into_split();
                tokio::try_join!(
                    forward_requests(from_client, to_server, port, upstream),
                    tokio::io::copy(&mut from_server, &mut to_client),
                )
            });
        }
    });
    port
}

/// Copies requests, with the sandbox's own address as Host, because the sandbox rejects every other one.
/// Both addresses have the same length.
async fn forward_requests(
    mut requests: impl AsyncRead + Unpin,
    mut upstream: impl AsyncWrite + Unpin,
    port: u16,
    address: SocketAddr,
) -> std::io::Result<()> {
    let (host, own) = (format!("localhost:{port}"), address.to_string());
    assert_eq!(host.len(), own.len());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = requests.read(&mut buffer).await?;
        if length == 0 {
            return upstream.shutdown().await;
        }
        let bytes = &mut buffer[..length];
        if let Some(at) = bytes
            .windows(host.len())
            .position(|part| part == host.as_bytes())
        {
            bytes[at..at + own.len()].copy_from_slice(own.as_bytes());
        }
        upstream.write_all(bytes).await?;
    }
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

fn until_ready(out: impl BufRead) -> String {
    let lines = out.lines().map_while(Result::ok);
    let before = lines.take_while(|line| line != "ready");
    before.fold(String::new(), |text, line| text + &line + "\n")
}

/// How often each text occurs in the writable memory of a process.
fn count(process: u32, texts: [&str; 2]) -> [usize; 2] {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut counts = [0; 2];
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split_whitespace().next().unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|hex| u64::from_str_radix(hex, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // Some regions of the kernel cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            for (count, text) in counts.iter_mut().zip(texts) {
                *count += occurrences(&bytes, text.as_bytes());
            }
        }
    }
    counts
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
