//! Responsible for the view of connectors that wait for their customer's consent.

use super::{Group, Listing, Phrase, Row};
use crate::catalog;
use crate::plan::Waiting;
use crate::render::labels::counted;
use crate::render::{Label, Safe};

/// The code that `airlift explain` explains.
const CODE: &str = "consent_pending";

/// The permissions that the consent of a connector asks for, as far as the catalog knows them.
pub(in crate::render) fn scopes(waiting: &Waiting) -> Vec<String> {
    let kind = catalog::find(&waiting.definition_id.to_string());
    let entities = waiting.entities.as_deref();
    kind.map(|kind| catalog::consent_scopes(kind, entities))
        .unwrap_or_default()
}

/// The connectors, with the scopes of their consents.
pub(in crate::render) fn waiting(waiting: &[Waiting]) -> Option<Group> {
    let rows: Vec<Row> = waiting.iter().map(row).collect();
    (!rows.is_empty()).then(|| Group {
        symbol: Some(Label::Waiting),
        label: Label::Strong,
        title: "Waiting",
        count: Some(counted(rows.len(), "connector")),
        meaning: "the customer has not consented yet; `airlift connect` asks for the consent",
        code: Some(Safe::new(CODE)),
        rows,
        listing: Listing::All,
    })
}

fn row(waiting: &Waiting) -> Row {
    let scopes = scopes(waiting);
    let scopes = match scopes.as_slice() {
        [] => "scopes are not in the catalog".to_owned(),
        [scope] => format!("scope {scope}"),
        scopes => format!("scopes {}", scopes.join(", ")),
    };
    let address = Safe::address(&waiting.address);
    let text = Safe::new(format_args!("{address} ({}): {scopes}", waiting.kind));
    Row::new(Phrase::plain(text))
}
