//! Responsible for the customer's side of a consent: links that live for days, the page with the button, and the
//! callback of the vendor. A listener sends each click and each callback to the command that runs it.
//!
//! Does not call the API and does not write the ledger: `app` answers the calls. Keeps nothing that a restart would
//! lose, because a link and the address of its callback carry everything, authenticated with the ledger's key.
//!
//! ```text
//! GET  /connect/LINK   the page: nothing is started, so that a mail scanner uses up nothing
//! POST /connect/LINK   Call::Initiate -> redirect to the vendor's consent page
//! GET  /callback       Call::Complete -> the connector is verified and recorded
//! ```

mod call;
mod connection;
mod form;
mod listener;
mod page;
mod rate_limit;
mod signed;
mod site;
mod webhook;

pub(crate) use call::{Call, Completed, Refused};
pub(crate) use listener::{Listener, serve};
pub(crate) use page::PageTemplate;
pub(crate) use signed::{Attempt, Link};
pub(crate) use site::Site;
pub(crate) use webhook::{Webhook, WebhookMessage};
