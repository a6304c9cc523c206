//! Responsible for what to do after the session could not be opened: names the proxies and
//! certificates of the environment, which airlift does not use, and the credentials.

use super::{Environment, Invocation};
use crate::api::{ApiError, ApiErrorKind, Target};
use crate::failure::{ALL_FORBIDDEN, Failure};
use crate::model::OrganizationId;

/// Variables that name a proxy for HTTPS. airlift ignores them.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Variables that name certificates for other programs. airlift ignores them.
const OTHER_CERTIFICATES: [&str; 3] = [
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
];
/// Variables that replace the certificates of the system.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

const OTHER_ORGANIZATION: &str = "check the organization, and that the client credentials are its own; if both \
                                  are right, the client may lack the permission";
const OTHER_CREDENTIALS: &str = "check AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (or the file that \
                                 AIRBYTE_CLIENT_SECRET_FILE names): both come from the organization's settings";

/// Whether a hint may name the variable.
pub(super) fn is_named(variable: &str) -> bool {
    let names = PROXIES
        .iter()
        .chain(&OTHER_CERTIFICATES)
        .chain(&CERTIFICATES);
    names.copied().any(|name| name == variable)
}

/// The API that a session is opened with.
pub(super) struct Destination<'a> {
    pub(super) target: &'a Target,
    /// The organization that the files or the environment name, if any.
    pub(super) organization: Option<OrganizationId>,
}

/// The failure of opening a session, with hints that fit its cause. Shows no value of a variable but
/// the organization, because the address of a proxy may contain a password.
pub(super) fn cannot_open(
    error: ApiError,
    destination: &Destination<'_>,
    invocation: Invocation<'_>,
) -> Failure {
    let message = format!(
        "cannot log in to {}{}: {error}",
        destination.target,
        organization_of_run(destination, invocation)
    );
    let names_organization = destination.organization.is_some()
        && error.status() == Some(403)
        && !is_of_another_server(&error);
    let hints = hints(&error, names_organization, invocation);
    let mut failure = Failure::from(error);
    failure.message = message;
    if !hints.is_empty() {
        failure.hints.clear();
    }
    if names_organization {
        failure.code = "wrong_organization";
    }
    hints.into_iter().fold(failure, Failure::hint)
}

/// Which organization the run asked for, and who named it.
fn organization_of_run(destination: &Destination<'_>, invocation: Invocation<'_>) -> String {
    let from_variable = invocation.env.text("AIRBYTE_ORGANIZATION_ID").is_some();
    let source = if from_variable {
        "AIRBYTE_ORGANIZATION_ID"
    } else {
        "organization_id in the files"
    };
    destination
        .organization
        .map(|organization| format!(" for organization {organization} ({source})"))
        .unwrap_or_default()
}

fn hints(error: &ApiError, names_organization: bool, invocation: Invocation<'_>) -> Vec<String> {
    match error.kind() {
        _ if is_of_another_server(error) => vec![another_server_hint(invocation)],
        _ if names_organization => vec![OTHER_ORGANIZATION.to_owned()],
        ApiErrorKind::WrongOrganization { .. } => vec![OTHER_ORGANIZATION.to_owned()],
        ApiErrorKind::Status { status: 403, .. } => vec![ALL_FORBIDDEN.to_owned()],
        _ if error.is_auth() => vec![OTHER_CREDENTIALS.to_owned()],
        ApiErrorKind::Tls(reason) if is_about_certificates(reason) => certificate_hints(invocation),
        ApiErrorKind::Connect(_)
        | ApiErrorKind::Tls(_)
        | ApiErrorKind::Interrupted(_)
        | ApiErrorKind::TimedOut => scheme_hint(invocation)
            .into_iter()
            .chain(proxy_hint(invocation))
            .chain(std::iter::once(address_hint(invocation)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether the response is none of the API: a redirect, an HTML page, a path that does not exist, or no JSON.
fn is_of_another_server(error: &ApiError) -> bool {
    match error.kind() {
        ApiErrorKind::Status {
            status, message, ..
        } => matches!(status, 300..=399 | 404 | 405) || message.is_html_page(),
        ApiErrorKind::Undecodable { .. } => true,
        _ => false,
    }
}

/// What to check if a server answered that is not the API.
fn another_server_hint(invocation: Invocation<'_>) -> String {
    if invocation.env.text("AIRBYTE_API_HOST").is_some() {
        "the server did not answer as the API does: AIRBYTE_API_HOST takes the address of the API alone, such as \
         https://api.airbyte.ai, not that of the web application, of documentation or of a login page"
            .to_owned()
    } else if let Some(proxy) = proxy_hint(invocation) {
        format!(
            "the server did not answer as the API does, so another one may stand before it; {proxy}"
        )
    } else {
        "the server did not answer as the API does: a proxy or the login page of a network may stand before it; \
         open the address in a browser, or name a proxy with --proxy"
            .to_owned()
    }
}

/// The end of a hint, which `doctor` leaves out.
pub(super) const DOCTOR: &str = "; `airlift doctor` tests the connection";

/// What to check if the API cannot be reached.
fn address_hint(invocation: Invocation<'_>) -> String {
    let checked = if invocation.env.text("AIRBYTE_API_HOST").is_some() {
        "check the address in AIRBYTE_API_HOST, and that this machine reaches it"
    } else {
        "check that this machine reaches the internet"
    };
    format!("{checked}{DOCTOR}")
}

/// The hint about an address of this machine without a scheme, which is used with TLS.
fn scheme_hint(invocation: Invocation<'_>) -> Option<String> {
    let address = invocation.env.text("AIRBYTE_API_HOST")?;
    let target = address.parse::<Target>().ok()?;
    (target.is_loopback() && !address.contains("://")).then(|| {
        format!(
            "AIRBYTE_API_HOST has no scheme, so airlift used {target}; for a server without TLS on this machine, \
             write http:// before the address"
        )
    })
}

fn is_about_certificates(reason: &str) -> bool {
    reason.to_ascii_lowercase().contains("certificate")
}

fn proxy_hint(invocation: Invocation<'_>) -> Option<String> {
    if invocation.global.proxy.is_some() {
        return Some("check the address of --proxy".to_owned());
    }
    let hint = |names: String| {
        format!(
            "{names} names a proxy, and airlift uses no proxy of the environment: if only the \
             proxy reaches the API, name it with --proxy"
        )
    };
    set_among(invocation.env, &PROXIES).map(hint)
}

fn certificate_hints(invocation: Invocation<'_>) -> Vec<String> {
    if invocation.global.ca_file.is_some() {
        let hint =
            "the file of --ca-file does not contain the authority that signed the certificate";
        return vec![hint.to_owned()];
    }
    let ignored = set_among(invocation.env, &OTHER_CERTIFICATES).map(|names| {
        format!(
            "{names} names certificates, and airlift does not read it: name the file with --ca-file"
        )
    });
    let replaced = set_among(invocation.env, &CERTIFICATES).map(|names| {
        format!(
            "{names} replaces the certificates of the system: add another authority with --ca-file"
        )
    });
    let hints: Vec<String> = ignored.into_iter().chain(replaced).collect();
    if hints.is_empty() {
        let hint =
            "if a proxy or the API uses a private authority, name its certificates with --ca-file";
        return vec![hint.to_owned()];
    }
    hints
}

/// The names of the variables that are set.
fn set_among(env: &Environment, names: &[&str]) -> Option<String> {
    let set: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| env.text(name).is_some())
        .collect();
    (!set.is_empty()).then(|| set.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::{ApiErrorKind, Destination, Environment, cannot_open};
    use crate::app::Invocation;
    use crate::cli;
    use crate::render::{ColorChoice, OutputEnvironment, Ui, Verbosity};

    const PRIVATE_AUTHORITY: &str = "https://api.example: invalid peer certificate: UnknownIssuer";

    fn hints(reason: &str, variables: &[&str], arguments: &[&str]) -> String {
        let variables: Vec<_> = variables.iter().map(|name| (*name, "value")).collect();
        hints_with(reason, &variables, arguments)
    }

    fn hints_with(reason: &str, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let env: Environment = variables.iter().copied().collect();
        let command = ["airlift", "plan"].iter().chain(arguments);
        let cli = cli::parse(command.map(Into::into), 80).unwrap();
        let ui = Ui::new(
            ColorChoice::Never,
            Verbosity::from_count(0),
            &OutputEnvironment::default(),
        );
        let invocation = Invocation {
            ui: &ui,
            env: &env,
            global: &cli.global,
        };
        let kind = if reason.contains("certificate") {
            ApiErrorKind::Tls
        } else {
            ApiErrorKind::Connect
        };
        let destination = Destination {
            target: &"https://api.example".parse().unwrap(),
            organization: None,
        };
        let error = kind(reason.to_owned()).into();
        cannot_open(error, &destination, invocation)
            .hints
            .join("\n")
    }

    #[test]
    fn cannot_open_names_proxy_of_the_environment() {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let hints = hints("https://api.example: no route", &[name], &[]);
            assert!(hints.contains(name) && hints.contains("--proxy"), "{hints}");
            assert!(!hints.contains("value"), "{hints}");
        }
        let without = hints("https://api.example: no route", &[], &[]);
        assert!(
            without.contains("internet") && !without.contains("--proxy"),
            "{without}"
        );
        let with_flag = hints(
            "no route",
            &["HTTPS_PROXY"],
            &["--proxy", "http://127.0.0.1:1"],
        );
        assert!(
            with_flag.starts_with("check the address of --proxy\n"),
            "{with_flag}"
        );
    }

    #[test]
    fn cannot_open_names_certificates_of_the_environment() {
        for name in [
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
        ] {
            let hints = hints(PRIVATE_AUTHORITY, &[name], &[]);
            assert!(
                hints.contains(name) && hints.contains("--ca-file"),
                "{hints}"
            );
        }
        assert!(hints(PRIVATE_AUTHORITY, &[], &[]).contains("--ca-file"));
        let with_flag = hints(
            PRIVATE_AUTHORITY,
            &["CURL_CA_BUNDLE"],
            &["--ca-file", "ca.pem"],
        );
        assert!(!with_flag.contains("CURL_CA_BUNDLE"), "{with_flag}");
    }

    #[test]
    fn cannot_open_local_address_without_scheme_names_http() {
        let hints = |address| hints_with("tls failed", &[("AIRBYTE_API_HOST", address)], &[]);
        let named = hints("127.0.0.1:8080");
        assert!(
            named.contains("https://127.0.0.1:8080") && named.contains("write http://"),
            "{named}"
        );
        for address in ["https://127.0.0.1:8080", "api.example"] {
            let named = hints(address);
            assert!(
                named.starts_with("check the address in AIRBYTE_API_HOST"),
                "{named}"
            );
        }
    }
}
