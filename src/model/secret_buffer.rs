//! Responsible for collecting bytes in memory that is wiped when it is freed.
//!
//! A growing `Vec` copies its content and does not wipe the old allocation. This buffer copies the
//! content itself and wipes the old allocation.

use zeroize::Zeroizing;

/// The smallest allocation, unless the limit is smaller. Most responses are shorter, and a wipe covers the whole
/// allocation.
const FIRST_CAPACITY: usize = 1024;

/// A byte buffer with a maximum length.
pub(crate) struct SecretBuffer {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

/// The content would exceed the limit.
#[derive(Debug)]
pub(crate) struct LimitExceeded;

impl SecretBuffer {
    pub(crate) fn new(limit: usize) -> Self {
        Self::with_capacity(0, limit)
    }

    /// Allocates space for the expected number of bytes.
    pub(crate) fn with_capacity(expected: usize, limit: usize) -> Self {
        let capacity = expected.max(FIRST_CAPACITY).min(limit);
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(capacity)),
            limit,
        }
    }

    /// Appends bytes.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        let needed = self.bytes.len().saturating_add(piece.len());
        if needed > self.limit {
            return Err(LimitExceeded);
        }
        if needed > self.bytes.capacity() {
            let capacity = needed.saturating_mul(2).min(self.limit);
            let mut moved = Zeroizing::new(Vec::with_capacity(capacity));
            moved.extend_from_slice(&self.bytes);
            self.bytes = moved;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::SecretBuffer;

    #[test]
    fn secret_buffer_beyond_limit_refuses_bytes() {
        let mut buffer = SecretBuffer::new(40_000);
        for _ in 0..4 {
            buffer.push(&[b'x'; 10_000]).unwrap();
        }
        assert!(buffer.push(b"x").is_err());
        assert_eq!(buffer.into_bytes().len(), 40_000);
    }
}
