//! Responsible for connections that a handler can reset or close without a response. The HTTP server offers neither,
//! so the TCP stream below it does.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

/// A handle with which a handler ends its connection.
#[derive(Debug, Clone)]
pub(crate) struct ClientConnection {
    state: Arc<AtomicU8>,
    /// The number of the listener that accepted the connection.
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "only the request log reads it")
    )]
    pub(crate) listener: usize,
    /// The port of the listener.
    pub(crate) port: u16,
}

impl ClientConnection {
    /// Stops sending. The peer receives a reset.
    pub(crate) fn reset(&self) {
        self.state.store(RESET, Ordering::SeqCst);
    }

    /// Stops sending. The peer receives a normal end of the stream.
    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::SeqCst);
    }

    fn state(&self) -> u8 {
        self.state.load(Ordering::SeqCst)
    }
}

impl Connected<IncomingStream<'_, ConnectionListener>> for ClientConnection {
    fn connect_info(stream: IncomingStream<'_, ConnectionListener>) -> Self {
        stream.io().connection.clone()
    }
}

/// Accepts connections that handlers can end.
#[derive(Debug)]
pub(crate) struct ConnectionListener {
    pub(crate) listener: TcpListener,
    pub(crate) number: usize,
}

impl Listener for ConnectionListener {
    type Io = ResettableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await {
                // Without this, each small response waits for the peer's delayed acknowledgement.
                let _best_effort = stream.set_nodelay(true);
                // A connection without an address has ended already.
                let port = stream.local_addr().map_or(0, |address| address.port());
                return (
                    ResettableStream {
                        stream,
                        connection: ClientConnection {
                            state: Arc::default(),
                            listener: self.number,
                            port,
                        },
                    },
                    address,
                );
            }
            // The likely cause is a lack of file descriptors. The pause prevents a busy loop.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// The TCP stream of a connection that handlers can end.
#[derive(Debug)]
pub(crate) struct ResettableStream {
    stream: TcpStream,
    connection: ClientConnection,
}

impl ResettableStream {
    fn ended(&self) -> Option<io::Error> {
        match self.connection.state() {
            OPEN => return None,
            CLOSED => {}
            // With SO_LINGER at zero, the close sends RST instead of FIN.
            _ => drop(self.stream.set_zero_linger()),
        }
        Some(io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for ResettableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.ended() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for ResettableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.ended() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.ended() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.ended() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_shutdown(cx),
        }
    }
}
