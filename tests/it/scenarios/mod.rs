//! End-to-end tests of every kind of change, with the binary and the sandbox. After each apply, a plan
//! must be empty.

mod adopt;
mod adoption_table;
mod agent;
mod bulk;
mod ci_formats;
mod connect;
mod connectors;
mod contradictory_responses;
mod coordinates;
mod create;
mod credentials;
mod customer_files;
mod customers;
mod doctor;
mod drift;
mod drift_acceptance;
mod environments;
mod events;
mod export;
mod export_catalog;
mod export_update;
mod interruption;
mod isolation;
mod json_output;
mod large_ledger;
mod ledger;
mod ledger_commands;
mod ledger_copy;
mod ledger_history;
mod ledger_place;
mod literal_text;
mod naughty_names;
mod next_steps;
mod oauth_apps;
mod organization_listing;
mod outputs;
mod policy;
mod prune;
mod redaction;
mod refusals;
mod replacement;
mod request_counts;
mod resembling;
mod runner_secrets;
mod saved_plans;
mod secret_values;
mod selection;
mod serve;
mod setting_forms;
mod shards;
mod shown_values;
mod snapshot;
mod status;
mod target;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(unix)]
mod tokens;
#[cfg(unix)]
mod trust;
mod unknown_type;
mod versions;
mod waves;
mod widget;
