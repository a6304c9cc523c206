//! Responsible for the results of `airlift connect`: the address of a consent, a connector that was connected, and the
//! list of links.

use super::cells::escaped;
use super::terminal::Line;
use super::{Out, Safe, Ui, json, print_note};
use crate::model::{Address, ConnectorId};
use crate::render::labels::counted;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde::Serialize;
use std::io;

/// A connector that a customer consented to.
#[derive(Debug, Serialize)]
pub struct ConnectedView {
    format_version: u32,
    customer: String,
    connector: String,
    id: String,
    /// Whether an earlier run recorded it.
    already_recorded: bool,
}

/// The connectors that need a consent.
#[derive(Debug, Serialize)]
pub struct ConsentLinks {
    format_version: u32,
    /// By customer and connector.
    pub(crate) links: Vec<ConsentLink>,
}

/// A connector that needs a consent.
#[derive(Debug, Serialize)]
pub struct ConsentLink {
    pub(crate) customer: String,
    pub(crate) connector: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Whether the connector exists, so that this is not the first consent.
    pub(crate) again: bool,
    pub(crate) reason: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) expires_at: Option<String>,
}

/// Whether an earlier run recorded a connector.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordedBy {
    /// This run.
    ThisRun,
    /// An earlier run.
    EarlierRun,
}

impl ConnectedView {
    /// The connector at an address.
    pub fn new(address: &Address, id: ConnectorId, recorded_by: RecordedBy) -> Self {
        Self {
            format_version: json::FORMAT_VERSION,
            customer: address.customer.clone(),
            connector: address.connector.clone().unwrap_or_default(),
            id: id.to_string(),
            already_recorded: recorded_by == RecordedBy::EarlierRun,
        }
    }
}

impl From<Vec<ConsentLink>> for ConsentLinks {
    fn from(links: Vec<ConsentLink>) -> Self {
        Self {
            format_version: json::FORMAT_VERSION,
            links,
        }
    }
}

/// Whether the address of a consent is also printed as a QR code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum QrCodes {
    /// Print one.
    Printed,
    /// Print none.
    Omitted,
}

/// Prints the address of a consent to stderr.
pub fn consent_url(ui: &Ui, url: &str, qr: QrCodes) -> io::Result<()> {
    let mut status = ui.status();
    status.line(&Line::at(0).text("Open this address to consent:"))?;
    status.raw(format!("  {}\n", Safe::new(url)).as_bytes())?;
    if qr == QrCodes::Printed {
        match QrCode::new(url) {
            Ok(code) => {
                let image = code.render::<Dense1x2>().build();
                status.raw(format!("{image}\n").as_bytes())?;
            }
            Err(_) => print_note(ui, "the address is too long for a QR code")?,
        }
    }
    status.flush()
}

/// Says that a connector is connected.
pub fn connected(out: &mut Out<'_>, connected: &ConnectedView) -> io::Result<()> {
    let address = Address::connector(&connected.customer, &connected.connector);
    let was = if connected.already_recorded {
        "was connected before"
    } else {
        "is connected"
    };
    out.say(Safe::new(format_args!(
        "{} {was}: {}",
        Safe::address(&address),
        connected.id
    )))?;
    out.flush()
}

/// Lists the connectors that need a consent.
pub fn consent_links(out: &mut Out<'_>, links: &ConsentLinks) -> io::Result<()> {
    for link in &links.links {
        let address = Address::connector(&link.customer, &link.connector);
        let again = if link.again { ", again" } else { "" };
        let text = format!("{} ({}{again})", Safe::address(&address), link.kind);
        out.line(&Line::at(0).text(Safe::new(text)))?;
        if let Some(url) = &link.link {
            out.raw(format!("  {}\n", Safe::new(url)).as_bytes())?;
        }
    }
    let count = counted(links.links.len(), "connector");
    out.say(Safe::new(match links.links.len() {
        0 => "No connector needs a consent.".to_owned(),
        1 => format!("{count} needs a consent."),
        _ => format!("{count} need a consent."),
    }))?;
    out.flush()
}

/// Writes one row for each connector that needs a consent, for a mail merge.
pub fn consent_links_as_csv(out: &mut Out<'_>, links: &ConsentLinks) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "customer",
        "connector",
        "type",
        "again",
        "link",
        "expires_at",
    ])?;
    for link in &links.links {
        writer.write_record([
            &*cell(&link.customer),
            &*cell(&link.connector),
            &*cell(&link.kind),
            if link.again { "true" } else { "false" },
            link.link.as_deref().unwrap_or_default(),
            link.expires_at.as_deref().unwrap_or_default(),
        ])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    out.raw(&bytes)?;
    out.flush()
}

/// A text that neither a terminal nor a spreadsheet runs.
fn cell(text: &str) -> String {
    escaped(Safe::new(text).as_str())
}
