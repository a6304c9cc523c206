//! Responsible for the `airbyte` store: `${airbyte:PATH}` sends a coordinate, which names a secret in the
//! organization's own secret storage at Airbyte. Does not read the secret: Airbyte does, when it uses the connector.

use super::{Store, refuse_field};
use crate::model::{SecretRef, SecretValue, is_coordinate};
use crate::secrets::ResolveErrorKind;
use futures_util::future::{self, BoxFuture, FutureExt as _};

/// The start of a coordinate, as the API expects it.
const COORDINATE: &str = "secret_coordinate::";

/// Characters of secrets' names and ARNs beside letters and digits.
const PUNCTUATION: &str = "/_+=.@:-";

pub(super) struct AirbyteStore;

impl Store for AirbyteStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        refuse_field(reference)?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
        if is_coordinate(&reference.path) {
            Err("airlift adds `secret_coordinate::`; remove it from the path")
        } else if reference
            .path
            .split('/')
            .any(|part| matches!(part, "" | "." | ".."))
        {
            Err("the path has a part that is empty, `.` or `..`")
        } else if reference.path.chars().all(is_allowed) {
            Ok(())
        } else {
            Err("the name of a secret consists of letters, digits and any of /_+=.@:-")
        }
    }

    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        let value = if reference.field.is_some() {
            Err(ResolveErrorKind::NoFields)
        } else {
            Ok(SecretValue::new(format!("{COORDINATE}{}", reference.path)))
        };
        future::ready(value).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::{AirbyteStore, Store};

    #[tokio::test]
    async fn airbyte_reference_is_sent_as_a_coordinate() {
        let reference = "${airbyte:customers/acme/github-token}".parse().unwrap();
        assert_eq!(AirbyteStore.check_reference(&reference), Ok(()));
        let value = AirbyteStore.read(&reference).await.unwrap();
        assert_eq!(
            value.expose(),
            "secret_coordinate::customers/acme/github-token"
        );
    }

    #[test]
    fn airbyte_reference_of_wrong_form_is_refused() {
        for text in [
            "${airbyte:a b}",
            "${airbyte:a#b}",
            "${airbyte:secret_coordinate::a}",
            "${airbyte:Airbyte_Secret_Coordinate::a}",
            "${airbyte:acme/../globex/a}",
            "${airbyte:acme//a}",
            "${airbyte:./a}",
            "${airbyte:ä}",
        ] {
            let reference = text.parse().unwrap();
            assert!(AirbyteStore.check_reference(&reference).is_err(), "{text}");
        }
    }
}
