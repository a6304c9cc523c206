//! Responsible for refusing secrets that are tokens of another kind than the connector's type takes.

use super::App;
use crate::catalog::token_form;
use crate::model::{SecretRef, Setting};
use crate::secrets::{BrokenForm, ResolveError, ResolveErrorKind, Values};

impl App<'_> {
    /// Takes the values out that no connector of their type accepts.
    pub(super) fn take_other_tokens(&self, values: &mut Values) -> Vec<ResolveError> {
        let mut refused = Vec::new();
        for (_, connector) in self.project.desired.connectors() {
            let credentials = connector.credentials.iter().flatten();
            for (name, setting) in credentials {
                let (Some(form), Setting::Secret(reference)) =
                    (token_form(&connector.kind.name, name), setting)
                else {
                    continue;
                };
                let is_other = values.get(reference).is_some_and(|value| {
                    let mut others = form.refuses.iter();
                    others.any(|start| value.begins_with(start))
                });
                if is_other && !self.secrets.is_unchecked(reference) {
                    values.remove(reference);
                    let kind = ResolveErrorKind::WrongForm(BrokenForm::OtherToken(form.takes));
                    refused.push(ResolveError {
                        reference: SecretRef::clone(reference),
                        kind,
                    });
                }
            }
        }
        refused
    }
}
