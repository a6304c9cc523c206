//! Which authentication method a connector's credentials mean.
//!
//! Owns the choice alone; what is wrong with the credentials is said by the configuration's checks.

use super::{AuthMethod, ConnectorType, closest};
use std::cmp::Reverse;
use thiserror::Error;

/// The method that is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The method.
    pub method: &'static AuthMethod,
    /// Whether it was named or all of its required fields are there; else it is the nearest.
    pub certain: bool,
}

/// `auth` names no method of the type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("the type has no authentication method of that name")]
pub struct NoSuchMethod;

/// The method that `auth` names, else the one whose required fields are all given, with the most
/// of its fields given; else the nearest, for findings to be held against.
pub fn choose(
    kind: &'static ConnectorType,
    auth: Option<&str>,
    given: &[&str],
) -> Result<Choice, NoSuchMethod> {
    if let Some(name) = auth {
        return kind
            .methods
            .iter()
            .find(|method| method.name == name)
            .map(|method| Choice {
                method,
                certain: true,
            })
            .ok_or(NoSuchMethod);
    }
    // `min_by_key` keeps the first of equals, so the catalog's order decides ties.
    let complete = kind
        .methods
        .iter()
        .filter(|method| missing(method, given) == 0)
        .min_by_key(|method| Reverse(known(method, given)));
    if let Some(method) = complete {
        return Ok(Choice {
            method,
            certain: true,
        });
    }
    kind.methods
        .iter()
        .min_by_key(|method| {
            let near = (known(method, given), resembling(method, given));
            (Reverse(near), missing(method, given))
        })
        .map(|method| Choice {
            method,
            certain: false,
        })
        .ok_or(NoSuchMethod)
}

fn known(method: &AuthMethod, given: &[&str]) -> usize {
    let has = |name: &&&str| method.fields.contains_key(**name);
    given.iter().filter(has).count()
}

fn missing(method: &AuthMethod, given: &[&str]) -> usize {
    let absent = |name: &str| !given.contains(&name);
    let required = method.fields.iter().filter(|(_, field)| field.required);
    required.filter(|(name, _)| absent(name)).count()
}

fn resembling(method: &AuthMethod, given: &[&str]) -> usize {
    let names = || method.fields.keys().map(String::as_str);
    let near = |name: &&&str| closest(name, names()).is_some();
    // Likeness is costly to tell; nobody mistypes more fields than this.
    given.iter().take(32).filter(near).count()
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::{NoSuchMethod, choose};

    fn chosen(kind: &str, auth: Option<&str>, given: &[&str]) -> (String, bool) {
        let choice = choose(find(kind).unwrap(), auth, given).unwrap();
        (choice.method.name.clone(), choice.certain)
    }

    #[test]
    fn the_method_follows_from_the_fields() {
        for (kind, auth, given, expected) in [
            ("github", None, &["token"][..], ("githubPAT", true)),
            ("github", None, &["access_token"], ("githubOAuth", true)),
            ("gitlab", None, &["access_token"], ("gitlabPAT", true)),
            (
                "gitlab",
                None,
                &[
                    "access_token",
                    "client_id",
                    "client_secret",
                    "refresh_token",
                ],
                ("gitlabOAuth", true),
            ),
            ("github", None, &["tokn"], ("githubPAT", false)),
            (
                "zendesk-support",
                None,
                &["api_token"],
                ("zendeskAPIToken", false),
            ),
            (
                "zendesk-support",
                Some("zendeskOAuth"),
                &["email"],
                ("zendeskOAuth", true),
            ),
        ] {
            let expected = (expected.0.to_owned(), expected.1);
            assert_eq!(chosen(kind, auth, given), expected, "{kind} {given:?}");
        }
        let refused = choose(find("github").unwrap(), Some("oauth"), &[]);
        assert_eq!(refused, Err(NoSuchMethod));
    }
}
