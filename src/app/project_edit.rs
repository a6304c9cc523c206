//! Responsible for editing the files of a project: finds the file that declares a customer, and writes
//! all edited files together, or none.

use super::{Invocation, project};
use crate::config::{self, EditStep, NotEditable, Project, Severity, WrittenValue};
use crate::failure::Failure;
use crate::model::Address;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The reason why a declaration is left alone.
pub(super) const NOT_EDITABLE: &str =
    "its declaration cannot be edited for certain; edit it yourself";

/// The edited texts of a project's files.
#[derive(Clone)]
pub(super) struct ProjectEdit<'a> {
    project: &'a Project,
    texts: BTreeMap<PathBuf, FileText>,
}

#[derive(Clone)]
struct FileText {
    before: String,
    after: String,
}

pub(super) fn key(name: &str) -> EditStep {
    EditStep::Key(name.to_owned())
}

/// The path of a customer's declaration in its file.
pub(super) fn customer_path(customer: &str) -> Vec<EditStep> {
    vec![key("customers"), EditStep::Named(customer.to_owned())]
}

/// The path of a connector's declaration in its file.
pub(super) fn connector_path(customer: &str, connector: &str) -> Vec<EditStep> {
    let connector = EditStep::Named(connector.to_owned());
    [customer_path(customer), vec![key("connectors"), connector]].concat()
}

impl<'a> ProjectEdit<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project,
            texts: BTreeMap::new(),
        }
    }

    /// Sets a value in the file of a customer.
    pub(super) fn set(
        &mut self,
        customer: &str,
        path: &[EditStep],
        value: &WrittenValue,
    ) -> Result<(), NotEditable> {
        self.edit(customer, |text| config::set(text, path, value))
    }

    /// Removes a key or an item in the file of a customer.
    pub(super) fn remove(&mut self, customer: &str, path: &[EditStep]) -> Result<(), NotEditable> {
        self.edit(customer, |text| config::remove(text, path))
    }

    /// Adds a connector in the file of a customer.
    pub(super) fn append(
        &mut self,
        customer: &str,
        path: &[EditStep],
        lines: &str,
    ) -> Result<(), NotEditable> {
        self.edit(customer, |text| {
            config::append(text, path, "connectors", lines)
        })
    }

    /// Adds a customer to the project file.
    pub(super) fn append_customer(&mut self, lines: &str) -> Result<(), NotEditable> {
        let path = self.project.project_file.clone();
        self.edit_file(&path, |text| config::append(text, &[], "customers", lines))
    }

    fn edit(
        &mut self,
        customer: &str,
        edit: impl FnOnce(&str) -> Result<String, NotEditable>,
    ) -> Result<(), NotEditable> {
        let path = self.file_of(customer).ok_or(NotEditable)?;
        self.edit_file(&path, edit)
    }

    fn edit_file(
        &mut self,
        path: &Path,
        edit: impl FnOnce(&str) -> Result<String, NotEditable>,
    ) -> Result<(), NotEditable> {
        if !self.texts.contains_key(path) {
            let before = fs::read_to_string(path).map_err(|_| NotEditable)?;
            let after = before.clone();
            self.texts
                .insert(path.to_owned(), FileText { before, after });
        }
        let text = self.texts.get_mut(path).ok_or(NotEditable)?;
        text.after = edit(&text.after)?;
        Ok(())
    }

    fn file_of(&self, customer: &str) -> Option<PathBuf> {
        let file = self.project.origin(&Address::customer(customer))?.file;
        let mut files = self.project.files.iter();
        let listed = files.find(|path| path.display().to_string() == file);
        Some(listed.map_or_else(|| PathBuf::from(&file), Clone::clone))
            .filter(|path| path.is_file())
    }

    /// Writes the edited files, and returns them. Writes the old texts again and fails with `code` if the edited ones
    /// have an error.
    pub(super) fn write(
        self,
        invocation: Invocation<'_>,
        code: &'static str,
    ) -> Result<Vec<PathBuf>, Failure> {
        let is_edited = |(_, text): &(&PathBuf, &FileText)| text.before != text.after;
        let edited: Vec<(&PathBuf, &FileText)> = self.texts.iter().filter(is_edited).collect();
        let written = edited
            .iter()
            .try_for_each(|(path, text)| replace(path, &text.after))
            .and_then(|()| check(invocation, code));
        if let Err(failure) = written {
            for (path, text) in &edited {
                replace(path, &text.before)?;
            }
            return Err(failure);
        }
        Ok(edited.into_iter().map(|(path, _)| path.clone()).collect())
    }
}

/// Loads the edited files. Fails if they have an error.
fn check(invocation: Invocation<'_>, code: &'static str) -> Result<(), Failure> {
    let loaded = project::read(invocation)?;
    if loaded.project.is_some() {
        return Ok(());
    }
    let findings = &loaded.report.findings;
    let error = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    let cause = error.map_or_else(String::new, |error| {
        format!(" ({} at {})", error.code.as_str(), error.location)
    });
    let message = format!("the files would have errors after the edit{cause}; they are as before");
    Err(Failure::error(code, message).hint("edit the files yourself"))
}

/// Replaces a file atomically and keeps its permissions.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    replaced(path, text).map_err(|error| {
        let message = format!("cannot write {}: {error}", path.display());
        Failure::error("cannot_write", message)
    })
}

fn replaced(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    fs::set_permissions(file.path(), path.metadata()?.permissions())?;
    file.persist(&path).map(drop).map_err(|error| error.error)
}
