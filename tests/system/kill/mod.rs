//! Kills: runs that end at a request or at a write to disk, disks that fail, creations that take
//! effect late, two machines, and a soak.

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
