//! Responsible for the small JSON documents: those of commands that report what they wrote or know.

use super::{FORMAT_VERSION, Versioned, versioned};
use crate::catalog::ConnectorType;
use crate::explanations::Topic;
use crate::render::Out;
use serde::Serialize;
use std::io;
use std::path::Path;

#[derive(Serialize)]
struct Types<'a> {
    types: &'a [ConnectorType],
}

#[derive(Serialize)]
struct Topics<'a> {
    topics: &'a [Topic],
}

#[derive(Serialize)]
struct Written<'a> {
    directory: &'a str,
    files: &'a [String],
    next: &'a [String],
}

#[derive(Serialize)]
struct Exported<'a> {
    directory: &'a str,
    files: usize,
    next: &'a str,
}

#[derive(Serialize)]
struct SnapshotFile<'a> {
    file: &'a Path,
}

#[derive(Serialize)]
struct Serving<'a> {
    api_host: &'a str,
    organization_id: &'a str,
}

#[derive(Serialize)]
struct Help<'a> {
    help: &'a str,
}

/// Writes connector types with every field.
pub fn types(out: &mut Out<'_>, types: &[ConnectorType]) -> io::Result<()> {
    versioned(out, &Types { types })
}

/// Writes explanations.
pub(crate) fn topics(out: &mut Out<'_>, topics: &[Topic]) -> io::Result<()> {
    versioned(out, &Topics { topics })
}

/// Writes the names of written files, and the next commands.
pub fn written(
    out: &mut Out<'_>,
    directory: &str,
    files: &[String],
    next: &[String],
) -> io::Result<()> {
    versioned(
        out,
        &Written {
            directory,
            files,
            next,
        },
    )
}

/// Writes how many files an export wrote, and the next command.
pub fn exported(out: &mut Out<'_>, directory: &str, files: usize, next: &str) -> io::Result<()> {
    versioned(
        out,
        &Exported {
            directory,
            files,
            next,
        },
    )
}

/// Writes which file has a snapshot.
pub fn snapshot(out: &mut Out<'_>, file: &Path) -> io::Result<()> {
    versioned(out, &SnapshotFile { file })
}

/// Writes how to reach the sandbox.
pub fn serving(out: &mut Out<'_>, api_host: &str, organization_id: &str) -> io::Result<()> {
    versioned(
        out,
        &Serving {
            api_host,
            organization_id,
        },
    )
}

/// Writes the text of `--help` or `--version`.
pub(crate) fn help(out: &mut Out<'_>, help: &str) -> io::Result<()> {
    versioned(out, &Help { help })
}

/// The same text as a document.
pub(in crate::render) fn help_document(help: &str) -> impl Serialize {
    Versioned {
        format_version: FORMAT_VERSION,
        result: Help { help },
    }
}
