//! Tests of the store against an `OpenBao` server. `AIRLIFT_TEST_BAO` is the path of its program.

mod logins;

use super::settings::Login;
use super::tests::{ROOT, read_field, vault, with_token};
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use serde_json::{Value, json};

/// A development server. Dropping it ends the server.
struct Bao {
    server: std::process::Child,
    address: String,
    client: reqwest::Client,
}

impl Bao {
    async fn start(program: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen_address = port.local_addr().unwrap();
        drop(port);
        let server = std::process::Command::new(program)
            .args(["server", "-dev", "-dev-no-store-token"])
            .args([format!("-dev-root-token-id={ROOT}")])
            .args([format!("-dev-listen-address={listen_address}")])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        crate::http::install_crypto_provider();
        let bao = Self {
            server,
            address: format!("http://{listen_address}"),
            client: reqwest::Client::builder()
                .tls_certs_only([])
                .build()
                .unwrap(),
        };
        for _ in 0..100 {
            if with_token(&bao.address, ROOT).health().await.is_ok() {
                return bao;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the server does not respond");
    }

    async fn request(&self, method: &str, path: &str, namespace: &str, body: &Value) -> Value {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}/v1/{path}", self.address);
        let request = self
            .client
            .request(method, url)
            .header("X-Vault-Token", ROOT);
        let request = request.header("X-Vault-Namespace", namespace);
        let response = request.body(body.to_string()).send().await.unwrap();
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
    }

    async fn create_role(&self) -> Login {
        let rules = "path \"secret/data/app/*\" { capabilities = [\"read\"] }";
        self.request("PUT", "sys/policies/acl/app", "", &json!({"policy": rules}))
            .await;
        self.request("POST", "sys/auth/approle", "", &json!({"type": "approle"}))
            .await;
        let role = json!({"token_policies": ["app"], "token_ttl": "1h"});
        self.request("POST", "auth/approle/role/airlift", "", &role)
            .await;
        let id = self
            .request("GET", "auth/approle/role/airlift/role-id", "", &json!({}))
            .await;
        let secret = self
            .request(
                "POST",
                "auth/approle/role/airlift/secret-id",
                "",
                &json!({}),
            )
            .await;
        let text = |value: &Value| SecretValue::new(value.as_str().unwrap().to_owned());
        Login::AppRole {
            role_id: text(&id["data"]["role_id"]),
            secret_id: text(&secret["data"]["secret_id"]),
        }
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[tokio::test]
#[ignore = "needs AIRLIFT_TEST_BAO, the path of a `bao` program"]
async fn vault_real_server_behaves_like_the_stand_in() {
    let program = std::env::var("AIRLIFT_TEST_BAO").unwrap();
    let bao = Bao::start(&program).await;
    let put = async |path: &str, namespace: &str, data: Value| {
        bao.request("POST", path, namespace, &json!({"data": data}))
            .await;
    };
    let data = json!({"id": "one", "key": "a\nb \u{e9}\"", "n": 7});
    put("secret/data/app/a", "", data).await;
    put("secret/data/app/deleted", "", json!({"id": "x"})).await;
    put("secret/data/app/destroyed", "", json!({"id": "x"})).await;
    put("secret/data/other/b", "", json!({"id": "x"})).await;
    bao.request("DELETE", "secret/data/app/deleted", "", &json!({}))
        .await;
    let first = json!({"versions": [1]});
    bao.request("PUT", "secret/destroy/app/destroyed", "", &first)
        .await;
    let role = vault(&bao.address, None, bao.create_role().await, "approle");
    assert_eq!(role.login().await, Ok(()));
    assert_eq!(
        read_field(&role, "secret/app/a", "key").await.unwrap(),
        "a\nb \u{e9}\""
    );
    assert_eq!(read_field(&role, "secret/app/a", "n").await.unwrap(), "7");
    for (path, expected) in [
        ("secret/app/none", ResolveErrorKind::NotFound),
        ("secret/app/deleted", ResolveErrorKind::Deleted),
        ("secret/app/destroyed", ResolveErrorKind::Destroyed),
        ("secret/other/b", ResolveErrorKind::Denied),
    ] {
        assert_eq!(read_field(&role, path, "id").await, Err(expected), "{path}");
    }
    let wrong = with_token(&bao.address, "wrong");
    assert_eq!(
        read_field(&wrong, "secret/app/a", "id").await,
        Err(ResolveErrorKind::Denied)
    );
    assert!(matches!(
        wrong.login().await,
        Err(ResolveErrorKind::LoginRefused(_))
    ));
    mounts(&bao).await;
    versions(&bao, &role).await;
    logins::check(&bao).await;
    namespaces(&bao).await;
    sealed(&bao).await;
}

async fn mounts(bao: &Bao) {
    let engine = json!({"type": "kv", "options": {"version": "2"}});
    bao.request("POST", "sys/mounts/group/eu/kv", "", &engine)
        .await;
    let data = json!({"data": {"id": "three parts"}});
    bao.request("POST", "group/eu/kv/data/a/b", "", &data).await;
    let old = json!({"type": "kv", "options": {"version": "1"}});
    bao.request("POST", "sys/mounts/old", "", &old).await;
    bao.request("POST", "old/a", "", &json!({"id": "x"})).await;
    let root = with_token(&bao.address, ROOT);
    let read = async |path: &str| read_field(&root, path, "id").await;
    assert_eq!(read("group/eu/kv/a/b").await.unwrap(), "three parts");
    assert_eq!(read("old/a").await, Err(ResolveErrorKind::OldEngine));
    assert!(matches!(
        read("cubbyhole/a").await,
        Err(ResolveErrorKind::UnexpectedResponse(_))
    ));
}

/// The role may read data but no metadata.
async fn versions(bao: &Bao, role: &super::Vault) {
    let root = || with_token(&bao.address, ROOT);
    let value = role.field("secret/app/a", "id").await.unwrap();
    let version = value.version().map(str::to_owned);
    assert!(
        version
            .as_deref()
            .is_some_and(|text| text.starts_with("1 of 2"))
    );
    assert_eq!(root().version("secret/app/a").await, version);
    assert_eq!(role.version("secret/app/a").await, None);
    for path in [
        "secret/app/deleted",
        "secret/app/destroyed",
        "secret/app/none",
    ] {
        assert_eq!(root().version(path).await, None, "{path}");
    }
    // After a deletion with the metadata the number starts at one again, so only the creation time differs.
    bao.request("DELETE", "secret/metadata/app/a", "", &json!({}))
        .await;
    let data = json!({"data": {"id": "again"}});
    bao.request("POST", "secret/data/app/a", "", &data).await;
    let again = root().version("secret/app/a").await;
    assert!(
        again
            .as_deref()
            .is_some_and(|text| text.starts_with("1 of 2"))
    );
    assert_ne!(again, version);
}

async fn namespaces(bao: &Bao) {
    bao.request("POST", "sys/namespaces/team", "", &json!({}))
        .await;
    let engine = json!({"type": "kv", "options": {"version": "2"}});
    bao.request("POST", "sys/mounts/kv", "team", &engine).await;
    let data = json!({"data": {"id": "namespaced"}});
    bao.request("POST", "kv/data/a", "team", &data).await;
    let token = || Login::Token(SecretValue::new(ROOT.into()));
    let inside = vault(&bao.address, Some("team"), token(), "token");
    assert_eq!(
        read_field(&inside, "kv/a", "id").await.unwrap(),
        "namespaced"
    );
    let root = with_token(&bao.address, ROOT);
    assert_eq!(
        read_field(&root, "kv/a", "id").await,
        Err(ResolveErrorKind::NotFound)
    );
}

async fn sealed(bao: &Bao) {
    let root = with_token(&bao.address, ROOT);
    bao.request("PUT", "sys/seal", "", &json!({})).await;
    assert_eq!(
        read_field(&root, "secret/app/a", "id").await,
        Err(ResolveErrorKind::Sealed)
    );
    assert_eq!(root.health().await, Err(ResolveErrorKind::Sealed));
}
