//! Tests of resolving references, and of the checks of `doctor`.

use super::{ResolveErrorKind, Resolver, SecretAccess};
use crate::model::{Health, SecretRef};
use crate::secrets::value_form::BrokenForm;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn reference(text: &str) -> SecretRef {
    text.parse().unwrap()
}

async fn resolve(resolver: &Resolver, text: &str) -> Result<String, ResolveErrorKind> {
    match resolver.resolve(&reference(text)).await {
        Ok(value) => Ok(value.expose().to_owned()),
        Err(failure) => Err(failure.kind),
    }
}

fn resolver(project: &Path) -> Resolver {
    Resolver::new(project.to_owned(), SecretAccess::default())
}

#[tokio::test]
async fn resolve_file_removes_one_trailing_newline() {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("token"), " a\nb \n\n").unwrap();
    let resolver = resolver(project.path());
    let token = resolve(&resolver, "${file:token}").await;
    assert_eq!(token.as_deref(), Ok(" a\nb \n"));
}

#[tokio::test]
async fn resolve_empty_binary_or_control_character_fails() {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("empty"), "\n").unwrap();
    fs::write(project.path().join("nul"), "a\0b").unwrap();
    fs::write(project.path().join("binary"), [0xff, 0x41]).unwrap();
    fs::write(project.path().join("utf16"), [0xff, 0xfe, 0x41, 0]).unwrap();
    fs::write(project.path().join("blank"), " \t\n").unwrap();
    fs::write(project.path().join("lines"), "a\n\n").unwrap();
    fs::write(project.path().join("b.json"), "{\"k\": \"\\\"a\\\"\"}").unwrap();
    fs::write(project.path().join("a.json"), "{\"k\": \"a\\u0007\"}").unwrap();
    let resolver = resolver(project.path());
    for (text, kind) in [
        ("${file:empty}", ResolveErrorKind::Empty),
        ("${file:nul}", ResolveErrorKind::ControlCharacter),
        ("${file:a.json#k}", ResolveErrorKind::ControlCharacter),
        ("${file:binary}", ResolveErrorKind::NotText),
        ("${file:utf16}", ResolveErrorKind::Utf16),
        (
            "${file:blank}",
            ResolveErrorKind::WrongForm(BrokenForm::Blank),
        ),
        (
            "${file:lines}",
            ResolveErrorKind::WrongForm(BrokenForm::LineBreak),
        ),
        (
            "${file:b.json#k}",
            ResolveErrorKind::WrongForm(BrokenForm::Quotes),
        ),
    ] {
        assert_eq!(resolve(&resolver, text).await, Err(kind), "{text}");
    }
}

#[tokio::test]
async fn resolve_byte_order_mark_is_removed() {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("token"), "\u{feff}tok\r\n").unwrap();
    fs::write(project.path().join("mark"), "\u{feff}\n").unwrap();
    fs::write(project.path().join("a.json"), "{\"k\": \"\\ufefftok\"}").unwrap();
    let resolver = resolver(project.path());
    for text in ["${file:token}", "${file:a.json#k}"] {
        assert_eq!(resolve(&resolver, text).await.as_deref(), Ok("tok"));
    }
    let mark = resolve(&resolver, "${file:mark}").await;
    assert_eq!(mark, Err(ResolveErrorKind::Empty));
}

#[tokio::test]
async fn resolve_unchecked_reference_returns_any_form() {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("quoted"), "\"a\"").unwrap();
    fs::write(project.path().join("empty"), "").unwrap();
    let unchecked = ["file:qu*".to_owned(), "file:empty".to_owned()];
    let resolver = resolver(project.path()).with_unchecked(&unchecked);
    let quoted = resolve(&resolver, "${file:quoted}").await;
    assert_eq!(quoted.as_deref(), Ok("\"a\""));
    let empty = resolve(&resolver, "${file:empty}").await;
    assert_eq!(empty, Err(ResolveErrorKind::Empty));
}

#[tokio::test]
async fn resolve_unusable_reference_fails() {
    let resolver = resolver(Path::new("/nonexistent"));
    for (text, kind) in [
        ("${env:X#y}", ResolveErrorKind::NoFields),
        ("${op:x}", ResolveErrorKind::UnknownStore),
        ("${env:UNSET_IN_TESTS}", ResolveErrorKind::NotSet),
    ] {
        assert_eq!(resolve(&resolver, text).await, Err(kind), "{text}");
    }
}

#[tokio::test]
async fn resolve_store_that_is_not_listed_fails() {
    let default = resolver(Path::new("/nonexistent"));
    for text in ["${vault:kv/a#b}", "${exec:a}"] {
        let error = resolve(&default, text).await;
        assert_eq!(error, Err(ResolveErrorKind::NotAllowed), "{text}");
    }
    let allowed = BTreeSet::from(["vault".to_owned()]);
    let vault = resolver(Path::new("/nonexistent")).with_stores(&allowed);
    let listed = resolve(&vault, "${vault:kv/a}").await;
    assert_eq!(listed, Err(ResolveErrorKind::FieldNeeded));
    let replaced = resolve(&vault, "${env:HOME}").await;
    assert_eq!(replaced, Err(ResolveErrorKind::NotAllowed));
}

#[tokio::test]
async fn resolve_all_repeated_returns_first_values() {
    let project = tempfile::tempdir().unwrap();
    let references: BTreeSet<SecretRef> = (0..40)
        .map(|number| reference(&format!("${{file:{number}}}")))
        .collect();
    for number in 0..39 {
        fs::write(project.path().join(number.to_string()), "first").unwrap();
    }
    let resolver = resolver(project.path());
    let (values, failures) = resolver.resolve_all(&references).await;
    assert_eq!((values.len(), failures.len()), (39, 1));
    for number in 0..40 {
        fs::write(project.path().join(number.to_string()), "second").unwrap();
    }
    let (values, failures) = resolver.resolve_all(&references).await;
    assert_eq!(failures.len(), 1);
    assert!(values.values().all(|value| value.expose() == "first"));
    assert!(!format!("{resolver:?}{values:?}").contains("first"));
}

#[tokio::test]
async fn resolve_error_names_the_reference() {
    let resolver = resolver(Path::new("/nonexistent"));
    let unset = reference("${env:UNSET_IN_TESTS}");
    let failure = resolver.resolve(&unset).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "${env:UNSET_IN_TESTS}: the environment variable is not set"
    );
}

#[tokio::test]
async fn health_reports_each_store_without_values() {
    let project = tempfile::tempdir().unwrap();
    for (name, mode) in [("open", 0o644), ("shut", 0o600)] {
        let path = project.path().join(name);
        fs::write(&path, "hunter2").unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }
    fs::write(project.path().join("a.json"), "{\"k\": \"hunter2\"}").unwrap();
    let shut = PermissionsExt::from_mode(0o600);
    fs::set_permissions(project.path().join("a.json"), shut).unwrap();
    let references: BTreeSet<SecretRef> = [
        "${env:UNSET_IN_TESTS}",
        "${file:open}",
        "${file:shut}",
        "${file:none}",
        "${file:absent}",
        "${file:a.json#no}",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let resolver = resolver(project.path());
    let checks = resolver.health(&references, &references).await;
    let details: Vec<(Health, &str)> = checks
        .iter()
        .map(|check| (check.health, check.detail.as_str()))
        .collect();
    assert_eq!(
        details,
        [
            (
                Health::Fail,
                "the environment variable is not set: ${env:UNSET_IN_TESTS}"
            ),
            (Health::Warn, "1 file is readable by every user: open"),
            (
                Health::Fail,
                "the file cannot be read (not found): ${file:absent}, ${file:none}"
            ),
            (
                Health::Fail,
                "the secret has no such field: ${file:a.json#no}"
            ),
        ]
    );
    assert!(!format!("{checks:?}").contains("hunter2"));
    let checks = resolver.health(&references, &BTreeSet::new()).await;
    assert_eq!(checks.len(), 4);
    assert!(checks.iter().all(|check| check.health == Health::Warn));
}
