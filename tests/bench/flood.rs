//! Responsible for measuring how many requests a server answers in a second: pipelined requests over
//! a few connections, so that the client costs next to nothing.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

const CONNECTIONS: usize = 8;
/// Requests that a connection has under way.
const DEPTH: usize = 32;

/// Requests in a second. `head` is the request without its body, which has none.
pub(crate) fn rate(address: &str, head: &str, requests: usize) -> f64 {
    let start = Instant::now();
    let rounds = requests / (CONNECTIONS * DEPTH);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| send(address, head, rounds));
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let sent = (rounds * CONNECTIONS * DEPTH) as f64;
    sent / start.elapsed().as_secs_f64()
}

fn send(address: &str, head: &str, rounds: usize) {
    let mut stream = TcpStream::connect(address).expect("the server accepts connections");
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be cloned"));
    let batch = head.repeat(DEPTH);
    for _ in 0..rounds {
        stream
            .write_all(batch.as_bytes())
            .expect("requests are sent");
        for _ in 0..DEPTH {
            read_response(&mut reader);
        }
    }
}

fn read_response(reader: &mut BufReader<TcpStream>) {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line).expect("the server responds");
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length is a number");
        }
        assert!(
            !text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.1 200"),
            "{text}"
        );
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body arrives");
}
