//! Rules about the project's own keys.

use super::super::code::Code;
use super::super::load::Parsed;
use super::super::source::Findings;
use super::super::written::{project_file, project_keys};
use crate::model::OrganizationId;

pub(super) fn check(files: &[Parsed], findings: &mut Findings) {
    version(files, findings);
    one_project_file(files, findings);
    for file in files {
        organization(file, findings);
    }
}

fn version(files: &[Parsed], findings: &mut Findings) {
    for file in files {
        let place = file.source.root().key("version");
        if file.shaped.file.version.is_some_and(|version| version != 1) {
            let message = "`version` is 1 here: no other grammar is known";
            findings.at(place, Code::UnsupportedVersion, message, None);
        }
    }
    let Some(file) = project_file(files) else {
        return;
    };
    // A file that could not be read to its end may well have a version further down, and one
    // whose version has a wrong type is told so already.
    let root = file.source.root();
    let written = root
        .at
        .is_some_and(|at| at.entries().any(|(key, _)| key == "version"));
    let mapping = root
        .at
        .is_none_or(|at| at.entries().next().is_some() || root.is_null());
    let readable = file.source.tree.is_some() && mapping;
    let null = written && file.shaped.file.version.is_none() && root.key("version").is_null();
    if readable && (!written || null) {
        let help = Some("add `version: 1` at the top".to_owned());
        findings.at(
            root,
            Code::MissingVersion,
            "the project file has no `version`",
            help,
        );
    }
}

fn one_project_file(files: &[Parsed], findings: &mut Findings) {
    let project = project_file(files);
    for file in files {
        if project.is_some_and(|project| std::ptr::eq(project, file)) {
            continue;
        }
        for key in project_keys(file) {
            let message = match project {
                Some(project) => format!(
                    "`{key}` belongs into the project file, which is {}",
                    project.source.name
                ),
                None => format!("`{key}` belongs into the project file"),
            };
            findings.at(
                file.source.root().key(key),
                Code::ProjectKeyElsewhere,
                message,
                None,
            );
        }
    }
}

fn organization(file: &Parsed, findings: &mut Findings) {
    let Some(id) = &file.shaped.file.organization_id else {
        return;
    };
    if id.parse::<OrganizationId>().is_err() {
        let place = file.source.root().key("organization_id");
        findings.at(
            place,
            Code::InvalidFormat,
            "`organization_id` takes an organization's UUID",
            None,
        );
    }
}
