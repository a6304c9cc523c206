//! Responsible for the consents of customers: starts one, verifies the connector that the vendor created, and records
//! it. Commands reach this from a terminal (`terminal`), from a site (`site`), or to write links (`needed`).

mod browser;
mod complete;
mod initiate;
mod needed;
mod refused_consent;
mod rules;
mod site;
mod templates;
mod terminal;
mod webhook;

pub(crate) use browser::answer as answer_as_browser;

use super::App;
use crate::app::Selectable;
use crate::consent::Refused;
use crate::failure::{Failure, FailureKind};
use crate::model::{
    Address, ConnectorId, CustomerEntry, DefinitionId, DesiredConnector, LedgerState,
    LockUnpoisoned as _, ObservedConnector, WorkspaceId, first_names,
};
use crate::render;
use std::collections::BTreeSet;
use std::sync::Mutex as SyncMutex;
use tokio::sync::Mutex;

/// Whether a consent may copy the vendor's source template into the organization.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cloning {
    Allowed,
    Refused,
}

/// The source templates that this process copied, and whether it may copy. The lock lets one consent at a time copy.
#[derive(Debug)]
pub(super) struct Templates {
    cloning: Cloning,
    copied: Mutex<BTreeSet<DefinitionId>>,
    /// What consents changed before the customer decides, such as `copied the vendor's source template for hubspot`.
    changes: SyncMutex<Vec<String>>,
}

impl Templates {
    /// A failure that also says what its consent changed.
    fn with_changes(&self, failure: Failure) -> Failure {
        let changes = self.changes.lock_unpoisoned();
        if changes.is_empty() {
            return failure;
        }
        let message = format!(
            "{}; before that, airlift {}",
            failure.message,
            changes.join(" and ")
        );
        Failure { message, ..failure }
    }
}

impl From<bool> for Templates {
    fn from(may_copy: bool) -> Self {
        Self {
            cloning: if may_copy {
                Cloning::Allowed
            } else {
                Cloning::Refused
            },
            copied: Mutex::default(),
            changes: SyncMutex::default(),
        }
    }
}

impl App<'_> {
    /// A connector that is declared with its customer's consent.
    fn consenting(&self, address: &Address) -> Result<&DesiredConnector, Failure> {
        let customer = self.project.desired.customers.get(&address.customer);
        let declared = customer.and_then(|customer| {
            let name = address.connector.as_ref()?;
            customer.connectors.get(name)
        });
        let message = match declared {
            Some(connector) if connector.consent.is_some() => return Ok(connector),
            Some(_) => format!("{address} has credentials, so it needs no consent"),
            None => {
                Selectable::declared(&self.project.desired).require(address)?;
                return Err(self.without_connector(address));
            }
        };
        Err(
            Failure::new(FailureKind::Error, "no_consent_declared", message).hint(
                "write `oauth: {consent: customer}` for the connector in place of credentials",
            ),
        )
    }

    /// The failure of an address that names a customer in place of a connector.
    fn without_connector(&self, address: &Address) -> Failure {
        let connectors = self.project.desired.connectors();
        let waiting: Vec<String> = connectors
            .filter(|(at, connector)| at.is_within(address) && connector.consent.is_some())
            .map(|(at, _)| at.to_string())
            .collect();
        let message = format!("{address} is a customer, and a consent is for one connector");
        let failure = Failure::usage("no_consent_declared", message);
        if waiting.is_empty() {
            return failure.hint("no connector of the customer has `oauth: {consent: customer}`");
        }
        failure.hint(format!("name the connector: {}", first_names(&waiting)))
    }
}

/// The entry that the ledger has for a customer.
fn customer_entry<'a>(
    recorded: &'a LedgerState,
    customer: &str,
) -> Option<(WorkspaceId, &'a CustomerEntry)> {
    let mut entries = recorded.customers.iter();
    let (id, entry) = entries.find(|(_, entry)| entry.name == customer)?;
    Some((*id, entry))
}

/// The connector that the ledger records at an address.
fn recorded_at(recorded: &LedgerState, address: &Address) -> Option<ConnectorId> {
    let (_, entry) = customer_entry(recorded, &address.customer)?;
    let connector = entry.connectors.get(address.connector.as_deref()?)?;
    Some(connector.id)
}

/// The command that asks for another consent, in backticks.
pub(super) fn connect_again(address: &Address) -> String {
    let words = ["airlift", "connect", &address.to_string(), "--again"];
    format!("`{}`", render::command_line(&words))
}

/// Whether a connector has the name and the type that an address declares.
fn is_declared_as(
    observed: &ObservedConnector,
    address: &Address,
    declared: &DesiredConnector,
) -> bool {
    let definition = declared.kind.definition_id;
    Some(observed.name.as_str()) == address.connector.as_deref()
        && definition.is_none_or(|definition| definition == observed.definition_id)
}

/// The failure of a consent that a signal ended: what was created before stays.
fn canceled_consent(failure: Failure) -> Failure {
    if failure.kind != FailureKind::Cancelled {
        return failure;
    }
    let message = "canceled: a consent that was started may still be given";
    Failure::new(FailureKind::Cancelled, failure.code, message)
        .hint("`airlift apply` records the connector of a consent that is given later")
}

/// The failure in the words that a customer reads. The failure itself may quote the API.
impl From<&Failure> for Refused {
    fn from(failure: &Failure) -> Self {
        let message = match failure.code {
            "consent_refused" => "The consent was refused or failed. Open the link again to retry.",
            "already_connected" => "The connector is connected already. There is nothing to do.",
            _ => "The connector could not be connected. Ask the sender of the link.",
        };
        Self::new(failure.code, message)
    }
}

fn consent_refused(address: &Address) -> Failure {
    let message = format!("the consent to {address} was refused, or the vendor could not use it");
    Failure::new(FailureKind::Refused, "consent_refused", message)
        .hint("run the command again for another consent")
}

/// A connector of a consent that came after another one.
fn surplus(address: &Address, id: ConnectorId) -> Failure {
    let message = format!(
        "{address} is connected already, so connector {id} of this consent is not recorded"
    );
    Failure::new(FailureKind::Refused, "already_connected", message).hint(format!(
        "delete connector {id} in the vendor's web app if nobody uses it"
    ))
}

fn already_connected(address: &Address) -> Failure {
    let message = format!("{address} is connected already, or its link was used");
    Failure::new(FailureKind::Refused, "already_connected", message).hint(format!(
        "{} asks for another consent and replaces the connector",
        connect_again(address)
    ))
}
