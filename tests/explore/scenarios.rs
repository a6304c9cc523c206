//! Responsible for the list of scenarios.

use airlift::failure::Exit;

use crate::external_change::ExternalChange;
use crate::faulty_store::SHARED;
use crate::project::{Project, Slot, slot};
use crate::scenario::Scenario;

const CONFIG: &str =
    "        replication_config: {repositories: [acme/api], start_date: 2026-01-01T00:00:00Z}\n";
const OTHER_CONFIG: &str =
    "        replication_config: {repositories: [acme/web], start_date: 2026-01-01T00:00:00Z}\n";
const READ: &str = "        entities: [{entity: tickets, modes: [read]}]\n        environment: {subdomain: acme}\n";
const WRITE: &str =
    "        entities: [{entity: users, modes: [read]}]\n        environment: {subdomain: acme}\n";
const MOVED: &str = "        entities: [{entity: tickets, modes: [read]}]\n        environment: {subdomain: acme-eu}\n";

fn github() -> Slot {
    slot("Acme GitHub", "github", "v1").more(CONFIG)
}

fn zendesk() -> Slot {
    slot("Acme Zendesk", "zendesk-support", "v1").more(READ)
}

fn stripe() -> Slot {
    slot("Globex Stripe", "stripe", "v1")
}

/// One customer with two connectors, another with one.
fn fleet() -> Project {
    acme([github(), zendesk()]).customer("globex", [stripe()])
}

fn acme(slots: impl Into<Vec<Slot>>) -> Project {
    Project::new().customer("acme", slots)
}

/// The fleet with other connectors of acme.
fn with(slots: impl Into<Vec<Slot>>) -> Project {
    acme(slots).customer("globex", [stripe()])
}

/// All scenarios.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = creations();
    all.extend(changes());
    all.extend(replacements());
    all.extend(removals());
    all.extend(adoptions());
    all.extend(shared());
    all
}

fn creations() -> Vec<Scenario> {
    let three = Project::new()
        .customer(
            "acme",
            [github(), zendesk(), slot("Acme Pay", "stripe", "v1")],
        )
        .customer(
            "globex",
            [
                stripe(),
                slot("Globex Code", "github", "v1"),
                slot("Globex Pay", "stripe", "v1"),
            ],
        )
        .customer(
            "initech",
            [
                slot("Initech Code", "github", "v1"),
                slot("Initech Pay", "stripe", "v1"),
                slot("Initech Desk", "zendesk-support", "v1").more(READ),
            ],
        );
    let older = acme([github()]).keys("contract: external_user\n");
    vec![
        Scenario::new("create-one", None, acme([github()])),
        Scenario::new("create-nine", None, three.clone()),
        Scenario::new("create-nine-by-organization", None, three.clone())
            .flags("--listing organization"),
        Scenario::new("create-older-contract", None, older),
        Scenario::new("create-short-tokens", None, three).token_life(2),
        Scenario::new("add-customer", Some(acme([github(), zendesk()])), fleet()),
        Scenario::new("add-connector", Some(with([github()])), fleet()),
    ]
}

fn changes() -> Vec<Scenario> {
    let renamed = Project::new()
        .customer_with(
            "acme-corp",
            "    previous_name: acme\n",
            [github(), zendesk()],
        )
        .customer("globex", [stripe()]);
    let suspended = Project::new()
        .customer("acme", [github(), zendesk()])
        .customer_with("globex", "    status: inactive\n", [stripe()]);
    let code = slot("Acme Code", "github", "v1").more(
        "        previous_name: Acme GitHub\n        replication_config: {repositories: \
         [acme/api], start_date: 2026-01-01T00:00:00Z}\n",
    );
    let drifted = r#"{"repositories": ["drift/ed"], "start_date": "2026-01-01T00:00:00Z"}"#;
    vec![
        Scenario::new("rename-customer", Some(fleet()), renamed),
        Scenario::new("suspend-customer", Some(fleet()), suspended),
        Scenario::new("rename-connector", Some(fleet()), with([code, zendesk()])),
        Scenario::new(
            "change-config",
            Some(fleet()),
            with([github().more(OTHER_CONFIG), zendesk()]),
        ),
        Scenario::new(
            "change-config-in-other-form",
            Some(fleet()),
            with([github().more(OTHER_CONFIG), zendesk()]),
        )
        .behaviors(&["utc-offset", "add-defaults"]),
        Scenario::new(
            "change-entities",
            Some(fleet()),
            with([github(), zendesk().more(WRITE)]),
        ),
        Scenario::new("drift", Some(fleet()), fleet()).external_changes([
            ExternalChange::Configure("Acme GitHub", drifted),
            ExternalChange::RenameConnector("Globex Stripe", "Someone's"),
        ]),
    ]
}

fn replacements() -> Vec<Scenario> {
    let secret = |version| slot("Acme GitHub", "github", version).more(CONFIG);
    let another = slot("Acme Zendesk", "zendesk-support", "v2").more(READ);
    let pay = slot("Acme GitHub", "stripe", "v1");
    let replacing = "apply --auto-approve --allow-replace";
    vec![
        Scenario::new("rotate", Some(fleet()), with([secret("v2"), zendesk()])),
        Scenario::new("rotate-two", Some(fleet()), with([secret("v2"), another])),
        Scenario::new(
            "rotate-wrong",
            Some(fleet()),
            with([secret("invalid"), zendesk()]),
        )
        .ends(Exit::Partial, Exit::Changes)
        .lacks(&["acme/Acme GitHub"]),
        Scenario::new(
            "replace-environment",
            Some(fleet()),
            with([github(), zendesk().more(MOVED)]),
        )
        .command(replacing),
        Scenario::new("replace-type", Some(fleet()), with([pay, zendesk()])).command(replacing),
        Scenario::new("rotate-command", Some(fleet()), fleet())
            .command("rotate --all --auto-approve"),
        Scenario::new(
            "rotate-short-tokens",
            Some(fleet()),
            with([secret("v2"), zendesk()]),
        )
        .token_life(2),
    ]
}

fn removals() -> Vec<Scenario> {
    let left = acme([github(), zendesk()]);
    vec![
        Scenario::new("suspend-removed", Some(fleet()), left.clone()).flags("--prune"),
        Scenario::new("delete-customer", Some(fleet()), left).flags("--prune --delete-customers"),
        Scenario::new("prune", Some(fleet()), with([github()])).flags("--prune"),
        Scenario::new("keep", Some(fleet()), with([github()])),
    ]
}

/// Scenarios with a shared ledger.
fn shared() -> Vec<Scenario> {
    let secret = slot("Acme GitHub", "github", "v2").more(CONFIG);
    let less = "--prune --delete-customers --ledger s3://shared/ledgers";
    let all = vec![
        Scenario::new("create-shared", None, fleet()).flags(SHARED),
        Scenario::new("rotate-shared", Some(fleet()), with([secret, zendesk()])).flags(SHARED),
        Scenario::new("prune-shared", Some(fleet()), acme([github()])).flags(less),
        Scenario::new("rotate-command-shared", Some(fleet()), fleet())
            .command("rotate --all --auto-approve")
            .flags(SHARED),
    ];
    assert!(all.iter().all(Scenario::is_shared));
    all
}

fn adoptions() -> Vec<Scenario> {
    vec![
        Scenario::new("adopt", None, fleet())
            .flags("--adopt")
            .external_changes([
                ExternalChange::CreateCustomer("globex"),
                ExternalChange::CreateConnector("globex", "Globex Stripe", "stripe"),
                ExternalChange::CreateCustomer("acme"),
            ])
            .lacks(&["globex/Globex Stripe"]),
        Scenario::new(
            "duplicate",
            Some(fleet()),
            with([github(), zendesk(), slot("Acme Pay", "stripe", "v1")]),
        )
        .external_changes([
            ExternalChange::CreateConnector("acme", "Acme Pay", "stripe"),
            ExternalChange::CreateConnector("acme", "Acme Pay", "stripe"),
        ])
        .ends(Exit::Partial, Exit::Partial)
        .ambiguous()
        .lacks(&["acme/Acme Pay"]),
        Scenario::new("renamed-remotely", Some(fleet()), with([github()]))
            .external_changes([ExternalChange::RenameCustomer("acme", "acme-by-hand")])
            .ends(Exit::Refused, Exit::Refused)
            .lacks(&["acme/Acme GitHub"]),
        Scenario::new("ledger-lost", Some(fleet()), fleet())
            .loses_ledger()
            .flags("--prune"),
        Scenario::new("ledger-lost-and-less", Some(fleet()), with([github()]))
            .loses_ledger()
            .flags("--prune"),
    ]
}
