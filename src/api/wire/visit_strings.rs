//! Responsible for iterating over all texts of an API response that are displayed or stored. `redaction`
//! uses it to replace texts that repeat a secret. Leaves out access tokens, which are never displayed.

use super::{
    CheckResponse, ConnectorList, ConnectorResponse, ConsentUrlResponse, CreateResponse,
    DefinitionDetail, DefinitionList, DeleteResponse, ExecuteResponse, InspectResponse,
    OrganizationPage, ScopedTokenResponse, StatsResponse, TemplateCreated, TemplateList, TokenInfo,
    TokenResponse, WidgetTokenResponse, WorkspacePage, WorkspaceResponse,
};
use crate::model::ObservedDetail;
use serde_json::{Map, Value};

type Each<'a> = &'a mut dyn FnMut(&mut String);

/// A response body whose texts can be replaced.
pub(in crate::api) trait VisitStrings {
    /// Calls `each` with every text that is displayed or stored.
    fn visit_strings(&mut self, each: Each<'_>);
}

macro_rules! without_texts {
    ($($body:ty),*) => {
        $(impl VisitStrings for $body {
            fn visit_strings(&mut self, _each: Each<'_>) {}
        })*
    };
}

// The message of a check is redacted with the secrets of its request. The texts of the others are
// compared and not displayed.
without_texts!(
    TokenResponse,
    ScopedTokenResponse,
    WidgetTokenResponse,
    ConsentUrlResponse,
    TemplateCreated,
    TokenInfo,
    StatsResponse,
    CheckResponse,
    DeleteResponse,
    ExecuteResponse,
    InspectResponse,
    OrganizationPage
);

impl VisitStrings for TemplateList {
    fn visit_strings(&mut self, each: Each<'_>) {
        self.data
            .iter_mut()
            .for_each(|template| each(&mut template.name));
    }
}

impl VisitStrings for WorkspaceResponse {
    fn visit_strings(&mut self, each: Each<'_>) {
        each(&mut self.name);
        each(&mut self.status);
        self.created_at.iter_mut().for_each(each);
    }
}

impl VisitStrings for WorkspacePage {
    fn visit_strings(&mut self, each: Each<'_>) {
        self.next.iter_mut().for_each(&mut *each);
        self.data
            .iter_mut()
            .for_each(|workspace| workspace.visit_strings(each));
    }
}

impl VisitStrings for ConnectorResponse {
    fn visit_strings(&mut self, each: Each<'_>) {
        let observed = &mut self.0.observed;
        observed.name.edit(&mut *each);
        observed.kind_name.iter_mut().for_each(&mut *each);
        let times = [&mut observed.created_at, &mut observed.updated_at];
        times
            .into_iter()
            .flatten()
            .for_each(|time| time.edit(&mut *each));
        if let Some(detail) = &mut observed.detail {
            detail.visit_strings(each);
        }
    }
}

impl VisitStrings for ObservedDetail {
    fn visit_strings(&mut self, each: Each<'_>) {
        visit_map(&mut self.replication_config, each);
        for entity in &mut self.entities {
            each(&mut entity.entity);
        }
    }
}

impl VisitStrings for ConnectorList {
    fn visit_strings(&mut self, each: Each<'_>) {
        self.data
            .iter_mut()
            .for_each(|connector| connector.visit_strings(each));
    }
}

impl VisitStrings for CreateResponse {
    fn visit_strings(&mut self, each: Each<'_>) {
        let times = [&mut self.created_at, &mut self.updated_at];
        times.into_iter().flatten().for_each(&mut *each);
        let settings = [
            &mut self.name,
            &mut self.replication_config,
            &mut self.entities,
        ];
        for value in settings {
            visit_value(value, each);
        }
    }
}

impl VisitStrings for DefinitionList {
    fn visit_strings(&mut self, each: Each<'_>) {
        self.definitions
            .iter_mut()
            .for_each(|definition| each(&mut definition.name));
    }
}

/// Keys are checked where they are written to a file.
impl VisitStrings for DefinitionDetail {
    fn visit_strings(&mut self, each: Each<'_>) {
        visit_value(&mut self.definition.spec, each);
    }
}

/// Keys are not visited, because only keys of the files are displayed.
fn visit_map(fields: &mut Map<String, Value>, each: Each<'_>) {
    fields
        .values_mut()
        .for_each(|field| visit_value(field, each));
}

fn visit_value(value: &mut Value, each: Each<'_>) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter_mut().for_each(|item| visit_value(item, each)),
        Value::Object(fields) => visit_map(fields, each),
        _ => {}
    }
}
