//! Responsible for turning selectors of a command line into addresses. Refuses a selector that names
//! nothing, because a mistyped one would make a command succeed that did nothing.

use crate::config::Project;
use crate::failure::Failure;
use crate::model::{Address, Desired, LedgerState, Selector, first_names};
use crate::plan::Policy;
use std::collections::BTreeSet;

/// The largest number of similar names that a message suggests.
const MAX_SUGGESTIONS: usize = 3;
/// Least similarity of a suggested name, between 0 and 1. `difflib`, whose measure this is, has the
/// same default.
const MIN_SIMILARITY: f32 = 0.6;

/// The addresses that a selector may name, and a description of where they are.
pub(crate) struct Selectable {
    addresses: BTreeSet<Address>,
    place: &'static str,
    /// The customers that a command without selectors covers. Empty for all.
    scope: BTreeSet<Address>,
}

impl Selectable {
    /// Everything in the files or in the ledger.
    pub(super) fn managed(desired: &Desired, recorded: &LedgerState) -> Self {
        let mut addresses = declared_addresses(desired);
        addresses.extend(recorded_addresses(recorded));
        Self {
            addresses,
            place: "in the files or the ledger",
            scope: BTreeSet::new(),
        }
    }

    /// Everything in the files.
    pub(super) fn declared(desired: &Desired) -> Self {
        Self {
            addresses: declared_addresses(desired),
            place: "in the files",
            scope: BTreeSet::new(),
        }
    }

    /// The connectors in the files, and their customers.
    pub(crate) fn declared_connectors(desired: &Desired) -> Self {
        let connectors = desired.connectors().map(|(address, _)| address);
        Self {
            addresses: connectors
                .flat_map(|address| [Address::customer(&address.customer), address])
                .collect(),
            place: "with a connector in the files",
            scope: BTreeSet::new(),
        }
    }

    /// Everything in the ledger.
    pub(super) fn recorded(recorded: &LedgerState) -> Self {
        Self {
            addresses: recorded_addresses(recorded).collect(),
            place: "in the ledger",
            scope: BTreeSet::new(),
        }
    }

    /// Addresses that the API lists.
    pub(super) fn in_the_api(addresses: impl Iterator<Item = Address>) -> Self {
        Self {
            addresses: addresses.collect(),
            place: "in the API",
            scope: BTreeSet::new(),
        }
    }

    /// Only what belongs to the customers that the run is narrowed to.
    #[must_use]
    pub(crate) fn within(mut self, project: &Project) -> Self {
        if let Some(scope) = &project.scope {
            self.scope = scope.iter().map(Address::customer).collect();
            self.addresses
                .retain(|address| scope.contains(&address.customer));
            self.place = "in the files that the command line names";
        }
        self
    }

    /// The addresses that the selectors name; without selectors, those that the command line limits the
    /// run to, or none if it has no limit. Fails if a selector names nothing.
    pub(crate) fn select_or_all<'a>(
        &self,
        selectors: impl IntoIterator<Item = &'a Selector>,
    ) -> Result<BTreeSet<Address>, Failure> {
        let selected = self.select(selectors)?;
        Ok(if selected.is_empty() {
            self.scope.clone()
        } else {
            selected
        })
    }

    /// The addresses that the selectors name. Fails if one of them names nothing.
    pub(crate) fn select<'a>(
        &self,
        selectors: impl IntoIterator<Item = &'a Selector>,
    ) -> Result<BTreeSet<Address>, Failure> {
        let mut selected = BTreeSet::new();
        for selector in selectors {
            let named = selector.named_in(&self.addresses);
            if named.is_empty() {
                return Err(self.unknown(selector.as_address()));
            }
            selected.extend(named);
        }
        Ok(selected)
    }

    /// Fails if there is no such address.
    pub(super) fn require(&self, address: &Address) -> Result<(), Failure> {
        if self.addresses.contains(address) {
            return Ok(());
        }
        Err(self.unknown(address))
    }

    /// The addresses that the selectors name, without those that name nothing. Fails if no selector
    /// names anything.
    pub(super) fn select_remaining(
        &self,
        selectors: &BTreeSet<Selector>,
    ) -> Result<BTreeSet<Address>, Failure> {
        let selected: BTreeSet<Address> = selectors
            .iter()
            .flat_map(|selector| selector.named_in(&self.addresses))
            .collect();
        match selectors.first() {
            Some(selector) if selected.is_empty() => Err(self.unknown(selector.as_address())),
            None => Ok(self.scope.clone()),
            Some(_) => Ok(selected),
        }
    }

    /// The policy of a run that is narrowed to the targets, without the exclusions. Fails if nothing
    /// is left.
    pub(super) fn narrow(
        &self,
        targets: &[Selector],
        excludes: &[Selector],
    ) -> Result<Policy, Failure> {
        let policy = Policy {
            targets: self.select_or_all(targets)?,
            excludes: self.select(excludes)?,
            ..Policy::default()
        };
        let is_left = |address: &Address| policy.selects(address);
        if !excludes.is_empty() && !self.addresses.iter().any(is_left) {
            let message = "--exclude leaves nothing of what the command would cover";
            return Err(Failure::usage("nothing_selected", message)
                .hint("remove --exclude, or name less with it"));
        }
        Ok(policy)
    }

    /// The policy of a run that covers none of the addresses.
    pub(super) fn nothing(&self) -> Policy {
        let customers = self.addresses.iter();
        Policy {
            excludes: customers
                .filter(|address| address.connector.is_none())
                .cloned()
                .collect(),
            ..Policy::default()
        }
    }

    pub(super) fn unknown(&self, selector: &Address) -> Failure {
        let message = format!("{selector} names nothing {}", self.place);
        let failure = Failure::unknown_selector(message);
        let similar = self.similar(selector);
        if !similar.is_empty() {
            return failure.hint(format!("did you mean {}?", similar.join(" or ")));
        }
        let all = || self.addresses.iter();
        let customer = Address::customer(&selector.customer);
        let connectors = all().filter(|at| at.connector.is_some() && at.is_within(&customer));
        let connectors: Vec<String> = connectors.map(Address::to_string).collect();
        let customers = all().filter(|at| at.connector.is_none());
        let customers: Vec<String> = customers.map(Address::to_string).collect();
        let patterns = "`airlift explain selector` explains patterns";
        failure.hint(match (connectors.as_slice(), customers.as_slice()) {
            ([], []) => format!("write CUSTOMER or CUSTOMER/CONNECTOR; {patterns}"),
            ([], customers) => format!("the customers are {}; {patterns}", first_names(customers)),
            (connectors, _) => format!("the customer has {}", first_names(connectors)),
        })
    }

    /// The most similar addresses: connectors of the customer if it is known, else customers.
    fn similar(&self, selector: &Address) -> Vec<String> {
        let customer = Address::customer(&selector.customer);
        let is_candidate = |address: &&Address| match &selector.connector {
            Some(_) if self.addresses.contains(&customer) => {
                address.connector.is_some() && address.is_within(&customer)
            }
            _ => address.connector.is_none(),
        };
        let candidates: Vec<(String, &Address)> = self
            .addresses
            .iter()
            .filter(is_candidate)
            .map(|address| (fold(last_part(address)), address))
            .collect();
        let names: Vec<&str> = candidates.iter().map(|(name, _)| name.as_str()).collect();
        let wanted = match &selector.connector {
            Some(connector) if self.addresses.contains(&customer) => fold(connector),
            _ => fold(&selector.customer),
        };
        similar::get_close_matches(wanted.as_str(), &names, MAX_SUGGESTIONS, MIN_SIMILARITY)
            .into_iter()
            .filter_map(|name| candidates.iter().find(|(folded, _)| folded == name))
            .map(|(_, address)| address.to_string())
            .collect()
    }
}

/// The name without case, and without the quotes that a CI file may add.
fn fold(name: &str) -> String {
    let is_around = |c: char| matches!(c, '"' | '\'' | '`') || c.is_whitespace();
    name.trim_matches(is_around).to_lowercase()
}

fn last_part(address: &Address) -> &str {
    address.connector.as_deref().unwrap_or(&address.customer)
}

pub(super) fn declared_addresses(desired: &Desired) -> BTreeSet<Address> {
    let customers = desired.customers.keys().map(Address::customer);
    let connectors = desired.connectors().map(|(address, _)| address);
    customers.chain(connectors).collect()
}

fn recorded_addresses(recorded: &LedgerState) -> impl Iterator<Item = Address> {
    recorded.customers.values().flat_map(|customer| {
        let names = customer.connectors.keys();
        let connectors = names.map(|name| Address::connector(&customer.name, name));
        std::iter::once(Address::customer(&customer.name)).chain(connectors)
    })
}

#[cfg(test)]
mod tests {
    use super::{Address, BTreeSet, Selectable, Selector};

    fn selectable(addresses: &[&str]) -> Selectable {
        Selectable {
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            place: "in the files",
            scope: BTreeSet::new(),
        }
    }

    fn acme() -> Selectable {
        selectable(&["acme-corp", "acme-corp/Acme GitHub", "globex"])
    }

    fn selectors(texts: &[&str]) -> BTreeSet<Selector> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn select_returns_what_the_selectors_name() {
        let selected = acme().select(&selectors(&["acme-*", "globex"])).unwrap();
        let expected = ["acme-corp", "globex"].map(Address::customer);
        assert_eq!(selected, BTreeSet::from(expected));
        assert!(selectable(&[]).select(&BTreeSet::new()).unwrap().is_empty());
    }

    #[test]
    fn select_unknown_selector_suggests_similar_names() {
        for (wrong, meant) in [
            ("acme-crop", "did you mean acme-corp?"),
            ("Acme-Corp", "did you mean acme-corp?"),
            ("\"globex\"", "did you mean globex?"),
            (
                "acme-corp/acme githb",
                "did you mean acme-corp/Acme GitHub?",
            ),
            ("acme-crop/Acme GitHub", "did you mean acme-corp?"),
            ("acme-corp/x", "the customer has acme-corp/Acme GitHub"),
            (
                "nope",
                "the customers are acme-corp, globex; `airlift explain selector` explains patterns",
            ),
        ] {
            let failure = acme().select(&selectors(&["globex", wrong])).unwrap_err();
            assert_eq!(failure.code, "unknown_selector", "{wrong}");
            assert_eq!(failure.hints, [meant], "{wrong}");
        }
    }

    #[test]
    fn select_of_nothing_is_an_unknown_selector() {
        let failure = selectable(&[]).select(&selectors(&["*"])).unwrap_err();
        assert_eq!(failure.code, "unknown_selector");
        assert_eq!(failure.message, "* names nothing in the files");
    }

    #[test]
    fn narrow_that_leaves_nothing_is_refused() {
        let narrow = |targets: &[&str], excludes: &[&str]| {
            let list = |texts: &[&str]| -> Vec<Selector> {
                texts.iter().map(|text| text.parse().unwrap()).collect()
            };
            acme().narrow(&list(targets), &list(excludes))
        };
        for (targets, excludes) in [
            (&["globex"][..], &["globex"][..]),
            (&[], &["*"]),
            (&["acme-corp/Acme GitHub"], &["acme-*"]),
        ] {
            let failure = narrow(targets, excludes).unwrap_err();
            assert_eq!(failure.code, "nothing_selected");
        }
        assert!(narrow(&["globex"], &["acme-corp"]).is_ok());
        assert!(narrow(&["acme-corp"], &["acme-corp/*"]).is_ok());
        assert!(!narrow(&[], &[]).unwrap().is_partial());
    }

    #[test]
    fn select_remaining_ignores_selectors_that_name_nothing() {
        let selected = acme()
            .select_remaining(&selectors(&["gone", "globex"]))
            .unwrap();
        assert_eq!(selected, BTreeSet::from([Address::customer("globex")]));
        // An empty selection would mean everything.
        let failure = acme().select_remaining(&selectors(&["gone"])).unwrap_err();
        assert_eq!(failure.code, "unknown_selector");
    }
}
