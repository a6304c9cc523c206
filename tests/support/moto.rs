//! Responsible for `moto_server`, which simulates AWS. `AIRLIFT_TEST_MOTO` is its path.

use super::http;
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// The server. It is stopped on drop.
pub(crate) struct Moto {
    server: Child,
    pub(crate) address: String,
    pub(crate) http: reqwest::Client,
    log: NamedTempFile,
}

impl Moto {
    /// Starts the server and waits for its first response.
    pub(crate) async fn start() -> Self {
        let program = std::env::var("AIRLIFT_TEST_MOTO").expect("AIRLIFT_TEST_MOTO is not set");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = port.local_addr().unwrap();
        drop(port);
        let log = NamedTempFile::new().unwrap();
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(File::create(log.path()).unwrap())
            .spawn()
            .unwrap();
        let moto = Self {
            server,
            address: format!("http://{address}"),
            http: http::client(),
            log,
        };
        let started = Instant::now();
        while moto.http.get(&moto.address).send().await.is_err() {
            let waited = started.elapsed();
            assert!(
                waited < Duration::from_mins(2),
                "moto_server does not respond"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        moto
    }

    /// The authorization header for a service. moto does not check signatures.
    pub(crate) fn authorization(region: &str, service: &str) -> String {
        let scope = format!("key/20260101/{region}/{service}/aws4_request");
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    }

    /// The number of requests to services of AWS.
    pub(crate) fn requests(&self) -> usize {
        let log = std::fs::read_to_string(self.log.path()).unwrap();
        log.matches("\"POST / HTTP/1.1\"").count()
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.stop();
    }
}
