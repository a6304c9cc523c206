//! Responsible for validating `oauth_apps`: types with an OAuth method, and secrets only as references.

use super::{ConnectorContext, Scope, credentials};
use crate::catalog::{self, AuthMethod, ConnectorType, Field};
use crate::config::code::Code;
use crate::config::document::Document;
use crate::config::findings::Findings;
use crate::config::redaction::{did_you_mean, named};
use crate::model::{DefinitionId, DesiredOauthApp};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The fields of an app of a type for which the catalog lists none.
static USUAL_FIELDS: LazyLock<BTreeMap<String, Field>> = LazyLock::new(|| {
    let listed = catalog::all().iter().flat_map(|kind| &kind.methods);
    let mut listed = listed.filter(|method| !method.oauth_app.is_empty());
    listed
        .next()
        .map(|method| method.oauth_app.clone())
        .unwrap_or_default()
});

/// Validates the apps of the project file.
pub(in crate::config) fn oauth_apps(
    document: &Document,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> BTreeMap<DefinitionId, DesiredOauthApp> {
    let apps = document.head.oauth_apps.clone().unwrap_or_default();
    let origins = document.key("oauth_apps").fields();
    let mut valid = BTreeMap::new();
    for (name, block) in apps {
        let origin = origins.key(&name);
        let Some((kind, method)) = catalog::find(&name).and_then(with_oauth) else {
            let message = format!("{} is not a type with an OAuth method", named(&name));
            let types = catalog::all()
                .iter()
                .filter(|kind| catalog::oauth_method(kind).is_some());
            let help = did_you_mean(&name, types.map(|kind| kind.name.as_str()));
            findings.at(origin, Code::NoOauthMethod, message, help);
            continue;
        };
        let context = ConnectorContext {
            origin,
            kind: Some(kind),
            locked: None,
            scope,
        };
        let fields = app_fields(method);
        let app = DesiredOauthApp {
            kind: scope.texts.share(&kind.name),
            fields: credentials::validate_app(block, fields, context, findings),
        };
        if valid.insert(kind.definition_id, app).is_some() {
            let message = format!("{} has two apps", named(&kind.name));
            let help = "the name and the definition id of a type mean the same app: keep one";
            findings.at(origin, Code::DuplicateKey, message, Some(help.to_owned()));
        }
    }
    valid
}

fn with_oauth(
    kind: &'static ConnectorType,
) -> Option<(&'static ConnectorType, &'static AuthMethod)> {
    Some((kind, catalog::oauth_method(kind)?))
}

fn app_fields(method: &'static AuthMethod) -> &'static BTreeMap<String, Field> {
    if method.oauth_app.is_empty() {
        &USUAL_FIELDS
    } else {
        &method.oauth_app
    }
}
