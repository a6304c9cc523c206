//! Responsible for `connect serve`: the listener for a team's own domain. Locks the ledger only while it records a
//! connector.

use super::complete::Expected;
use super::refused_consent::other_browser;
use super::webhook::{ConsentEvent, Notifier};
use super::{Templates, consent_refused, recorded_at, surplus};
use crate::app::named_file::text_of;
use crate::app::{App, policy};
use crate::cli::ConnectServeArgs;
use crate::consent::{self, Attempt, Call, Completed, Link, Listener, PageTemplate, Refused, Site};
use crate::failure::{Failure, FailureKind};
use crate::model::ConnectorId;
use crate::render;
use futures_util::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// Consents that are started or recorded at the same time.
const PARALLEL: usize = 16;
/// Calls that wait for one of them.
const WAITING: usize = 64;
/// The pause before the ledger is tried again.
const NOTE_AGAIN: Duration = Duration::from_secs(10);
/// Events that wait for the webhook.
const EVENTS: usize = 256;
/// Events that are delivered at the same time.
const PARALLEL_EVENTS: usize = 8;
/// How long calls and deliveries may take that are in progress when a signal arrives.
const DRAIN: Duration = Duration::from_secs(20);

/// The answer to a callback.
type Reply = oneshot::Sender<Result<Completed, Refused>>;

/// What answers to calls share.
struct Desk {
    templates: Templates,
    /// The queue of the webhook, if there is one.
    events: Option<mpsc::Sender<ConsentEvent>>,
    /// Connectors are recorded one by one, because each needs the lock of the ledger.
    recording: Mutex<()>,
}

impl App<'_> {
    /// Serves until a signal arrives, then finishes the calls in progress.
    pub(crate) async fn serve_consents(&self, args: &ConnectServeArgs) -> Result<(), Failure> {
        // A policy file that cannot be read fails here, and not at the first click.
        policy::load(self.invocation, &self.project)?;
        let socket = TcpListener::bind(args.listen).await;
        let socket = socket.map_err(|error| not_open(args.listen, &error))?;
        let local = socket
            .local_addr()
            .map_err(|error| not_open(args.listen, &error))?;
        let origin = match &args.public_url {
            Some(origin) => origin.to_string(),
            None => format!("http://{local}"),
        };
        let notifier = Notifier::from_args(self.invocation.env, args, &self.authenticator)?;
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
        let answers = self.answer_all(inbox, notifier, args.clone_template.into());
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

    /// Answers calls until the listener ends, and delivers their events beside that.
    async fn answer_all(
        &self,
        inbox: mpsc::Receiver<Call>,
        notifier: Option<Notifier>,
        templates: Templates,
    ) {
        let (events, queue) = mpsc::channel(EVENTS);
        let desk = Desk {
            templates,
            events: notifier.is_some().then_some(events),
            recording: Mutex::new(()),
        };
        let answers = async move {
            received(inbox)
                .for_each_concurrent(PARALLEL, |call| self.answer(call, &desk))
                .await;
        };
        let deliveries = async {
            let Some(notifier) = notifier else { return };
            received(queue)
                .for_each_concurrent(PARALLEL_EVENTS, |event| self.deliver(&notifier, event))
                .await;
        };
        tokio::join!(answers, deliveries);
    }

    async fn answer(&self, call: Call, desk: &Desk) {
        match call {
            Call::Initiate {
                link,
                redirect_url,
                reply,
            } => {
                let started = self.start_link(&link, &redirect_url, desk).await;
                self.log("start", &link, started.as_ref().err());
                // The browser may be closed already, as below.
                let _ = reply.send(started.map_err(|failure| Refused::from(&failure)));
            }
            Call::Complete {
                attempt,
                connector,
                reply,
            } => {
                self.record(&attempt, connector, desk, reply).await;
            }
            Call::OtherBrowser {
                attempt,
                connector,
                reply,
            } => {
                self.note_other_browser(&attempt, connector, desk, reply)
                    .await;
            }
            Call::Failed { attempt, reply } => self.decline(&attempt, desk, reply).await,
        }
    }

    /// Starts the consent of a link, as the files are now.
    async fn start_link(
        &self,
        link: &Link,
        redirect_url: &str,
        desk: &Desk,
    ) -> Result<String, Failure> {
        let app = self.with_present_files()?;
        let address = link.address();
        let started = app
            .initiate(&address, link.replaces, redirect_url, &desk.templates)
            .await;
        app.secrets.close().await;
        started
    }

    /// Records a connector and answers the browser. The event follows, because the webhook may be slow.
    async fn record(&self, attempt: &Attempt, id: ConnectorId, desk: &Desk, reply: Reply) {
        let expected = Expected {
            address: attempt.link.address(),
            replaces: attempt.link.replaces,
            started: Timestamp::from_second(attempt.started).ok(),
        };
        let completed = {
            let _one_at_a_time = desk.recording.lock().await;
            match self.with_present_files() {
                Ok(app) => app.complete(&expected, id).await,
                Err(failure) => Err(failure),
            }
        };
        let answer = completed.as_ref().copied();
        let _ = reply.send(answer.map_err(not_recorded));
        let event = match &completed {
            // The team got the event of the other consent.
            Ok(Completed::ByAnotherConsent) => {
                let surplus = surplus(&expected.address, id);
                return self.log("record", &attempt.link, Some(&surplus));
            }
            Ok(Completed::New | Completed::Before) => ConsentEvent::connected(attempt, id),
            Err(failure) => ConsentEvent::failed(attempt, id, failure),
        };
        self.log("record", &attempt.link, completed.as_ref().err());
        self.queue(desk, event);
    }

    /// Notes a connector that no run may adopt. Tries until it is noted or the service stops, because another run may
    /// hold the ledger for long.
    async fn note_other_browser(
        &self,
        attempt: &Attempt,
        id: ConnectorId,
        desk: &Desk,
        reply: oneshot::Sender<()>,
    ) {
        self.log("record", &attempt.link, Some(&other_browser(id)));
        let mut reply = Some(reply);
        loop {
            let noted = {
                let _one_at_a_time = desk.recording.lock().await;
                self.note_refused(&attempt.link.address(), id).await
            };
            // The browser may be closed already.
            let _ = reply.take().map(|reply| reply.send(()));
            let Err(failure) = noted else { return };
            self.log("note the connector", &attempt.link, Some(&failure));
            sleep(NOTE_AGAIN).await;
        }
    }

    /// Answers the browser of a customer who refused. Another consent may have connected the connector, and then the
    /// refusal changes nothing.
    async fn decline(&self, attempt: &Attempt, desk: &Desk, reply: Reply) {
        let link = &attempt.link;
        let recorded = self.ledger.load().await;
        let current = recorded.map(|recorded| recorded_at(&recorded, &link.address()));
        if let Ok(Some(id)) = current
            && link.replaces != Some(id)
        {
            let _ = reply.send(Ok(Completed::ByAnotherConsent));
            return;
        }
        let failure = consent_refused(&link.address());
        let _ = reply.send(Err(Refused::from(&failure)));
        self.log("consent", link, Some(&failure));
        self.queue(desk, ConsentEvent::refused(attempt, &failure));
    }

    /// Queues an event for the webhook. A full queue loses it.
    fn queue(&self, desk: &Desk, event: ConsentEvent) {
        let Some(events) = &desk.events else {
            return;
        };
        if let Err(lost) = events.try_send(event) {
            let event = lost.into_inner();
            self.report(&format!(
                "{event} is lost: {EVENTS} events wait for the webhook"
            ));
        }
    }

    async fn deliver(&self, notifier: &Notifier, event: ConsentEvent) {
        if let Err(problem) = notifier.send(&event).await {
            self.report(&format!(
                "{event} was not delivered to the webhook: {problem}"
            ));
        }
    }

    fn log(&self, what: &str, link: &Link, failure: Option<&Failure>) {
        let address = link.address();
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

/// Why a callback recorded nothing. Most failures end: the lock of the ledger is free again, or the API responds.
fn not_recorded(failure: &Failure) -> Refused {
    if failure.kind == FailureKind::Refused {
        return Refused::from(failure);
    }
    let message = "The connector is not recorded yet. Reload this page in a minute. If that does not help, ask the \
        sender of the link.";
    Refused::new(failure.code, message)
}

/// What a channel receives, until its senders are dropped.
fn received<T>(inbox: mpsc::Receiver<T>) -> impl Stream<Item = T> {
    stream::unfold(inbox, async |mut inbox| {
        let item = inbox.recv().await?;
        Some((item, inbox))
    })
}

fn site(origin: String, args: &ConnectServeArgs) -> Result<Site, Failure> {
    let unusable = |problem: String| {
        Failure::error("bad_page_template", format!("--template: {problem}"))
            .hint("`airlift explain bad_page_template` lists what a template gets")
    };
    let own = args
        .template
        .as_ref()
        .map(|path| text_of(path))
        .transpose()
        .map_err(|error| unusable(error.to_string()))?;
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
