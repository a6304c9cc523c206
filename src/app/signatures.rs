//! Responsible for SSH signatures of plans and snapshots. `ssh-keygen` makes and checks them.
//!
//! Runs `ssh-keygen` without the other variables of the environment. Does not read a private key.

use crate::failure::{Failure, FailureKind};
use std::ffi::OsStr;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// The variables that `ssh-keygen` needs: to be found, and to use an agent.
const VARIABLES: [&str; 4] = ["PATH", "HOME", "SSH_AUTH_SOCK", "TERM"];
/// The largest signature that is read.
const MAX_SIGNATURE: usize = 16 * 1024;

/// What a signature is for. A signature for one namespace is invalid in another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Namespace {
    Plan,
    Snapshot,
}

impl Namespace {
    fn name(self) -> &'static str {
        match self {
            Self::Plan => "airlift-plan",
            Self::Snapshot => "airlift-snapshot",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Snapshot => "snapshot",
        }
    }
}

/// Signs a text with a private key, or with the key of an agent that a public key names.
pub(super) fn sign(key: &Path, namespace: Namespace, text: &str) -> Result<String, Failure> {
    let name = OsStr::new(namespace.name());
    let arguments = [OsStr::new("-f"), key.as_os_str(), OsStr::new("-n"), name];
    let ended = run("sign", &arguments, text)?;
    match ended.output {
        Some(signature) if signature.len() <= MAX_SIGNATURE => Ok(signature),
        _ => {
            let message = format!(
                "`ssh-keygen` did not sign with {}: {}",
                key.display(),
                ended.error
            );
            Err(Failure::error("signing_failed", message)
                .hint("name a private key, or the public key of one that the SSH agent has"))
        }
    }
}

/// Checks the signature of a text, and returns the identity of the signer in the file of allowed
/// signers.
pub(super) fn verify(
    signers: &Path,
    namespace: Namespace,
    text: &str,
    signature: Option<&str>,
) -> Result<String, Failure> {
    let what = namespace.what();
    let Some(signature) = signature else {
        let message = format!("the {what} is not signed, and --allowed-signers requires it");
        return Err(Failure::new(FailureKind::Refused, "unsigned", message)
            .hint(format!("make the {what} with --sign KEY")));
    };
    if let Err(error) = signers.metadata() {
        let message = format!("cannot read {}: {error}", signers.display());
        return Err(Failure::error("signature_unchecked", message)
            .hint("name the file of allowed signers with --allowed-signers"));
    }
    let file = signature_file(signature).map_err(|error| {
        let message = format!("cannot write the signature for `ssh-keygen`: {error}");
        Failure::error("signature_unchecked", message)
    })?;
    let allowed = [
        OsStr::new("-f"),
        signers.as_os_str(),
        OsStr::new("-s"),
        file.path().as_os_str(),
    ];
    let principals = run("find-principals", &allowed, "")?;
    let identities = principals.output.unwrap_or_default();
    // `ssh-keygen` names the first line of a key only, so the guide asks for one line a key.
    let identity = identities
        .lines()
        .next()
        .and_then(|line| line.split(',').next())
        .unwrap_or_default();
    if identity.is_empty() {
        let message = format!(
            "none of the signers in {} signed the {what}: {}",
            signers.display(),
            principals.error
        );
        return Err(invalid(message));
    }
    let more = ["-I", identity, "-n", namespace.name()].map(OsStr::new);
    let checked = run("verify", &[&allowed[..], &more].concat(), text)?;
    match checked.output {
        Some(_) => Ok(identity.to_owned()),
        None => Err(invalid(format!(
            "the signature of the {what} is not valid: {}",
            checked.error
        ))),
    }
}

fn invalid(message: String) -> Failure {
    Failure::new(FailureKind::Refused, "signature_invalid", message)
        .hint("do not use the file; have it made and signed again")
}

fn signature_file(signature: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(signature.as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// The result of `ssh-keygen`.
struct Ended {
    /// The output, if it succeeded.
    output: Option<String>,
    /// The first line of its messages.
    error: String,
}

fn run(action: &str, arguments: &[&OsStr], input: &str) -> Result<Ended, Failure> {
    let mut command = Command::new("ssh-keygen");
    command
        .args(["-Y", action])
        .args(arguments)
        .env_clear()
        .envs(VARIABLES.iter().filter_map(|name| {
            let value = std::env::var_os(name)?;
            Some((name, value))
        }))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| not_started(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended early does not read the text.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|error| not_started(&error))?;
    let error = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8(output.stdout).unwrap_or_default();
    Ok(Ended {
        output: output.status.success().then_some(text),
        error: error.lines().next().unwrap_or("no reason given").to_owned(),
    })
}

fn not_started(error: &std::io::Error) -> Failure {
    let cause = match error.kind() {
        ErrorKind::NotFound => "it is not installed".to_owned(),
        _ => error.to_string(),
    };
    let message = format!("cannot run `ssh-keygen`: {cause}");
    Failure::error("ssh_keygen_missing", message)
        .hint("install OpenSSH 8.2 or newer, or leave out --sign and --allowed-signers")
}
