//! Responsible for reading Vault's address and login from the environment, with the variables of the
//! `vault` command-line tool. Does not read them from a project's files.

use crate::http::is_loopback;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::stores::file::{content, unreadable, without_newline};
use reqwest::Url;
use std::fs::File;
use std::path::Path;

/// The path of a pod's own token.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The login method.
pub(super) enum Login {
    /// A configured token.
    Token(SecretValue),
    /// The id and secret of an `AppRole`.
    AppRole {
        role_id: SecretValue,
        secret_id: SecretValue,
    },
    /// A role, and a JWT that another system signed, for example a pod's token.
    Jwt { role: String, jwt: SecretValue },
}

/// The settings of the server.
pub(super) struct Settings {
    pub(super) address: Url,
    pub(super) namespace: Option<String>,
    /// Certificates in PEM form that are trusted in addition to the system's. May be empty.
    pub(super) ca_pem: Vec<u8>,
    pub(super) login: Login,
    /// The mount of the login method.
    pub(super) mount: String,
}

type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Reads the settings from the environment.
    pub(super) fn read(variable: Variables<'_>) -> Result<Self, ResolveErrorKind> {
        let address =
            variable("VAULT_ADDR").ok_or_else(|| not_configured("VAULT_ADDR is not set"))?;
        let (login, mount) = login(variable)?;
        let mount = variable("AIRLIFT_VAULT_AUTH_MOUNT").unwrap_or_else(|| mount.to_owned());
        if !mount
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
        {
            return Err(not_configured(
                "AIRLIFT_VAULT_AUTH_MOUNT is not a mount path",
            ));
        }
        Ok(Self {
            address: origin(&address).map_err(not_configured)?,
            namespace: variable("VAULT_NAMESPACE"),
            ca_pem: certificates(variable)?,
            login,
            mount,
        })
    }
}

fn not_configured(what: &str) -> ResolveErrorKind {
    ResolveErrorKind::NotConfigured(what.to_owned())
}

/// The certificates in the file `VAULT_CACERT`, else in every file of the directory `VAULT_CAPATH`.
fn certificates(variable: Variables<'_>) -> Result<Vec<u8>, ResolveErrorKind> {
    let pem = |path: &Path| open_regular(path).and_then(content);
    if let Some(path) = variable("VAULT_CACERT") {
        return pem(Path::new(&path))
            .map(|bytes| bytes.to_vec())
            .map_err(|_| not_configured("the file of VAULT_CACERT cannot be read"));
    }
    let Some(path) = variable("VAULT_CAPATH") else {
        return Ok(Vec::new());
    };
    let unreadable = || not_configured("the directory of VAULT_CAPATH cannot be read");
    let entries = Path::new(&path).read_dir().map_err(|_| unreadable())?;
    let mut certificates = Vec::new();
    for entry in entries {
        let path = entry.map_err(|_| unreadable())?.path();
        if path.is_file() {
            certificates.extend_from_slice(&pem(&path).map_err(|_| unreadable())?);
            certificates.push(b'\n');
        }
    }
    Ok(certificates)
}

/// The login and the default mount of its method.
fn login(variable: Variables<'_>) -> Result<(Login, &'static str), ResolveErrorKind> {
    let has_role = variable("VAULT_ROLE_ID").is_some();
    match variable("AIRLIFT_VAULT_AUTH").as_deref() {
        Some("token") => Ok((token(variable)?, "token")),
        Some("approle") => Ok((app_role(variable)?, "approle")),
        Some("kubernetes") => Ok((pod(variable)?, "kubernetes")),
        Some("jwt") => Ok((jwt(variable)?, "jwt")),
        Some(_) => Err(not_configured(
            "AIRLIFT_VAULT_AUTH is none of token, approle, kubernetes, jwt",
        )),
        None if has_role && variable("VAULT_TOKEN").is_none() => {
            Ok((app_role(variable)?, "approle"))
        }
        None => Ok((token(variable)?, "token")),
    }
}

fn token(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    if let Some(token) = variable("VAULT_TOKEN") {
        return Ok(Login::Token(SecretValue::new(token)));
    }
    variable("HOME")
        .and_then(|home| text(&Path::new(&home).join(".vault-token")).ok())
        .map(Login::Token)
        .ok_or_else(|| {
            not_configured("no login is set: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID")
        })
}

fn app_role(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    let part = |name: &str| variable(name).map(SecretValue::new);
    let (Some(role_id), Some(secret_id)) = (part("VAULT_ROLE_ID"), part("VAULT_SECRET_ID")) else {
        return Err(not_configured(
            "VAULT_ROLE_ID and VAULT_SECRET_ID have to be set together",
        ));
    };
    Ok(Login::AppRole { role_id, secret_id })
}

fn role(variable: Variables<'_>) -> Result<String, ResolveErrorKind> {
    variable("AIRLIFT_VAULT_ROLE").ok_or_else(|| not_configured("AIRLIFT_VAULT_ROLE is not set"))
}

fn pod(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    let path = variable("AIRLIFT_VAULT_JWT_FILE");
    let jwt = text(Path::new(path.as_deref().unwrap_or(POD_TOKEN)))
        .map_err(|_| not_configured("the pod's token cannot be read"))?;
    Ok(Login::Jwt {
        role: role(variable)?,
        jwt,
    })
}

fn jwt(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    let jwt = if let Some(jwt) = variable("AIRLIFT_VAULT_JWT") {
        SecretValue::new(jwt)
    } else {
        let path = variable("AIRLIFT_VAULT_JWT_FILE").ok_or_else(|| {
            not_configured("neither AIRLIFT_VAULT_JWT nor AIRLIFT_VAULT_JWT_FILE is set")
        })?;
        text(Path::new(&path))
            .map_err(|_| not_configured("the file of AIRLIFT_VAULT_JWT_FILE cannot be read"))?
    };
    Ok(Login::Jwt {
        role: role(variable)?,
        jwt,
    })
}

fn open_regular(path: &Path) -> Result<File, ResolveErrorKind> {
    let metadata = path.metadata().map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(ResolveErrorKind::NotAFile);
    }
    File::open(path).map_err(|error| unreadable(&error))
}

fn text(path: &Path) -> Result<SecretValue, ResolveErrorKind> {
    let bytes = content(open_regular(path)?)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ResolveErrorKind::NotText)?;
    Ok(SecretValue::new(without_newline(text).to_owned()))
}

/// Parses the address: scheme, host and port. Refuses plain HTTP to other machines.
fn origin(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "VAULT_ADDR is not a URL")?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("VAULT_ADDR contains more than scheme, host and port");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("VAULT_ADDR uses plain http, which is allowed for this machine only"),
        _ => Err("VAULT_ADDR has to start with https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::check_path;
    use super::{Login, Settings};

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |name: &str| {
            let (_, value) = pairs.iter().find(|(key, _)| *key == name)?;
            Some((*value).to_owned())
        };
        Settings::read(&find).map_err(|error| error.to_string())
    }

    #[test]
    fn read_login_follows_the_environment() {
        let address = ("VAULT_ADDR", "https://vault.example:8200");
        let token = read(&[address, ("VAULT_TOKEN", "t"), ("VAULT_ROLE_ID", "r")]).unwrap();
        assert!(matches!(token.login, Login::Token(_)));
        let role = [address, ("VAULT_ROLE_ID", "r"), ("VAULT_SECRET_ID", "s")];
        let role = read(&role).unwrap();
        assert!(matches!(role.login, Login::AppRole { .. }) && role.mount == "approle");
        let jwt = [
            address,
            ("AIRLIFT_VAULT_AUTH", "jwt"),
            ("AIRLIFT_VAULT_ROLE", "airlift"),
            ("AIRLIFT_VAULT_JWT", "j"),
            ("AIRLIFT_VAULT_AUTH_MOUNT", "ci/jwt"),
        ];
        let jwt = read(&jwt).unwrap();
        assert!(matches!(jwt.login, Login::Jwt { .. }) && jwt.mount == "ci/jwt");
    }

    #[test]
    fn read_missing_or_unknown_login_fails() {
        let address = ("VAULT_ADDR", "https://vault.example:8200");
        assert!(read(&[address]).is_err());
        assert!(read(&[address, ("VAULT_ROLE_ID", "r")]).is_err());
        assert!(read(&[address, ("AIRLIFT_VAULT_AUTH", "ldap")]).is_err());
    }

    #[test]
    fn read_address_with_user_path_or_remote_plain_http_fails() {
        let is_valid = |address| read(&[("VAULT_ADDR", address), ("VAULT_TOKEN", "t")]).is_ok();
        for fine in [
            "https://v",
            "http://127.0.0.1:8200",
            "http://localhost",
            "http://[::1]:1/",
        ] {
            assert!(is_valid(fine), "{fine}");
        }
        for wrong in [
            "http://vault.example",
            "https://u:p@vault.example",
            "https://vault.example/v1",
            "https://vault.example/?x",
            "unix:///run/vault",
            "vault.example",
            "http://127.0.0.1.example",
        ] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }

    #[test]
    fn check_path_empty_or_dot_part_fails() {
        assert_eq!(check_path("kv/a/b"), Ok("kv/a/b"));
        for wrong in [
            "kv", "kv/", "/kv/a", "kv//a", "kv/../a", "kv/a/.", "kv/a/..",
        ] {
            assert!(check_path(wrong).is_err(), "{wrong}");
        }
    }
}
