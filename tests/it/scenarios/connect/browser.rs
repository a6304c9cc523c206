//! The browser of a customer.

use crate::support::TestEnv;
use futures_util::future::join_all;
use reqwest::{Client, Method, Response, redirect};

/// A browser: keeps one cookie and follows no redirect by itself.
pub(super) struct Browser<'a> {
    env: &'a TestEnv,
    pub(super) http: Client,
    pub(super) cookie: Option<String>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(env: &'a TestEnv) -> Self {
        let _installed_by_another_test = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none());
        Self {
            env,
            http: http.build().unwrap(),
            cookie: None,
        }
    }

    pub(super) fn send(
        &mut self,
        method: Method,
        url: &str,
        form: Option<String>,
    ) -> (u16, String, String) {
        let mut request = self.http.request(method, url);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(form) = form {
            request = request.body(form);
        }
        let response: Response = self.env.runtime().block_on(request.send()).unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        if let Some(cookie) = header("set-cookie") {
            assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        if let Some(policy) = header("content-security-policy") {
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors"));
        }
        let location = header("location").unwrap_or_default();
        let status = response.status().as_u16();
        let body = self.env.runtime().block_on(response.text()).unwrap();
        (status, location, body)
    }

    pub(super) fn get(&mut self, url: &str) -> (u16, String, String) {
        self.send(Method::GET, url, None)
    }

    /// Decides on the vendor's page, and returns the address of the callback.
    pub(super) fn decide(&mut self, url: &str, decision: &str) -> String {
        let form = format!("decision={decision}");
        let (status, location, body) = self.send(Method::POST, url, Some(form));
        assert_eq!(status, 303, "{body}");
        location
    }

    /// Presses the button of a link, and returns what follows.
    pub(super) fn press(&mut self, link: &str) -> (u16, String, String) {
        let form = self.form(link);
        self.send(Method::POST, link, Some(form))
    }

    /// Presses the button of a link several times at once, and returns the statuses.
    pub(super) fn press_at_once(&mut self, link: &str, times: usize) -> Vec<u16> {
        let form = self.form(link);
        let cookie = self.cookie.clone().unwrap();
        let clicks = (0..times).map(|_| {
            let click = self.http.post(link).header("cookie", &cookie);
            click.body(form.clone()).send()
        });
        let responses = self.env.runtime().block_on(join_all(clicks));
        let status = |response: Result<Response, _>| response.unwrap().status().as_u16();
        responses.into_iter().map(status).collect()
    }

    /// Opens a link, and returns the form of its page.
    pub(super) fn form(&mut self, link: &str) -> String {
        let (status, _, page) = self.get(link);
        assert_eq!(status, 200, "{page}");
        let token = page.split_once("name=\"token\" value=\"").unwrap().1;
        format!("token={}", token.split('"').next().unwrap())
    }
}
