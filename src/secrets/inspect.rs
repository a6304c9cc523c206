//! How the stores that a project uses are, for `doctor`: what is set, what can be read, who
//! answers. Shows no value, and runs no command of `exec`.

use super::resolver::checked;
use super::vault::Vault;
use super::{Resolver, Why, env};
use crate::model::{Probe, SecretRef, is_alias};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

/// Failures of one store that are listed.
const LISTED: usize = 20;

impl Resolver {
    /// Looks at every store that the references use.
    pub async fn inspect(&self, references: &BTreeSet<SecretRef>) -> Vec<Probe> {
        let mut by_store: BTreeMap<&str, Vec<&SecretRef>> = BTreeMap::new();
        for reference in references {
            let store = by_store.entry(reference.store.as_str()).or_default();
            store.push(reference);
        }
        let mut probes = Vec::new();
        for (store, references) in by_store {
            match store {
                "env" => probes.extend(variables(&references)),
                "file" => probes.extend(self.readable(&references)),
                "vault" => probes.extend(self.server().await),
                "exec" => probes.extend(self.commands(&references).await),
                name if is_alias(name) => probes.extend(self.behind(name, &references).await),
                _ => {}
            }
        }
        probes
    }

    fn readable(&self, references: &[&SecretRef]) -> Vec<Probe> {
        let subject = "store file";
        let mut troubles = Vec::new();
        let mut open_to_all = Vec::new();
        let paths: BTreeSet<&str> = references.iter().map(|one| one.path.as_str()).collect();
        for path in &paths {
            match self.files.open(path) {
                Err(why) => troubles.push(format!("{path}: {why}")),
                Ok(file) if is_world_readable(&file) => open_to_all.push((*path).to_owned()),
                Ok(_) => {}
            }
        }
        let mut probes = Vec::new();
        let hint = "put the file there, or let this user read it";
        listed(subject, troubles, &mut probes, |text| {
            Probe::fail(subject, text, hint)
        });
        let hint = "take the permission away: chmod o-r";
        listed(subject, open_to_all, &mut probes, |path| {
            Probe::warn(subject, format!("{path} can be read by everybody"), hint)
        });
        if probes.is_empty() {
            let detail = format!("{} can be read", counted(paths.len(), "file"));
            probes.push(Probe::ok(subject, detail));
        }
        probes
    }

    async fn server(&self) -> Vec<Probe> {
        let subject = "store vault";
        let vault = match self.vault().await {
            Ok(vault) => vault,
            Err(why) => {
                let hint = "set VAULT_ADDR and a login in the environment";
                return vec![Probe::fail(subject, why.to_string(), hint)];
            }
        };
        let address = vault.address();
        if let Err(why) = vault.health().await {
            let hint = "check VAULT_ADDR, VAULT_CACERT and the server";
            return vec![Probe::fail(subject, format!("{address}: {why}"), hint)];
        }
        let reached = Probe::ok(subject, format!("{address} answers"));
        vec![reached, logged_in(subject, vault).await]
    }

    /// Whether a store behind an alias gives what the project needs of it.
    async fn behind(&self, name: &str, references: &[&SecretRef]) -> Vec<Probe> {
        let subject = format!("store {name}");
        let alias = match self.alias(name).await {
            Ok(alias) => alias,
            Err(why) => {
                let hint = "describe it under `stores` in your own configuration, \
                            ~/.config/airlift/config.yaml, outside the project";
                return vec![Probe::fail(&subject, why.to_string(), hint)];
            }
        };
        let all = references.iter().map(|one| (*one).clone()).collect();
        let (_, failures) = self.resolve_all(&all).await;
        if failures.is_empty() {
            let count = counted(references.len(), "secret");
            let detail = format!("{}: {count} can be read", alias.scheme());
            return vec![Probe::ok(&subject, detail)];
        }
        let mut probes = Vec::new();
        let hint = "check the secret's name, and the store's own login and permissions";
        let failures = failures.iter().map(ToString::to_string).collect();
        listed(&subject, failures, &mut probes, |text| {
            Probe::fail(&subject, text, hint)
        });
        probes
    }

    async fn commands(&self, references: &[&SecretRef]) -> Vec<Probe> {
        let subject = "store exec";
        let store = match self.exec().await {
            Ok(store) => store,
            Err(why) => {
                let hint = "name the command in ~/.config/airlift/config.yaml, writable by you \
                            alone and outside the project";
                return vec![Probe::fail(subject, why.to_string(), hint)];
            }
        };
        let one = |reference: &&SecretRef| match store.program(&reference.path) {
            Err(why) => {
                let hint = "add it under `exec` in your own configuration";
                Probe::fail(subject, format!("{}: {why}", reference.path), hint)
            }
            Ok(program) => {
                let file = program.argv.first().map_or("", String::as_str);
                program_probe(subject, &reference.path, file)
            }
        };
        references.iter().map(one).collect()
    }
}

async fn logged_in(subject: &str, vault: &Vault) -> Probe {
    match vault.login().await {
        Ok(()) => Probe::ok(subject, "the login works"),
        // A token may be good and yet not allowed to look at itself.
        Err(why) => {
            let hint = "check the token, or the role and its proof, and VAULT_NAMESPACE";
            Probe::fail(subject, why.to_string(), hint)
        }
    }
}

fn program_probe(subject: &str, name: &str, file: &str) -> Probe {
    if Path::new(file).is_file() {
        Probe::ok(subject, format!("{name}: {file} is there; it was not run"))
    } else {
        let hint = "install the program, or correct `argv` in your own configuration";
        Probe::fail(subject, format!("{name}: {file} is not there"), hint)
    }
}

fn variables(references: &[&SecretRef]) -> Vec<Probe> {
    let subject = "store env";
    let trouble = |reference: &&SecretRef| {
        let why = env::read(&reference.path).and_then(checked).err()?;
        let text = match why {
            Why::NotSet => format!("{} is not set", reference.path),
            other => format!("{}: {other}", reference.path),
        };
        Some(text)
    };
    let troubles: Vec<String> = references.iter().filter_map(trouble).collect();
    if troubles.is_empty() {
        let detail = format!("{} set", counted(references.len(), "variable"));
        return vec![Probe::ok(subject, detail)];
    }
    let mut probes = Vec::new();
    listed(subject, troubles, &mut probes, |text| {
        Probe::fail(subject, text, "set it in the environment of the run")
    });
    probes
}

fn listed(
    subject: &str,
    all: Vec<String>,
    probes: &mut Vec<Probe>,
    probe: impl Fn(String) -> Probe,
) {
    let more = all.len().saturating_sub(LISTED);
    probes.extend(all.into_iter().take(LISTED).map(&probe));
    if more > 0 {
        let text = format!("{more} more like these");
        probes.push(Probe {
            subject: subject.to_owned(),
            ..probe(text)
        });
    }
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(unix)]
fn is_world_readable(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata()
        .is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_world_readable(_: &File) -> bool {
    false
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::super::Resolver;
    use crate::model::{Health, SecretRef};
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn stores_are_looked_at_and_no_value_is_shown() {
        let project = tempfile::tempdir().unwrap();
        for (name, mode) in [("open", 0o644), ("shut", 0o600)] {
            let path = project.path().join(name);
            fs::write(&path, "hunter2").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let references: BTreeSet<SecretRef> = [
            "${env:AIRLIFT_TEST_UNSET}",
            "${file:open}",
            "${file:shut}",
            "${file:none}",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        let resolver = Resolver::new(project.path().to_owned(), Vec::new());
        let probes = resolver.inspect(&references).await;
        let told: Vec<(Health, &str)> = probes
            .iter()
            .map(|probe| (probe.health, probe.detail.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Health::Fail, "AIRLIFT_TEST_UNSET is not set"),
                (Health::Fail, "none: the file cannot be read (not found)"),
                (Health::Warn, "open can be read by everybody"),
            ]
        );
        assert!(!format!("{probes:?}").contains("hunter2"));
    }
}
