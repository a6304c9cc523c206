//! Responsible for addresses: the names of customers and connectors in files, plans and messages.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A customer (`acme-corp`) or one of its connectors (`acme-corp/Acme GitHub`).
///
/// Ordering puts a customer before its connectors.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The name of the customer.
    pub customer: String,
    /// The name of the connector, or `None` if the address is the customer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
}

impl Address {
    /// The address of a customer.
    pub fn customer(name: impl Into<String>) -> Self {
        Self {
            customer: name.into(),
            connector: None,
        }
    }

    /// The address of a connector.
    pub fn connector(customer: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            customer: customer.into(),
            connector: Some(name.into()),
        }
    }

    /// Whether a selector (`--target`, `--exclude`) names this address: a selector without a
    /// connector names the customer and everything in it.
    pub fn is_within(&self, selector: &Self) -> bool {
        self.customer == selector.customer
            && (selector.connector.is_none() || selector.connector == self.connector)
    }
}

impl fmt::Display for Address {
    /// Writes a selector, so that an address from a message can be passed to `--target`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.customer.replace('/', "%2F"))?;
        match &self.connector {
            None => Ok(()),
            Some(connector) => write!(f, "/{connector}"),
        }
    }
}

/// A selector with an empty part.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("a selector is CUSTOMER or CUSTOMER/CONNECTOR, with neither part empty")]
pub struct AddressError;

impl std::str::FromStr for Address {
    type Err = AddressError;

    /// Splits at the first slash. A slash in a customer's name is written as `%2F`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (customer, connector) = match text.split_once('/') {
            None => (text, None),
            Some((customer, connector)) => (customer, Some(connector)),
        };
        if customer.is_empty() || connector == Some("") {
            return Err(AddressError);
        }
        Ok(Self {
            customer: customer.replace("%2F", "/"),
            connector: connector.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn selector_of_connector_is_within_its_customer() {
        let all: Address = "acme".parse().unwrap();
        let connector: Address = "acme/GitHub / main".parse().unwrap();
        assert_eq!(connector, Address::connector("acme", "GitHub / main"));
        assert!(connector.is_within(&all) && all.is_within(&all) && !all.is_within(&connector));
        assert!("".parse::<Address>().is_err() && "acme/".parse::<Address>().is_err());
        assert_eq!(
            "a%2Fb".parse::<Address>().unwrap(),
            Address::customer("a/b")
        );
    }

    #[test]
    fn address_displayed_with_slash_is_parsed_back() {
        let address = Address::connector("acme/eu", "GitHub / main");
        assert_eq!(address.to_string(), "acme%2Feu/GitHub / main");
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}
