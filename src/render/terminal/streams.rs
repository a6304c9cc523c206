//! Responsible for the destination of output: this process's two streams, or memory, for a program
//! that runs commands inside itself.

use crate::model::LockUnpoisoned;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Whether anything was written to the stdout of this process.
static HAS_WRITTEN: AtomicBool = AtomicBool::new(false);

/// The two streams.
#[derive(Clone, Debug)]
pub(crate) enum Streams {
    Process,
    Memory(Captured),
}

impl Streams {
    pub(in crate::render) fn out(&self, choice: ColorChoice) -> Box<dyn Write> {
        match self {
            Self::Process => {
                let stream = AutoStream::new(io::stdout().lock(), choice);
                Box::new(ProcessOut(stream))
            }
            Self::Memory(captured) => Box::new(Buffer(Arc::clone(&captured.out))),
        }
    }

    /// Whether anything was written to stdout.
    pub(crate) fn has_written(&self) -> bool {
        match self {
            Self::Process => HAS_WRITTEN.load(Ordering::Relaxed),
            Self::Memory(captured) => !lock(&captured.out).is_empty(),
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

/// The stdout of this process.
struct ProcessOut(AutoStream<io::StdoutLock<'static>>);

impl Write for ProcessOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HAS_WRITTEN.store(true, Ordering::Relaxed);
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
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
