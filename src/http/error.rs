//! Responsible for the causes of requests without a complete response. Does not show addresses.

use std::error::Error;
use std::fs::File;
use std::io;

/// The longest cause, in characters.
const MAX_CHARS: usize = 200;

/// Why no connection can be opened if the limit of open files is reached.
pub(crate) const NO_DESCRIPTOR: &str =
    "no file descriptor is free: raise the limit (ulimit -n) or lower --parallelism";

/// Why a request has no complete response.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// No connection was established. Nothing was sent.
    Connect(String),
    /// The connection was not established in time. Nothing was sent.
    ConnectTimedOut(String),
    /// The TLS handshake failed in a way that a second attempt does not change. Nothing was sent.
    Tls(String),
    /// A deadline passed.
    TimedOut,
    /// The connection was interrupted after the request was sent.
    Interrupted(String),
    /// The response exceeds the limit.
    TooLarge,
}

impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        if let Some(reason) = final_tls_error(&error) {
            return Self::Tls(reason);
        }
        // While connecting, nothing is sent, whichever deadline passed.
        match (error.is_connect() || error.is_builder(), error.is_timeout()) {
            (true, true) => Self::ConnectTimedOut(innermost_cause(error)),
            (true, false) => Self::Connect(innermost_cause(error)),
            (false, true) => Self::TimedOut,
            (false, false) => Self::Interrupted(innermost_cause(error)),
        }
    }
}

/// The errors from the outermost to the innermost.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Why the server and this program cannot agree on a secure connection.
fn final_tls_error(error: &reqwest::Error) -> Option<String> {
    let cause = tls_error(error)?;
    match cause {
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            Some("the server does not speak TLS".to_owned())
        }
        rustls::Error::InvalidCertificate(_) | rustls::Error::PeerIncompatible(_) => {
            Some(printable(&cause.to_string()))
        }
        _ => None,
    }
}

/// The error of the TLS library. An I/O error is not the source of what it wraps, so it is unwrapped.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    match error.downcast_ref::<io::Error>() {
        Some(wrapping) => tls_error(wrapping.get_ref()?),
        None => tls_error(error.source()?),
    }
}

/// The innermost cause, which is the most specific one, without the address.
fn innermost_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let Some(cause) = causes(&error).last() else {
        return String::new();
    };
    if let Some(exhausted) = exhausted(cause) {
        return exhausted.to_owned();
    }
    let is_lookup = causes(&error).any(|cause| cause.to_string() == "dns error");
    let lead = if is_lookup {
        "the host name cannot be resolved: "
    } else {
        ""
    };
    format!("{lead}{}", printable(&cause.to_string()))
}

fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_CHARS)
        .collect()
}

/// What to do if a resource of this machine is used up.
fn exhausted(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    let error = cause.downcast_ref::<io::Error>()?;
    if has_no_descriptor(error) || (error.raw_os_error().is_none() && opens_no_file()) {
        return Some(NO_DESCRIPTOR);
    }
    (error.kind() == io::ErrorKind::OutOfMemory).then_some("this machine has no free memory")
}

fn has_no_descriptor(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let codes = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
        error
            .raw_os_error()
            .is_some_and(|code| codes.contains(&code))
    }
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

/// Whether the few files that a name look-up opens cannot be opened. Its error has no code then.
fn opens_no_file() -> bool {
    let files: io::Result<Vec<File>> = (0..4).map(|_| File::open("/dev/null")).collect();
    files.is_err_and(|error| has_no_descriptor(&error))
}

#[cfg(test)]
mod tests {
    use super::{exhausted, io};

    #[cfg(unix)]
    #[test]
    fn exhausted_names_file_descriptors_and_memory() {
        use rustix::io::Errno;
        for (code, word) in [
            (Errno::MFILE, "ulimit -n"),
            (Errno::NFILE, "ulimit -n"),
            (Errno::NOMEM, "memory"),
        ] {
            let error = io::Error::from_raw_os_error(code.raw_os_error());
            assert!(exhausted(&error).unwrap().contains(word), "{code:?}");
        }
    }

    #[test]
    fn exhausted_of_other_error_is_none() {
        assert_eq!(exhausted(&io::Error::other("no such host")), None);
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(exhausted(&refused), None);
    }
}
