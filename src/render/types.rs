//! The catalog of connector types, for people.

use super::{Label, Line, Out, Safe};
use crate::catalog::{AuthMethod, ConnectorType, Field, FieldType, is_secret};
use std::io;

/// Every type with its authentication methods.
pub fn types(out: &mut Out<'_>, all: &[ConnectorType]) -> io::Result<()> {
    let width = all.iter().map(|one| one.name.len()).max().unwrap_or(0) + 2;
    for one in all {
        let methods: Vec<&str> = one
            .methods
            .iter()
            .map(|method| method.name.as_str())
            .collect();
        let line = Line::at(0)
            .hang(width)
            .label(Label::Strong, Safe::new(&one.name));
        out.line(&line.pad_to(width).text(Safe::new(methods.join(", "))))?;
    }
    out.flush()
}

/// One type with every field.
pub fn one_type(out: &mut Out<'_>, one: &ConnectorType) -> io::Result<()> {
    out.line(&Line::at(0).label(Label::Strong, Safe::new(&one.name)))?;
    let about = format!(
        "definition {}, version {}",
        one.definition_id, one.definition_version
    );
    out.line(&Line::at(2).hang(4).text(Safe::new(about)))?;
    for method in &one.methods {
        write_method(out, method)?;
    }
    if !one.variables.is_empty() {
        heading(out, "environment")?;
    }
    for (name, variable) in &one.variables {
        let mut about = if variable.default_is_placeholder() {
            "text".to_owned()
        } else {
            format!("text, {} when left out", variable.default)
        };
        if let Some(options) = &variable.options {
            about = format!("{about}; one of {}", options.join(", "));
        }
        field_line(out, name, &about)?;
    }
    if !one.replication_config.is_empty() {
        heading(out, "replication_config")?;
    }
    for (name, field) in &one.replication_config {
        field_line(out, name, &describe(field, None))?;
    }
    out.flush()
}

fn write_method(out: &mut Out<'_>, method: &AuthMethod) -> io::Result<()> {
    let title = method
        .title
        .as_ref()
        .map(|title| format!(": {title}"))
        .unwrap_or_default();
    heading(
        out,
        &format!(
            "credentials, auth: {} ({}{title})",
            method.name, method.kind
        ),
    )?;
    for (name, field) in &method.fields {
        field_line(
            out,
            name,
            &describe(field, Some(is_secret(name, Some(field)))),
        )?;
    }
    Ok(())
}

fn heading(out: &mut Out<'_>, text: &str) -> io::Result<()> {
    out.blank()?;
    out.line(&Line::at(2).hang(4).label(Label::Strong, Safe::new(text)))
}

fn field_line(out: &mut Out<'_>, name: &str, about: &str) -> io::Result<()> {
    let line = Line::at(4)
        .hang(32)
        .text(Safe::new(name))
        .text(" ")
        .pad_to(32);
    out.line(&line.text(Safe::new(about)))
}

fn describe(field: &Field, secret: Option<bool>) -> String {
    let mut words = vec![if field.required {
        "required"
    } else {
        "optional"
    }];
    match secret {
        Some(true) => words.push("secret"),
        Some(false) => words.push("not secret"),
        None => {}
    }
    words.push(match field.kind {
        FieldType::String => "text",
        FieldType::Integer => "whole number",
        FieldType::Number => "number",
        FieldType::Boolean => "true or false",
        FieldType::Array => "list",
        FieldType::Object => "mapping",
    });
    words.extend(field.format.as_deref());
    words.join(", ")
}
