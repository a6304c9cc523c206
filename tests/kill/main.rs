//! Runs of the real binary that end in the middle, meet each other, or go on for long: kills at
//! every request and at every write to disk, disks that fail, creations that come late, two
//! machines, and a soak.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::print_stderr, reason = "how many kills there were is told")]

mod bench;
mod damaged;
mod late;
mod machines;
mod requests;
mod rotation;
mod scenario;
mod shared;
mod soak;
mod syscalls;
