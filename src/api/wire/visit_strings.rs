//! The texts of answers that are shown or kept, so that those which repeat a secret can be
//! replaced: names, times, settings. Tokens are none of them.

use super::{
    CheckResponse, ConnectorList, ConnectorResponse, CreateResponse, DefinitionList,
    DeleteResponse, ScopedTokenResponse, StatsResponse, TemplateList, TokenInfo, TokenResponse,
    WorkspacePage, WorkspaceResponse,
};
use crate::model::ObservedDetail;
use serde_json::{Map, Value};

/// What is done to a text.
type Each<'a> = &'a mut dyn FnMut(&mut String);

/// An answer's texts.
pub(in crate::api) trait VisitStrings {
    /// Calls `each` with every text that goes further than the call.
    fn visit_strings(&mut self, each: Each<'_>);
}

macro_rules! without_texts {
    ($($answer:ty),*) => {
        $(impl VisitStrings for $answer {
            fn visit_strings(&mut self, _each: Each<'_>) {}
        })*
    };
}

// A check's message is judged with what its request carried; the others are compared only.
without_texts!(
    TokenResponse,
    ScopedTokenResponse,
    TokenInfo,
    StatsResponse,
    CheckResponse,
    DeleteResponse
);

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
        self.data.iter_mut().for_each(|one| one.visit_strings(each));
    }
}

impl VisitStrings for ConnectorResponse {
    fn visit_strings(&mut self, each: Each<'_>) {
        let observed = &mut self.0.observed;
        each(&mut observed.name);
        let others = [
            &mut observed.kind_name,
            &mut observed.created_at,
            &mut observed.updated_at,
        ];
        others.into_iter().flatten().for_each(&mut *each);
        if let Some(detail) = &mut observed.detail {
            detail.visit_strings(each);
        }
    }
}

impl VisitStrings for ObservedDetail {
    fn visit_strings(&mut self, each: Each<'_>) {
        map(&mut self.replication_config, each);
        for entity in &mut self.entities {
            each(&mut entity.entity);
        }
    }
}

impl VisitStrings for ConnectorList {
    fn visit_strings(&mut self, each: Each<'_>) {
        self.data.iter_mut().for_each(|one| one.visit_strings(each));
    }
}

impl VisitStrings for CreateResponse {
    fn visit_strings(&mut self, each: Each<'_>) {
        let times = [&mut self.created_at, &mut self.updated_at];
        times.into_iter().flatten().for_each(each);
    }
}

impl VisitStrings for DefinitionList {
    fn visit_strings(&mut self, each: Each<'_>) {
        self.definitions
            .iter_mut()
            .for_each(|one| each(&mut one.name));
    }
}

impl VisitStrings for TemplateList {
    fn visit_strings(&mut self, each: Each<'_>) {
        for template in &mut self.data {
            each(&mut template.name);
            template.connector_name.iter_mut().for_each(&mut *each);
        }
    }
}

/// Keys are only looked up, and so never shown.
fn map(fields: &mut Map<String, Value>, each: Each<'_>) {
    fields.values_mut().for_each(|field| value(field, each));
}

fn value(found: &mut Value, each: Each<'_>) {
    match found {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter_mut().for_each(|item| value(item, each)),
        Value::Object(fields) => map(fields, each),
        _ => {}
    }
}
