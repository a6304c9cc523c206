//! Responsible for choosing the authentication method that fits a connector's credentials.
//!
//! Does not validate credentials: `config` does.

use super::{AuthMethod, ConnectorType, closest};
use std::cmp::Reverse;
use thiserror::Error;

impl AuthMethod {
    /// Whether a word is the name of the method, its title or the initials of the title, such as `githubPAT`,
    /// `personal_access_token` and `pat`. People write it in place of the field.
    pub fn is_named(&self, word: &str) -> bool {
        const SHORTEST_INITIALS: usize = 3;
        let plain = |text: &str| {
            text.replace(|c: char| !c.is_alphanumeric(), "")
                .to_lowercase()
        };
        let title = self.title.as_deref().unwrap_or_default();
        let title = title.trim_end_matches(" Authentication");
        let initials: String = title
            .split(' ')
            .filter_map(|word| word.chars().next())
            .collect();
        let word = plain(word);
        word == plain(&self.name)
            || (!word.is_empty() && word == plain(title))
            || (word.len() >= SHORTEST_INITIALS && word == plain(&initials))
    }

    /// The required fields.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().filter(|(_, field)| field.required);
        fields.map(|(name, _)| name.as_str())
    }
}

/// The chosen method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MethodChoice {
    /// The method that `auth` names, or the best match for the given fields.
    pub method: &'static AuthMethod,
    /// Whether `auth` names the method or all of its required fields are given. Otherwise the method
    /// is the closest match.
    pub certain: bool,
}

/// `auth` names no method of the type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("the type has no authentication method of that name")]
pub struct NoSuchMethod;

/// The method that `auth` names. Without `auth`, the method with all required fields given and the
/// most fields given in total; else the closest match, as the basis of findings.
pub fn choose_method(
    kind: &'static ConnectorType,
    auth: Option<&str>,
    given: &[&str],
) -> Result<MethodChoice, NoSuchMethod> {
    if let Some(name) = auth {
        return kind
            .methods
            .iter()
            .find(|method| method.name == name)
            .map(|method| MethodChoice {
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
        return Ok(MethodChoice {
            method,
            certain: true,
        });
    }
    kind.methods
        .iter()
        .min_by_key(|method| {
            let near = (
                known(method, given),
                named(method, given),
                resembling(method, given),
            );
            (Reverse(near), missing(method, given))
        })
        .map(|method| MethodChoice {
            method,
            certain: false,
        })
        .ok_or(NoSuchMethod)
}

fn known(method: &AuthMethod, given: &[&str]) -> usize {
    let has = |name: &&&str| method.fields.contains_key(**name);
    given.iter().filter(has).count()
}

/// The number of given fields that name the method instead of a field.
fn named(method: &AuthMethod, given: &[&str]) -> usize {
    // People do not mistake more fields than this.
    let given = given.iter().take(32);
    given.filter(|name| method.is_named(name)).count()
}

fn missing(method: &AuthMethod, given: &[&str]) -> usize {
    let absent = |name: &str| !given.contains(&name);
    method.required().filter(|name| absent(name)).count()
}

fn resembling(method: &AuthMethod, given: &[&str]) -> usize {
    let names = || method.fields.keys().map(String::as_str);
    let near = |name: &&&str| closest(name, names()).is_some();
    // Comparing names is slow, and people do not mistype more fields than this.
    given.iter().take(32).filter(near).count()
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::{NoSuchMethod, choose_method};

    fn chosen(kind: &str, auth: Option<&str>, given: &[&str]) -> (String, bool) {
        let choice = choose_method(find(kind).unwrap(), auth, given).unwrap();
        (choice.method.name.clone(), choice.certain)
    }

    #[test]
    fn choose_method_from_fields_returns_best_match() {
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
            ("github", None, &["githubPAT"], ("githubPAT", false)),
            (
                "github",
                None,
                &["personal_access_token"],
                ("githubPAT", false),
            ),
            ("asana", None, &["PAT"], ("personalAccessToken", false)),
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
        let refused = choose_method(find("github").unwrap(), Some("oauth"), &[]);
        assert_eq!(refused, Err(NoSuchMethod));
    }
}
