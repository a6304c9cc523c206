//! Responsible for the server's address and login: from the environment, with the variables of the server's own tools,
//! and never from a project's files.

use crate::http::is_loopback;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use crate::secrets::stores::file::{content, unreadable, whole};
use reqwest::Url;
use std::fs::File;
use std::path::Path;

/// Where a pod's own token is.
const POD_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// How to come by a token.
pub(super) enum Login {
    /// It is there.
    Token(SecretValue),
    /// A role's id and secret.
    AppRole {
        role_id: SecretValue,
        secret_id: SecretValue,
    },
    /// A role, and a signed token of another system: of a pod, or any JWT.
    Jwt { role: String, jwt: SecretValue },
}

/// Everything about the server.
pub(super) struct Settings {
    pub(super) address: Url,
    pub(super) namespace: Option<String>,
    /// Certificates to trust beside the system's; empty where there are none.
    pub(super) ca_pem: Vec<u8>,
    pub(super) login: Login,
    /// Where the login method is mounted.
    pub(super) mount: String,
}

type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Reads the environment.
    pub(super) fn read(variable: Variables<'_>) -> Result<Self, ResolveErrorKind> {
        let address = variable("VAULT_ADDR").ok_or_else(|| unset("VAULT_ADDR is not set"))?;
        let (login, mount) = login(variable)?;
        let mount = variable("AIRLIFT_VAULT_AUTH_MOUNT").unwrap_or_else(|| mount.to_owned());
        if !mount
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
        {
            return Err(unset("AIRLIFT_VAULT_AUTH_MOUNT is no mount path"));
        }
        Ok(Self {
            address: origin(&address).map_err(unset)?,
            namespace: variable("VAULT_NAMESPACE"),
            ca_pem: certificates(variable)?,
            login,
            mount,
        })
    }
}

fn unset(what: &str) -> ResolveErrorKind {
    ResolveErrorKind::NotConfigured(what.to_owned())
}

/// What `VAULT_CACERT` holds, else every file of the directory of `VAULT_CAPATH`.
fn certificates(variable: Variables<'_>) -> Result<Vec<u8>, ResolveErrorKind> {
    let pem = |path: &Path| regular(path).and_then(content);
    if let Some(path) = variable("VAULT_CACERT") {
        let bytes = pem(Path::new(&path));
        let what = |_| unset("the file of VAULT_CACERT cannot be read");
        return bytes.map(|bytes| bytes.to_vec()).map_err(what);
    }
    let Some(path) = variable("VAULT_CAPATH") else {
        return Ok(Vec::new());
    };
    let unreadable = || unset("the directory of VAULT_CAPATH cannot be read");
    let entries = Path::new(&path).read_dir().map_err(|_| unreadable())?;
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.map_err(|_| unreadable())?.path();
        if path.is_file() {
            all.extend_from_slice(&pem(&path).map_err(|_| unreadable())?);
            all.push(b'\n');
        }
    }
    Ok(all)
}

/// The login, and where its method is mounted unless something else is said.
fn login(variable: Variables<'_>) -> Result<(Login, &'static str), ResolveErrorKind> {
    let has_role = variable("VAULT_ROLE_ID").is_some();
    match variable("AIRLIFT_VAULT_AUTH").as_deref() {
        Some("token") => Ok((token(variable)?, "token")),
        Some("approle") => Ok((app_role(variable)?, "approle")),
        Some("kubernetes") => Ok((pod(variable)?, "kubernetes")),
        Some("jwt") => Ok((jwt(variable)?, "jwt")),
        Some(_) => Err(unset(
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
    let home = variable("HOME");
    let kept = home.and_then(|home| text(&Path::new(&home).join(".vault-token")).ok());
    kept.map(Login::Token).ok_or_else(|| {
        unset("there is no login: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID")
    })
}

fn app_role(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    let part = |name: &str| variable(name).map(SecretValue::new);
    let (Some(role_id), Some(secret_id)) = (part("VAULT_ROLE_ID"), part("VAULT_SECRET_ID")) else {
        return Err(unset("VAULT_ROLE_ID and VAULT_SECRET_ID belong together"));
    };
    Ok(Login::AppRole { role_id, secret_id })
}

fn role(variable: Variables<'_>) -> Result<String, ResolveErrorKind> {
    variable("AIRLIFT_VAULT_ROLE").ok_or_else(|| unset("AIRLIFT_VAULT_ROLE is not set"))
}

fn pod(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    let path = variable("AIRLIFT_VAULT_JWT_FILE");
    let jwt = text(Path::new(path.as_deref().unwrap_or(POD_TOKEN)));
    Ok(Login::Jwt {
        role: role(variable)?,
        jwt: jwt.map_err(|_| unset("the pod's token cannot be read"))?,
    })
}

fn jwt(variable: Variables<'_>) -> Result<Login, ResolveErrorKind> {
    let jwt = if let Some(jwt) = variable("AIRLIFT_VAULT_JWT") {
        SecretValue::new(jwt)
    } else {
        let path = variable("AIRLIFT_VAULT_JWT_FILE")
            .ok_or_else(|| unset("neither AIRLIFT_VAULT_JWT nor AIRLIFT_VAULT_JWT_FILE is set"))?;
        let read = text(Path::new(&path));
        read.map_err(|_| unset("the file of AIRLIFT_VAULT_JWT_FILE cannot be read"))?
    };
    Ok(Login::Jwt {
        role: role(variable)?,
        jwt,
    })
}

fn regular(path: &Path) -> Result<File, ResolveErrorKind> {
    let metadata = path.metadata().map_err(|error| unreadable(&error))?;
    if !metadata.is_file() {
        return Err(ResolveErrorKind::NotAFile);
    }
    File::open(path).map_err(|error| unreadable(&error))
}

fn text(path: &Path) -> Result<SecretValue, ResolveErrorKind> {
    let bytes = content(regular(path)?)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ResolveErrorKind::NotText)?;
    Ok(SecretValue::new(whole(text).to_owned()))
}

/// An address is scheme, host and port; plain HTTP is for this machine alone.
fn origin(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "VAULT_ADDR is not an address")?;
    let plain = !url.username().is_empty() || url.password().is_some();
    if plain || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("VAULT_ADDR holds more than scheme, host and port");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("VAULT_ADDR uses plain http, which is allowed to this machine only"),
        _ => Err("VAULT_ADDR has to start with https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::check_path;
    use super::{Login, Settings};

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(&find).map_err(|why| why.to_string())
    }

    #[test]
    fn the_login_follows_the_environment() {
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
        assert!(read(&[address]).is_err());
        assert!(read(&[address, ("VAULT_ROLE_ID", "r")]).is_err());
        assert!(read(&[address, ("AIRLIFT_VAULT_AUTH", "ldap")]).is_err());
    }

    #[test]
    fn the_address_is_no_sink() {
        let told = |address| read(&[("VAULT_ADDR", address), ("VAULT_TOKEN", "t")]).is_ok();
        for fine in [
            "https://v",
            "http://127.0.0.1:8200",
            "http://localhost",
            "http://[::1]:1/",
        ] {
            assert!(told(fine), "{fine}");
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
            assert!(!told(wrong), "{wrong}");
        }
    }

    #[test]
    fn paths_do_not_go_up() {
        assert_eq!(check_path("kv/a/b"), Ok("kv/a/b"));
        for wrong in [
            "kv", "kv/", "/kv/a", "kv//a", "kv/../a", "kv/a/.", "kv/a/..",
        ] {
            assert!(check_path(wrong).is_err(), "{wrong}");
        }
    }
}
