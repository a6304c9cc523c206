//! Responsible for the state of each connector, as `airlift status` shows it.

use serde::Serialize;

/// The state of each selected connector.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "airlift status")]
pub struct StatusReport {
    /// The version of this document. New fields do not change it.
    format_version: u32,
    /// Whether a connector that exists needs another consent.
    #[serde(skip)]
    has_lost_consent: bool,
    /// Whether a check could not be made.
    #[serde(skip)]
    lacks_checks: bool,
    /// How many connectors have each state, before `--state` leaves some out.
    pub(crate) summary: StatusSummary,
    /// The connectors by customer and name.
    pub(crate) connectors: Vec<ConnectorStatus>,
}

/// How many connectors have each state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StatusSummary {
    /// The credentials work.
    pub(crate) ok: usize,
    /// Not created yet.
    pub(crate) waiting: usize,
    /// The customer has to consent, for the first time or again.
    pub(crate) needs_consent: usize,
    /// The credentials do not work, or the connector is gone.
    pub(crate) failing: usize,
    /// The check has no verdict, or could not be made.
    pub(crate) unverified: usize,
}

/// The state of one connector.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ConnectorStatus {
    /// The customer.
    pub(crate) customer: String,
    /// The connector.
    pub(crate) connector: String,
    /// The id, once the connector exists.
    pub(crate) id: Option<String>,
    /// The state.
    pub(crate) state: ConnectorState,
    /// Why, unless the state is `ok`.
    pub(crate) reason: Option<String>,
    /// Whether the check could not be made.
    #[serde(skip)]
    pub(crate) is_check_missing: bool,
}

/// The state of a connector.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorState {
    /// The credentials work.
    Ok,
    /// Not created yet.
    Waiting,
    /// The customer has to consent, for the first time or again.
    NeedsConsent,
    /// The credentials do not work, or the connector is gone.
    Failing,
    /// The check has no verdict, or could not be made.
    Unverified,
}

impl ConnectorState {
    /// The name in JSON and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Waiting => "waiting",
            Self::NeedsConsent => "needs_consent",
            Self::Failing => "failing",
            Self::Unverified => "unverified",
        }
    }
}

impl StatusReport {
    /// Sorts and counts the states.
    pub fn new(mut connectors: Vec<ConnectorStatus>) -> Self {
        connectors.sort_by(|a, b| (&a.customer, &a.connector).cmp(&(&b.customer, &b.connector)));
        let mut summary = StatusSummary::default();
        for connector in &connectors {
            *summary.count_of(connector.state) += 1;
        }
        let is_lost = |connector: &ConnectorStatus| {
            connector.state == ConnectorState::NeedsConsent && connector.id.is_some()
        };
        Self {
            format_version: 1,
            has_lost_consent: connectors.iter().any(is_lost),
            lacks_checks: connectors
                .iter()
                .any(|connector| connector.is_check_missing),
            summary,
            connectors,
        }
    }

    /// Leaves out connectors of other states. The summary still counts them.
    #[must_use]
    pub fn only(mut self, is_shown: impl Fn(ConnectorState) -> bool) -> Self {
        self.connectors
            .retain(|connector| is_shown(connector.state));
        self
    }

    /// Whether a connector fails, its check could not be made, or a connector that exists needs another consent.
    pub fn has_failing(&self) -> bool {
        self.summary.failing > 0 || self.lacks_checks || self.has_lost_consent
    }
}

impl StatusSummary {
    fn count_of(&mut self, state: ConnectorState) -> &mut usize {
        match state {
            ConnectorState::Ok => &mut self.ok,
            ConnectorState::Waiting => &mut self.waiting,
            ConnectorState::NeedsConsent => &mut self.needs_consent,
            ConnectorState::Failing => &mut self.failing,
            ConnectorState::Unverified => &mut self.unverified,
        }
    }
}
