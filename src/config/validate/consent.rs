//! Responsible for validating `oauth`: the type has an OAuth method, and no secret stands beside the consent.

use super::ConnectorContext;
use crate::catalog;
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::origin::Origin;
use crate::config::raw::{RawConsent, RawOauth};
use crate::model::{Consent, DesiredConnector};

/// Validates the block. A type outside the catalog may have an OAuth method.
pub(super) fn consent(
    raw: RawOauth,
    context: ConnectorContext<'_>,
    findings: &mut Findings,
) -> Consent {
    if let Some(kind) = context
        .kind
        .filter(|kind| catalog::oauth_method(kind).is_none())
    {
        let message = format!("{} has no OAuth method", kind.name);
        let help = Some("write `credentials` in place of `oauth`".to_owned());
        findings.at(
            context.origin.key("oauth"),
            Code::NoOauthMethod,
            message,
            help,
        );
    }
    match raw.consent {
        RawConsent::Customer => Consent::Customer,
    }
}

/// Refuses secrets beside a consent: airlift does not send them, because the vendor creates the connector.
pub(super) fn refuse_secrets(
    connector: &DesiredConnector,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    if connector.consent.is_none() {
        return;
    }
    let mut refuse = |field: &str, message: &str| {
        let help = Some("remove it, or remove `oauth`".to_owned());
        findings.at(origin.key(field), Code::ConsentWithSecrets, message, help);
    };
    if connector.credentials.is_some() {
        refuse(
            "credentials",
            "the connector has both `oauth` and `credentials`",
        );
    }
    if connector.credentials_version.is_some() {
        refuse(
            "credentials_version",
            "the connector has `oauth`, so it sends no credentials again",
        );
    }
    let others = connector
        .blocks()
        .filter(|(name, _)| *name != "credentials");
    for (name, block) in others {
        if block.values().any(crate::model::Setting::holds_secret) {
            refuse(name, "a connector with `oauth` cannot send a secret");
        }
    }
}
