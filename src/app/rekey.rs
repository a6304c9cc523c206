//! Responsible for moving the ledger's fingerprints to a new key, where the secrets did not change
//! since they were sent. Writes only the ledger.

use super::{App, Invocation, SessionSettings};
use crate::cli::LockArgs;
use crate::config::Project;
use crate::events::Sink;
use crate::failure::Failure;
use crate::ledger::{Intent, IntentOutcome, JournalEntry, resign_shards};
use crate::model::{
    Address, ConnectorEntry, DesiredConnector, LedgerState, SecretRef, SentFingerprints, Setting,
};
use crate::render::Rekeyed;
use crate::secrets::Values;
use std::collections::BTreeSet;
use std::sync::Arc;

impl<'a> App<'a> {
    /// Opens the session, and locks the ledger, whose entries may have the old key.
    pub(crate) async fn open_for_rekey(
        invocation: Invocation<'a>,
        project: &'a Project,
        lock: LockArgs,
        events: Arc<dyn Sink>,
    ) -> Result<Self, Failure> {
        let settings = SessionSettings::default().with_lock(lock);
        let mut app = Self::open(invocation, project, settings, events).await?;
        if app.fingerprinters.are_equal() {
            let message = "the old key and the new key are the same";
            return Err(Failure::usage("same_key", message).hint(
                "set AIRLIFT_LEDGER_KEY to the new key, or AIRLIFT_LEDGER_OLD_KEY to the old one",
            ));
        }
        app.lock().await?;
        if app.shard.is_some() {
            let previous = app.fingerprinters.previous_key();
            let any_key = app.authenticator.clone().accepting(previous);
            resign_shards(&app.store, &any_key).await?;
        }
        app.ledger = app.ledger.accepting(app.fingerprinters.previous_key());
        Ok(app)
    }

    /// Moves every fingerprint whose secret is unchanged.
    pub(crate) async fn rekey(&self) -> Result<Rekeyed, Failure> {
        let (mut recorded, open) = self.ledger.load_with_journal().await?;
        refuse_unrecorded_creations(&open)?;
        let values = self.values_to_move(&recorded).await;
        let mut rekeyed = Rekeyed::default();
        self.stop.mark_writing();
        for (id, customer) in &mut recorded.customers {
            for (name, connector) in &mut customer.connectors {
                let address = Address::connector(&customer.name, name);
                let connector = Arc::make_mut(connector);
                self.rekey_connector(&values, &address, connector, &mut rekeyed);
            }
            // Every entry gets a MAC of the new key, whether or not its fingerprints moved.
            self.ledger.save(*id, customer).await?;
        }
        self.ledger.journal(&open).await?;
        self.ledger.rotations().await?.resign().await?;
        rekeyed
            .left
            .sort_by(|left, right| left.address.cmp(&right.address));
        Ok(rekeyed)
    }

    /// The values of the references whose fingerprints have the old key. Leaves out references that
    /// cannot be resolved; their connectors are reported later.
    async fn values_to_move(&self, recorded: &LedgerState) -> Values {
        let mut references = BTreeSet::new();
        for customer in recorded.customers.values() {
            for (name, connector) in &customer.connectors {
                let has_old_key =
                    |sent: &SentFingerprints| self.fingerprinters.previous.has_key_of(sent);
                let address = Address::connector(&customer.name, name);
                let Some(declared) = self.declared(&address) else {
                    continue;
                };
                if connector.sent.as_deref().is_some_and(has_old_key) {
                    references.extend(declared.secret_leaves().into_values().filter_map(reference));
                }
            }
        }
        self.secrets.resolve_all(&references).await.0
    }

    pub(super) fn declared(&self, address: &Address) -> Option<&DesiredConnector> {
        let customer = self.project.desired.customers.get(&address.customer)?;
        let connector = customer.connectors.get(address.connector.as_ref()?)?;
        Some(connector)
    }

    fn rekey_connector(
        &self,
        values: &Values,
        address: &Address,
        connector: &mut ConnectorEntry,
        rekeyed: &mut Rekeyed,
    ) {
        let Some(sent) = &mut connector.sent else {
            return;
        };
        if self.fingerprinters.current.has_key_of(sent) {
            rekeyed.already += 1;
            return;
        }
        match self.moved(values, address, sent) {
            Ok(moved) => {
                *sent = Arc::new(moved);
                rekeyed.moved += 1;
            }
            Err(reason) => rekeyed.left(address, reason),
        }
    }

    fn moved(
        &self,
        values: &Values,
        address: &Address,
        sent: &SentFingerprints,
    ) -> Result<SentFingerprints, String> {
        let (old, new) = (&self.fingerprinters.previous, &self.fingerprinters.current);
        if !old.has_key_of(sent) {
            return Err(
                "its fingerprints were made with neither the old nor the new key".to_owned(),
            );
        }
        let declared = self
            .declared(address)
            .ok_or_else(|| "it is not in the files".to_owned())?;
        new.rekey(old, sent, &declared.secret_leaves(), |reference| {
            values.get(reference).map(AsRef::as_ref)
        })
        .map_err(|error| error.to_string())
    }
}

/// Refuses if an interrupted run may have created connectors. Only an apply can record them.
pub(super) fn refuse_unrecorded_creations(open: &[JournalEntry]) -> Result<(), Failure> {
    if !open.iter().any(may_have_created) {
        return Ok(());
    }
    let message = "an interrupted run may have created connectors that are not in the ledger yet";
    let failure = Failure::error("unsettled_journal", message);
    Err(failure.hint("run `airlift apply` with the old key first"))
}

/// Whether a creation may have taken effect. One whose connector an apply did not find need not be
/// waited for.
fn may_have_created(unsettled: &JournalEntry) -> bool {
    matches!(unsettled.intent, Intent::CreateConnector { .. })
        && unsettled.outcome != Some(IntentOutcome::Missing)
}

fn reference(setting: &Setting) -> Option<SecretRef> {
    match setting {
        Setting::Secret(reference) => Some(SecretRef::clone(reference)),
        _ => None,
    }
}
