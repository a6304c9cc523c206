//! Responsible for sample secrets that are not verified.

use crate::model::{Address, UnresolvedCause, UnverifiedReason};
use crate::plan::{SecretNeed, Unverified, UnverifiedSecret};

/// Seven connectors with missing secrets, and an adopted connector.
pub(super) fn unverified() -> Vec<Unverified> {
    let mut all: Vec<_> = (1..=7)
        .map(|n| Unverified {
            address: Address::connector(format!("customer-{n}"), "HubSpot"),
            why: UnverifiedReason::Unavailable,
            cause: Some(UnresolvedCause::SecretMissing),
            need: SecretNeed::ToCompare,
            secrets: ["client_secret", "refresh_token"]
                .map(|name| UnverifiedSecret {
                    path: format!("credentials.{name}"),
                    reference: format!("${{env:CUSTOMER_{n}_{}}}", name.to_uppercase())
                        .parse()
                        .ok(),
                    problem: Some("the environment variable is not set".into()),
                })
                .into(),
        })
        .collect();
    all.push(Unverified {
        address: Address::connector("beta", "Beta Slack"),
        why: UnverifiedReason::NeverSent,
        cause: None,
        need: SecretNeed::ToCompare,
        secrets: vec![UnverifiedSecret {
            path: "credentials.api_token".into(),
            reference: None,
            problem: None,
        }],
    });
    all
}
