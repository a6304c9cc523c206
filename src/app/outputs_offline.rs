//! Responsible for `outputs --unverified` without a session: shows what the ledger has on a host that has neither the
//! credentials of the API nor the key of the ledger. Sends no request to the API.

use super::endpoint::{expected_organization, ledger_dir, ledger_origin, random_secret, target};
use super::ledger_keys::Keys;
use super::outputs::selected_outputs;
use super::unverified::recorded;
use super::{Invocation, ledger_access};
use crate::cli::UnverifiedArgs;
use crate::config::Project;
use crate::failure::Failure;
use crate::ledger::{Ledger, LedgerStore, Scope, check_claimed_shards, check_environment};
use crate::model::{OrganizationId, Selector};
use crate::render::Outputs;

/// The ids that the ledger has, verified or not. `None` if only a session tells the organization.
pub(crate) async fn unverified_outputs(
    invocation: Invocation<'_>,
    project: &Project,
    selectors: &[Selector],
) -> Result<Option<Outputs>, Failure> {
    let Invocation { ui, env, global } = invocation;
    if global.sandbox {
        return Ok(None);
    }
    let place = ledger_access::place(invocation, project, &ledger_dir(project))?;
    let environment = project.desired.environment.clone();
    check_environment(&place, environment.as_deref()).await?;
    let organization = expected_organization(env, project)?;
    let Some(organization) = only_organization(organization, &place).await? else {
        return Ok(None);
    };
    let keys = match Keys::if_any(env, false)? {
        Some(keys) => keys,
        // A key that verifies nothing.
        None => Keys::new(env, &random_secret())?,
    };
    let authenticator = keys.fingerprinters(organization).authenticator(Scope {
        origin: ledger_origin(&target(env)?),
        organization,
        environment,
        shard: None,
        sandbox: false,
    });
    check_claimed_shards(&place, &authenticator, global.shard).await?;
    let authenticator = match global.shard {
        None => authenticator,
        Some(shard) => authenticator.of_shard(shard),
    };
    let ledger = Ledger::new(&place, authenticator);
    let recorded = recorded(&ledger, UnverifiedArgs { unverified: true }, ui).await?;
    selected_outputs(organization, &recorded, project, selectors).map(Some)
}

/// The expected organization, else the only one with a ledger in the store.
pub(super) async fn only_organization(
    expected: Option<OrganizationId>,
    place: &LedgerStore,
) -> Result<Option<OrganizationId>, Failure> {
    if expected.is_some() {
        return Ok(expected);
    }
    let organizations = place.organizations().await?;
    Ok(match organizations.as_slice() {
        [organization] => Some(*organization),
        _ => None,
    })
}
