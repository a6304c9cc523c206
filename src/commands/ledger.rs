//! `ledger rekey`: fingerprints under a new key, for secrets that are still what was last sent.

use super::environment::Environment;
use super::pipeline::resolver;
use super::project;
use super::remote::{Pace, Remote};
use crate::cli::{Format, GlobalArgs};
use crate::config::Project;
use crate::failure::{Exit, Failure, FailureKind};
use crate::ledger::{Intent, IntentOutcome, Unsettled};
use crate::model::{Address, DesiredConnector, Recorded, RecordedConnector, Sent, Setting};
use crate::render::{self, Rekeyed, Ui, json};
use crate::secrets::{Resolver, Values};
use std::collections::{BTreeMap, BTreeSet};

/// Runs the verb. It reads the organization from the API, and writes the ledger only.
pub(super) async fn rekey(
    ui: &Ui,
    env: &Environment,
    global: &GlobalArgs,
) -> Result<Exit, Failure> {
    let project = project::load(ui, env, global)?;
    let events = render::sinks::quiet(ui);
    let secrets = resolver(env, &project, global)?;
    let remote = Remote::open(env, &project, global, Pace::default(), &events).await?;
    let done = carry_out(&project, &remote, &secrets).await;
    secrets.close().await;
    remote.close().await?;
    let done = done?;
    match global.format {
        Format::Json => json::document(&mut ui.out(), &done)?,
        Format::Text => render::rekeyed(&mut ui.out(), &done)?,
    }
    Ok(if done.left.is_empty() {
        Exit::Done
    } else {
        Exit::Partial
    })
}

async fn carry_out(
    project: &Project,
    remote: &Remote,
    secrets: &Resolver,
) -> Result<Rekeyed, Failure> {
    if remote.fingerprinter.is(&remote.old_fingerprinter) {
        let message = "the old key and the new one are the same";
        return Err(Failure::new(FailureKind::Usage, "same_key", message).hint(
            "set AIRLIFT_LEDGER_KEY to the new key, or AIRLIFT_LEDGER_OLD_KEY to the old one",
        ));
    }
    let lock = remote.lock().await?;
    let done = moved(project, remote, secrets).await;
    lock.release().await;
    done
}

async fn moved(project: &Project, remote: &Remote, secrets: &Resolver) -> Result<Rekeyed, Failure> {
    settled(remote).await?;
    let mut recorded = remote.ledger.load().await?;
    let values = values(project, remote, &recorded, secrets).await;
    let mut done = Rekeyed::default();
    for (id, customer) in &mut recorded.customers {
        let moved_before = done.moved;
        for (name, connector) in &mut customer.connectors {
            let address = Address::connector(&customer.name, name);
            one(project, remote, &values, &address, connector, &mut done);
        }
        if done.moved > moved_before {
            remote.ledger.save(*id, customer).await?;
        }
    }
    done.left
        .sort_by(|one, other| one.address.cmp(&other.address));
    Ok(done)
}

/// A killed run's creations carry fingerprints of their own, which only a plan can place.
async fn settled(remote: &Remote) -> Result<(), Failure> {
    // What an apply has looked for in vain is no reason to wait until it can no longer come.
    let creates = |one: &Unsettled| {
        matches!(one.intent, Intent::CreateConnector { .. })
            && one.outcome != Some(IntentOutcome::Missing)
    };
    if !remote.ledger.unsettled().await?.iter().any(creates) {
        return Ok(());
    }
    let message = "an earlier run was cut short, and what it created is not in the ledger yet";
    Err(
        Failure::new(FailureKind::Error, "unsettled_journal", message)
            .hint("run `airlift apply` with the old key first"),
    )
}

/// The values of every reference that a fingerprint under the old key needs.
async fn values(
    project: &Project,
    remote: &Remote,
    recorded: &Recorded,
    secrets: &Resolver,
) -> Values {
    let mut references = BTreeSet::new();
    for customer in recorded.customers.values() {
        for (name, connector) in &customer.connectors {
            let address = Address::connector(&customer.name, name);
            let to_move = |sent: &Sent| remote.old_fingerprinter.made(sent);
            if !connector.sent.as_ref().is_some_and(to_move) {
                continue;
            }
            let leaves = declared(project, &address).map(DesiredConnector::secret_leaves);
            for leaf in leaves.into_iter().flat_map(BTreeMap::into_values) {
                if let Setting::Secret(reference) = leaf {
                    references.insert(reference.clone());
                }
            }
        }
    }
    // What cannot be resolved is reported with its connector.
    secrets.resolve_all(&references).await.0
}

fn declared<'a>(project: &'a Project, address: &Address) -> Option<&'a DesiredConnector> {
    let customer = project.desired.customers.get(&address.customer)?;
    customer.connectors.get(address.connector.as_ref()?)
}

fn one(
    project: &Project,
    remote: &Remote,
    values: &Values,
    address: &Address,
    connector: &mut RecordedConnector,
    done: &mut Rekeyed,
) {
    let Some(sent) = &mut connector.sent else {
        return;
    };
    let (old, new) = (&remote.old_fingerprinter, &remote.fingerprinter);
    if new.made(sent) {
        done.already += 1;
        return;
    }
    let moved = match declared(project, address) {
        _ if !old.made(sent) => Err("its fingerprints have neither the old nor the new key".into()),
        None => Err("it is not in the files".to_owned()),
        Some(declared) => new
            .moved(old, sent, &declared.secret_leaves(), |one| {
                values.get(one).map(std::convert::AsRef::as_ref)
            })
            .map_err(|why| why.to_string()),
    };
    match moved {
        Ok(moved) => {
            *sent = moved;
            done.moved += 1;
        }
        Err(why) => done.left(address, why),
    }
}
