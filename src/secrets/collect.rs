//! Bytes that arrive piece by piece, kept in one place that is wiped.
//!
//! A vector that grows leaves what it held behind in freed memory; this one moves by hand and
//! wipes the old place. Refuses more than a limit.

use zeroize::Zeroizing;

/// The first room.
const ROOM: usize = 16 * 1024;

/// Collects bytes up to a limit.
pub(super) struct Collected {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

/// More came than the limit allows.
#[derive(Debug)]
pub(super) struct TooMuch;

impl Collected {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(ROOM.min(limit))),
            limit,
        }
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), TooMuch> {
        let needed = self.bytes.len().saturating_add(piece.len());
        if needed > self.limit {
            return Err(TooMuch);
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
    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Collected;

    #[test]
    fn pieces_come_together_up_to_the_limit() {
        let mut collected = Collected::new(40_000);
        for _ in 0..4 {
            collected.push(&[b'x'; 10_000]).unwrap();
        }
        assert!(collected.push(b"x").is_err());
        assert_eq!(collected.into_bytes().len(), 40_000);
    }
}
