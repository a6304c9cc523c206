//! Responsible for the links of the connectors that need a consent, one for each.

use super::recorded_at;
use crate::app::App;
use crate::app::ledger_keys::{KeyStrength, WEAK_KEY};
use crate::cli::{LinkArgs, StateArg, StatusArgs, UnverifiedArgs};
use crate::consent::Link;
use crate::failure::Failure;
use crate::model::{Address, Selector};
use crate::render::{self, ConsentLink, ConsentLinks};
use jiff::Timestamp;
use std::time::Duration;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

impl App<'_> {
    /// The connectors whose customers have to consent, for the first time or again, each with a link for the site of
    /// `connect serve`.
    pub(crate) async fn needed_consents(&self, args: &LinkArgs) -> Result<ConsentLinks, Failure> {
        let declared = self.project.desired.connectors();
        let selectors: Vec<Selector> = declared
            .filter(|(_, connector)| connector.consent.is_some())
            .map(|(address, _)| Selector::exact(address))
            .collect();
        if selectors.is_empty() {
            return Ok(Vec::new().into());
        }
        let status = StatusArgs {
            selectors,
            state: vec![StateArg::NeedsConsent],
            execute: false,
            unverified: UnverifiedArgs::default(),
            rate: args.rate,
        };
        let report = self.status(&status).await?;
        let recorded = self.ledger.load().await?;
        let connectors = report.connectors.into_iter();
        // The status notes the customers that are left out.
        let verified = connectors.filter(|connector| {
            let checked = self.require_verified(&connector.customer, None, &recorded);
            checked.is_ok() && self.require_active(&connector.customer).is_ok()
        });
        if args.public_url.is_some() && self.fingerprinters.strength == KeyStrength::Weak {
            render::print_note(self.invocation.ui, WEAK_KEY)?;
        }
        let links = verified.map(|connector| {
            let address = Address::connector(&connector.customer, &connector.connector);
            let replaces = recorded_at(&recorded, &address);
            let valid_for = Duration::from_secs(args.valid_for.saturating_mul(DAY));
            let link = Link::new(&address, replaces, valid_for);
            self.consent_link(&link, connector.reason, args)
        });
        Ok(links.collect::<Vec<ConsentLink>>().into())
    }

    fn consent_link(&self, link: &Link, reason: Option<String>, args: &LinkArgs) -> ConsentLink {
        let expires = Timestamp::from_second(link.expires).map(|time| time.to_string());
        let kind = self.consenting(&link.address());
        ConsentLink {
            customer: link.customer.clone(),
            connector: link.connector.clone(),
            kind: kind
                .map(|declared| declared.kind.name.to_string())
                .unwrap_or_default(),
            again: link.replaces.is_some(),
            reason,
            link: args
                .public_url
                .as_ref()
                .map(|site| format!("{site}/connect/{}", link.sign(&self.authenticator))),
            expires_at: args.public_url.as_ref().and_then(|_| expires.ok()),
        }
    }
}
