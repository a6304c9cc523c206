//! Responsible for all output: layout, wording, escaping and formats.
//!
//! A result becomes a `view` (grouped, counted and worded data), which `text` writes. `json` writes
//! the result itself. Results go to stdout, status messages to stderr. All text passes through
//! [`Safe`], which neutralizes text from files and from the API. Does not decide anything, and never
//! holds a secret's value.

mod acceptance;
mod adoption_table;
mod cells;
pub mod ci;
mod consents;
mod errors;
pub(crate) mod explain;
mod export;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
pub mod html;
pub mod json;
mod labels;
pub mod markdown;
mod messages;
pub mod ndjson;
mod outputs;
mod provenance;
#[cfg(test)]
mod sample;
mod saved_plan;
pub mod sinks;
mod terminal;
mod text;
mod token;
mod types_lock;
mod view;
mod waves;
pub(crate) mod wording;

pub use acceptance::{FilesUpdate, accepted, updated};
pub use adoption_table::{AdoptionTable, adoption_table};
pub(crate) use cells::{escaped, unescaped};
pub use consents::{
    ConnectedView, ConsentLink, ConsentLinks, QrCodes, RecordedBy, connected, consent_links,
    consent_links_as_csv, consent_url,
};
pub use errors::{defect, failure_as_json, usage, usage_as_events, usage_as_json, write_failure};
pub use export::{left_out, written, yaml};
pub use messages::{
    AcceptedClient, aborted, ask, ask_again, command_line, draining, initialized, left_for_apply,
    manual, nothing_to_adopt, possible_duplicates, print_note, serving, serving_consents, target,
    valid,
};
pub use outputs::{
    OutputsError, outputs, outputs_as_config_map, outputs_as_dotenv, outputs_as_yaml,
};
pub use provenance::Provenance;
#[cfg(test)]
pub(crate) use sample::golden;
pub use saved_plan::{
    MacCheck, PlanChecks, SavedFile, left_for_next_plan, nothing_to_apply, plan_saved, replanned,
    saved_plan,
};
pub(crate) use terminal::sanitize;
pub use terminal::{
    Captured, Color, ColorChoice, Label, Line, Out, OutReader, OutputEnvironment, RepeatedOptions,
    Safe, Ui, Verbosity, width,
};
pub use text::{
    doctor, drift, example, findings, history, ledger, ledger_copied, one_type, plan,
    plan_before_apply, rekeyed, report, signed, signing, status, trust_plan, trusted, types,
};
pub use token::{token, token_as_json, token_file, token_file_as_json, token_life};
pub use types_lock::{
    OfferedType, OfferedTypes, RefreshedTypes, offered_types, refreshed_types,
    refreshed_types_as_json,
};
pub use view::ledger::{
    Fingerprints, LedgerConnector, LedgerContents, LedgerCopy, LedgerCustomer, RunHistory, Trusted,
    UnverifiedRow,
};
pub use view::outputs::Outputs;
pub use view::plan_summary::MissingSecrets;
pub use view::rekey::Rekeyed;
pub use view::signing::{Signing, SigningConnector, SigningEntry};
pub use view::status::{ConnectorState, ConnectorStatus, StatusReport};
pub(crate) use waves::waves;
