//! Responsible for testing consents, OAuth apps, and the objects of the organization.

use super::*;

const INITIATE: &str = "/api/v1/integrations/connectors/oauth/initiate";
const TEMPLATES: &str = "/api/v1/integrations/templates/sources";
const OAUTH_APPS: &str = "/api/v1/oauth/credentials";
const CONNECTION_TEMPLATES: &str = "/api/v1/integrations/templates/connections";
const REDIRECT: &str = "https://app.example.com/done?nonce=n1";

impl Bench {
    /// Copies the global template of a type into the organization.
    async fn clone_template(&self, slug: &str) -> Value {
        let global = self.get(&format!("{TEMPLATES}/global")).await.body;
        let items = global["data"].as_array().unwrap();
        let original = items.iter().find(|t| t["connector_name"] == slug).unwrap();
        let clone = json!({"original_source_template_id": original["id"]});
        self.post(TEMPLATES, clone).await.body
    }

    /// Sends the decision of a customer, and returns the status and the location.
    async fn decide(&self, url: &str, decision: &str) -> (u16, String) {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let form = format!("decision={decision}");
        let sent = http.post(url).body(form).send().await.unwrap();
        let location = sent.headers().get("location");
        let location = location.map(|l| l.to_str().unwrap().to_owned());
        (sent.status().as_u16(), location.unwrap_or_default())
    }

    async fn consent_url(&self, workspace: &str) -> String {
        let body = json!({
            "workspace_name": workspace, "connector_type": "hubspot", "redirect_url": REDIRECT,
        });
        let reply = self.post(INITIATE, body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        text(&reply.body["consent_url"])
    }
}

#[tokio::test]
async fn consent_allowed_creates_connector_once() {
    let bench = Bench::new().await;
    bench.clone_template("hubspot").await;
    let url = bench.consent_url("acme").await;
    for _ in 0..3 {
        let page = bench.http.get(&url).send().await.unwrap();
        assert_eq!(page.status(), 200);
    }
    assert_eq!(bench.running.world().connectors().count(), 0);
    let (status, location) = bench.decide(&url, "allow").await;
    assert_eq!(status, 303);
    let id = location.split_once("&connector_id=").unwrap();
    assert_eq!(id.0, REDIRECT);
    let world = bench.running.world();
    let created = &world.workspace("acme").unwrap().connectors[0];
    assert_eq!(created.id.to_string(), id.1.replace("%2D", "-"));
    assert_eq!(bench.decide(&url, "allow").await.0, 410);
    assert_eq!(bench.http.get(&url).send().await.unwrap().status(), 410);
}

#[tokio::test]
async fn consent_denied_creates_nothing() {
    let bench = Bench::new().await;
    bench.clone_template("hubspot").await;
    let url = bench.consent_url("acme").await;
    assert_eq!(bench.decide(&url, "perhaps").await.0, 422);
    let (status, location) = bench.decide(&url, "deny").await;
    assert_eq!(status, 303);
    assert!(location.starts_with(&format!("{REDIRECT}&error=access%5Fdenied")));
    assert_eq!(bench.running.world().connectors().count(), 0);
}

#[tokio::test]
async fn initiate_with_invalid_request_is_rejected() {
    let bench = Bench::new().await;
    let valid = json!({
        "workspace_name": "acme", "connector_type": "Zendesk Support", "redirect_url": REDIRECT,
    });
    let status = async |changes: Value| bench.post(INITIATE, with(&valid, &changes)).await.status;
    assert_eq!(status(json!({})).await, 400, "no template");
    bench.clone_template("zendesk-support").await;
    assert_eq!(status(json!({})).await, 200);
    for (changes, expected) in [
        (json!({"connector_type": "zendesk-support"}), 404),
        (json!({"connector_type": "Airtable"}), 400),
        (json!({"connector_type": null}), 422),
        (json!({"redirect_url": "http://app.example.com/"}), 422),
        (json!({"redirect_url": "https://a.example/?error=x"}), 422),
        (json!({"redirect_url": "javascript:alert(1)"}), 422),
        (json!({"workspace_name": ""}), 422),
    ] {
        assert_eq!(status(changes.clone()).await, expected, "{changes}");
    }
    bench.clone_template("zendesk-support").await;
    assert_eq!(status(json!({})).await, 400, "two templates");
}

#[tokio::test]
async fn oauth_app_put_and_deleted_is_never_shown() {
    let bench = Bench::new().await;
    let app = |secret: &str| json!({"connector_type": "hubspot", "configuration": {"client_id": "c", "client_secret": secret}});
    let first = bench.put(OAUTH_APPS, app(SECRET)).await;
    assert_eq!(first.status, 200, "{first:?}");
    let second = bench.put(OAUTH_APPS, app("other-secret")).await;
    assert_eq!(first.body["id"], second.body["id"]);
    assert_ne!(first.body["updated_at"], second.body["updated_at"]);
    for (changes, expected) in [
        (json!({"connector_type": "airtable"}), 400),
        (json!({"connector_type": "nothing"}), 404),
        (json!({"configuration": {"client_id": "c"}}), 422),
        (
            json!({"configuration": {"client_id": "c", "client_secret": "s", "x": "y"}}),
            422,
        ),
        (
            json!({"connector_definition_id": "36c891d9-4bd9-43ac-bad2-10e12756272c"}),
            422,
        ),
    ] {
        let reply = bench.put(OAUTH_APPS, with(&app(SECRET), &changes)).await;
        assert_eq!(reply.status, expected, "{changes}");
    }
    let path = format!("{OAUTH_APPS}/connector_type/hubspot");
    assert_eq!(bench.delete(&path).await.status, 204);
    assert_eq!(bench.delete(&path).await.status, 204);
    let third = bench.put(OAUTH_APPS, app(SECRET)).await;
    assert_ne!(first.body["id"], third.body["id"]);
}

#[tokio::test]
async fn connection_template_is_created_changed_and_deleted() {
    let bench = Bench::new().await;
    let hosted = bench
        .post(
            CONNECTION_TEMPLATES,
            json!({"data_hosting_type": "airbyte_hosted"}),
        )
        .await;
    assert_eq!(hosted.status, 200, "{hosted:?}");
    let destinations = bench
        .get("/api/v1/integrations/definitions/destinations")
        .await
        .body;
    let own = json!({
        "destination_name": "Lake",
        "destination_definition_id": destinations["destinations"][0]["id"],
        "destination_config": {"password": SECRET, "path": "/lake"},
    });
    let created = bench.post(CONNECTION_TEMPLATES, own.clone()).await;
    assert_eq!(created.body["destination_config"]["path"], "/lake");
    let wrong = with(&own, &json!({"cron_expression": "often"}));
    assert_eq!(bench.post(CONNECTION_TEMPLATES, wrong).await.status, 422);
    let path = format!("{CONNECTION_TEMPLATES}/{}", text(&created.body["id"]));
    let change = json!({"destination_name": "Sea"});
    let patched = bench
        .ask(
            Some(&bench.application),
            Method::PATCH,
            &path,
            Some(&change),
        )
        .await;
    assert_eq!(patched.body["destination_name"], "Sea");
    assert_eq!(bench.get(&path).await.body, patched.body);
    let list = bench.get(CONNECTION_TEMPLATES).await.body;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert_eq!(bench.delete(&path).await.status, 200);
    assert_eq!(bench.get(&path).await.status, 404);
}

#[tokio::test]
async fn organizations_of_caller_are_listed() {
    let bench = Bench::new().await;
    let reply = bench.get("/api/v1/internal/account/organizations").await;
    let ids = &reply.body["organizations"][0]["id"];
    assert_eq!(ids, &json!(crate::sandbox::ORGANIZATION_ID));
}

#[tokio::test]
async fn widget_on_page_of_other_origin_gets_nothing() {
    use base64::Engine as _;
    let bench = Bench::new().await;
    let body = json!({"workspace_name": "acme", "allowed_origin": "https://app.example.com"});
    let token = "/api/v1/account/applications/widget-token";
    let wrapped = text(&bench.post(token, body).await.body["token"]);
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(wrapped)
        .unwrap();
    let decoded: Value = serde_json::from_slice(&decoded).unwrap();
    let connector =
        json!({"connector_type": "github", "name": "G", "credentials": {"token": SECRET}});
    let send = async |path: &str, origin: &str, token: &Value| {
        let call = json!({"token": token, "origin": origin, "connector": connector});
        let url = format!("{}{path}", bench.running.origin());
        let sent = bench.http.post(url).body(call.to_string()).send().await;
        sent.unwrap().status().as_u16()
    };
    let own = "https://app.example.com";
    assert_eq!(send("/widget/session", own, &decoded["token"]).await, 200);
    for (origin, token, expected) in [
        ("https://evil.example", &decoded["token"], 403),
        ("null", &decoded["token"], 403),
        (own, &json!("guess"), 401),
    ] {
        assert_eq!(send("/widget/session", origin, token).await, expected);
        assert_eq!(send("/widget/connectors", origin, token).await, expected);
    }
    assert_eq!(bench.running.world().connectors().count(), 0);
    assert_eq!(
        send("/widget/connectors", own, &decoded["token"]).await,
        200
    );
    assert_eq!(bench.running.world().connectors().count(), 1);
}

#[tokio::test]
async fn session_of_vendors_client_completes_with_its_connector() {
    const SESSIONS: &str = "/api/v1/internal/mcp_oauth/sessions";
    let bench = Bench::new().await;
    let workspace = bench.workspace("acme").await;
    let connector = bench.connector("acme").await;
    let template = bench.clone_template("hubspot").await;
    let body = json!({
        "workspace_id": workspace.rsplit('/').next(),
        "source_definition_id": template["source_definition_id"],
        "source_template_id": template["id"],
    });
    let session = bench.post(SESSIONS, body).await;
    assert_eq!(session.status, 200, "{session:?}");
    let path = format!("{SESSIONS}/{}", text(&session.body["session_id"]));
    assert_eq!(bench.get(&path).await.body["status"], "completed");
    let used = json!({"source_id": connector.rsplit('/').next()});
    let token = Some(bench.application.as_str());
    let patched = bench.ask(token, Method::PATCH, &path, Some(&used)).await;
    assert_eq!(patched.status, 200, "{patched:?}");
    assert_eq!(bench.get(&path).await.body["source_id"], used["source_id"]);
    assert_eq!(bench.get(&format!("{SESSIONS}/none")).await.status, 404);
}
