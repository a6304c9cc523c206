//! Responsible for recording a request while the server handles it.

use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::request_barrier::BarrierPermit;
use super::request_log::{RecordId, RecordedEffect, RequestRecord, TokenKind};
use crate::sandbox::connection::ClientConnection;
use crate::sandbox::execution::bearer;
use crate::sandbox::fault_kind::FaultKind;
use crate::sandbox::operation::ApiOperation;
use crate::sandbox::operation_result::OperationResult;
use crate::sandbox::shared::Shared;
use crate::sandbox::tokens::Caller;
use crate::sandbox::world::WorldChange;

/// The fields of a body that name a customer or a connector.
const NAME_FIELDS: [&str; 3] = ["workspace_name", "external_user_id", "name"];

/// Updates the record of a request.
pub(crate) struct RequestTrace<'a> {
    shared: &'a Shared,
    record: RecordId,
}

impl<'a> RequestTrace<'a> {
    /// Records the arrival of a request. The future completes when the barrier releases the request.
    pub(crate) fn begin(
        shared: &'a Shared,
        parts: &Parts,
        operation: Option<&ApiOperation>,
        connection: &ClientConnection,
    ) -> (Self, impl Future<Output = Option<BarrierPermit>> + use<>) {
        let instruments = &shared.instruments;
        let record = arrival(shared, parts, operation, connection);
        let wait = instruments.barrier.as_ref().map(|b| b.wait(&record));
        let trace = Self {
            shared,
            record: instruments.log.append(record),
        };
        let permit = async {
            match wait {
                Some(wait) => Some(wait.await),
                None => None,
            }
        };
        (trace, permit)
    }

    pub(crate) fn fault(&self, fault: Option<FaultKind>) {
        self.update(|record| record.fault = fault.map(|f| f.to_string()));
    }

    pub(crate) fn body(&self, body: Option<&Value>) {
        let Some(object) = body.and_then(Value::as_object) else {
            return;
        };
        self.update(|record| {
            record.credentials = object
                .get("credentials")
                .and_then(Value::as_object)
                .is_some_and(|credentials| !credentials.is_empty());
            record.names = names(object);
            record.fields = object.keys().cloned().collect();
        });
    }

    pub(crate) fn changes(&self, changes: &[WorldChange]) {
        self.update(|record| {
            record.effects = changes.iter().filter_map(RecordedEffect::new).collect();
        });
    }

    /// Checks the result against the contract, before a fault alters it.
    pub(crate) fn result(&self, parts: &Parts, result: &OperationResult) {
        let (status, body) = match result {
            Ok(output) => (output.status, &output.body),
            Err(error) => (error.status, &error.envelope()),
        };
        let violations = self.shared.contract.check_response(
            parts.method.as_str(),
            parts.uri.path(),
            status,
            body,
        );
        self.update(|record| record.off_contract = violations);
    }

    pub(crate) fn fault_took_effect(&self) {
        self.shared
            .instruments
            .faults_met
            .send_modify(|count| *count += 1);
    }

    pub(crate) fn status(&self, status: StatusCode) {
        self.update(|record| record.status = Some(status.as_u16()));
    }

    fn update(&self, change: impl FnOnce(&mut RequestRecord)) {
        self.shared.instruments.log.update(self.record, change);
    }
}

fn arrival(
    shared: &Shared,
    parts: &Parts,
    operation: Option<&ApiOperation>,
    connection: &ClientConnection,
) -> RequestRecord {
    RequestRecord {
        method: parts.method.to_string(),
        target: parts
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        at: shared.clock.elapsed(),
        listener: connection.listener,
        operation: operation.map(|o| o.id.clone()),
        status: None,
        token: token_kind(shared, parts),
        credentials: false,
        fields: Vec::new(),
        names: Vec::new(),
        effects: Vec::new(),
        fault: None,
        off_contract: Vec::new(),
    }
}

fn token_kind(shared: &Shared, parts: &Parts) -> TokenKind {
    let Some(header) = bearer(&parts.headers) else {
        return TokenKind::None;
    };
    let now = shared.clock.now();
    match shared.backend().tokens.identify(Some(header), now) {
        Ok(Caller::Application) => TokenKind::Application,
        Ok(Caller::Scoped(_)) => TokenKind::Scoped,
        Ok(Caller::Widget) => TokenKind::Widget,
        Ok(Caller::Anonymous) | Err(_) => TokenKind::Unknown,
    }
}

fn names(body: &Map<String, Value>) -> Vec<String> {
    NAME_FIELDS
        .iter()
        .filter_map(|field| body.get(*field)?.as_str())
        .map(str::to_owned)
        .collect()
}
