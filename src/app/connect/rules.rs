//! Responsible for what a consent has to keep, because it creates a connector, and its customer if that does not exist:
//! the rules of the policy file, and what the files say about the customer.

use crate::app::token::WorkspaceLookup;
use crate::app::{App, policy};
use crate::failure::{Failure, FailureKind};
use crate::model::{Address, ConnectorId, DesiredConnector};
use crate::plan::{Action, PlannedConsent, consent_refusals};
use crate::render::wording;

impl App<'_> {
    /// Refuses a consent that `apply` would not be allowed to do, or that would create the customer otherwise than the
    /// files declare it.
    pub(super) async fn check_rules(
        &self,
        address: &Address,
        declared: &DesiredConnector,
        replaces: Option<ConnectorId>,
    ) -> Result<(), Failure> {
        let rules = policy::load(self.invocation, &self.project)?.rules;
        let customer = Address::customer(&address.customer);
        let is_new = match self.find_workspace(&address.customer).await? {
            WorkspaceLookup::Found(_) => false,
            WorkspaceLookup::Missing(_) => true,
        };
        if is_new {
            self.check_new_customer(&address.customer)?;
        }
        let consent = PlannedConsent {
            connector: address,
            kind: &declared.kind,
            new_customer: is_new.then_some(&customer),
            action: replaces.map_or(Action::Create, |_| Action::Replace),
        };
        let refusals = consent_refusals(&rules, consent);
        let causes: Vec<String> = refusals.iter().map(wording::refused).collect();
        if causes.is_empty() {
            return Ok(());
        }
        let message = format!(
            "a guard refused the consent; nothing was started: {}",
            causes.join("\n")
        );
        Err(Failure::new(FailureKind::Refused, "guard_refused", message))
    }

    /// Refuses to let a consent create a customer whose region or earlier name it cannot send.
    fn check_new_customer(&self, name: &str) -> Result<(), Failure> {
        let declared = self.project.desired.customers.get(name);
        let lost = declared.and_then(|customer| match &customer.previous_name {
            Some(_) => Some("its earlier name"),
            None => customer.region.map(|_| "its region"),
        });
        let Some(lost) = lost else {
            return Ok(());
        };
        let message =
            format!("customer {name} does not exist, and a consent would create it without {lost}");
        Err(
            Failure::new(FailureKind::Refused, "consent_needs_customer", message)
                .hint("run `airlift apply` first, which creates the customer"),
        )
    }
}
