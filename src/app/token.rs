//! Responsible for tokens that a command hands to its user: which workspace they are for, and where
//! they are written to.

use super::out_directory::OutDirectory;
use super::{App, Invocation, Selectable};
use crate::api::{ApiError, RequestedToken};
use crate::cli::{Format, TokenCommand, TokenSinkArgs};
use crate::failure::Failure;
use crate::files::Access;
use crate::model::{Address, WorkspaceId};
use crate::render::{self, OutReader};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The result of a search for the workspace of a customer.
pub(super) enum WorkspaceLookup {
    Found(WorkspaceId),
    /// The failure names the customer and similar ones.
    Missing(Failure),
}

/// The one place that a token is written to.
pub(crate) enum TokenSink {
    NewFile(PathBuf),
    ReplacedFile(PathBuf),
    Stdout,
}

impl TokenSink {
    /// Refuses to print a token where others may read it, unless the user asks for that.
    pub(crate) fn choose(
        invocation: Invocation<'_>,
        args: &TokenSinkArgs,
    ) -> Result<Self, Failure> {
        if let Some(path) = &args.out {
            return Ok(if args.replace {
                Self::ReplacedFile(path.clone())
            } else {
                Self::NewFile(path.clone())
            });
        }
        if args.reveal || invocation.ui.out_reader() == OutReader::Program {
            return Ok(Self::Stdout);
        }
        let message = "a token is printed neither to a terminal nor to the log of a CI job";
        Err(Failure::usage("token_not_printed", message)
            .hint("write it to a file that only you can read with --out FILE")
            .hint("or print it with --reveal"))
    }

    /// Writes a token, and says how long it is valid.
    pub(crate) fn write(
        &self,
        invocation: Invocation<'_>,
        token: &RequestedToken,
    ) -> Result<(), Failure> {
        let ui = invocation.ui;
        let seconds = token.expires_in().map(|life| life.as_secs());
        let format = invocation.global.format;
        match self {
            Self::NewFile(path) => write_file(path, token, <[u8]>::is_empty)?,
            Self::ReplacedFile(path) => write_file(path, token, |_| true)?,
            Self::Stdout => {}
        }
        match self {
            Self::NewFile(path) | Self::ReplacedFile(path) if format == Format::Json => {
                render::token_file_as_json(ui, path, seconds)?;
            }
            Self::NewFile(path) | Self::ReplacedFile(path) => render::token_file(ui, path)?,
            Self::Stdout if format == Format::Json => {
                render::token_as_json(ui, seconds, |out| token.write_to(out))?;
            }
            Self::Stdout => render::token(ui, |out| token.write_to(out))?,
        }
        Ok(render::token_life(ui, seconds)?)
    }
}

/// Writes a token to a file of this user. Replaces a file whose start `is_replaceable`.
fn write_file(
    path: &Path,
    token: &RequestedToken,
    is_replaceable: impl Fn(&[u8]) -> bool,
) -> Result<(), Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    token.write_to(&mut *bytes)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Failure::internal(format!("a token is not UTF-8: {error}")))?;
    let name = Path::new(path.file_name().unwrap_or_default());
    OutDirectory::containing(path).replace(name, text, Access::Private, is_replaceable)
}

impl App<'_> {
    /// Requests a token. Creates no workspace.
    pub(crate) async fn requested_token(
        &self,
        command: &TokenCommand,
    ) -> Result<RequestedToken, Failure> {
        let writer = self.connection.session.writer();
        let token = match command {
            TokenCommand::App(_) => writer.requested_application_token().await,
            TokenCommand::Scoped(args) => {
                let workspace = self.workspace_named(&args.customer).await?;
                writer
                    .requested_scoped_token(&args.customer, workspace)
                    .await
            }
            TokenCommand::Widget(args) => {
                let workspace = self.workspace_named(&args.customer).await?;
                writer
                    .requested_widget_token(&args.customer, workspace, &args.origin, &args.tags)
                    .await
            }
        };
        token.map_err(|error| not_issued(error, command))
    }

    /// The workspace of a customer: the recorded one, or the only one with this name.
    pub(super) async fn workspace_named(&self, customer: &str) -> Result<WorkspaceId, Failure> {
        match self.find_workspace(customer).await? {
            WorkspaceLookup::Found(id) => Ok(id),
            WorkspaceLookup::Missing(failure) => Err(failure),
        }
    }

    /// Looks for the workspace of a customer. Fails if the API does not answer, or if several have this name.
    pub(super) async fn find_workspace(&self, customer: &str) -> Result<WorkspaceLookup, Failure> {
        let recorded = self.ledger.load().await?;
        let mut entries = recorded.customers.iter();
        if let Some((id, _)) = entries.find(|(_, entry)| entry.name == customer) {
            return Ok(WorkspaceLookup::Found(*id));
        }
        let listing = self
            .connection
            .session
            .reader()
            .workspaces(&*self.events)
            .await?;
        let workspaces = || listing.items.values();
        let mut ids = workspaces()
            .filter(|workspace| workspace.name == customer)
            .map(|workspace| workspace.id);
        match (ids.next(), ids.next()) {
            (Some(id), None) => Ok(WorkspaceLookup::Found(id)),
            (Some(_), Some(_)) => {
                let message = format!("several workspaces are named `{customer}`");
                Err(Failure::error("ambiguous_customer", message).hint(
                    "rename one of them, or add the right one to the ledger with `airlift adopt`",
                ))
            }
            (None, _) => {
                let names = workspaces().map(|workspace| Address::customer(&workspace.name));
                let listed = Selectable::in_the_api(names);
                Ok(WorkspaceLookup::Missing(
                    listed.unknown(&Address::customer(customer)),
                ))
            }
        }
    }
}

/// The vendor hides this operation in its newest documentation, so a 404 may mean that it moved.
fn not_issued(error: ApiError, command: &TokenCommand) -> Failure {
    let is_moved = error.is_not_found() && matches!(command, TokenCommand::Widget(_));
    let failure = Failure::from(error);
    if is_moved {
        failure.hint("the API may no longer offer widget tokens at this path: ask the vendor, or look for a newer airlift")
    } else {
        failure
    }
}
