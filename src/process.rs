//! Responsible for process hardening: prevents core files, and prevents that another process of the
//! same user attaches to this one or reads its memory.

/// Hardens the process, as far as the system allows. Failures are ignored, because a container may
/// forbid the calls and isolate its processes itself.
pub fn harden() {
    #[cfg(unix)]
    no_core_file();
    #[cfg(any(target_os = "linux", target_os = "android"))]
    not_dumpable();
}

#[cfg(unix)]
fn no_core_file() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Lowering the own limit fails only where such calls are forbidden.
    let _ = setrlimit(Resource::Core, none);
}

/// Children are dumpable again, because the system resets the flag when they start.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn not_dumpable() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // Fails only where such calls are forbidden.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn harden_forbids_core_file_and_attaching() {
        super::harden();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
