//! The scenarios themselves.

use airlift::failure::Exit;

use crate::external_change::Act;
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
fn estate() -> Project {
    acme([github(), zendesk()]).customer("globex", [stripe()])
}

fn acme(slots: impl Into<Vec<Slot>>) -> Project {
    Project::new().customer("acme", slots)
}

/// The estate with other connectors of acme's.
fn with(slots: impl Into<Vec<Slot>>) -> Project {
    acme(slots).customer("globex", [stripe()])
}

/// All of them.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = births();
    all.extend(changes());
    all.extend(replacements());
    all.extend(removals());
    all.extend(found());
    all.extend(shared());
    all
}

fn births() -> Vec<Scenario> {
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
        Scenario::new("create-older-contract", None, older),
        Scenario::new("create-short-tokens", None, three).token_life(2),
        Scenario::new("add-customer", Some(acme([github(), zendesk()])), estate()),
        Scenario::new("add-connector", Some(with([github()])), estate()),
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
        Scenario::new("rename-customer", Some(estate()), renamed),
        Scenario::new("suspend-customer", Some(estate()), suspended),
        Scenario::new("rename-connector", Some(estate()), with([code, zendesk()])),
        Scenario::new(
            "change-config",
            Some(estate()),
            with([github().more(OTHER_CONFIG), zendesk()]),
        ),
        Scenario::new(
            "change-entities",
            Some(estate()),
            with([github(), zendesk().more(WRITE)]),
        ),
        Scenario::new("drift", Some(estate()), estate()).others([
            Act::Configures("Acme GitHub", drifted),
            Act::RenamesConnector("Globex Stripe", "Someone's"),
        ]),
    ]
}

fn replacements() -> Vec<Scenario> {
    let secret = |version| slot("Acme GitHub", "github", version).more(CONFIG);
    let another = slot("Acme Zendesk", "zendesk-support", "v2").more(READ);
    let pay = slot("Acme GitHub", "stripe", "v1");
    let replacing = "apply --auto-approve --allow-replace";
    vec![
        Scenario::new("rotate", Some(estate()), with([secret("v2"), zendesk()])),
        Scenario::new("rotate-two", Some(estate()), with([secret("v2"), another])),
        Scenario::new(
            "rotate-wrong",
            Some(estate()),
            with([secret("invalid"), zendesk()]),
        )
        .ends(Exit::Partial, Exit::Changes)
        .lacks(&["acme/Acme GitHub"]),
        Scenario::new(
            "replace-environment",
            Some(estate()),
            with([github(), zendesk().more(MOVED)]),
        )
        .verb(replacing),
        Scenario::new("replace-type", Some(estate()), with([pay, zendesk()])).verb(replacing),
        Scenario::new("rotate-verb", Some(estate()), estate()).verb("rotate --all --auto-approve"),
        Scenario::new(
            "rotate-short-tokens",
            Some(estate()),
            with([secret("v2"), zendesk()]),
        )
        .token_life(2),
    ]
}

fn removals() -> Vec<Scenario> {
    let left = acme([github(), zendesk()]);
    vec![
        Scenario::new("retire", Some(estate()), left.clone()).flags("--prune"),
        Scenario::new("delete-customer", Some(estate()), left).flags("--prune --delete-customers"),
        Scenario::new("prune", Some(estate()), with([github()])).flags("--prune"),
        Scenario::new("keep", Some(estate()), with([github()])),
    ]
}

/// The same with a ledger that machines share.
fn shared() -> Vec<Scenario> {
    let secret = slot("Acme GitHub", "github", "v2").more(CONFIG);
    let less = "--prune --delete-customers --ledger s3://shared/ledgers";
    let all = vec![
        Scenario::new("create-shared", None, estate()).flags(SHARED),
        Scenario::new("rotate-shared", Some(estate()), with([secret, zendesk()])).flags(SHARED),
        Scenario::new("prune-shared", Some(estate()), acme([github()])).flags(less),
        Scenario::new("rotate-verb-shared", Some(estate()), estate())
            .verb("rotate --all --auto-approve")
            .flags(SHARED),
    ];
    assert!(all.iter().all(Scenario::is_shared));
    all
}

fn found() -> Vec<Scenario> {
    vec![
        Scenario::new("adopt", None, estate())
            .others([
                Act::Customer("globex"),
                Act::Connector("globex", "Globex Stripe", "stripe"),
                Act::Customer("acme"),
            ])
            .lacks(&["globex/Globex Stripe"]),
        Scenario::new(
            "duplicate",
            Some(estate()),
            with([github(), zendesk(), slot("Acme Pay", "stripe", "v1")]),
        )
        .others([
            Act::Connector("acme", "Acme Pay", "stripe"),
            Act::Connector("acme", "Acme Pay", "stripe"),
        ])
        .ends(Exit::Partial, Exit::Partial)
        .ambiguous()
        .lacks(&["acme/Acme Pay"]),
        Scenario::new("renamed-remotely", Some(estate()), with([github()]))
            .others([Act::RenamesCustomer("acme", "acme-by-hand")])
            .ends(Exit::Refused, Exit::Refused)
            .lacks(&["acme/Acme GitHub"]),
        Scenario::new("ledger-lost", Some(estate()), estate())
            .forgets()
            .flags("--prune"),
        Scenario::new("ledger-lost-and-less", Some(estate()), with([github()]))
            .forgets()
            .flags("--prune"),
    ]
}
