//! Tests of logins with signed tokens. The server checks a JWT by its signature, and a pod's token by a review of a
//! stand-in cluster.

use super::super::Vault;
use super::super::settings::Login;
use super::super::tests::{read_field, vault};
use super::Bao;
use crate::model::SecretValue;
use crate::secrets::ResolveErrorKind;
use axum::Router;
use axum::routing::post;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

/// A key pair that signs tokens.
struct Issuer(rcgen::KeyPair);

impl Issuer {
    fn new() -> Self {
        Self(rcgen::KeyPair::generate().unwrap())
    }

    fn token(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": "JWT"});
        let parts = [header.to_string(), claims.to_string()].map(|part| base64url(part.as_bytes()));
        let signed = parts.join(".");
        let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::from_pkcs8(kind, &self.0.serialize_der(), &random).unwrap();
        let signature = key.sign(&random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }
}

/// Base64 in the URL alphabet, without padding.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..=three.len() {
            let letter = bits >> (18 - 6 * at) & 63;
            text.push(LETTERS[letter as usize].into());
        }
    }
    text
}

fn login(bao: &Bao, mount: &str, jwt: &str) -> Vault {
    let jwt = SecretValue::new(jwt.to_owned());
    let role = "airlift".to_owned();
    vault(&bao.address, None, Login::Jwt { role, jwt }, mount)
}

pub(super) async fn check(bao: &Bao) {
    check_jwt(bao).await;
    check_pod(bao).await;
}

async fn check_jwt(bao: &Bao) {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    bao.request("POST", "sys/auth/ci/jwt", "", &json!({"type": "jwt"}))
        .await;
    let config = json!({"jwt_validation_pubkeys": [issuer.0.public_key_pem()]});
    bao.request("POST", "auth/ci/jwt/config", "", &config).await;
    let role = json!({
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["airlift"],
        "token_policies": ["app"], "token_ttl": "1h",
    });
    bao.request("POST", "auth/ci/jwt/role/airlift", "", &role)
        .await;
    let claims = |audience: &str| json!({"sub": "ci", "aud": audience, "iat": 1_700_000_000_u64, "exp": 4_000_000_000_u64});
    let valid = login(bao, "ci/jwt", &issuer.token(&claims("airlift")));
    assert_eq!(
        read_field(&valid, "secret/app/a", "id").await.unwrap(),
        "again"
    );
    assert_eq!(
        read_field(&valid, "secret/other/b", "id").await,
        Err(ResolveErrorKind::Denied)
    );
    check_revocation(bao, &valid).await;
    for jwt in [other.token(&claims("airlift")), issuer.token(&claims("x"))] {
        let refused = read_field(&login(bao, "ci/jwt", &jwt), "secret/app/a", "id").await;
        assert!(
            matches!(refused, Err(ResolveErrorKind::LoginRefused(_))),
            "{refused:?}"
        );
    }
}

/// Checks that the server no longer accepts the token after the store is closed.
async fn check_revocation(bao: &Bao, vault: &Vault) {
    let token = vault.token().await.unwrap();
    vault.close().await;
    let revoked = super::with_token(&bao.address, token.expose());
    assert!(matches!(
        revoked.login().await,
        Err(ResolveErrorKind::LoginRefused(_))
    ));
}

async fn check_pod(bao: &Bao) {
    let issuer = Issuer::new();
    let pod = |name: &str| {
        issuer.token(&json!({
            "iss": "https://kubernetes.default.svc", "iat": 1_700_000_000_u64, "exp": 4_000_000_000_u64,
            "sub": format!("system:serviceaccount:apps:{name}"),
            "kubernetes.io": {"namespace": "apps", "serviceaccount": {"name": name, "uid": "u-1"}},
        }))
    };
    let (known, unknown) = (pod("airlift"), pod("unknown"));
    let cluster = cluster(known.clone()).await;
    let method = json!({"type": "kubernetes"});
    bao.request("POST", "sys/auth/kubernetes", "", &method)
        .await;
    let config = json!({
        "kubernetes_host": cluster, "disable_local_ca_jwt": true, "token_reviewer_jwt": "reviewer",
        // The server requires a certificate and does not use it over plain HTTP.
        "kubernetes_ca_cert": rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.pem(),
    });
    bao.request("POST", "auth/kubernetes/config", "", &config)
        .await;
    let role = json!({
        "bound_service_account_names": ["airlift"], "bound_service_account_namespaces": ["apps"],
        "token_policies": ["app"], "token_ttl": "1h",
    });
    bao.request("POST", "auth/kubernetes/role/airlift", "", &role)
        .await;
    let valid = login(bao, "kubernetes", &known);
    assert_eq!(
        read_field(&valid, "secret/app/a", "id").await.unwrap(),
        "again"
    );
    let refused = read_field(&login(bao, "kubernetes", &unknown), "secret/app/a", "id").await;
    assert!(
        matches!(refused, Err(ResolveErrorKind::LoginRefused(_))),
        "{refused:?}"
    );
}

/// Starts a stand-in cluster whose token reviews accept one token.
async fn cluster(known: String) -> String {
    let review = async move |axum::Json(review): axum::Json<Value>| {
        let is_known = review["spec"]["token"] == known.as_str();
        let user = json!({"username": "system:serviceaccount:apps:airlift", "uid": "u-1",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:apps"]});
        let status = if is_known {
            json!({"authenticated": true, "user": user})
        } else {
            json!({"authenticated": false, "error": "unknown"})
        };
        let kind = ("authentication.k8s.io/v1", "TokenReview");
        axum::Json(json!({"apiVersion": kind.0, "kind": kind.1, "status": status}))
    };
    let path = "/apis/authentication.k8s.io/v1/tokenreviews";
    let app = Router::new().route(path, post(review));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}
