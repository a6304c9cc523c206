//! Tests of finding files, of locations in them, and of hostile files.

use super::*;

#[test]
fn load_files_and_directories_reads_each_file_once() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "airlift.yaml",
        "version: 1\ninclude: ['customers/**/*.yaml', customers/b.yaml]\n",
    );
    write("customers/b.yaml", "customers: [{name: b}]\n");
    write("customers/deep/a.yaml", "customers: [{name: a}]\n");
    write("customers/.hidden.yaml", "customers: [{name: hidden}]\n");
    write("more/c.yaml", "customers: [{name: c}]\n");
    write("more/d.yaml", "version: 1\ncustomers: [{name: d}]\n");
    write("more/e.yml", "customers: [{name: e}]\n");
    let inputs = [
        home.path().to_owned(),
        home.path().join("more"),
        home.path().join("airlift.yaml"),
    ];
    let project = load(&inputs, &LoadOptions::default()).project.unwrap();
    let names: Vec<&str> = project
        .desired
        .customers
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(
        (project.files.len(), project.root.as_path()),
        (5, home.path())
    );

    let missing = load_one(home.path().join("nothing.yaml"));
    assert_eq!(missing.report.findings[0].code, Code::FileNotFound);
}

#[test]
fn load_references_and_aliases_in_any_value_are_resolved() {
    let text = "version: 1
customers:
- name: a
  connectors:
  - name: g
    previous_name: h
    type: github
    credentials: {token: &token \"${env:X}\"}
    replication_config: {repositories: [\"${env:REPO}\"], start_date: \"${env:START}\"}
  - name: i
    type: github
    credentials: {token: *token}
    replication_config: {repositories: [a/b], start_date: 2026-01-01T00:00:00Z}
  - name: z
    type: zendesk-support
    environment: {subdomain: \"${env:SUB}\"}
    credentials: &z {email: {plain: ops@acme.example}, api_token: *token}
  - {name: y, type: zendesk-support, environment: {subdomain: acme}, credentials: *z}
";
    let loaded = load_text(text);
    assert_eq!(loaded.report.errors(), 0, "{}", findings_text(&loaded, ""));
    let acme = &loaded.project.unwrap().desired.customers["a"];
    let secret = |name: &str| Setting::secret(format!("${{env:{name}}}").parse().unwrap());
    let credentials = |name: &str| acme.connectors[name].credentials.clone().unwrap();
    assert_eq!(credentials("i")["token"], secret("X"));
    assert_eq!(credentials("y"), credentials("z"));
    assert_eq!(credentials("y")["api_token"], secret("X"));
    let connector = &acme.connectors["g"];
    assert_eq!(connector.previous_name.as_deref(), Some("h"));
    let settings = connector.replication_config.as_ref().unwrap();
    assert_eq!(settings["start_date"], secret("START"));
    assert_eq!(
        settings["repositories"],
        Setting::List([secret("REPO")].into())
    );
    let environment = acme.connectors["z"].environment.as_ref().unwrap();
    assert_eq!(environment["subdomain"], secret("SUB"));
}

#[test]
fn load_several_inputs_returns_one_project() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    let options = LoadOptions::default();
    std::fs::create_dir(path("more")).unwrap();
    std::fs::write(path("customers.yaml"), "customers: [{name: a}]\n").unwrap();
    std::fs::write(path("more/b.yaml"), "customers: [{name: b}]\n").unwrap();
    std::fs::write(
        path("project.yaml"),
        "version: 1\nguards: {max_deletes: 2}\n",
    )
    .unwrap();
    // In any order, and a directory among files.
    for names in [
        ["customers.yaml", "project.yaml", "more"],
        ["more", "customers.yaml", "project.yaml"],
    ] {
        let loaded = load(&names.map(path), &options);
        assert_eq!(findings_text(&loaded, ""), "");
        let project = loaded.project.unwrap();
        assert_eq!(project.desired.customers.len(), 2);
        assert_eq!(project.desired.guards.max_deletes, 2);
        assert_eq!(project.root, home.path());
    }
}

#[test]
fn include_in_stdin_is_relative_to_current_directory() {
    let loaded = load_text("version: 1\ninclude: [tests/samples/valid/comp*.yaml]\n");
    // The project keys in the included file cause a finding, so the file was read.
    let finding = &loaded.report.findings[0];
    assert_eq!(finding.code, Code::ProjectKeyElsewhere);
    assert_eq!(finding.location.file, "tests/samples/valid/complete.yaml");
    let nothing = load_text("version: 1\ninclude: [nothing/*.yaml]\n");
    assert_eq!(
        nothing.report.findings[0].message,
        "no file matches include `nothing/*.yaml`"
    );
    assert_eq!(
        nothing.report.findings[0].path.as_deref(),
        Some("include[0]")
    );
}

#[test]
fn load_invalid_utf8_reports_its_location() {
    let location = |bytes: &[u8]| {
        let options = LoadOptions {
            stdin: Some(bytes.to_vec()),
            ..LoadOptions::default()
        };
        let report = load(&["-".into()], &options).report;
        let finding = &report.findings[0];
        let excerpt = finding.excerpt.as_ref().unwrap().text.clone();
        assert_eq!(finding.code, Code::NotText);
        (finding.location.line, finding.location.column, excerpt)
    };
    assert_eq!(
        location(b"a: 1\nname: \xc3\xa4x\xe9\n"),
        (2, 9, "name: •••".into())
    );
    assert_eq!(
        location(b"\xef\xbb\xbfa: 1\r\ntoken: x\0\n"),
        (2, 9, "token: •••".into())
    );
    assert_eq!(location(b"\xff\xfea\0"), (1, 1, "•••".into()));
}

#[test]
fn load_tab_in_indentation_reports_its_line() {
    let location = |text: &str| {
        let report = load_text(text).report;
        let finding = report
            .findings
            .iter()
            .find(|finding| finding.message.contains("tabs cannot indent"))
            .unwrap_or_else(|| panic!("{text:?}"));
        (finding.location.line, finding.location.column)
    };
    assert_eq!(location("customers:\n- name: acme\n\tregion: us\n"), (3, 1));
    assert_eq!(
        location("customers:\n  - name: a\n  \tregion: us\n"),
        (3, 3)
    );
    assert_eq!(location("customers:\n\t- name: acme\n"), (2, 1));
    assert_eq!(location("customers:\n-\tname: acme\n"), (2, 2));
    assert_eq!(location("a: {\n\tb: 1\n}\nc: \"x\n\ty\"\n"), (2, 1));
    assert_eq!(location("guards:\n  max_deletes: 1\n\n\tx: 1\n"), (4, 1));
    assert_eq!(location("a: |\n\tb\n"), (2, 1));
    assert_eq!(location("a: \"x\n\ty\"\n"), (2, 1));
}

#[cfg(unix)]
#[test]
fn include_of_link_to_outside_is_refused() {
    let (home, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("a.yaml"), "customers: []\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("a.yaml"), home.path().join("a.yaml")).unwrap();
    std::fs::write(
        home.path().join("airlift.yaml"),
        "version: 1\ninclude: [a.yaml]\n",
    )
    .unwrap();
    let loaded = load_one(home.path());
    assert_eq!(loaded.report.findings[0].code, Code::IncludeOutside);
    let device = load_one("/dev/zero");
    assert_eq!(device.report.findings[0].code, Code::FileUnreadable);
}

#[cfg(unix)]
#[test]
fn load_directory_with_link_to_outside_is_refused() {
    let (home, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = outside.path().join("a.yaml");
    std::fs::write(&target, "version: 1\ncustomers: [{name: a}]\n").unwrap();
    for name in ["a.yaml", "airlift.yaml"] {
        std::os::unix::fs::symlink(&target, home.path().join(name)).unwrap();
        let loaded = load_one(home.path());
        assert_eq!(
            loaded.report.findings[0].code,
            Code::IncludeOutside,
            "{name}"
        );
        assert!(loaded.project.is_none());
    }
    // The operator may name the link itself.
    assert!(load_one(home.path().join("a.yaml")).project.is_some());
}

#[test]
fn load_directory_with_second_project_file_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    write("00-project.yaml", "version: 1\nstores: [env]\n");
    write("acme.yaml", "customers: [{name: acme}]\n");
    assert!(load_one(home.path()).project.is_some());
    write("airlift.yaml", "version: 1\ncustomers: [{name: acme}]\n");
    let report = load_one(home.path()).report;
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::ProjectKeyElsewhere, Code::FileNotIncluded]);
}

#[test]
fn load_directory_with_unread_settings_names_the_file() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("acme.yaml", "version: 1\ncustomers: [{name: acme}]\n");
    // Files of other programs, some of whose keys have the name of a project key.
    write("compose.yml", "include: [other.yml]\nservices: {}\n");
    write("package.json", "{\"version\": \"1.0.0\"}\n");
    assert!(load_one(home.path()).report.findings.is_empty());
    write("airlift.yml", "version: 1\nguards: {max_deletes: 2}\n");
    write("settings/guards.yaml", "guards: {max_deletes: 2}\n");
    let loaded = load_one(home.path());
    assert!(loaded.project.is_some());
    let reported: Vec<(Code, &str)> = loaded
        .report
        .findings
        .iter()
        .map(|finding| (finding.code, finding.location.file.as_str()))
        .map(|(code, file)| (code, file.rsplit('/').next().unwrap()))
        .collect();
    let expected = ["airlift.yml", "guards.yaml"].map(|file| (Code::FileNotIncluded, file));
    assert_eq!(reported, expected);
    let message = &loaded.report.findings[0].message;
    assert!(message.contains("`guards` has no effect"), "{message}");
}

#[test]
fn load_project_file_whose_includes_are_unknown_reports_no_unread_files() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
    std::fs::create_dir(home.path().join("customers")).unwrap();
    write("customers/a.yaml", "customers: [{name: acme}]\n");
    let is_reported = |text: &str| {
        write("airlift.yaml", &format!("version: 1\n{text}\n"));
        let findings = load_one(home.path()).report.findings;
        let mut codes = findings.iter().map(|finding| finding.code);
        codes.any(|code| code == Code::FileNotIncluded)
    };
    assert!(is_reported("customers: []"));
    for text in [
        "includes: [customers/*.yaml]",
        "include: customers/*.yaml",
        "include: [customers/*.yaml]\nstores: [env\n",
        "include: [customers/*.yaml]\nstores: {{ x }}\n",
        "include: [\"${var.none}/*.yaml\"]",
    ] {
        assert!(!is_reported(text), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn secret_policy_of_linked_file_is_judged_on_its_target() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    std::fs::create_dir_all(path("secrets/acme")).unwrap();
    std::fs::create_dir_all(path("secrets/globex")).unwrap();
    std::fs::create_dir_all(path("customers")).unwrap();
    std::fs::write(path("secrets/globex/token"), "x").unwrap();
    std::fs::write(path("secrets/acme/real"), "x").unwrap();
    std::fs::write(
        path("airlift.yaml"),
        "version: 1\ninclude: [customers/*.yaml]\nsecret_policy: [{files: customers/acme.yaml, allow: ['file:secrets/acme/']}]\n",
    )
    .unwrap();
    let codes = |target: &str| {
        let link = path("secrets/acme/token");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(target, &link).unwrap();
        let connector =
            "{name: N, type: notion, credentials: {token: '${file:secrets/acme/token}'}}";
        let text = format!("customers: [{{name: acme, connectors: [{connector}]}}]\n");
        std::fs::write(path("customers/acme.yaml"), text).unwrap();
        let report = load_one(home.path()).report;
        report
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(codes("real"), []);
    assert_eq!(codes("../globex/token"), [Code::ReferenceNotAllowed]);
    assert_eq!(codes("../globex/absent"), [Code::SecretFileOutside]);
    assert_eq!(codes("/etc/hostname"), [Code::SecretFileOutside]);
}

#[test]
fn load_hostile_file_is_refused_at_once() {
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for level in 1..40 {
        writeln!(bomb, "a{level}: &a{level} [*a{0}, *a{0}]", level - 1).unwrap();
    }
    let indented = |depth: usize| -> String {
        (0..depth).fold(String::new(), |text, level| {
            text + &" ".repeat(level) + "a:\n"
        })
    };
    let keys = |count: usize| -> String {
        (0..count).fold(String::new(), |text, at| {
            text + "k" + &at.to_string() + ": 1\n"
        })
    };
    let texts = [
        keys(10_000),
        bomb,
        "[".repeat(10_000),
        "- ".repeat(10_000),
        "{a: ".repeat(10_000),
        indented(2_000),
        "? ".repeat(10_000),
    ];
    for text in texts {
        let start = Instant::now();
        assert!(load_text(&text).report.has_errors());
        assert!(start.elapsed() < Duration::from_secs(5), "{}", &text[..20]);
    }
    let large = load_text(&"#".repeat(64 * 1024 * 1024 + 1));
    assert_eq!(large.report.findings[0].code, Code::FileTooLarge);
}
