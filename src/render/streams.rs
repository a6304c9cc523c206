//! Where data and talk go: this process's two streams, or memory, for whoever runs verbs inside
//! a program of their own.

use anstream::{AutoStream, ColorChoice};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The two streams.
#[derive(Clone, Debug)]
pub(super) enum Streams {
    Process,
    Memory(Captured),
}

impl Streams {
    pub(super) fn out(&self, choice: ColorChoice) -> Box<dyn Write> {
        match self {
            Self::Process => Box::new(AutoStream::new(io::stdout().lock(), choice)),
            Self::Memory(captured) => Box::new(Kept(Arc::clone(&captured.out))),
        }
    }

    pub(super) fn talk(&self, choice: ColorChoice) -> Box<dyn Write> {
        match self {
            Self::Process => Box::new(AutoStream::new(io::stderr().lock(), choice)),
            Self::Memory(captured) => Box::new(Kept(Arc::clone(&captured.talk))),
        }
    }
}

/// What was written so far.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    talk: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// The data.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&lock(&self.out)).into_owned()
    }

    /// The talk.
    pub fn talk(&self) -> String {
        String::from_utf8_lossy(&lock(&self.talk)).into_owned()
    }
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}
