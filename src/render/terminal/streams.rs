//! Responsible for the destination of output: this process's two streams, or memory, for a program
//! that runs commands inside itself.

use crate::model::LockUnpoisoned;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard};

/// The two streams.
#[derive(Clone, Debug)]
pub(crate) enum Streams {
    Process,
    Memory(Captured),
}

impl Streams {
    pub(crate) fn out(&self, choice: ColorChoice) -> Box<dyn Write> {
        match self {
            Self::Process => Box::new(AutoStream::new(io::stdout().lock(), choice)),
            Self::Memory(captured) => Box::new(Buffer(Arc::clone(&captured.out))),
        }
    }

    pub(crate) fn stderr(&self, choice: ColorChoice) -> Box<dyn Write> {
        match self {
            Self::Process => Box::new(AutoStream::new(io::stderr().lock(), choice)),
            Self::Memory(captured) => Box::new(Buffer(Arc::clone(&captured.stderr))),
        }
    }
}

/// The output so far.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// What went to stdout.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&lock(&self.out)).into_owned()
    }

    /// What went to stderr.
    #[cfg(feature = "testing")]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&lock(&self.stderr)).into_owned()
    }
}

struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock_unpoisoned()
}
