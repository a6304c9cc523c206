//! Responsible for closing connections that wait: a client that sends no request, or sends or reads it byte by byte,
//! would hold a connection of the listener for as long as it likes.

use crate::model::LockUnpoisoned as _;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long the head of the first request may take.
const FIRST_REQUEST: Duration = Duration::from_secs(20);
/// How long a response and the head of the next request may take. Load balancers keep connections open for 60 seconds,
/// and answer with an error if the listener closes one first.
const NEXT_REQUEST: Duration = Duration::from_secs(75);

/// The client of a request.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) peer: SocketAddr,
    deadline: Deadline,
}

impl Client {
    /// Suspends the deadline of the connection while the listener works on a request.
    pub(super) fn begin_request(&self) -> ActiveRequest {
        *self.deadline.0.lock_unpoisoned() = None;
        ActiveRequest(self.deadline.clone())
    }
}

impl Connected<IncomingStream<'_, TimedListener>> for Client {
    fn connect_info(stream: IncomingStream<'_, TimedListener>) -> Self {
        Self {
            peer: *stream.remote_addr(),
            deadline: stream.io().deadline.clone(),
        }
    }
}

/// A request in progress. The time of the next one starts when this value is dropped.
#[derive(Debug)]
pub(super) struct ActiveRequest(Deadline);

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        *self.0.0.lock_unpoisoned() = Some(Instant::now() + NEXT_REQUEST);
    }
}

/// When a connection closes. `None` while a request is in progress.
#[derive(Clone, Debug)]
struct Deadline(Arc<Mutex<Option<Instant>>>);

/// Accepts connections that close at their deadline.
#[derive(Debug)]
pub(super) struct TimedListener(pub(super) TcpListener);

impl Listener for TimedListener {
    type Io = TimedStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (TimedStream::new(stream), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// The stream of a connection.
#[derive(Debug)]
pub(super) struct TimedStream<S> {
    stream: S,
    deadline: Deadline,
    timer: Pin<Box<Sleep>>,
}

impl<S> TimedStream<S> {
    fn new(stream: S) -> Self {
        let deadline = Instant::now() + FIRST_REQUEST;
        Self {
            stream,
            deadline: Deadline(Arc::new(Mutex::new(Some(deadline)))),
            timer: Box::pin(sleep_until(deadline)),
        }
    }

    /// Fails after the deadline, and wakes the task at the deadline before it.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(deadline) = *self.deadline.0.lock_unpoisoned() else {
            return Ok(());
        };
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, FIRST_REQUEST, NEXT_REQUEST, TimedStream};
    use std::io::ErrorKind;
    use std::net::SocketAddr;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::{Instant, sleep};

    fn connection() -> (DuplexStream, TimedStream<DuplexStream>, Client) {
        let (client, server) = duplex(64);
        let stream = TimedStream::new(server);
        let client_side = Client {
            peer: SocketAddr::from(([127, 0, 0, 1], 1)),
            deadline: stream.deadline.clone(),
        };
        (client, stream, client_side)
    }

    #[tokio::test(start_paused = true)]
    async fn read_without_request_ends_at_deadline() {
        let (_client, mut stream, _) = connection();
        let start = Instant::now();
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), FIRST_REQUEST);
    }

    #[tokio::test(start_paused = true)]
    async fn read_of_single_bytes_ends_at_deadline() {
        let (mut client, mut stream, _) = connection();
        let drip = tokio::spawn(async move {
            while client.write_u8(b'x').await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let start = Instant::now();
        while stream.read_u8().await.is_ok() {}
        assert_eq!(start.elapsed(), FIRST_REQUEST);
        drop(stream);
        drip.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_during_request_is_suspended_and_starts_after_it() {
        let (mut client, mut stream, info) = connection();
        let request = info.begin_request();
        sleep(NEXT_REQUEST * 2).await;
        stream.write_all(b"page").await.unwrap();
        drop(request);
        stream.flush().await.unwrap();
        client.write_u8(b'x').await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        let start = Instant::now();
        assert_eq!(
            stream.read_u8().await.unwrap_err().kind(),
            ErrorKind::TimedOut
        );
        assert_eq!(start.elapsed(), NEXT_REQUEST);
    }

    #[tokio::test(start_paused = true)]
    async fn write_that_client_does_not_read_ends_at_deadline() {
        let (_client, mut stream, info) = connection();
        drop(info.begin_request());
        let error = stream.write_all(&[b'x'; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
