//! Responsible for the `exec` store: `${exec:name}` is what a command writes to its standard output, less one
//! trailing newline.
//!
//! Only the user's own configuration names commands. A command runs exactly as written there: without a shell or
//! input, in the root directory, with an environment of the listed variables only. It is killed when its time is over.
//! Its standard error is discarded, because it may quote a secret.

use super::file::{LIMIT, whole};
use super::{Store, refuse_field};
use crate::model::{HealthCheck, SecretBuffer, SecretRef, SecretValue};
use crate::secrets::ResolveErrorKind;
use crate::secrets::user_config::{self, Program, UserConfig};
use futures_util::future::{self, BoxFuture, FutureExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

const SUBJECT: &str = "store exec";

/// Runs the commands that the user's own configuration names.
pub(super) struct ExecStore {
    project: PathBuf,
    opened: OnceLock<Result<Commands, ResolveErrorKind>>,
}

impl ExecStore {
    pub(super) fn new(project: PathBuf) -> Self {
        Self {
            project,
            opened: OnceLock::new(),
        }
    }

    fn commands(&self) -> Result<&Commands, ResolveErrorKind> {
        self.opened
            .get_or_init(|| Commands::open(&self.project))
            .as_ref()
            .map_err(ResolveErrorKind::clone)
    }

    fn check_commands(&self, references: &[&SecretRef]) -> Vec<HealthCheck> {
        match self.commands() {
            Ok(commands) => references
                .iter()
                .map(|reference| commands.check(&reference.path))
                .collect(),
            Err(kind) => {
                let hint = "name the command in ~/.config/airlift/config.yaml, writable by you \
                            alone and outside the project";
                vec![HealthCheck::fail(SUBJECT, kind.to_string(), hint)]
            }
        }
    }
}

impl Store for ExecStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        refuse_field(reference)?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if reference.path.chars().all(is_word) {
            Ok(())
        } else {
            Err("the name of a command holds letters, digits, `_` and `-` only")
        }
    }

    fn read<'a>(
        &'a self,
        reference: &'a SecretRef,
    ) -> BoxFuture<'a, Result<SecretValue, ResolveErrorKind>> {
        async {
            if reference.field.is_some() {
                return Err(ResolveErrorKind::NoFields);
            }
            self.commands()?.run(&reference.path).await
        }
        .boxed()
    }

    fn health<'a>(&'a self, references: &'a [&'a SecretRef]) -> BoxFuture<'a, Vec<HealthCheck>> {
        future::ready(self.check_commands(references)).boxed()
    }
}

/// The commands of the user's own configuration.
struct Commands {
    config: UserConfig,
}

impl Commands {
    fn open(project: &Path) -> Result<Self, ResolveErrorKind> {
        let config = user_config::open(project)?.ok_or_else(|| {
            let what = "no configuration of the user names a command";
            ResolveErrorKind::NotConfigured(what.to_owned())
        })?;
        Ok(Self { config })
    }

    /// Checks that the program of a command exists. Does not run it.
    fn check(&self, name: &str) -> HealthCheck {
        let program = match self.program(name) {
            Ok(program) => program,
            Err(kind) => {
                let hint = "add it under `exec` in your own configuration";
                return HealthCheck::fail(SUBJECT, format!("{name}: {kind}"), hint);
            }
        };
        let file = program.argv.first().map_or("", String::as_str);
        if Path::new(file).is_file() {
            HealthCheck::ok(SUBJECT, format!("{name}: {file} is there; it was not run"))
        } else {
            let hint = "install the program, or correct `argv` in your own configuration";
            HealthCheck::fail(SUBJECT, format!("{name}: {file} is not there"), hint)
        }
    }

    /// The program of a command, if there is such a command.
    fn program(&self, name: &str) -> Result<&Program, ResolveErrorKind> {
        self.config.exec.get(name).ok_or_else(|| {
            let what = "the user's configuration names no such command";
            ResolveErrorKind::NotConfigured(what.to_owned())
        })
    }

    /// Runs a command.
    async fn run(&self, name: &str) -> Result<SecretValue, ResolveErrorKind> {
        let program = self.program(name)?;
        let variable = |name: &String| Some((name.clone(), std::env::var_os(name)?));
        let mut command = Command::new(program.argv.first().map_or("", String::as_str));
        command
            .args(program.argv.iter().skip(1))
            .env_clear()
            .envs(program.env.iter().filter_map(variable))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        // A group of its own, so that what it starts ends with it.
        #[cfg(unix)]
        command.process_group(0);
        let child = command
            .spawn()
            .map_err(|error| failed(format!("cannot be started ({})", error.kind())))?;
        let mut running = Running(Some(child));
        let ended = timeout(program.deadline(), running.output()).await;
        ended.map_err(|_| failed("took longer than its time limit".to_owned()))?
    }
}

fn failed(what: String) -> ResolveErrorKind {
    ResolveErrorKind::Command(what)
}

/// A command that ends, with all it started, when this is dropped.
struct Running(Option<Child>);

impl Running {
    async fn output(&mut self) -> Result<SecretValue, ResolveErrorKind> {
        let Some(child) = &mut self.0 else {
            return Err(failed("is gone".to_owned()));
        };
        let mut collected = SecretBuffer::new(LIMIT);
        let mut stdout = child.stdout.take();
        let mut piece = Zeroizing::new(vec![0; 8 * 1024]);
        while let Some(stream) = &mut stdout {
            let read = stream.read(piece.as_mut_slice()).await;
            let count = read.map_err(|_| failed("cannot be read from".to_owned()))?;
            if count == 0 {
                break;
            }
            let taken = collected.push(&piece[..count]);
            taken.map_err(|_| ResolveErrorKind::TooLarge)?;
        }
        let status = child.wait().await;
        self.0 = None;
        let status = status.map_err(|_| failed("cannot be waited for".to_owned()))?;
        if !status.success() {
            let code = status
                .code()
                .map_or("a signal".to_owned(), |code| code.to_string());
            return Err(failed(format!("ended with {code}")));
        }
        let bytes = collected.into_bytes();
        let text = std::str::from_utf8(&bytes).map_err(|_| ResolveErrorKind::NotText)?;
        Ok(SecretValue::new(whole(text).to_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Not waited for yet, so the number is still this command's own.
        #[cfg(unix)]
        if let Some(child) = &self.0
            && let Some(id) = child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            // It may have ended by itself just now.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Commands, ResolveErrorKind, UserConfig};
    use std::time::{Duration, Instant};

    fn commands(script: &str, env: &str) -> Commands {
        let script = serde_json::to_string(script).unwrap();
        let text = format!(
            "exec: {{it: {{argv: [/bin/sh, -c, {script}], timeout_seconds: 1, env: [{env}]}}}}"
        );
        let config: UserConfig = serde_yaml::from_str(&text).unwrap();
        Commands { config }
    }

    async fn told(script: &str, env: &str) -> Result<String, ResolveErrorKind> {
        let read = commands(script, env).run("it").await;
        read.map(|value| value.expose().to_owned())
    }

    #[tokio::test]
    async fn the_output_less_one_newline_is_the_value() {
        assert_eq!(told("printf ' a\\n\\n'", "").await.unwrap(), " a\n");
        let other = commands("true", "").run("other").await.unwrap_err();
        assert!(matches!(other, ResolveErrorKind::NotConfigured(_)));
        let status = told("echo hunter2 >&2; exit 3", "").await.unwrap_err();
        assert_eq!(status.to_string(), "its command ended with 3");
        let bytes = told("printf '\\377'", "").await.unwrap_err();
        assert_eq!(bytes, ResolveErrorKind::NotText);
    }

    #[tokio::test]
    async fn the_environment_holds_what_is_listed() {
        let names = told("env | cut -d= -f1 | sort | tr '\\n' ' '", "PATH")
            .await
            .unwrap();
        let own = ["OLDPWD", "PATH", "PWD", "SHLVL", "_"];
        assert!(
            names.split_whitespace().all(|name| own.contains(&name)),
            "{names}"
        );
        assert_eq!(told("pwd; cat", "PATH").await.unwrap(), "/");
    }

    #[tokio::test]
    async fn time_and_output_have_limits() {
        let began = Instant::now();
        let slow = told("sleep 30 & sleep 30", "PATH").await.unwrap_err();
        assert_eq!(
            slow,
            ResolveErrorKind::Command("took longer than its time limit".into())
        );
        let much = told("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "").await;
        assert_eq!(much.unwrap_err(), ResolveErrorKind::TooLarge);
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn what_a_command_starts_ends_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let mark = directory.path().join("mark");
        let script = format!("(sleep 2; touch {}) & sleep 30", mark.display());
        assert!(told(&script, "PATH").await.is_err());
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert!(!mark.exists());
    }
}
