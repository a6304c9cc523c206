//! Responsible for the test instruments of builds without the feature `testing`: types without data or effect.

use std::future::{Ready, ready};
use std::marker::PhantomData;

use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::Options;
use crate::sandbox::connection::ClientConnection;
use crate::sandbox::fault_kind::FaultKind;
use crate::sandbox::operation::ApiOperation;
use crate::sandbox::operation_result::OperationResult;
use crate::sandbox::shared::Shared;
use crate::sandbox::world::{World, WorldChange};

#[derive(Debug)]
pub(crate) struct CredentialDigests;

impl CredentialDigests {
    pub(crate) fn new(_options: &Options) -> Self {
        Self
    }

    #[expect(
        clippy::unused_self,
        reason = "the instrument of the feature `testing` needs it"
    )]
    pub(crate) fn insert(&mut self, _connector: Uuid, _credentials: &Value) {}
}

#[derive(Debug)]
pub(crate) struct Instruments;

impl Instruments {
    pub(crate) fn new(_options: &Options) -> Self {
        Self
    }
}

pub(crate) struct RequestTrace<'a>(PhantomData<&'a Shared>);

#[expect(
    clippy::unused_self,
    reason = "the instrument of the feature `testing` needs it"
)]
impl<'a> RequestTrace<'a> {
    pub(crate) fn begin(
        _shared: &'a Shared,
        _parts: &Parts,
        _operation: Option<&ApiOperation>,
        _connection: &ClientConnection,
    ) -> (Self, Ready<Option<()>>) {
        (Self(PhantomData), ready(None))
    }

    pub(crate) fn fault(&self, _fault: Option<FaultKind>) {}

    pub(crate) fn body(&self, _body: Option<&Value>) {}

    pub(crate) fn changes(&self, _changes: &[WorldChange]) {}

    pub(crate) fn result(&self, _parts: &Parts, _result: &OperationResult) {}

    pub(crate) fn fault_took_effect(&self) {}

    pub(crate) fn status(&self, _status: StatusCode) {}
}

pub(crate) fn initial_world(_options: &Options) -> Option<World> {
    None
}
