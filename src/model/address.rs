//! How a customer or a connector is named in files, plans and messages.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A customer (`acme-corp`) or one of its connectors (`acme-corp/Acme GitHub`).
///
/// Ordering puts a customer before its connectors.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The customer's name.
    pub customer: String,
    /// The connector's name, or nothing for the customer itself.
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
    /// As a selector is written, so that what a message names can be given back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.customer.replace('/', "%2F"))?;
        match &self.connector {
            None => Ok(()),
            Some(connector) => write!(f, "/{connector}"),
        }
    }
}

/// A selector that names nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("a selector is CUSTOMER or CUSTOMER/CONNECTOR, with neither part empty")]
pub struct AddressError;

impl std::str::FromStr for Address {
    type Err = AddressError;

    /// Splits at the first slash; a customer whose name holds a slash is named with it escaped
    /// as `%2F`.
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
    fn selectors_parse_and_match() {
        let all: Address = "acme".parse().unwrap();
        let one: Address = "acme/GitHub / main".parse().unwrap();
        assert_eq!(one, Address::connector("acme", "GitHub / main"));
        assert!(one.is_within(&all) && all.is_within(&all) && !all.is_within(&one));
        assert!("".parse::<Address>().is_err() && "acme/".parse::<Address>().is_err());
        assert_eq!(
            "a%2Fb".parse::<Address>().unwrap(),
            Address::customer("a/b")
        );
    }

    #[test]
    fn an_address_that_is_shown_can_be_given_back() {
        let address = Address::connector("acme/eu", "GitHub / main");
        assert_eq!(address.to_string(), "acme%2Feu/GitHub / main");
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}
