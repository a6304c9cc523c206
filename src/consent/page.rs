//! Responsible for the pages that a customer sees, from the embedded template or from a team's own.

use minijinja::{AutoEscape, Environment, context};
use thiserror::Error;

/// The template of teams that have none of their own.
const DEFAULT: &str = include_str!("page.html");
const NAME: &str = "page.html";
/// A value that the page with the button must contain, to find out whether a template has the button.
const PROBE: &str = "probe-of-the-form";

/// What a page says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Page<'a> {
    /// The question, with the button.
    Ask {
        customer: &'a str,
        connector: &'a str,
        /// Authenticates the form.
        token: &'a str,
    },
    Done {
        customer: &'a str,
        connector: &'a str,
    },
    Problem {
        code: &'a str,
        message: &'a str,
    },
}

/// A template that was rendered once.
#[derive(Debug)]
pub(crate) struct PageTemplate {
    environment: Environment<'static>,
    title: String,
}

/// Why a template cannot be used.
#[derive(Debug, Error)]
pub(crate) enum TemplateError {
    #[error("the template is not valid: {0}")]
    Invalid(String),
    #[error("the template's page does not show `{{{{ form }}}}`, so it has no button")]
    NoForm,
}

impl PageTemplate {
    /// The embedded template, or a team's own text.
    pub(crate) fn new(title: &str, own: Option<String>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let text = own.unwrap_or_else(|| DEFAULT.to_owned());
        environment
            .add_template_owned(NAME, text)
            .map_err(|error| TemplateError::Invalid(error.to_string()))?;
        let template = Self {
            environment,
            title: title.to_owned(),
        };
        let ask = Page::Ask {
            customer: "",
            connector: "",
            token: PROBE,
        };
        if !template.try_render(&ask)?.contains(PROBE) {
            return Err(TemplateError::NoForm);
        }
        let problem = Page::Problem {
            code: "",
            message: "",
        };
        let done = Page::Done {
            customer: "",
            connector: "",
        };
        template.try_render(&problem)?;
        template.try_render(&done)?;
        Ok(template)
    }

    /// The page as HTML.
    pub(crate) fn render(&self, page: &Page<'_>) -> String {
        // Each kind of page was rendered when the template was read.
        self.try_render(page).unwrap_or_default()
    }

    fn try_render(&self, page: &Page<'_>) -> Result<String, TemplateError> {
        let title = &self.title;
        let values = match page {
            Page::Ask {
                customer,
                connector,
                token,
            } => context! {title, state => "ask", customer, connector, form => form(token)},
            Page::Done {
                customer,
                connector,
            } => context! {title, state => "done", customer, connector},
            Page::Problem { code, message } => {
                context! {title, state => "problem", code, message}
            }
        };
        self.environment
            .get_template(NAME)
            .and_then(|template| template.render(values))
            .map_err(|error| TemplateError::Invalid(error.to_string()))
    }
}

/// The form with the button. `token` is hexadecimal.
fn form(token: &str) -> minijinja::Value {
    minijinja::Value::from_safe_string(format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"{token}\">\
         <button type=\"submit\">Continue</button></form>"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Page, PageTemplate, TemplateError};

    #[test]
    fn render_of_hostile_name_is_escaped() {
        let template = PageTemplate::new("<b>", None).unwrap();
        let page = Page::Ask {
            customer: "<script>alert(1)</script>",
            connector: "\"&'",
            token: "00",
        };
        let html = template.render(&page);
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("<title>&lt;b&gt;</title>"), "{html}");
        assert!(html.contains("<form method=\"post\">"), "{html}");
    }

    #[test]
    fn new_with_template_without_form_fails() {
        let error = |text: &str| PageTemplate::new("t", Some(text.to_owned())).unwrap_err();
        assert!(matches!(error("hello"), TemplateError::NoForm));
        assert!(matches!(error("{% if %}"), TemplateError::Invalid(_)));
        assert!(matches!(
            error("{{ form }}{{ title.absent.more }}"),
            TemplateError::Invalid(_)
        ));
    }
}
