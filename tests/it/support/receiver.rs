//! A server that receives JSON, such as a webhook or a collector of traces.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

/// Accepts every JSON document.
pub(crate) struct Receiver {
    pub(crate) address: String,
    documents: mpsc::Receiver<Value>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, documents) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut reader = BufReader::new(stream.unwrap());
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.to_ascii_lowercase();
                    if let Some(value) = line.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let document = serde_json::from_slice(&body).unwrap();
                let response = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                reader.get_mut().write_all(response).unwrap();
                if sender.send(document).is_err() {
                    return;
                }
            }
        });
        Self { address, documents }
    }

    pub(crate) fn next(&self) -> Value {
        self.documents
            .recv_timeout(Duration::from_secs(20))
            .unwrap()
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.documents.recv_timeout(Duration::from_secs(1)).is_err()
    }
}
