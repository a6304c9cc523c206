//! Tests of the place of a ledger: a volume that a group can write, damaged files, and an empty ledger.

use crate::support::TestEnv;
use std::path::Path;

#[cfg(unix)]
fn allow(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Gives the group access, as Kubernetes does at each mount of a volume with `fsGroup`.
#[cfg(unix)]
fn mount(directory: &Path) {
    allow(directory, 0o2770);
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            mount(&path);
        } else {
            allow(&path, 0o660);
        }
    }
}

#[cfg(unix)]
#[test]
fn ledger_on_volume_of_a_group_is_named_and_works_with_its_mode() {
    let mut env = TestEnv::new();
    let volume = env.path("volume");
    std::fs::create_dir(&volume).unwrap();
    allow(&volume, 0o2775);
    let place = ["--ledger", "volume/ledger"];
    env.apply(&place).0.exits(0);
    mount(&volume);
    let plan = env.run(&[&["plan"], &place[..]].concat());
    plan.exits(1).complains("ledger_untrusted");
    for text in ["fsGroup", "fsGroupChangePolicy", "--ledger-mode group"] {
        plan.complains(text);
    }
    let group = [&place[..], &["--ledger-mode", "group"]].concat();
    env.assert_converged(&group);
    env.set("ACME_GITHUB", "another-value");
    env.converge(&group);
    let organization = env.path(format!(
        "volume/ledger/{}",
        airlift::sandbox::ORGANIZATION_ID
    ));
    assert_eq!(mode(&organization.join("customers")), 0o770);
    assert_eq!(mode(&organization.join("head.json")), 0o660);
    // Everybody is more than a group.
    allow(&organization.join("head.json"), 0o662);
    let plan = env.run(&[&["plan"], &group[..]].concat());
    plan.exits(1).complains("ledger_untrusted");
}

#[test]
fn doctor_on_damaged_entry_names_the_damage_and_what_to_do() {
    let env = TestEnv::applied();
    let path = env.ledger_entry("acme");
    let text = std::fs::read_to_string(&path).unwrap();
    let merged = format!("<<<<<<< HEAD\n{text}");
    let cut = text[..text.len() / 2].to_owned();
    for (damaged, cause) in [(merged, "the markers of a merge"), (cut, "ends too early")] {
        std::fs::write(&path, damaged).unwrap();
        let doctor = env.run(&["doctor"]);
        let words: Vec<&str> = doctor.stdout.split_whitespace().collect();
        let shown = words.join(" ");
        assert!(shown.contains(cause), "{doctor}");
        assert!(shown.contains("restore the file from a backup"), "{doctor}");
        assert!(!shown.contains("ok ledger"), "{doctor}");
        assert!(!shown.contains("check the credentials"), "{doctor}");
        env.run(&["plan"]).exits(4).says("ledger_entry_damaged");
    }
    // Without a backup.
    std::fs::remove_file(&path).unwrap();
    env.run(&["ledger", "sign", "--auto-approve"]).exits(0);
    let doctor = env.run(&["doctor"]);
    assert!(!doctor.stdout.contains("fail  ledger"), "{doctor}");
}

#[test]
fn sign_with_other_key_says_so_and_counts_the_entries() {
    let mut env = TestEnv::applied();
    env.set("AIRLIFT_LEDGER_KEY", "0123456789abcdef0123456789abcdef");
    let sign = env.run(&["ledger", "sign", "--auto-approve"]);
    sign.exits(0)
        .says("[ledger_key_changed]")
        .ends_with("Signed: 2 entries. Next: `airlift plan`");
    assert!(!sign.stdout.contains("ledger_entry_altered"), "{sign}");
}

#[test]
fn plan_with_empty_ledger_elsewhere_says_so() {
    let env = TestEnv::applied();
    let plan = env.run(&["plan", "--adopt", "--ledger", "typo"]);
    plan.exits(0).complains("is empty");
    let plan = env.run(&["plan"]);
    assert!(!plan.exits(0).stderr.contains("is empty"), "{plan}");
}

#[test]
fn doctor_in_sandbox_reads_the_ledger_of_the_sandbox() {
    let mut env = TestEnv::new();
    for place in [&[][..], &["--ledger", "elsewhere"]] {
        env.unset("AIRLIFT_LEDGER_KEY");
        env.run(&[&["apply", "--auto-approve", "--sandbox"], place].concat())
            .exits(0);
        let doctor = [&["doctor", "--sandbox"], place].concat();
        assert!(!env.run(&doctor).stdout.contains("fail  ledger"));
        env.set("AIRLIFT_LEDGER_KEY", "0123456789abcdef0123456789abcdef");
        let doctor = env.run(&doctor);
        let words: Vec<&str> = doctor.exits(1).stdout.split_whitespace().collect();
        assert!(
            words.join(" ").contains("written with another key"),
            "{doctor}"
        );
    }
}
