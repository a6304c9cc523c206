//! Responsible for selectors: how a person names customers and connectors on a command line.

use super::{Address, AddressError};
use glob::Pattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// Names customers, or connectors as `CUSTOMER/CONNECTOR`. Each part is a name or a pattern with `*`,
/// `?` and `[…]`. A part that equals a name names it, too, so that a name may contain these characters.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selector(Address);

impl Selector {
    /// The selector that names only this address, whatever characters its names have.
    pub fn exact(address: Address) -> Self {
        let literal = |part: String| {
            if is_pattern(&part) {
                Pattern::escape(&part)
            } else {
                part
            }
        };
        Self(Address {
            customer: literal(address.customer),
            connector: address.connector.map(literal),
        })
    }

    /// The selector of all customers.
    pub fn all_customers() -> Self {
        Self(Address::customer("*"))
    }

    /// The selector as the address that it is without patterns.
    pub fn as_address(&self) -> &Address {
        &self.0
    }

    /// The name or pattern of the connector; `None` for a selector of customers.
    pub fn connector(&self) -> Option<&str> {
        self.0.connector.as_deref()
    }

    /// Whether the selector names this customer, and no single connector.
    pub fn names_customer(&self, name: &str) -> bool {
        self.0.connector.is_none() && names_part(&self.0.customer, name)
    }

    /// Whether the selector names this address itself.
    pub fn names(&self, address: &Address) -> bool {
        let connector = match (&self.0.connector, &address.connector) {
            (None, None) => true,
            (Some(part), Some(name)) => names_part(part, name),
            _ => false,
        };
        connector && names_part(&self.0.customer, &address.customer)
    }

    /// Whether the selector names this address, or the customer that it is in.
    pub fn covers(&self, address: &Address) -> bool {
        self.names(address) || self.names_customer(&address.customer)
    }

    /// The addresses that the selector names. A customer stands for everything in it.
    pub fn named_in(&self, addresses: &BTreeSet<Address>) -> BTreeSet<Address> {
        if !has_wildcard(&self.0) {
            return addresses.get(&self.0).cloned().into_iter().collect();
        }
        let named = addresses.iter().filter(|address| self.names(address));
        named.cloned().collect()
    }
}

fn has_wildcard(address: &Address) -> bool {
    is_pattern(&address.customer) || address.connector.as_deref().is_some_and(is_pattern)
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// Whether a name or pattern, as in a selector, names a customer or connector.
pub fn names_part(part: &str, name: &str) -> bool {
    part == name
        || (is_pattern(part) && Pattern::new(part).is_ok_and(|pattern| pattern.matches(name)))
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Selector {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Selector};

    fn selector(text: &str) -> Selector {
        text.parse().unwrap()
    }

    fn names(text: &str, address: &str) -> bool {
        selector(text).names(&address.parse().unwrap())
    }

    #[test]
    fn selector_without_wildcard_names_equal_address_only() {
        assert!(names("acme", "acme") && names("acme/GitHub", "acme/GitHub"));
        assert!(!names("acme", "Acme") && !names("acme", "acme-eu"));
        assert!(!names("acme", "acme/GitHub") && !names("acme/GitHub", "acme"));
    }

    #[test]
    fn selector_with_wildcard_names_matching_addresses() {
        assert!(names("acme-*", "acme-eu") && names("*", "acme") && names("acme-?u", "acme-eu"));
        assert!(names("acme-[eu]*", "acme-us") && !names("acme-[!eu]*", "acme-us"));
        assert!(
            names("*/GitHub*", "acme/GitHub / main")
                && names("*", "acme/eu".replace('/', "%2F").as_str())
        );
        assert!(!names("acme-*", "globex") && !names("acme/*", "acme"));
    }

    #[test]
    fn selector_names_name_with_special_characters() {
        assert!(names("acme [eu]", "acme [eu]") && names("acme*", "acme*"));
        assert!(names("acme [[]eu]", "acme [eu]") && !names("acme [[]eu]", "acme e"));
        // The pattern is not valid, so the part is a name only.
        assert!(names("acme [eu", "acme [eu") && !names("acme [eu", "acme e"));
    }

    #[test]
    fn selector_covers_its_addresses_and_what_is_in_its_customers() {
        let covers = |text: &str, address: &str| selector(text).covers(&address.parse().unwrap());
        assert!(covers("acme", "acme") && covers("acme", "acme/GitHub") && covers("*", "acme/Git"));
        assert!(covers("acme/Git*", "acme/GitHub") && !covers("acme/Git*", "acme"));
        assert!(!covers("acme", "globex/GitHub"));
    }

    #[test]
    fn named_in_returns_addresses_of_the_set() {
        let all = ["acme", "acme/GitHub", "globex", "globex/GitHub"]
            .map(|text| text.parse::<Address>().unwrap());
        let named = |text: &str| {
            let named = selector(text).named_in(&all.iter().cloned().collect());
            named.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(named("acme"), ["acme"]);
        assert_eq!(named("*/GitHub"), ["acme/GitHub", "globex/GitHub"]);
        assert_eq!(named("acme/Stripe"), Vec::<String>::new());
    }

    #[test]
    fn selector_displayed_is_parsed_back() {
        for text in ["acme%2Feu/Git/Hub", "acme*", "acme/*"] {
            assert_eq!(selector(text).to_string(), text);
        }
    }
}
