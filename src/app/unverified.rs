//! Responsible for showing ledger entries that are not verified, with `--unverified`: on a host without the ledger's
//! key, or after somebody changed the ledger. Writes nothing.

use super::App;
use crate::cli::UnverifiedArgs;
use crate::failure::Failure;
use crate::ledger::{Ledger, LedgerError};
use crate::model::{LedgerState, WorkspaceId};
use crate::render::{self, Ui};

/// What a ledger has, with what its unverified entries claim if the options ask for it.
pub(super) async fn recorded(
    ledger: &Ledger,
    args: UnverifiedArgs,
    ui: &Ui,
) -> Result<LedgerState, Failure> {
    match ledger.load().await {
        Ok(recorded) if args.unverified => with_claims(ledger, recorded, ui).await,
        Ok(recorded) => {
            note_unverified(&recorded, ui)?;
            Ok(recorded)
        }
        Err(LedgerError::KeyChanged { .. }) if args.unverified => {
            with_claims(ledger, LedgerState::default(), ui).await
        }
        Err(error @ LedgerError::KeyChanged { .. }) => Err(Failure::from(error).hint(
            "--unverified shows the entries all the same, as anyone could have written them",
        )),
        Err(error) => Err(error.into()),
    }
}

async fn with_claims(
    ledger: &Ledger,
    mut recorded: LedgerState,
    ui: &Ui,
) -> Result<LedgerState, Failure> {
    let unsigned = ledger.load_unsigned().await?;
    if !unsigned.claims.is_empty() {
        let text = "entries of the ledger are not verified, and shown because of --unverified; anyone who can write \
                    to the ledger could have changed their names and ids";
        render::print_note(ui, text)?;
    }
    for (id, claim) in unsigned.claims {
        recorded.customers.entry(id).or_insert(claim);
    }
    recorded.unverified.clear();
    Ok(recorded)
}

/// Names the entries that are left out.
fn note_unverified(recorded: &LedgerState, ui: &Ui) -> Result<(), Failure> {
    for entry in recorded.unverified.values() {
        let name = entry.claimed_name.as_deref().unwrap_or("a customer");
        let code = entry.cause.code();
        let text = format!("{name} is left out: its ledger entry is not verified [{code}]");
        render::print_note(ui, &text)?;
    }
    Ok(())
}

impl App<'_> {
    /// Refuses a customer that an unverified entry of the ledger may be about. `listed` is its workspace, if
    /// the ledger does not record it and a list shows it.
    pub(super) fn require_verified(
        &self,
        customer: &str,
        listed: Option<WorkspaceId>,
        recorded: &LedgerState,
    ) -> Result<(), Failure> {
        if recorded.unverified.is_empty() && recorded.unverified_names.is_empty() {
            return Ok(());
        }
        let declared = self.project.desired.customers.get(customer);
        let former = declared.and_then(|customer| customer.previous_name.as_deref());
        let mut entries = recorded.customers.iter();
        let entry = entries.find(|(_, entry)| entry.name == customer);
        let workspace = entry.map(|(id, _)| *id).or(listed);
        let names = [Some(customer), former].into_iter().flatten();
        if !recorded.may_be_unverified(workspace, names) {
            return Ok(());
        }
        let message = format!(
            "an entry of the ledger that is not verified may be about customer {customer}, so nothing is done for it"
        );
        Err(Failure::error("ledger_unverified", message)
            .hint("`airlift doctor` names the entry; restore it, or run `airlift ledger sign`"))
    }
}
