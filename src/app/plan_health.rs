//! Responsible for the check of `doctor` that plans: what `plan` would block or refuse. Changes nothing.

use super::App;
use super::health::Diagnosis;
use crate::config::Project;
use crate::model::{HealthCheck, SecretRef, first_names};
use crate::plan::{BlockReason, Blocked, Plan};
use crate::render::wording;
use std::collections::{BTreeMap, BTreeSet};

const SUBJECT: &str = "plan";

/// Plans, and adds a check for each cause of a block. Returns the references that an apply needs.
pub(super) async fn check_plan(
    app: &App<'_>,
    diagnosis: &mut Diagnosis,
) -> Option<BTreeSet<SecretRef>> {
    match app.plan_for_health().await {
        Ok(plan) => {
            diagnosis.checks.extend(checks(&app.project, &plan));
            let templates = app.check_templates(&plan.waiting).await;
            diagnosis.checks.extend(templates);
            Some(plan.needed_references())
        }
        // The check of the ledger has this failure already.
        Err(failure) if failure.code.starts_with("ledger_") => None,
        Err(failure) => {
            diagnosis.push_failure(SUBJECT, &failure);
            None
        }
    }
}

fn checks(project: &Project, plan: &Plan) -> Vec<HealthCheck> {
    let refused = plan.refusals.iter().map(|refusal| {
        let code = wording::refusal_code(refusal);
        failed(&wording::refused(refusal), &code)
    });
    let blocked = blocked(project, &plan.blocked).into_iter();
    let mut checks: Vec<HealthCheck> = blocked.chain(refused).collect();
    if checks.is_empty() && plan.blocked.is_empty() {
        let detail = "every customer and connector of the files can be planned";
        checks.push(HealthCheck::ok(SUBJECT, detail));
    }
    checks
}

/// One check for each cause. The check of the ledger names entries that are not authenticated.
fn blocked(project: &Project, blocked: &[Blocked]) -> Vec<HealthCheck> {
    let mut by_cause: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for entry in blocked {
        if !matches!(entry.reason, BlockReason::LedgerUnverified { .. }) {
            let cause = (
                wording::block_code(entry),
                wording::block_cause(&entry.reason),
            );
            let names = by_cause.entry(cause).or_default();
            names.push(match project.origin(&entry.address) {
                Some(place) => format!("{} ({place})", entry.address),
                None => entry.address.to_string(),
            });
        }
    }
    by_cause
        .into_iter()
        .map(|((code, cause), names)| failed(&format!("{}: {cause}", first_names(&names)), &code))
        .collect()
}

fn failed(detail: &str, code: &str) -> HealthCheck {
    let hint = format!("`airlift explain {code}` says what to do");
    HealthCheck::fail(SUBJECT, format!("{detail} [{code}]"), &hint)
}

#[cfg(test)]
mod tests {
    use super::{Project, blocked};
    use crate::model::Address;
    use crate::plan::{BlockReason, Blocked};

    #[test]
    fn blocked_customers_of_one_cause_are_one_check() {
        let entry = |n: usize, error: &str| Blocked {
            address: Address::customer(format!("c{n}")),
            reason: BlockReason::Unreadable {
                error: error.to_owned(),
            },
        };
        let mut all: Vec<Blocked> = (1..=7).map(|n| entry(n, "not permitted (403)")).collect();
        all.push(entry(8, "not found (404)"));
        let checks = blocked(&Project::without_files(".".into()), &all);
        assert_eq!(checks.len(), 2);
        let detail = &checks[1].detail;
        assert!(
            detail.starts_with("c1, c2, c3, c4, c5 and 2 more: "),
            "{detail}"
        );
        assert!(detail.ends_with("(403) [customer_unreadable]"), "{detail}");
    }
}
