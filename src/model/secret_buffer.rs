//! Responsible for collecting bytes that arrive piece by piece in memory that is wiped.
//!
//! A vector that grows leaves what it held behind in freed memory. This buffer moves by hand and
//! wipes the old place.

use zeroize::Zeroizing;

/// The least that is allocated.
const FIRST_CAPACITY: usize = 16 * 1024;

/// Bytes up to a limit.
pub(crate) struct SecretBuffer {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

/// More bytes came than the limit allows.
#[derive(Debug)]
pub(crate) struct LimitExceeded;

impl SecretBuffer {
    pub(crate) fn new(limit: usize) -> Self {
        Self::with_capacity(0, limit)
    }

    /// With room for as many bytes as are expected.
    pub(crate) fn with_capacity(expected: usize, limit: usize) -> Self {
        let capacity = expected.max(FIRST_CAPACITY).min(limit);
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(capacity)),
            limit,
        }
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), LimitExceeded> {
        let needed = self.bytes.len().saturating_add(piece.len());
        if needed > self.limit {
            return Err(LimitExceeded);
        }
        if needed > self.bytes.capacity() {
            let room = needed.saturating_mul(2).min(self.limit);
            let mut moved = Zeroizing::new(Vec::with_capacity(room));
            moved.extend_from_slice(&self.bytes);
            self.bytes = moved;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// All of it.
    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::SecretBuffer;

    #[test]
    fn pieces_come_together_up_to_the_limit() {
        let mut buffer = SecretBuffer::new(40_000);
        for _ in 0..4 {
            buffer.push(&[b'x'; 10_000]).unwrap();
        }
        assert!(buffer.push(b"x").is_err());
        assert_eq!(buffer.into_bytes().len(), 40_000);
    }
}
