//! Tests of the form of saved plans.

use super::{CanonicalPlan, PLANNER, PlanFileError, PlanOptions, SavedPlan, digest, read};
use crate::ledger::Authenticator;
use crate::ledger::testing::{authenticator, with_key};
use crate::model::{Contract, OrganizationId};
use crate::plan::{GuardLimits, Plan, Resolution, Summary, Unmanaged};
use std::collections::BTreeMap;
use uuid::Uuid;

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::nil());

fn write(plan: &SavedPlan, authenticator: &Authenticator, signature: Option<&str>) -> String {
    let canonical = CanonicalPlan::new(plan).unwrap();
    canonical.file(authenticator, signature)
}

fn saved() -> SavedPlan {
    SavedPlan {
        airlift: "0.1.0".to_owned(),
        planner: PLANNER,
        origin: "https://api.example".to_owned(),
        created_at: "2026-05-03T12:00:00Z".to_owned(),
        expires_at: "2026-05-04T12:00:00Z".to_owned(),
        commit: None,
        options: PlanOptions::default(),
        declarations: super::Declarations::default(),
        salt: "salt".to_owned(),
        secrets: BTreeMap::new(),
        plan: Plan {
            environment: None,
            organization_id: ORGANIZATION,
            contract: Contract::default(),
            partial: false,
            customers: Vec::new(),
            blocked: Vec::new(),
            refusals: Vec::new(),
            unverified: Vec::new(),
            waiting: Vec::new(),
            oauth_apps: Vec::new(),
            source_templates: Vec::new(),
            resolution: Resolution::NotTried,
            unmanaged: Unmanaged::default(),
            deletions: None,
            id_changes: None,
            limits: GuardLimits::default(),
            warnings: Vec::new(),
            summary: Summary::default(),
        },
    }
}

#[test]
fn digest_is_lower_case_sha_256() {
    let expected = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
    assert_eq!(digest(b"content"), expected);
}

#[test]
fn saved_plan_is_read_with_its_id() {
    let authenticator = authenticator(ORGANIZATION);
    let id = CanonicalPlan::new(&saved()).unwrap().id;
    let plan = read(write(&saved(), &authenticator, None).as_bytes()).unwrap();
    assert_eq!((&plan.id, &plan.content), (&id, &saved()));
    assert!(plan.is_authentic(&authenticator));
    assert!(!plan.is_authentic(&with_key(ORGANIZATION, 1)));
    assert!(!plan.is_authentic(&with_key(OrganizationId(Uuid::from_u128(1)), 7)));
}

#[test]
fn saved_plan_with_any_altered_byte_is_refused() {
    let authenticator = authenticator(ORGANIZATION);
    for signature in [None, Some("-----BEGIN SSH SIGNATURE-----\nU1NI\n")] {
        let text = write(&saved(), &authenticator, signature);
        assert_eq!(
            read(text.as_bytes()).unwrap().signature.as_deref(),
            signature
        );
        for at in 0..text.len() {
            for other in [text.as_bytes()[at] ^ 1, b' ', b'0'] {
                let mut altered = text.clone().into_bytes();
                if std::mem::replace(&mut altered[at], other) == other {
                    continue;
                }
                let is_accepted =
                    read(&altered).is_ok_and(|plan| plan.is_authentic(&authenticator));
                assert!(!is_accepted, "byte {at} as {other}");
            }
        }
    }
    assert_eq!(read(b"{}\n").unwrap_err(), PlanFileError::NotAPlan);
    assert_eq!(read(b"plan").unwrap_err(), PlanFileError::NotAPlan);
}

#[test]
fn saved_plan_of_other_rules_is_refused_as_such() {
    let other = SavedPlan {
        planner: PLANNER + 1,
        ..saved()
    };
    let text = write(&other, &authenticator(ORGANIZATION), None);
    assert_eq!(
        read(text.as_bytes()).unwrap_err(),
        PlanFileError::OtherVersion
    );
}

#[test]
fn saved_plan_expires_at_its_time() {
    let plan = saved();
    assert!(!plan.is_expired("2026-05-04T11:59:59Z".parse().unwrap()));
    assert!(plan.is_expired("2026-05-04T12:00:00Z".parse().unwrap()));
}
