//! Responsible for fields of `credentials` that the authentication method does not have, and for what to write in place
//! of them.

use super::references::RESERVED;
use crate::catalog::{self, AuthMethod, ConnectorType};
use crate::config::code::Code;
use crate::config::findings::Findings;
use crate::config::mistakes;
use crate::config::origin::Origin;
use crate::config::raw::RawBlock;
use crate::config::redaction::{NOT_NAMED, named};
use serde_json::{Map, Value};

/// The credentials that a type takes.
pub(super) fn ways(kind: &ConnectorType) -> String {
    let ways = kind.methods.iter().map(|method| {
        let fields: Vec<&str> = method.required().collect();
        format!("{} of method {}", fields.join(" and "), method.name)
    });
    let ways: Vec<String> = ways.collect();
    format!(
        "write {}; `airlift types {} --example` prints them",
        ways.join(", or "),
        kind.name
    )
}

/// Whether a field is the name of its method.
pub(super) fn is_method(name: &str, method: &AuthMethod) -> bool {
    !method.fields.contains_key(name) && method.is_named(name)
}

/// What to write in place of a field that names a method.
fn fields_of_named(name: &str, kind: &ConnectorType) -> Option<String> {
    let method = kind.methods.iter().find(|method| method.is_named(name))?;
    let fields: Vec<String> = method
        .required()
        .map(|field| format!("`{field}`"))
        .collect();
    Some(format!(
        "write {}, which method {} takes",
        fields.join(" and "),
        method.name
    ))
}

/// Reports the fields that the method does not have.
pub(super) fn foreign_fields(
    block: &RawBlock,
    method: &AuthMethod,
    kind: &ConnectorType,
    origin: Origin<'_>,
    findings: &mut Findings,
) {
    let is_foreign = |name: &&String| !method.fields.contains_key(*name) && *name != RESERVED;
    if !block.keys().any(|name| is_foreign(&name)) {
        return;
    }
    let origins = origin.fields();
    for (name, value) in block.iter().filter(|(name, _)| is_foreign(name)) {
        let field = ForeignField { name, value, block };
        field.report(kind, method, origins.key(name), findings);
    }
}

/// Whether a value is a mapping with credentials of the type.
pub(super) fn has_credentials(value: &Value, kind: &ConnectorType) -> bool {
    let mut fields = value.as_object().into_iter().flat_map(Map::keys);
    fields.any(|name| {
        let mut methods = kind.methods.iter();
        methods.any(|method| method.fields.contains_key(name))
    })
}

/// A field that the method does not have.
struct ForeignField<'b> {
    name: &'b str,
    value: &'b Value,
    /// The fields beside it.
    block: &'b RawBlock,
}

impl ForeignField<'_> {
    fn report(
        &self,
        kind: &ConnectorType,
        method: &AuthMethod,
        origin: Origin<'_>,
        findings: &mut Findings,
    ) {
        let name = self.name;
        let mut methods = kind.methods.iter();
        if let Some(owner) = methods.find(|other| other.fields.contains_key(name)) {
            let message = format!(
                "`{name}` belongs to method {}, while the other fields are those of {}",
                owner.name, method.name
            );
            let help = Some("keep the fields of one method; `auth` names it".to_owned());
            return findings.at(origin, Code::MixedAuth, message, help);
        }
        // An unknown field without a value may be a secret pasted into braces.
        let label = if self.value.is_null() {
            NOT_NAMED.to_owned()
        } else {
            named(name)
        };
        let message = format!("unknown credential {label} for {}", kind.name);
        let help = Some(self.help(kind, method));
        findings.at(origin, Code::UnknownCredential, message, help);
    }

    /// What to write in place of the field.
    fn help(&self, kind: &ConnectorType, method: &AuthMethod) -> String {
        if has_credentials(self.value, kind) {
            return "write its fields into `credentials` itself, without this level".to_owned();
        }
        let help = mistakes::of_key(self.name).map(str::to_owned);
        let help = help.or_else(|| mistakes::of_other_block(kind, self.name));
        let help = help.or_else(|| fields_of_named(self.name, kind));
        let help = help.or_else(|| {
            let methods = std::iter::once(method).chain(&kind.methods);
            let known = methods.flat_map(|method| method.fields.keys());
            let absent = known.filter(|name| !self.block.contains_key(*name));
            let near = catalog::closest(self.name, absent.map(String::as_str))?;
            Some(format!("did you mean `{near}`?"))
        });
        help.unwrap_or_else(|| {
            let is_chosen = self
                .block
                .keys()
                .any(|name| method.fields.contains_key(name));
            if !is_chosen && kind.methods.len() > 1 {
                return ways(kind);
            }
            let known: Vec<&str> = method.fields.keys().map(String::as_str).collect();
            format!("valid names: {}", known.join(", "))
        })
    }
}
