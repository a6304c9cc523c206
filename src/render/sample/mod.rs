//! Responsible for sample plans, drifts and reports, which the golden tests render.

mod drifts;
#[path = "../../../tests/support/golden.rs"]
mod golden;
mod hostile;
mod reports;
mod saved;
mod unverified;

pub(crate) use drifts::drift;
pub(crate) use golden::golden;
pub(crate) use reports::{done, partial};

pub(crate) use saved::{expired, provenance};

use hostile::hostile;
use unverified::unverified;

use crate::model::{Address, ConnectorBody, Contract, Entity, Protection, Region, Settings};
use crate::plan::{
    Action, BlockReason, Blocked, CustomerPlan, FieldChange, FieldValue, Forecast, GuardLimits,
    ImpactCounts, LedgerUpdates, LimitSource, Operation, Plan, Precondition, Reason, Refusal,
    RemovalFlags, Resolution, Step, Summary, Unmanaged, UnmanagedConnector,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn id<T: std::str::FromStr<Err = uuid::Error>>(last: u32) -> T {
    format!("6f1d3c52-8a0e-4b7d-9c11-{last:012}")
        .parse()
        .unwrap()
}

fn value(value: Value) -> FieldValue {
    FieldValue::Value(value)
}

fn secret(name: &str) -> FieldValue {
    FieldValue::Reference(format!("${{env:{name}}}"))
}

fn change(path: &str, before: FieldValue, after: FieldValue) -> FieldChange {
    FieldChange {
        path: path.into(),
        before,
        after,
    }
}

fn set(path: &str, after: FieldValue) -> FieldChange {
    change(path, FieldValue::Absent, after)
}

fn body(name: &str, kind: &str) -> ConnectorBody {
    ConnectorBody {
        name: name.into(),
        kind: kind.into(),
        definition_id: id(900),
        template_id: None,
        readable: BTreeSet::new(),
        credentials: Some(Settings::new()),
        credentials_version: None,
        environment: None,
        replication_config: None,
        entities: Some(vec![Entity {
            entity: "tickets".into(),
            modes: None,
        }]),
    }
}

fn step(
    address: Address,
    action: Action,
    reasons: &[Reason],
    operation: Operation,
    changes: Vec<FieldChange>,
) -> Step {
    Step {
        address,
        action,
        reasons: reasons.to_vec(),
        changes,
        precondition: Precondition::Absent,
        operation,
    }
}

/// An empty plan for two customers.
pub(crate) fn empty() -> Plan {
    Plan {
        environment: None,
        organization_id: id(1),
        contract: Contract::Workspace,
        partial: false,
        customers: Vec::new(),
        blocked: Vec::new(),
        refusals: Vec::new(),
        unverified: Vec::new(),
        waiting: Vec::new(),
        oauth_apps: Vec::new(),
        source_templates: Vec::new(),
        resolution: Resolution::Tried,
        unmanaged: Unmanaged::default(),
        deletions: None,
        id_changes: None,
        limits: GuardLimits::default(),
        warnings: Vec::new(),
        summary: Summary {
            customers_declared: 2,
            connectors_declared: 3,
            customers_selected: 2,
            ..Summary::default()
        },
    }
}

/// A plan with every kind of step and group.
pub(crate) fn rich() -> Plan {
    Plan {
        customers: vec![acme(), beta(), gamma(), hostile()],
        blocked: vec![Blocked {
            address: Address::connector("delta", "Twin"),
            reason: BlockReason::AmbiguousConnector,
        }],
        refusals: vec![Refusal::TooManyDeletes {
            deletes: 12,
            owned: 120,
            allowed: 5,
            source: LimitSource::Files,
            flags: RemovalFlags::Prune,
        }],
        unverified: unverified(),
        unmanaged: unmanaged(),
        summary: Summary {
            add: 4,
            change: 4,
            destroy: 4,
            impact: ImpactCounts {
                removed: 2,
                id_changes: 2,
                secret_only: 1,
                in_place: 4,
                new: 2,
            },
            adopt: 1,
            secrets: 4,
            customers_touched: 4,
            customers_declared: 120,
            customers_selected: 120,
            connectors_declared: 240,
            connectors_selected: 240,
            customers_not_compared: 0,
            forecast: Forecast::default(),
        },
        ..empty()
    }
}

fn unmanaged() -> Unmanaged {
    let connector = UnmanagedConnector {
        address: Address::connector("acme-corp", "Made by hand"),
        id: id(77),
        kind: Some("stripe".into()),
    };
    Unmanaged {
        customers: vec!["old-customer".into(), "trial".into()],
        connectors: vec![connector],
        not_pruned: vec![
            Address::connector("acme-corp", "Former CRM"),
            Address::connector("guarded", "Former Mail"),
        ],
        protected: vec![Address::connector("guarded", "Former Mail")],
    }
}

fn acme() -> CustomerPlan {
    let github = Address::connector("acme-corp", "Acme GitHub");
    CustomerPlan {
        name: "acme-corp".into(),
        workspace_id: None,
        protect: Protection::None,
        ledger_updates: LedgerUpdates::default(),
        steps: vec![
            step(
                Address::customer("acme-corp"),
                Action::Create,
                &[Reason::MissingRemote],
                Operation::CreateCustomer {
                    region: Some(Region::US),
                },
                vec![set("region", value(json!("us")))],
            ),
            step(
                github,
                Action::Create,
                &[Reason::MissingRemote],
                Operation::CreateConnector {
                    body: body("Acme GitHub", "github"),
                },
                vec![
                    set("credentials.token", secret("ACME_GITHUB_TOKEN")),
                    set("credentials.user", FieldValue::Hidden),
                    set(
                        "replication_config.repositories",
                        value(json!([
                            "acme/api",
                            "acme/web",
                            "acme/mobile-app",
                            "acme/infrastructure"
                        ])),
                    ),
                    set(
                        "replication_config.start_date",
                        value(json!("2026-01-01T00:00:00Z")),
                    ),
                ],
            ),
        ],
    }
}

fn beta() -> CustomerPlan {
    CustomerPlan {
        name: "beta".into(),
        workspace_id: Some(id(2)),
        protect: Protection::None,
        ledger_updates: LedgerUpdates::default(),
        steps: [step(
            Address::customer("beta"),
            Action::Rename,
            &[Reason::Renamed],
            Operation::UpdateCustomer {
                workspace_id: Some(id(2)),
                patch: crate::model::CustomerPatch::default(),
                record_suspension: false,
            },
            vec![change(
                "name",
                value(json!("beta-old")),
                value(json!("beta")),
            )],
        )]
        .into_iter()
        .chain(beta_replacements())
        .chain(beta_updates())
        .collect(),
    }
}

fn beta_replacements() -> Vec<Step> {
    let at = |name: &str| Address::connector("beta", name);
    vec![
        step(
            at("Beta HubSpot"),
            Action::Rotate,
            &[Reason::SecretRotated, Reason::CredentialsVersionChanged],
            Operation::ReplaceConnector {
                id: id(11),
                body: body("Beta HubSpot", "hubspot"),
            },
            vec![
                change(
                    "credentials.client_secret",
                    FieldValue::Unreadable,
                    secret("BETA_SECRET"),
                ),
                change(
                    "credentials.refresh_token",
                    secret("BETA_OLD"),
                    secret("BETA_NEW"),
                ),
                change("credentials_version", value(json!(2)), value(json!(3))),
            ],
        ),
        step(
            at("Beta Zendesk"),
            Action::Replace,
            &[Reason::EnvironmentChanged],
            Operation::ReplaceConnector {
                id: id(12),
                body: body("Beta Zendesk", "zendesk-support"),
            },
            vec![
                change(
                    "environment.subdomain",
                    value(json!("beta")),
                    value(json!("beta-inc")),
                ),
                change(
                    "credentials.api_token",
                    FieldValue::Unreadable,
                    secret("BETA_ZENDESK"),
                ),
            ],
        ),
    ]
}

fn beta_updates() -> Vec<Step> {
    let at = |name: &str| Address::connector("beta", name);
    vec![
        step(
            at("Beta Search"),
            Action::Update,
            &[Reason::FieldChanged, Reason::KeyRemoved],
            Operation::UpdateConnector {
                id: id(13),
                patch: Box::default(),
                body: body("Beta Search", "google-search-console"),
            },
            search_changes(),
        ),
        step(
            at("Beta Slack"),
            Action::Adopt,
            &[Reason::FoundByName],
            Operation::AdoptConnector {
                id: id(14),
                body: body("Beta Slack", "slack"),
                replaces: None,
            },
            Vec::new(),
        ),
    ]
}

fn search_changes() -> Vec<FieldChange> {
    let report = |name: &str| {
        format!(
            "select country, clicks\nfrom searches\nwhere day > '2026-01-01'\n  and site = '{name}'\ngroup by country\norder by clicks desc\n"
        )
    };
    let sites = |last: &str| {
        json!([
            "https://beta.example/",
            "https://shop.beta.example/",
            "https://status.beta.example/",
            last
        ])
    };
    vec![
        change(
            "replication_config.start_date",
            value(json!("2025-01-01T00:00:00Z")),
            value(json!("2026-01-01T00:00:00Z")),
        ),
        change(
            "replication_config.data_state",
            value(json!("all")),
            FieldValue::Absent,
        ),
        change(
            "replication_config.report",
            value(json!(report("beta"))),
            value(json!(report("beta-inc"))),
        ),
        change(
            "replication_config.site_urls",
            value(sites("https://old.beta.example/")),
            value(sites("https://new.beta.example/")),
        ),
    ]
}

fn gamma() -> CustomerPlan {
    CustomerPlan {
        name: "gamma".into(),
        workspace_id: Some(id(3)),
        protect: Protection::Full,
        ledger_updates: LedgerUpdates::default(),
        steps: vec![
            step(
                Address::connector("gamma", "Gamma Notion"),
                Action::Delete,
                &[Reason::NotInConfig],
                Operation::DeleteConnector { id: id(31) },
                Vec::new(),
            ),
            step(
                Address::customer("gamma"),
                Action::Update,
                &[Reason::NotInConfig],
                Operation::UpdateCustomer {
                    workspace_id: Some(id(3)),
                    patch: crate::model::CustomerPatch::default(),
                    record_suspension: true,
                },
                vec![change(
                    "status",
                    value(json!("active")),
                    value(json!("inactive")),
                )],
            ),
        ],
    }
}
