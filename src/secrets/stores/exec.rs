//! Responsible for the `exec` store: `${exec:name}` is the standard output of a command without one trailing newline.
//!
//! Does not run a command that the user's own configuration does not define. The command runs exactly as written
//! there: without a shell, without input, in the root directory, with only the listed environment variables. A command
//! that exceeds its time limit is killed. Its standard error is discarded, because it may quote a secret.

use super::file::{LIMIT, without_newline};
use super::{Store, refuse_field, utf8};
use crate::model::{SecretBuffer, SecretRef, SecretValue};
use crate::secrets::user_config::{self, Program, UserConfig};
use crate::secrets::{ResolveErrorKind, SystemCode};
use futures_util::future::{BoxFuture, FutureExt as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// Runs the commands that the user's own configuration defines.
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
}

impl Store for ExecStore {
    fn check_reference(&self, reference: &SecretRef) -> Result<(), &'static str> {
        refuse_field(reference)?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if reference.path.chars().all(is_word) {
            Ok(())
        } else {
            Err("the name of a command consists of letters, digits, `_` and `-`")
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
}

/// The commands of the user's own configuration.
struct Commands {
    config: UserConfig,
}

impl Commands {
    fn open(project: &Path) -> Result<Self, ResolveErrorKind> {
        let config = user_config::open(project)?.ok_or_else(|| {
            ResolveErrorKind::NotConfigured(
                "the user's own configuration does not exist".to_owned(),
            )
        })?;
        Ok(Self { config })
    }

    /// The program of a command.
    fn program(&self, name: &str) -> Result<&Program, ResolveErrorKind> {
        self.config.exec.get(name).ok_or_else(|| {
            let what = "the user's own configuration defines no such command";
            ResolveErrorKind::NotConfigured(what.to_owned())
        })
    }

    /// Runs a command and returns its output.
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
        // A process group of its own, so that the command's children are killed with it.
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| not_started(&error))?;
        let mut running = Running(Some(child));
        timeout(program.deadline(), running.output())
            .await
            .map_err(|_| failed("exceeded its time limit".to_owned()))?
    }
}

fn not_started(error: &std::io::Error) -> ResolveErrorKind {
    let what = "the command cannot be started";
    match (error.kind(), SystemCode::new(error)) {
        (ErrorKind::NotFound | ErrorKind::PermissionDenied, _) | (_, None) => {
            failed(format!("cannot be started ({})", error.kind()))
        }
        (_, Some(code)) => ResolveErrorKind::System { what, code },
    }
}

fn failed(what: String) -> ResolveErrorKind {
    ResolveErrorKind::CommandFailed(what)
}

/// A running command. Dropping it kills the command and its children.
struct Running(Option<Child>);

impl Running {
    async fn output(&mut self) -> Result<SecretValue, ResolveErrorKind> {
        let Some(child) = &mut self.0 else {
            return Err(failed("has already ended".to_owned()));
        };
        let mut collected = SecretBuffer::new(LIMIT);
        let mut stdout = child.stdout.take();
        let mut chunk = Zeroizing::new(vec![0; 8 * 1024]);
        while let Some(stream) = &mut stdout {
            let count = stream
                .read(chunk.as_mut_slice())
                .await
                .map_err(|_| failed("has no readable output".to_owned()))?;
            if count == 0 {
                break;
            }
            collected
                .push(&chunk[..count])
                .map_err(|_| ResolveErrorKind::TooLarge)?;
        }
        let status = child.wait().await;
        self.0 = None;
        let status = status.map_err(|_| failed("cannot be waited for".to_owned()))?;
        if !status.success() {
            let code = status
                .code()
                .map_or("a signal".to_owned(), |code| code.to_string());
            return Err(failed(format!("exited with {code}")));
        }
        let bytes = collected.into_bytes();
        let text = utf8(&bytes)?;
        Ok(SecretValue::new(without_newline(text).to_owned()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command has not been waited for, so its process id cannot belong to another process.
        #[cfg(unix)]
        if let Some(child) = &self.0
            && let Some(id) = child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            // The kill fails if the whole group has already ended.
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

    async fn output(script: &str, env: &str) -> Result<String, ResolveErrorKind> {
        let read = commands(script, env).run("it").await;
        read.map(|value| value.expose().to_owned())
    }

    #[tokio::test]
    async fn run_removes_one_trailing_newline() {
        assert_eq!(output("printf ' a\\n\\n'", "").await.unwrap(), " a\n");
    }

    #[tokio::test]
    async fn run_undefined_command_fails() {
        let error = commands("true", "").run("other").await.unwrap_err();
        assert!(matches!(error, ResolveErrorKind::NotConfigured(_)));
    }

    #[tokio::test]
    async fn run_failing_command_reports_its_status_only() {
        let error = output("echo hunter2 >&2; exit 3", "").await.unwrap_err();
        assert_eq!(error.to_string(), "the command exited with 3");
    }

    #[tokio::test]
    async fn run_output_that_is_not_utf8_fails() {
        let error = output("printf '\\377'", "").await.unwrap_err();
        assert_eq!(error, ResolveErrorKind::NotText);
    }

    #[tokio::test]
    async fn run_passes_only_the_listed_variables_and_no_input() {
        let names = output("env | cut -d= -f1 | sort | tr '\\n' ' '", "PATH")
            .await
            .unwrap();
        let own = ["OLDPWD", "PATH", "PWD", "SHLVL", "_"];
        assert!(
            names.split_whitespace().all(|name| own.contains(&name)),
            "{names}"
        );
        assert_eq!(output("pwd; cat", "PATH").await.unwrap(), "/");
    }

    #[tokio::test]
    async fn run_slow_command_is_killed_at_its_time_limit() {
        let start = Instant::now();
        let error = output("sleep 30 & sleep 30", "PATH").await.unwrap_err();
        assert_eq!(
            error,
            ResolveErrorKind::CommandFailed("exceeded its time limit".into())
        );
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn run_endless_output_fails_at_the_size_limit() {
        let start = Instant::now();
        let script = "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done";
        let error = output(script, "").await.unwrap_err();
        assert_eq!(error, ResolveErrorKind::TooLarge);
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn run_killed_command_takes_its_children_along() {
        let directory = tempfile::tempdir().unwrap();
        let mark = directory.path().join("mark");
        let script = format!("(sleep 2; touch {}) & sleep 30", mark.display());
        assert!(output(&script, "PATH").await.is_err());
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert!(!mark.exists());
    }
}
