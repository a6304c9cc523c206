//! Responsible for tests of killed runs: kills at requests and at writes to disk, failing disks, power
//! losses, late creations, two machines, and a soak test.

mod bench;
mod damaged;
mod late;
mod machines;
mod requests;
mod rotation;
mod scenario;
mod shared;
mod signals;
mod soak;
#[cfg(target_os = "linux")]
mod synced_disk;
#[cfg(target_os = "linux")]
mod syncs;
mod syscalls;
