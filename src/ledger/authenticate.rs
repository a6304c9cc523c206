//! Responsible for the message authentication codes (MACs) of the ledger: who can read the ledger's
//! key has written the content, for this API, organization, environment and shard.
//!
//! Does not derive the key and does not encrypt: the ledger contains no secrets.

use crate::model::{OrganizationId, Shard};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// The kind of the MACs of saved plans.
const SAVED_PLAN: &str = "saved plan";
/// The kind of the MACs of links and callbacks of consents.
const CONSENT: &str = "consent";

/// A key of the ledger.
#[derive(Clone)]
pub struct LedgerKey {
    bytes: Zeroizing<[u8; 32]>,
    id: String,
}

impl LedgerKey {
    /// A key with its id, which is not secret.
    pub fn new(bytes: Zeroizing<[u8; 32]>, id: String) -> Self {
        Self { bytes, id }
    }
}

impl fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LedgerKey").field(&self.id).finish()
    }
}

/// What a ledger belongs to. Content of one scope is not valid in another.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The origin of the API.
    pub origin: String,
    /// The organization.
    pub organization: OrganizationId,
    /// The environment of the project, if it has several.
    pub environment: Option<String>,
    /// The shard of the project, if it has several.
    pub shard: Option<String>,
    /// Whether the API is the embedded one.
    pub sandbox: bool,
}

/// Computes and verifies MACs.
#[derive(Clone, Debug)]
pub struct Authenticator {
    current: LedgerKey,
    /// A second key that is accepted for reading, while the ledger moves to a new key.
    previous: Option<LedgerKey>,
    scope: Scope,
}

impl Authenticator {
    /// Authenticates with one key.
    pub fn new(key: LedgerKey, scope: Scope) -> Self {
        Self {
            current: key,
            previous: None,
            scope,
        }
    }

    /// Also accepts what a previous key has authenticated.
    #[must_use]
    pub fn accepting(self, previous: LedgerKey) -> Self {
        Self {
            previous: Some(previous),
            ..self
        }
    }

    #[cfg(test)]
    pub(super) fn key(&self) -> LedgerKey {
        self.current.clone()
    }

    pub(super) fn organization(&self) -> OrganizationId {
        self.scope.organization
    }

    /// The shard of the scope.
    pub(super) fn shard(&self) -> Option<&str> {
        self.scope.shard.as_deref()
    }

    /// The same key for the ledger of a shard.
    #[must_use]
    pub fn of_shard(&self, shard: Shard) -> Self {
        let scope = Scope {
            shard: Some(shard.index().to_string()),
            ..self.scope.clone()
        };
        Self {
            scope,
            ..self.clone()
        }
    }

    pub(super) fn environment(&self) -> Option<&str> {
        self.scope.environment.as_deref()
    }

    /// The id of the key that writes.
    pub(super) fn key_id(&self) -> &str {
        &self.current.id
    }

    /// The MAC of a saved plan with this id, hexadecimal.
    pub fn mac_of_plan(&self, id: &str) -> String {
        self.mac(SAVED_PLAN, &[id.as_bytes()])
    }

    /// Whether [`Self::mac_of_plan`] made a MAC for this id.
    pub fn verifies_plan(&self, id: &str, mac: &str) -> bool {
        self.verifies(SAVED_PLAN, &[id.as_bytes()], mac)
    }

    /// The MAC of a text that a customer's browser brings back, hexadecimal. `kind` says what the text is.
    pub fn mac_of_consent(&self, kind: &str, text: &str) -> String {
        self.mac(CONSENT, &[kind.as_bytes(), text.as_bytes()])
    }

    /// Whether [`Self::mac_of_consent`] made a MAC for this text.
    pub fn verifies_consent(&self, kind: &str, text: &str, mac: &str) -> bool {
        self.verifies(CONSENT, &[kind.as_bytes(), text.as_bytes()], mac)
    }

    /// The MAC of an object, hexadecimal. `parts` say which object it is, and end with its content.
    pub(super) fn mac(&self, kind: &str, parts: &[&[u8]]) -> String {
        let mac = self.keyed(&self.current, kind, parts).finalize();
        HEXLOWER.encode(&mac.into_bytes())
    }

    /// Whether a MAC was computed with the current or the previous key over the same parts. Takes
    /// the same time for every wrong MAC.
    pub(super) fn verifies(&self, kind: &str, parts: &[&[u8]], mac: &str) -> bool {
        let Ok(mac) = HEXLOWER.decode(mac.as_bytes()) else {
            return false;
        };
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .any(|key| self.keyed(key, kind, parts).verify_slice(&mac).is_ok())
    }

    fn keyed(&self, key: &LedgerKey, kind: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.bytes.as_slice()).expect("any key length is valid");
        let Scope {
            origin,
            organization,
            environment,
            shard,
            sandbox,
        } = &self.scope;
        let optional = |text: &Option<String>| text.as_ref().map(|text| format!("={text}"));
        let (environment, shard) = (optional(environment), optional(shard));
        let scope: [&[u8]; 5] = [
            origin.as_bytes(),
            organization.0.as_bytes(),
            environment.as_deref().unwrap_or_default().as_bytes(),
            shard.as_deref().unwrap_or_default().as_bytes(),
            if *sandbox { b"sandbox" } else { b"remote" },
        ];
        // Lengths keep the parts apart: no two lists of parts have the same bytes.
        for part in scope.iter().chain([&kind.as_bytes()]).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(any(fuzzing, test))]
pub(crate) mod testing {
    use super::{Authenticator, LedgerKey, OrganizationId, Scope};
    use zeroize::Zeroizing;

    /// An authenticator of an organization with a fixed key.
    pub(crate) fn authenticator(organization: OrganizationId) -> Authenticator {
        with_key(organization, 7)
    }

    /// An authenticator of an organization with a key that a number chooses.
    pub(crate) fn with_key(organization: OrganizationId, key: u8) -> Authenticator {
        let key = LedgerKey::new(Zeroizing::new([key; 32]), format!("key {key}"));
        let scope = Scope {
            origin: "https://api.example".to_owned(),
            organization,
            environment: None,
            shard: None,
            sandbox: false,
        };
        Authenticator::new(key, scope)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::with_key;
    use super::{Authenticator, OrganizationId, Scope};
    use uuid::Uuid;

    fn authenticator(change: impl Fn(&mut Scope)) -> Authenticator {
        let mut authenticator = with_key(OrganizationId(Uuid::nil()), 1);
        change(&mut authenticator.scope);
        authenticator
    }

    /// Computed by another program. Ledgers have such texts.
    #[test]
    fn mac_is_that_of_earlier_versions() {
        let mac = authenticator(|_| {}).mac("entry", &[b"ab", b"c"]);
        let expected = "44792021400dbb098f971150f12095175b9375f3bd865b0b49307d3017c103ab";
        assert_eq!(mac, expected);
    }

    #[test]
    fn mac_of_other_scope_key_kind_or_parts_is_refused() {
        let parts: [&[u8]; 2] = [b"ab", b"c"];
        let own = authenticator(|_| {});
        let mac = own.mac("entry", &parts);
        assert!(own.verifies("entry", &parts, &mac));
        let others = [
            authenticator(|scope| scope.origin.push('x')),
            authenticator(|scope| scope.organization = OrganizationId(Uuid::from_u128(1))),
            authenticator(|scope| scope.environment = Some(String::new())),
            authenticator(|scope| scope.shard = Some(String::new())),
            authenticator(|scope| scope.sandbox = true),
            with_key(OrganizationId(Uuid::nil()), 2),
        ];
        for other in others {
            assert!(!other.verifies("entry", &parts, &mac), "{other:?}");
        }
        assert!(!own.verifies("head", &parts, &mac));
        assert!(!own.verifies("entry", &[b"a", b"bc"], &mac));
        for altered in [
            mac.to_uppercase(),
            mac.replace('a', "é"),
            format!("{mac}00"),
            "00".to_owned(),
        ] {
            assert!(!own.verifies("entry", &parts, &altered), "{altered}");
        }
    }

    #[test]
    fn mac_of_previous_key_is_accepted_for_reading() {
        let organization = OrganizationId(Uuid::nil());
        let (old, new) = (with_key(organization, 1), with_key(organization, 2));
        let mac = old.mac("entry", &[b"x"]);
        assert!(!new.verifies("entry", &[b"x"], &mac));
        let both = new.clone().accepting(old.current.clone());
        assert!(both.verifies("entry", &[b"x"], &mac));
        assert_eq!(both.mac("entry", &[b"x"]), new.mac("entry", &[b"x"]));
    }
}
