//! Responsible for showing ledger entries that are not verified, with `--unverified`: on a host without the ledger's
//! key, or after somebody changed the ledger. Writes nothing.

use super::App;
use crate::cli::UnverifiedArgs;
use crate::failure::Failure;
use crate::ledger::LedgerError;
use crate::model::LedgerState;
use crate::render;

impl App<'_> {
    /// The ledger, with what its unverified entries claim if the options ask for it.
    pub(super) async fn recorded(&self, args: UnverifiedArgs) -> Result<LedgerState, Failure> {
        match self.ledger.load().await {
            Ok(recorded) if args.unverified => self.with_claims(recorded).await,
            Ok(recorded) => {
                self.note_unverified(&recorded)?;
                Ok(recorded)
            }
            Err(LedgerError::KeyChanged { .. }) if args.unverified => {
                self.with_claims(LedgerState::default()).await
            }
            Err(error @ LedgerError::KeyChanged { .. }) => Err(Failure::from(error).hint(
                "--unverified shows the entries all the same, as anyone could have written them",
            )),
            Err(error) => Err(error.into()),
        }
    }

    async fn with_claims(&self, mut recorded: LedgerState) -> Result<LedgerState, Failure> {
        let unsigned = self.ledger.load_unsigned().await?;
        if !unsigned.claims.is_empty() {
            let text = "entries of the ledger are not verified, and shown because of --unverified; anyone who can write \
                        to the ledger could have changed their names and ids";
            render::print_note(self.invocation.ui, text)?;
        }
        for (id, claim) in unsigned.claims {
            recorded.customers.entry(id).or_insert(claim);
        }
        recorded.unverified.clear();
        Ok(recorded)
    }

    /// Names the entries that are left out.
    fn note_unverified(&self, recorded: &LedgerState) -> Result<(), Failure> {
        for entry in recorded.unverified.values() {
            let name = entry.claimed_name.as_deref().unwrap_or("a customer");
            let code = entry.cause.code();
            let text = format!("{name} is left out: its ledger entry is not verified [{code}]");
            render::print_note(self.invocation.ui, &text)?;
        }
        Ok(())
    }
}
