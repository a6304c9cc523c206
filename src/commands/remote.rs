//! Opening the way to the API: the remote one, from the environment and flags, or the embedded
//! one, in this process and on loopback.
//!
//! Nothing here comes from the project's files but the organization and the contract: a pull
//! request can change those files, so they never say where credentials go.

use super::environment::Environment;
use crate::api::{self, Credentials, Load, Options, Session, Target};
use crate::cli::{ConnectionArgs, ConnectorToken, GlobalArgs, RateArgs};
use crate::config::Project;
use crate::events::Sink;
use crate::failure::{Failure, FailureKind};
use crate::ledger::{Ledger, LedgerStore, Lock, Unsettled, open_shared, trusted};
use crate::model::{Desired, OrganizationId, Recorded, SecretValue};
use crate::sandbox;
use crate::secrets::{Fingerprinter, Values, among};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The client of the embedded API. Its secret guards nothing, and looks like no part of a name
/// that somebody would give to anything, which would then not be shown.
const SANDBOX_CLIENT: (&str, &str) = ("sandbox", "0=1=2=3=4=5=6=7=8");
/// What fingerprints are keyed with that go to the embedded API.
const SANDBOX_KEY: &str = "sandbox-secret";

/// An open way to the API, and the ledger that goes with it.
pub(super) struct Remote {
    /// The session.
    pub(super) session: Session,
    /// The address, for people.
    pub(super) name: String,
    /// The organization that the session acts for.
    pub(super) organization: OrganizationId,
    /// The organization's ledger.
    pub(super) ledger: Ledger,
    /// Fingerprints with the organization's key.
    pub(super) fingerprinter: Fingerprinter,
    /// Fingerprints with the key that was in use before.
    pub(super) old_fingerprinter: Fingerprinter,
    /// Receives what happens meanwhile.
    pub(super) events: Arc<dyn Sink>,
    /// The embedded API, when it is the one.
    sandbox: Option<sandbox::Running>,
}

/// How hard a run presses the API, and with which token it creates connectors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    token: ConnectorToken,
    parallelism: u16,
    max_rps: Option<f64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            token: ConnectorToken::default(),
            parallelism: 4,
            max_rps: None,
        }
    }
}

impl From<&ConnectionArgs> for Pace {
    fn from(connection: &ConnectionArgs) -> Self {
        Self {
            token: connection.connector_token,
            ..Self::from(&connection.rate)
        }
    }
}

impl From<&RateArgs> for Pace {
    fn from(pace: &RateArgs) -> Self {
        Self {
            token: ConnectorToken::default(),
            parallelism: pace.parallelism,
            max_rps: pace.max_rps,
        }
    }
}

impl Remote {
    /// Opens the session and finds the ledger.
    pub(super) async fn open(
        env: &Environment,
        project: &Project,
        global: &GlobalArgs,
        pace: Pace,
        events: &Arc<dyn Sink>,
    ) -> Result<Self, Failure> {
        let way = if global.sandbox {
            Way::embedded(env, project).await?
        } else {
            Way::remote(env, project)?
        };
        let root = ledger_root(env, project, global, &way)?;
        let options = Options {
            organization_id: way.organization,
            events: Some(Arc::clone(events)),
            ..options(project, global, pace)?
        };
        let session = Session::open(way.target, way.credentials, options).await?;
        let organization = session
            .organization()
            .ok_or_else(|| api::ApiError::from(api::ApiErrorKind::UnknownOrganization))?;
        Ok(Self {
            session,
            name: way.name,
            organization,
            ledger: Ledger::new(&root, organization),
            fingerprinter: Fingerprinter::new(&way.ledger_key, organization),
            old_fingerprinter: Fingerprinter::new(&way.old_ledger_key, organization),
            events: Arc::clone(events),
            sandbox: way.sandbox,
        })
    }

    /// The same, with the ledger's lock: for the verbs that write.
    pub(super) async fn open_locked(
        env: &Environment,
        project: &Project,
        global: &GlobalArgs,
        pace: Pace,
        events: &Arc<dyn Sink>,
    ) -> Result<(Self, Lock), Failure> {
        let remote = Self::open(env, project, global, pace, events).await?;
        let lock = remote.lock().await?;
        Ok((remote, lock))
    }

    /// Has the embedded API keep no value that is about to be sent, whatever the setting it is
    /// for: its world is a file.
    pub(super) fn keep_out(&self, values: &Values) {
        if let Some(running) = &self.sandbox {
            running.mask(among(values));
        }
    }

    /// What is recorded and not settled. From then on answers may show what stands in the files
    /// or in the ledger, whatever it looks like.
    pub(super) async fn history(
        &self,
        desired: &Desired,
    ) -> Result<(Recorded, Vec<Unsettled>), Failure> {
        let recorded = self.ledger.load().await?;
        let unsettled = self.ledger.unsettled().await?;
        self.session.note_plain(desired.texts());
        let kept = recorded.customers.values().map(serde_json::to_value);
        let begun = unsettled
            .iter()
            .map(|one| serde_json::to_value(&one.intent));
        for value in kept.chain(begun).flatten() {
            self.session.note_plain(texts(&value));
        }
        Ok((recorded, unsettled))
    }

    /// Takes the ledger's lock, or says who holds it.
    pub(super) async fn lock(&self) -> Result<Lock, Failure> {
        Ok(self.ledger.lock(&owner(), &*self.events).await?)
    }

    /// Ends the embedded API, so that its world is on disk.
    pub(super) async fn close(self) -> Result<(), Failure> {
        match self.sandbox {
            Some(running) => Ok(running.stop().await?),
            None => Ok(()),
        }
    }
}

/// Every text in a value, keys included: names are keys.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            let inner = |(key, field)| std::iter::once(String::as_str(key)).chain(texts(field));
            fields.iter().flat_map(inner).collect()
        }
        _ => Vec::new(),
    }
}

/// What another run is told of this one: a ledger may be shared between machines.
fn owner() -> String {
    let process = format!("process {}", std::process::id());
    #[cfg(unix)]
    let process = format!(
        "{process} on {}",
        rustix::system::uname().nodename().to_string_lossy()
    );
    process
}

/// Where a session goes, and with what.
struct Way {
    target: Target,
    name: String,
    credentials: Credentials,
    /// What fingerprints are keyed with.
    ledger_key: SecretValue,
    /// What they were keyed with before a rekeying.
    old_ledger_key: SecretValue,
    organization: Option<OrganizationId>,
    ledger_root: PathBuf,
    sandbox: Option<sandbox::Running>,
}

impl Way {
    fn remote(env: &Environment, project: &Project) -> Result<Self, Failure> {
        let address = env.text("AIRBYTE_API_HOST");
        let address = address.unwrap_or_else(|| api::DEFAULT_TARGET.to_owned());
        let target: Target = address.parse().map_err(|error| {
            Failure::new(
                FailureKind::Error,
                "bad_api_host",
                format!("AIRBYTE_API_HOST {error}"),
            )
        })?;
        let client_id = required(env, "AIRBYTE_CLIENT_ID")?;
        let secret = required(env, "AIRBYTE_CLIENT_SECRET")?;
        let own_key = ledger_key(env, "AIRLIFT_LEDGER_KEY", &secret);
        let old_ledger_key = ledger_key(env, "AIRLIFT_LEDGER_OLD_KEY", &secret);
        let credentials = Credentials {
            client_id,
            client_secret: SecretValue::new(secret),
        };
        Ok(Self {
            name: target.to_string(),
            target,
            credentials,
            ledger_key: own_key,
            old_ledger_key,
            organization: expected_organization(env, project)?,
            ledger_root: state_dir(project).join("ledger"),
            sandbox: None,
        })
    }

    /// Starts the embedded API on a port of its own, with its world beside the project. Its
    /// ledger is apart from the remote one: the ids of one mean nothing in the other.
    async fn embedded(env: &Environment, project: &Project) -> Result<Self, Failure> {
        let dir = state_dir(project);
        trusted(&dir)?;
        private_dir(&dir)?;
        let (id, secret) = SANDBOX_CLIENT;
        let declared = project.desired.organization_id;
        let mut options = sandbox::Options {
            client: Some((id.to_owned(), secret.to_owned())),
            state: Some(dir.join("sandbox.json")),
            ..sandbox::Options::default()
        };
        if let Some(organization) = declared {
            options.organization_id = organization.0;
        }
        let running = sandbox::start(options).await?;
        let target: Target = running.origin().parse().map_err(|error| {
            Failure::new(
                FailureKind::Internal,
                "internal",
                format!("the sandbox's address {error}"),
            )
        })?;
        Ok(Self {
            name: format!("the sandbox at {target}"),
            target,
            credentials: Credentials {
                client_id: id.to_owned(),
                client_secret: SecretValue::new(secret.to_owned()),
            },
            ledger_key: ledger_key(env, "AIRLIFT_LEDGER_KEY", SANDBOX_KEY),
            old_ledger_key: ledger_key(env, "AIRLIFT_LEDGER_OLD_KEY", SANDBOX_KEY),
            organization: declared,
            ledger_root: dir.join("sandbox"),
            sandbox: Some(running),
        })
    }
}

/// Where ledgers are: as the operator says, who may use links, else beside the project, where a
/// checkout could have put one.
fn ledger_root(
    env: &Environment,
    project: &Project,
    global: &GlobalArgs,
    way: &Way,
) -> Result<LedgerStore, Failure> {
    if let Some(root) = &global.ledger {
        return match address(root) {
            Some(address) => Ok(LedgerStore::Shared(match env.lent(address) {
                Some(lent) => lent,
                None => open_shared(address, env.of_object_stores())?,
            })),
            None => Ok(LedgerStore::Local(root.clone())),
        };
    }
    trusted(&state_dir(project))?;
    trusted(&way.ledger_root)?;
    Ok(LedgerStore::Local(way.ledger_root.clone()))
}

/// What `--ledger` names where it is an address and not a directory.
pub(super) fn address(root: &Path) -> Option<&str> {
    root.to_str().filter(|text| text.contains("://"))
}

/// Where ledger and sandbox are kept: beside the project.
pub(super) fn state_dir(project: &Project) -> PathBuf {
    project.root.join(".airlift")
}

fn private_dir(dir: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| {
        let message = format!("cannot make {}: {error}", dir.display());
        Failure::new(FailureKind::Error, "ledger_failed", message)
    })
}

/// The organization that files and environment name; they have to agree.
fn expected_organization(
    env: &Environment,
    project: &Project,
) -> Result<Option<OrganizationId>, Failure> {
    let declared = project.desired.organization_id;
    let Some(text) = env.text("AIRBYTE_ORGANIZATION_ID") else {
        return Ok(declared);
    };
    let from_environment: OrganizationId = text.parse().map_err(|_| {
        let message = "AIRBYTE_ORGANIZATION_ID is not a UUID";
        Failure::new(FailureKind::Error, "bad_organization_id", message)
    })?;
    match declared {
        Some(declared) if declared != from_environment => {
            let message = format!(
                "the project is for organization {declared}, and AIRBYTE_ORGANIZATION_ID names \
                 {from_environment}"
            );
            Err(Failure::new(
                FailureKind::Authentication,
                "wrong_organization",
                message,
            ))
        }
        _ => Ok(Some(from_environment)),
    }
}

fn options(project: &Project, global: &GlobalArgs, pace: Pace) -> Result<Options, Failure> {
    let ca_pem = ca_pem(global)?;
    Ok(Options {
        contract: project.desired.contract,
        connector_token: match pace.token {
            ConnectorToken::Scoped => api::ConnectorToken::Scoped,
            ConnectorToken::Application => api::ConnectorToken::Application,
        },
        ca_pem,
        proxy: global.proxy.clone(),
        load: Load {
            parallelism: pace.parallelism.into(),
            max_rps: pace.max_rps,
        },
        ..Options::default()
    })
}

/// What the file of `--ca-file` holds.
pub(super) fn ca_pem(global: &GlobalArgs) -> Result<Option<Vec<u8>>, Failure> {
    global.ca_file.as_deref().map(read_ca).transpose()
}

fn read_ca(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        let message = format!("cannot read {}: {error}", path.display());
        Failure::new(FailureKind::Error, "bad_ca_file", message)
    })
}

/// The key that a variable holds, else the client secret.
fn ledger_key(env: &Environment, name: &str, client_secret: &str) -> SecretValue {
    let own = env.text(name);
    SecretValue::new(own.unwrap_or_else(|| client_secret.to_owned()))
}

fn required(env: &Environment, name: &'static str) -> Result<String, Failure> {
    env.text(name).ok_or_else(|| {
        let message = format!("{name} is not set");
        Failure::new(FailureKind::Authentication, "no_credentials", message).hint(
            "set AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET to the organization's client \
             credentials, or try the embedded API with --sandbox",
        )
    })
}
