//! Responsible for choosing the API: the remote one that the environment names, or the embedded
//! one, which runs in this process on a loopback port.
//!
//! Does not take an address or credentials from the project's files, because a pull request can
//! change those files. The files give only the organization.

use super::credentials::{SECRET, client_secret};
use super::ledger_access::{access, ignore_state_dir, state_dir, state_name};
use super::ledger_git::refuse_tracked;
use super::ledger_keys::Keys;
use super::{Environment, Invocation};
use crate::api::{Credentials, DEFAULT_TARGET, Target};
use crate::config::Project;
use crate::failure::{Failure, FailureKind};
use crate::files::{self, Access, FileError};
use crate::ledger::trusted;
use crate::model::{OrganizationId, SecretValue};
use crate::render;
use crate::sandbox::{self, StateFile};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The origin of the embedded API in the scope of its ledger.
pub(super) const SANDBOX_ORIGIN: &str = "sandbox";
/// The client id of the embedded API.
const SANDBOX_CLIENT_ID: &str = "sandbox";
/// The file of the key for the ledger of the embedded API.
const SANDBOX_KEY_FILE: &str = ".airlift/sandbox.key";
/// The largest size of that file in bytes.
const MAX_KEY_LENGTH: u64 = 1024;

/// The API of a session, with its credentials, keys and ledger directory.
pub(super) struct Endpoint {
    pub(super) target: Target,
    /// The address as shown to people.
    pub(super) name: String,
    pub(super) credentials: Credentials,
    pub(super) keys: Keys,
    /// The organization that the files or the environment name, if any.
    pub(super) organization: Option<OrganizationId>,
    /// The directory of the ledgers, unless `--ledger` names another.
    pub(super) ledger_dir: PathBuf,
    /// The embedded API of `--sandbox`.
    pub(super) sandbox: Option<sandbox::Sandbox>,
}

impl Endpoint {
    /// The origin of the API in the scope of the ledger. The port of a server on this machine
    /// changes with each start, so it is left out.
    pub(super) fn ledger_origin(&self) -> String {
        if self.sandbox.is_some() {
            SANDBOX_ORIGIN.to_owned()
        } else {
            ledger_origin(&self.target)
        }
    }

    pub(super) async fn find(
        invocation: Invocation<'_>,
        project: &Project,
    ) -> Result<Self, Failure> {
        let endpoint = if invocation.global.sandbox {
            Self::embedded(invocation, project).await?
        } else {
            Self::remote(invocation.env, project)?
        };
        // A proxy carries https only.
        let is_plain = endpoint.target.to_string().starts_with("http:");
        if invocation.global.proxy.is_some() && is_plain {
            let text = "--proxy has no effect, because the API is on this machine";
            render::print_note(invocation.ui, text)?;
        }
        Ok(endpoint)
    }

    fn remote(env: &Environment, project: &Project) -> Result<Self, Failure> {
        let target = target(env)?;
        let client_id = env
            .text("AIRBYTE_CLIENT_ID")
            .ok_or_else(|| not_set("AIRBYTE_CLIENT_ID"))?;
        let mut secret = client_secret(env)?.ok_or_else(|| not_set(SECRET))?;
        Ok(Self {
            name: target.to_string(),
            target,
            keys: Keys::new(env, &secret)?,
            credentials: Credentials {
                client_id,
                client_secret: SecretValue::new(std::mem::take(&mut *secret)),
            },
            organization: expected_organization(env, project)?,
            ledger_dir: ledger_dir(project),
            sandbox: None,
        })
    }

    /// Starts the embedded API with its state beside the project. Its ledger has its own directory,
    /// because ids of the embedded API mean nothing in the remote one.
    async fn embedded(invocation: Invocation<'_>, project: &Project) -> Result<Self, Failure> {
        let Invocation { env, global, .. } = invocation;
        let dir = state_dir(project);
        trusted(&dir, access(global))?;
        let secret = random_secret();
        let declared = project.desired.organization_id;
        let mut options = sandbox::Options {
            client: Some((SANDBOX_CLIENT_ID.to_owned(), secret.clone())),
            state: Some(StateFile::below(
                &project.root,
                format!(".airlift/{}.json", state_name(project, "sandbox")),
            )),
            ..sandbox::Options::default()
        };
        if let Some(organization) = declared {
            options.organization_id = organization.0;
        }
        let running = sandbox::start(options).await?;
        let target: Target = running.origin().parse().map_err(|error| {
            let message = format!("the sandbox's address {error}");
            Failure::internal(message)
        })?;
        Ok(Self {
            name: format!("the sandbox at {target}"),
            target,
            credentials: Credentials {
                client_id: SANDBOX_CLIENT_ID.to_owned(),
                client_secret: SecretValue::new(secret),
            },
            keys: Keys::new(env, &sandbox_key(&project.root)?)?,
            organization: declared,
            ledger_dir: sandbox_ledger_dir(project),
            sandbox: Some(running),
        })
    }
}

/// The remote API that the environment names.
pub(super) fn target(env: &Environment) -> Result<Target, Failure> {
    let address = env
        .text("AIRBYTE_API_HOST")
        .unwrap_or_else(|| DEFAULT_TARGET.to_owned());
    address.parse().map_err(|error| {
        let message = format!("AIRBYTE_API_HOST {error}");
        Failure::error("bad_api_host", message)
    })
}

/// The origin of a remote API in the scope of the ledger.
pub(super) fn ledger_origin(target: &Target) -> String {
    let origin = target.to_string();
    match origin.rsplit_once(':') {
        Some((host, port)) if target.is_loopback() && port.parse::<u16>().is_ok() => {
            host.to_owned()
        }
        _ => origin,
    }
}

/// The directory of the ledgers of the remote API, unless `--ledger` names another.
pub(super) fn ledger_dir(project: &Project) -> PathBuf {
    state_dir(project).join(state_name(project, "ledger"))
}

/// The ledger of the embedded API.
pub(super) fn sandbox_ledger_dir(project: &Project) -> PathBuf {
    state_dir(project).join(state_name(project, "sandbox"))
}

/// The key for the ledger of the embedded API: random, in a file that only this user can read. The lock makes runs that
/// start at the same time use one key.
fn sandbox_key(root: &Path) -> Result<String, Failure> {
    let file = Path::new(SANDBOX_KEY_FILE);
    let failed = |error: FileError| Failure::error("ledger_failed", error.to_string());
    files::private_dir(root, Path::new(".airlift")).map_err(failed)?;
    ignore_state_dir(root)?;
    let opened = files::open_or_create(root, file, Access::Private).map_err(failed)?;
    files::check_secret(root, file, &opened).map_err(|error| {
        failed(error)
            .hint("a key that others know protects nothing: delete the file and `.airlift/sandbox`")
    })?;
    refuse_tracked(&root.join(file), root)?;
    stored_key(&opened).map_err(|error| {
        let message = format!("{}: {error}", root.join(file).display());
        Failure::error("ledger_failed", message)
    })
}

/// The key in the file. Writes a new key into an empty file.
fn stored_key(mut file: &File) -> io::Result<String> {
    file.lock()?;
    let mut key = String::new();
    file.take(MAX_KEY_LENGTH).read_to_string(&mut key)?;
    if key.trim().is_empty() {
        key = random_secret();
        file.write_all(key.as_bytes())?;
        file.sync_all()?;
    }
    Ok(key.trim().to_owned())
}

/// A secret for one run, so that other programs on this machine cannot use its embedded API.
pub(super) fn random_secret() -> String {
    let half = || Uuid::new_v4().simple().to_string();
    half() + &half()
}

/// The organization that the files or the environment name. Fails if they differ.
pub(super) fn expected_organization(
    env: &Environment,
    project: &Project,
) -> Result<Option<OrganizationId>, Failure> {
    let declared = project.desired.organization_id;
    let Some(text) = env.text("AIRBYTE_ORGANIZATION_ID") else {
        return Ok(declared);
    };
    let from_environment: OrganizationId = text.parse().map_err(|_| {
        let message = "AIRBYTE_ORGANIZATION_ID is not a UUID";
        Failure::error("bad_organization_id", message)
    })?;
    match declared {
        Some(declared) if declared != from_environment => {
            let message = format!(
                "the project is for organization {declared}, and AIRBYTE_ORGANIZATION_ID names \
                 {from_environment}"
            );
            let kind = FailureKind::Authentication;
            Err(Failure::new(kind, "wrong_organization", message))
        }
        _ => Ok(Some(from_environment)),
    }
}

fn not_set(name: &'static str) -> Failure {
    let message = format!("{name} is not set");
    Failure::new(FailureKind::Authentication, "no_credentials", message).hint(
        "set AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET to the organization's client \
         credentials (or AIRBYTE_CLIENT_SECRET_FILE to a file with the secret), or try the \
         embedded API with --sandbox",
    )
}
