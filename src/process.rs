//! What this process keeps others from learning: no core file, no attaching, no reading of its
//! memory by another process of the same user.

/// Hardens the process, as far as the system lets it. It goes on where that is not at all: a
/// container may forbid it, and then guards its processes itself.
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
    // Lowering one's own limit fails only where such calls are forbidden.
    let _ = setrlimit(Resource::Core, none);
}

/// Children are dumpable again: the system resets this when they start.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn not_dumpable() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // As above.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn neither_a_core_file_nor_an_onlooker() {
        super::harden();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
