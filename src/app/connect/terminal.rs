//! Responsible for a consent from a terminal: opens the vendor's page, waits for its callback on a loopback port, and
//! also polls, because the customer may consent on another device.

use super::complete::Expected;
use super::{
    Templates, already_connected, browser, canceled_consent, consent_refused, is_declared_as,
    recorded_at, surplus,
};
use crate::app::App;
use crate::app::token::WorkspaceLookup;
use crate::cli::ConnectArgs;
use crate::consent::{self, Attempt, Call, Completed, Link, Listener, PageTemplate, Refused, Site};
use crate::failure::{Failure, FailureKind};
use crate::model::{Address, ConnectorId};
use crate::render::{self, QrCodes, RecordedBy};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use std::{future, io, thread};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// The pause between two lists of the customer's connectors.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// How long the last page may take to reach the browser.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// A connector that a customer consented to.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    pub(crate) address: Address,
    pub(crate) id: ConnectorId,
    pub(crate) recorded_by: RecordedBy,
}

impl App<'_> {
    /// Runs the consent to one connector, or completes one whose callback another program took.
    pub(crate) async fn connect(
        &self,
        address: &Address,
        args: &ConnectArgs,
    ) -> Result<Connected, Failure> {
        let templates = Templates::from(args.clone_template);
        let connected = self.connected(address, args, &templates);
        let connected = Box::pin(self.until_interrupted(connected)).await;
        let connected = connected.map_err(canceled_consent);
        connected.map_err(|failure| templates.with_changes(failure))
    }

    async fn connected(
        &self,
        address: &Address,
        args: &ConnectArgs,
        templates: &Templates,
    ) -> Result<Connected, Failure> {
        self.consenting(address)?;
        let expected = Expected {
            address: address.clone(),
            replaces: self.replaced(address, args).await?,
            started: None,
        };
        let (id, completed) = match args.complete {
            Some(id) => {
                let id = ConnectorId(id);
                (id, self.complete(&expected, id).await?)
            }
            None => Box::pin(self.consent(expected, args, templates)).await?,
        };
        Ok(Connected {
            address: address.clone(),
            id,
            recorded_by: match completed {
                Completed::New => RecordedBy::ThisRun,
                Completed::Before => RecordedBy::EarlierRun,
                Completed::ByAnotherConsent => return Err(surplus(address, id)),
            },
        })
    }

    /// The recorded connector whose place a new one takes: with `--again`, or if it is gone.
    async fn replaced(
        &self,
        address: &Address,
        args: &ConnectArgs,
    ) -> Result<Option<ConnectorId>, Failure> {
        let Some(id) = recorded_at(&self.ledger.load().await?, address) else {
            return Ok(None);
        };
        let is_same = args.complete == Some(id.0);
        let reader = self.connection.session.reader();
        if args.again || is_same || reader.connector(id).await?.is_none() {
            Ok(Some(id))
        } else {
            Err(already_connected(address))
        }
    }

    async fn consent(
        &self,
        expected: Expected,
        args: &ConnectArgs,
        templates: &Templates,
    ) -> Result<(ConnectorId, Completed), Failure> {
        let before = self.candidates(&expected).await?;
        let socket = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|error| not_open(&error))?;
        let port = socket
            .local_addr()
            .map_err(|error| not_open(&error))?
            .port();
        let origin = format!("http://127.0.0.1:{port}");
        let life = Duration::from_secs(args.timeout);
        let link = Link::new(&expected.address, expected.replaces, life);
        let attempt = Attempt::new(link, None, &self.authenticator);
        let expected = Expected {
            started: Timestamp::from_second(attempt.started).ok(),
            ..expected
        };
        let redirect_url = attempt.callback_url(&origin, &self.authenticator);
        let url = self
            .initiate(
                &expected.address,
                expected.replaces,
                &redirect_url,
                templates,
            )
            .await?;
        let (calls, mut inbox) = mpsc::channel(4);
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = Listener {
            site: loopback_site(origin)?,
            authenticator: self.authenticator.clone(),
            calls,
        };
        let server = tokio::spawn(consent::serve(socket, listener, async {
            let _sender_is_dropped = stopped.await;
        }));
        self.show_consent(&url, args)?;
        let recording = Mutex::new(());
        let outcome = tokio::select! {
            answered = self.answer_callback(&mut inbox, &attempt, &expected, &recording) => answered,
            polled = self.poll(&expected, &before, &recording) => polled,
            failure = self.open_browser(url, args) => Err(failure),
            () = wait(life, &recording) => Err(not_in_time(args.timeout)),
        };
        drop(stop);
        // A page that does not arrive changes nothing of the outcome.
        let _last_page = timeout(LAST_PAGE, server).await;
        outcome
    }

    fn show_consent(&self, url: &str, args: &ConnectArgs) -> Result<(), Failure> {
        let ui = self.invocation.ui;
        let qr = if args.qr {
            QrCodes::Printed
        } else {
            QrCodes::Omitted
        };
        Ok(render::consent_url(ui, url, qr)?)
    }

    /// Opens the address in a browser, on a thread of its own, because a browser in the terminal ends only when the
    /// user closes it. Completes only if a note cannot be written.
    async fn open_browser(&self, url: String, args: &ConnectArgs) -> Failure {
        if !args.no_browser {
            let (opened, is_open) = oneshot::channel();
            let reader = self.invocation.ui.out_reader();
            thread::spawn(move || {
                // The consent may have ended meanwhile.
                let _ = opened.send(browser::open(&url, reader).is_ok());
            });
            // Only a browser on this machine reaches the callback; without one, polling finds the connector.
            let text = "no browser could be started: open the address yourself";
            if is_open.await != Ok(true)
                && let Err(error) = render::print_note(self.invocation.ui, text)
            {
                return error.into();
            }
        }
        future::pending().await
    }

    /// Answers callbacks until the one of this attempt.
    async fn answer_callback(
        &self,
        inbox: &mut mpsc::Receiver<Call>,
        attempt: &Attempt,
        expected: &Expected,
        recording: &Mutex<()>,
    ) -> Result<(ConnectorId, Completed), Failure> {
        loop {
            match inbox.recv().await {
                Some(Call::Complete {
                    attempt: other,
                    connector: id,
                    reply,
                }) if other == *attempt => {
                    let _one_at_a_time = recording.lock().await;
                    let completed = self.complete(expected, id).await;
                    let answer = completed.as_ref().copied();
                    // The browser may be closed already.
                    let _ = reply.send(answer.map_err(Refused::from));
                    return completed.map(|completed| (id, completed));
                }
                Some(Call::Failed {
                    attempt: other,
                    reply,
                }) if other == *attempt => {
                    let failure = consent_refused(&expected.address);
                    let _ = reply.send(Err(Refused::from(&failure)));
                    return Err(failure);
                }
                // A callback of another run. Its sender gets no answer.
                Some(_) => {}
                None => return Err(Failure::internal("the listener of the callback ended")),
            }
        }
    }

    /// Waits for a connector of the declared name and type that did not exist before. Two lists must show it, so that
    /// the callback of a browser on this machine comes first.
    async fn poll(
        &self,
        expected: &Expected,
        before: &BTreeSet<ConnectorId>,
        recording: &Mutex<()>,
    ) -> Result<(ConnectorId, Completed), Failure> {
        let mut listed = None;
        loop {
            sleep(POLL_EVERY).await;
            // A list that fails is read again.
            let Ok(present) = self.candidates(expected).await else {
                continue;
            };
            let candidate = present.difference(before).next().copied();
            if let Some(id) = candidate.filter(|_| candidate == listed) {
                let _one_at_a_time = recording.lock().await;
                return Ok((id, self.complete(expected, id).await?));
            }
            listed = candidate;
        }
    }

    /// The connectors of the customer that have the declared name and type.
    async fn candidates(&self, expected: &Expected) -> Result<BTreeSet<ConnectorId>, Failure> {
        let address = &expected.address;
        let declared = self.consenting(address)?;
        let workspace = match self.find_workspace(&address.customer).await? {
            WorkspaceLookup::Found(workspace) => workspace,
            // The consent creates it.
            WorkspaceLookup::Missing(_) => return Ok(BTreeSet::new()),
        };
        let reader = self.connection.session.reader();
        let listed = reader.connectors(workspace, &address.customer).await?;
        let listed = listed.into_iter().flatten();
        Ok(listed
            .filter(|(_, connector)| is_declared_as(connector, address, declared))
            .map(|(id, _)| id)
            .collect())
    }
}

/// Waits for the time, and then for a connector that is being recorded.
async fn wait(time: Duration, recording: &Mutex<()>) {
    sleep(time).await;
    let _recorded = recording.lock().await;
}

fn loopback_site(origin: String) -> Result<Site, Failure> {
    let template = PageTemplate::new("airlift", None)
        .map_err(|error| Failure::internal(format!("the embedded page: {error}")))?;
    Ok(Site {
        origin,
        template,
        success_url: None,
        error_url: None,
        proxies: 0,
    })
}

fn not_in_time(seconds: u64) -> Failure {
    let message = format!("no consent in {seconds} s");
    Failure::new(FailureKind::Refused, "consent_timeout", message).hint(
        "run the command again; `airlift apply` records a connector of a consent that came later",
    )
}

fn not_open(error: &io::Error) -> Failure {
    let message = format!("cannot listen on 127.0.0.1: {error}");
    Failure::error("cannot_listen", message)
}
