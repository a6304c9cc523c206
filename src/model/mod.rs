//! Responsible for the types that all modules share and their invariants: names, ids, settings,
//! secrets, and the three states that a plan compares (desired, observed, ledger).
//!
//! Does not do I/O and does not use clocks, randomness or `async`.

mod action;
mod address;
mod body;
mod confusable;
mod desired;
mod failed_request;
mod fields;
mod health_check;
mod id;
mod invisible;
mod last_write;
mod ledger_state;
mod limits;
mod literal;
mod literal_text;
mod lock;
mod name_index;
mod name_parts;
mod observed;
mod policy_rules;
mod protected_variable;
mod protection;
mod recorded_places;
mod remote_value;
mod run_record;
mod schema_form;
mod secret;
mod secret_buffer;
mod secret_heuristics;
mod secret_lookup;
mod secret_mask;
mod secret_status;
mod selector;
mod setting;
mod setting_value;
mod shard;
mod shared_entry;
mod shared_text;
mod source_template;
mod store_kind;
mod unresolved;
mod wave;
mod web_origin;

pub use action::{Action, Outcome};
pub use address::{Address, AddressError};
pub use body::{ConnectorBody, CustomerPatch};
pub use confusable::{appearances, is_normalized, mark_problem, normalized};
pub use desired::{
    Cache, Consent, Contract, Desired, DesiredConnector, DesiredCustomer, DesiredOauthApp, Entity,
    Guards, Kind, Mode, Region, RotationMode, Status,
};
pub use failed_request::FailedRequest;
pub use fields::{Fields, Settings};
pub use health_check::{Health, HealthCheck, first_names};
pub use id::{ConnectorId, DefinitionId, OrganizationId, TemplateId, WorkspaceId};
pub use invisible::is_invisible;
pub use last_write::{Answer, LastWrite, MAX_SENDS, ResponseSettings, SettingAnswer, SinceWrite};
pub use ledger_state::{
    Applied, AppliedCustomer, ConnectorEntry, CustomerEntry, Damage, LedgerState, PendingEntry,
    RecordedOauthApp, SentFingerprints, UnverifiedCause, UnverifiedEntry,
};
pub use limits::{AdoptPolicy, CountOrPercent, PolicyLimits, RecordedGuards};
pub use literal::Literal;
pub use literal_text::{escaped, has_reference_mark, unescaped};
pub(crate) use lock::{LockUnpoisoned, ReadWriteUnpoisoned};
pub use name_index::{NameIndex, Resemblance};
pub use name_parts::folded_name;
pub use observed::{
    Completeness, ForeignConnectors, KindLookup, Observed, ObservedConnector, ObservedCustomer,
    ObservedDetail, ObservedStatus, OrganizationListing,
};
pub use policy_rules::{ImpactLimits, PolicyRule, PolicyRules};
pub use protected_variable::{VariableOwner, matches_wildcard, protected_variable};
pub use protection::Protection;
pub(crate) use recorded_places::RecordedPlaces;
pub use remote_value::SecretPaths;
pub use run_record::{RunCounts, RunRecord};
pub(crate) use schema_form::{remove_number_formats, schema_of};
pub use secret::{SecretRef, SecretRefError, SecretValue};
pub(crate) use secret_buffer::SecretBuffer;
pub use secret_heuristics::{looks_secret, names_secret};
pub use secret_lookup::SecretLookup;
pub use secret_mask::{is_coordinate, is_mask, is_redacted, without_brackets};
pub(crate) use secret_status::SecretStatuses;
pub use secret_status::{SecretComparison, SecretStatus, UnverifiedReason};
pub use selector::{Selector, names_part};
pub use setting::{Setting, references};
pub use setting_value::{
    entities_value, filled, has_same_meaning, in_form_of, is_other_form, pair_plain_settings,
    pair_settings, same_entities, same_value,
};
pub use shard::Shard;
pub(crate) use shared_entry::EntryMemory;
pub use shared_text::{SharedText, SharedTexts};
pub use source_template::{DesiredTemplate, DesiredTemplates, TemplateRule};
pub use store_kind::{DEFAULT_STORES, STORES, StoreKind, is_alias, is_store};
pub use unresolved::{UnresolvedCause, UnresolvedReference};
pub use wave::{Wave, wave_order};
pub use web_origin::WebOrigin;
