//! Responsible for generating the names of placeholder variables and of files: unique, and the same
//! in each run.

use crate::model::{LedgerState, SecretRef, StoreKind, protected_variable};
use std::collections::BTreeSet;

/// Maximum length of a generated name, before a suffix.
const LONGEST: usize = 100;

/// The names that are in use.
#[derive(Debug)]
pub(super) struct GeneratedNames {
    variables: BTreeSet<String>,
    slugs: BTreeSet<String>,
}

impl GeneratedNames {
    /// Starts with the variables that the ledger's references read, so that no placeholder reads them.
    pub(super) fn new(recorded: &LedgerState) -> Self {
        let connectors = recorded
            .customers
            .values()
            .flat_map(|customer| customer.connectors.values());
        let references = connectors
            .filter_map(|connector| connector.sent.as_deref())
            .flat_map(|sent| sent.references.values());
        let variables = references
            .filter_map(|text| text.parse::<SecretRef>().ok())
            .filter(|reference| reference.store == StoreKind::Env)
            .map(|reference| reference.path);
        Self {
            variables: variables.collect(),
            slugs: BTreeSet::new(),
        }
    }

    /// A placeholder for one field of a connector, such as `${unbound:ACME_CORP_GITHUB_TOKEN}`.
    pub(super) fn placeholder(
        &mut self,
        customer: &str,
        connector: &str,
        id: &str,
        field: &str,
    ) -> SecretRef {
        let words = [customer, connector, field].map(|text| words(text, '_'));
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let mut name = words.join("_").to_ascii_uppercase();
        // A person may write `env` in place of `unbound`, and a name from the API must not lead to a variable of the
        // runner. The runner sets further `GITHUB_` variables.
        let reserved = protected_variable(&name).is_some() || name.starts_with("GITHUB_");
        if reserved || words.len() < 3 || name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert_str(0, "CUSTOMER_");
        }
        let path = unique(&mut self.variables, &name, &id.to_ascii_uppercase(), '_');
        SecretRef {
            store: StoreKind::Unbound,
            path,
            field: None,
        }
    }

    /// The file name of a customer, without extension.
    pub(super) fn slug(&mut self, customer: &str, id: &str) -> String {
        let slug = words(customer, '-').to_ascii_lowercase();
        let slug = if slug.is_empty() {
            "customer".to_owned()
        } else {
            slug
        };
        unique(&mut self.slugs, &slug, id, '-')
    }
}

/// The text's runs of letters and digits, joined by a separator.
fn words(text: &str, separator: char) -> String {
    let mut words = String::new();
    for part in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if !part.is_empty() {
            if !words.is_empty() {
                words.push(separator);
            }
            words.push_str(part);
        }
    }
    words.truncate(LONGEST);
    words
}

/// The name, or the name with as many characters of the id as make it unique.
fn unique(taken: &mut BTreeSet<String>, name: &str, id: &str, separator: char) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut candidate = name.to_owned();
    let mut length = 8;
    while !taken.insert(candidate.clone()) {
        let end = id.len().min(length);
        candidate = format!("{name}{separator}{}", &id[..end]);
        if length > id.len() {
            candidate = format!("{candidate}{separator}{length}");
        }
        length += 8;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::GeneratedNames;
    use crate::model::LedgerState;

    #[test]
    fn placeholder_name_is_unique_and_not_reserved() {
        let mut names = GeneratedNames::new(&LedgerState::default());
        let id = "6f1d3c52-8a0e-4b7d-9c11-000000000001";
        let mut placeholder = |customer, connector, field| {
            names
                .placeholder(customer, connector, id, field)
                .to_string()
        };
        let acme = placeholder("acme-corp", "GitHub", "token");
        assert_eq!(acme, "${unbound:ACME_CORP_GITHUB_TOKEN}");
        assert_eq!(
            placeholder("acme corp", "Git:Hub", "token"),
            "${unbound:ACME_CORP_GIT_HUB_TOKEN}"
        );
        assert_eq!(
            placeholder("acme", "corp github", "token"),
            "${unbound:ACME_CORP_GITHUB_TOKEN_6F1D3C52}"
        );
        assert_eq!(
            placeholder("airbyte", "client", "secret"),
            "${unbound:CUSTOMER_AIRBYTE_CLIENT_SECRET}"
        );
        assert_eq!(
            placeholder("日本", "é", "token"),
            "${unbound:CUSTOMER_TOKEN}"
        );
        assert_eq!(placeholder("7", "a", "b"), "${unbound:CUSTOMER_7_A_B}");
        assert_eq!(names.slug("Acme Corp", id), "acme-corp");
        assert_eq!(names.slug("acme/corp", id), "acme-corp-6f1d3c52");
        assert_eq!(names.slug("../../日", id), "customer");
    }
}
