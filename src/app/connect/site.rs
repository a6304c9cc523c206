//! Responsible for `connect serve`: the listener for a team's own domain. Locks the ledger only while it records a
//! connector.

use super::complete::Expected;
use super::webhook::{ConsentEvent, EventKind, Notifier};
use crate::app::App;
use crate::cli::ConnectServeArgs;
use crate::consent::{self, Attempt, Call, Completed, Link, Listener, PageTemplate, Refused, Site};
use crate::failure::Failure;
use crate::model::{Address, ConnectorId};
use crate::render;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

/// Consents that are started or recorded at the same time.
const PARALLEL: usize = 16;
/// Calls that wait for one of them.
const WAITING: usize = 64;
/// How long calls may take that are in progress when a signal arrives.
const DRAIN: Duration = Duration::from_secs(20);

/// What answers to calls share.
struct Desk<'a> {
    args: &'a ConnectServeArgs,
    notifier: Option<Notifier>,
    /// Connectors are recorded one by one, because each needs the lock of the ledger.
    recording: Mutex<()>,
}

impl App<'_> {
    /// Serves until a signal arrives, then finishes the calls in progress.
    pub(crate) async fn serve_consents(&self, args: &ConnectServeArgs) -> Result<(), Failure> {
        let socket = TcpListener::bind(args.listen).await;
        let socket = socket.map_err(|error| not_open(args.listen, &error))?;
        let local = socket
            .local_addr()
            .map_err(|error| not_open(args.listen, &error))?;
        let origin = match &args.public_url {
            Some(origin) => origin.to_string(),
            None => format!("http://{local}"),
        };
        let desk = Desk {
            args,
            notifier: Notifier::from_args(self.invocation.env, args, &self.authenticator)?,
            recording: Mutex::new(()),
        };
        let (calls, inbox) = mpsc::channel(WAITING);
        let listener = Listener {
            site: site(origin.clone(), args)?,
            authenticator: self.authenticator.clone(),
            calls,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(consent::serve(socket, listener, async {
            let _sender_is_dropped = stopped.await;
        }));
        render::serving_consents(self.invocation.ui, &origin)?;
        let answers = stream::unfold(inbox, async |mut inbox| {
            let call: Call = inbox.recv().await?;
            Some((call, inbox))
        })
        .for_each_concurrent(PARALLEL, |call| self.answer(call, &desk));
        tokio::pin!(answers);
        tokio::select! {
            () = &mut answers => {}
            () = self.invocation.env.interruption() => {
                drop(stop);
                // What is not finished by then is settled by the next run.
                let _drained = timeout(DRAIN, async { tokio::join!(answers, server) }).await;
            }
        }
        Ok(())
    }

    async fn answer(&self, call: Call, desk: &Desk<'_>) {
        match call {
            Call::Initiate {
                link,
                redirect_url,
                reply,
            } => {
                let started = self
                    .initiate(
                        &address_of(&link),
                        link.replaces.map(ConnectorId),
                        &redirect_url,
                        desk.args.clone_template.into(),
                    )
                    .await;
                self.log("start", &link, started.as_ref().err());
                // The browser may be closed already, as below.
                let _ = reply.send(started.map_err(|failure| Refused::from(&failure)));
            }
            Call::Complete {
                attempt,
                connector,
                reply,
            } => {
                let completed = self.record(&attempt, ConnectorId(connector), desk).await;
                let _ = reply.send(completed);
            }
            Call::Failed {
                attempt,
                refused,
                reply,
            } => {
                let _ = reply.send(());
                self.log(
                    "consent",
                    &attempt.link,
                    Some(&super::terminal::consent_refused(&address_of(
                        &attempt.link,
                    ))),
                );
                let event =
                    ConsentEvent::new(EventKind::Refused, &attempt, Some(refused.code), None);
                self.notify(desk, &event).await;
            }
        }
    }

    async fn record(
        &self,
        attempt: &Attempt,
        id: ConnectorId,
        desk: &Desk<'_>,
    ) -> Result<Completed, Refused> {
        let expected = Expected {
            address: address_of(&attempt.link),
            replaces: attempt.link.replaces.map(ConnectorId),
            started: Timestamp::from_second(attempt.started).ok(),
        };
        let completed = {
            let _one_at_a_time = desk.recording.lock().await;
            self.complete(&expected, id).await
        };
        self.log("record", &attempt.link, completed.as_ref().err());
        let event = match &completed {
            Ok(_) => ConsentEvent::new(EventKind::Connected, attempt, None, Some(id)),
            Err(failure) => {
                ConsentEvent::new(EventKind::Failed, attempt, Some(failure.code), Some(id))
            }
        };
        self.notify(desk, &event).await;
        completed.map_err(|failure| Refused::from(&failure))
    }

    async fn notify(&self, desk: &Desk<'_>, event: &ConsentEvent) {
        let Some(notifier) = &desk.notifier else {
            return;
        };
        if let Err(problem) = notifier.send(event).await {
            self.report(&format!("the webhook was not delivered: {problem}"));
        }
    }

    fn log(&self, what: &str, link: &Link, failure: Option<&Failure>) {
        let address = address_of(link);
        self.report(&match failure {
            None => format!("{address}: {what}: ok"),
            Some(failure) => format!("{address}: {what}: {} [{}]", failure.message, failure.code),
        });
    }

    /// Writes to stderr. A listener whose stderr is closed goes on.
    fn report(&self, text: &str) {
        let _ = render::print_note(self.invocation.ui, text);
    }
}

fn address_of(link: &Link) -> Address {
    Address::connector(&link.customer, &link.connector)
}

fn site(origin: String, args: &ConnectServeArgs) -> Result<Site, Failure> {
    let unusable = |problem: String| {
        Failure::error("bad_page_template", format!("--template: {problem}"))
            .hint("`airlift explain bad_page_template` lists what a template gets")
    };
    let own = match &args.template {
        None => None,
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            let text = String::from_utf8(bytes).map_err(|_| unusable("is not UTF-8".to_owned()))?;
            Some(text)
        }
    };
    let template = PageTemplate::new(&args.title, own).map_err(|e| unusable(e.to_string()))?;
    Ok(Site {
        origin,
        template,
        success_url: args.success_url.clone(),
        error_url: args.error_url.clone(),
        proxies: args.proxies.into(),
    })
}

fn not_open(address: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::error(
        "cannot_listen",
        format!("cannot listen on {address}: {error}"),
    )
}
