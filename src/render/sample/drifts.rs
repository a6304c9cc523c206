//! Responsible for a sample drift with every kind of change.

use super::{change, id, value};
use crate::model::Address;
use crate::plan::{
    Drift, DriftKind, DriftSubject, DriftSummary, Drifted, DriftedCustomer, FieldChange, FieldValue,
};
use serde_json::json;

/// Two customers and four connectors that changed.
pub(crate) fn drift() -> Drift {
    Drift {
        organization_id: id(1),
        partial: false,
        customers: vec![acme(), gone()],
        unmanaged: vec!["::error::somebody\u{202e}".into()],
        blocked: Vec::new(),
        summary: DriftSummary {
            customers: 2,
            connectors: 4,
            compared: 9,
            connectors_compared: 9,
        },
    }
}

fn acme() -> DriftedCustomer {
    let name = "acme ##[error]";
    let connector = |called: &str, last, kind, fields| Drifted {
        address: Address::connector(name, called),
        subject: DriftSubject::Connector(id(last), id(900)),
        kind,
        fields,
    };
    let repositories = change(
        "replication_config.repositories",
        value(json!(["acme/api", "acme/web"])),
        value(json!([
            "acme/api",
            "acme/web",
            "acme/a-much-longer-name-than-fits"
        ])),
    );
    let hidden = change(
        "replication_config.api_key",
        FieldValue::Hidden,
        FieldValue::Hidden,
    );
    let renamed = change("name", value(json!("Old")), value(json!("New\u{1b}[31m")));
    DriftedCustomer {
        name: name.into(),
        workspace_id: id(2),
        changes: vec![
            Drifted {
                address: Address::customer(name),
                subject: DriftSubject::Customer(id(2)),
                kind: DriftKind::ChangedRemotely,
                fields: status(),
            },
            connector(
                "Code",
                11,
                DriftKind::ChangedRemotely,
                vec![hidden, repositories],
            ),
            connector("Old", 12, DriftKind::RenamedRemotely, vec![renamed]),
            connector("Shop", 13, DriftKind::Gone, Vec::new()),
            connector("Stranger", 14, DriftKind::Appeared, Vec::new()),
        ],
    }
}

fn status() -> Vec<FieldChange> {
    vec![
        change("cache", value(json!(true)), value(json!("inherit"))),
        change("status", value(json!("active")), value(json!("inactive"))),
    ]
}

fn gone() -> DriftedCustomer {
    DriftedCustomer {
        name: "globex".into(),
        workspace_id: id(3),
        changes: vec![Drifted {
            address: Address::customer("globex"),
            subject: DriftSubject::Customer(id(3)),
            kind: DriftKind::Gone,
            fields: Vec::new(),
        }],
    }
}
