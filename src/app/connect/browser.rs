//! Responsible for opening the address of a consent in a browser, in a process of its own: a browser inherits the
//! environment of the process that starts it, and that of a run contains secrets.

use crate::render::OutReader;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, ExitCode, Stdio};

/// The first argument of the process that opens an address.
const ARGUMENT: &str = "open-consent-url";
/// The variables that a browser may read: where its display, its user's files and its programs are.
const VARIABLES: [&str; 26] = [
    "APPDATA",
    "BROWSER",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "LANG",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "PATHEXT",
    "ProgramFiles",
    "SHELL",
    "SystemRoot",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "USER",
    "USERPROFILE",
    "WAYLAND_DISPLAY",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    "XAUTHORITY",
];
/// Prefixes of further ones.
const PREFIXES: [&str; 3] = ["LC_", "KDE_", "XDG_"];

/// Opens the address that this process's arguments name, and returns the exit code, if the process was started by
/// [`open`].
pub(crate) fn answer() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let url = (arguments.next()? == ARGUMENT).then(|| arguments.next())??;
    let url = url.into_string().ok()?;
    let opened = webbrowser::open(&url);
    Some(opened.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS))
}

/// Opens an address. Ends when the browser is started, and a browser in the terminal when the user closes it.
pub(super) fn open(url: &str, reader: OutReader) -> io::Result<()> {
    let variables = std::env::vars_os().filter(|(name, _)| is_passed(name));
    let variables: Vec<(OsString, OsString)> = variables.collect();
    let mut process = Command::new(std::env::current_exe()?);
    let process = process.args([ARGUMENT, url]).env_clear().envs(variables);
    if reader == OutReader::Program {
        // A browser that outlives the run keeps no pipe of the run open.
        process.stdout(Stdio::null()).stderr(Stdio::null());
    }
    if process.status()?.success() {
        Ok(())
    } else {
        Err(io::Error::other("no browser could be started"))
    }
}

fn is_passed(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| {
        VARIABLES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}
