//! Responsible for building the requests for tokens.

use super::Request;
use crate::api::body;
use crate::api::error::ApiError;
use crate::api::resilience::Priority;
use crate::model::{Contract, Region, SecretValue, WebOrigin};
use reqwest::Method;
use serde::Serialize;

/// The operation that requests the organization's token.
pub(in crate::api) const APPLICATION_TOKEN: &str = "create_account_applications_token";

/// `create_account_applications_token`
pub(in crate::api) fn application_token<'a>(
    client_id: &str,
    client_secret: &'a SecretValue,
) -> Result<Request<'a>, ApiError> {
    let path = "/api/v1/account/applications/token".to_owned();
    let request = Request::new(APPLICATION_TOKEN, Method::POST, path);
    let body = body::token_request(client_id, client_secret)?;
    Ok(Request {
        writes: false,
        // All requests of the organization wait for the token.
        priority: Priority::First,
        ..request.with_secrets(body)
    })
}

/// `create_account_applications_scoped_token`; creates the workspace if the name is new.
pub(in crate::api) fn scoped_token(
    contract: Contract,
    customer: &str,
    region: Option<Region>,
) -> Result<Request<'static>, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        workspace_name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        region_id: Option<Region>,
    }
    let operation = "create_account_applications_scoped_token";
    let request = Request::new(operation, Method::POST, scoped_path(contract).to_owned());
    let request = request.about(&customer);
    request.with_json(&Body {
        workspace_name: customer,
        region_id: region,
    })
}

/// `create_account_applications_widget_token`; creates the workspace if the name is new.
pub(in crate::api) fn widget_token(
    contract: Contract,
    customer: &str,
    origin: &WebOrigin,
    tags: &[String],
) -> Result<Request<'static>, ApiError> {
    #[derive(Serialize)]
    struct Body<'a> {
        workspace_name: &'a str,
        allowed_origin: &'a str,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        selected_source_template_tags: &'a [String],
    }
    let path = match contract {
        Contract::Workspace => "/api/v1/account/applications/widget-token",
        Contract::ExternalUser => "/api/v1/embedded/widget-token",
    };
    let operation = "create_account_applications_widget_token";
    let request = Request::new(operation, Method::POST, path.to_owned());
    let request = request.about(&customer);
    request.with_json(&Body {
        workspace_name: customer,
        allowed_origin: origin.as_str(),
        selected_source_template_tags: tags,
    })
}

/// `get_account_applications_scoped_token_info`
pub(in crate::api) fn scoped_token_info(contract: Contract) -> Request<'static> {
    let path = format!("{}/info", scoped_path(contract));
    Request::get("get_account_applications_scoped_token_info", path)
}

fn scoped_path(contract: Contract) -> &'static str {
    match contract {
        Contract::Workspace => "/api/v1/account/applications/scoped-token",
        Contract::ExternalUser => "/api/v1/embedded/scoped-token",
    }
}

#[cfg(test)]
mod tests {
    use super::{application_token, scoped_token, scoped_token_info, widget_token};
    use crate::api::request::Request;
    use crate::model::{Contract, Region, SecretValue};

    fn body(request: &Request<'_>) -> String {
        String::from_utf8(request.body.as_ref().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn application_token_request_has_exact_bytes() {
        let secret = SecretValue::new("s3\\cret".into());
        let request = application_token("id", &secret).unwrap();
        assert_eq!(
            body(&request),
            r#"{"client_id":"id","client_secret":"s3\\cret"}"#
        );
        assert!(!request.writes);
    }

    #[test]
    fn scoped_token_request_under_the_older_contract_differs_only_in_its_path() {
        let current = scoped_token(Contract::Workspace, "acme", Some(Region::EU)).unwrap();
        assert_eq!(current.path, "/api/v1/account/applications/scoped-token");
        assert_eq!(
            body(&current),
            r#"{"workspace_name":"acme","region_id":"b9e48d61-f082-4a14-a8d0-799a907938cb"}"#
        );
        let older = scoped_token(Contract::ExternalUser, "acme", None).unwrap();
        assert_eq!(older.path, "/api/v1/embedded/scoped-token");
        assert_eq!(body(&older), r#"{"workspace_name":"acme"}"#);
        assert!(current.writes && older.writes);
        let info = scoped_token_info(Contract::ExternalUser);
        assert_eq!(info.path, "/api/v1/embedded/scoped-token/info");
    }

    #[test]
    fn widget_token_request_names_one_origin_and_leaves_out_absent_tags() {
        let origin = "https://app.example.com".parse().unwrap();
        let request = widget_token(Contract::Workspace, "acme", &origin, &[]).unwrap();
        assert_eq!(request.path, "/api/v1/account/applications/widget-token");
        assert_eq!(
            body(&request),
            r#"{"workspace_name":"acme","allowed_origin":"https://app.example.com"}"#
        );
        let tags = ["crm".to_owned()];
        let request = widget_token(Contract::ExternalUser, "acme", &origin, &tags).unwrap();
        assert_eq!(request.path, "/api/v1/embedded/widget-token");
        assert!(body(&request).ends_with(r#","selected_source_template_tags":["crm"]}"#));
    }
}
