//! Responsible for forecasting what the execution of a plan costs: requests, tokens and metered operations.
//!
//! Counts the requests of an execution without failures. A retry, a duplicate or a slow deletion costs more.

use super::{Operation, Plan};
use serde::{Deserialize, Serialize};

/// What the execution of a plan costs.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Forecast {
    /// Requests to the API, about.
    pub requests: u64,
    /// Tokens of customers, which are among the requests.
    pub tokens: u64,
    /// Operations of the plan's steps that the vendor meters: none; `--gate execute` adds some.
    pub metered_operations: u64,
    /// Seconds with 10 requests at a time, within the limit of this run (`--max-rps`), about; 0 if it is not known.
    #[serde(default)]
    pub seconds: u64,
}

/// The requests at a time. It is fixed, because a plan does not depend on `--parallelism`.
const PARALLELISM: u64 = 10;

/// What a request takes, in milliseconds: the vendor names no figure, and its own clients wait for seconds.
const MILLISECONDS: u64 = 500;

impl Forecast {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut forecast = Self::default();
        for customer in &plan.customers {
            let operations = customer.steps.iter().map(|step| &step.operation);
            let sent: u64 = operations.clone().map(requests).sum();
            let lists = operations.clone().any(lists_connectors);
            let lists_before =
                customer.workspace_id.is_some() && operations.clone().any(creates_connector);
            let needs_token = operations.clone().any(needs_token);
            forecast.requests +=
                sent + u64::from(lists_before) + u64::from(lists) + u64::from(needs_token);
            forecast.tokens += u64::from(needs_token);
        }
        forecast
    }

    /// The forecast with its time. `per_hundred_seconds` is the largest number of requests in 100 seconds.
    #[must_use]
    pub fn within(mut self, per_hundred_seconds: Option<u64>) -> Self {
        let in_flight = (self.requests * MILLISECONDS).div_ceil(1000 * PARALLELISM);
        let limited = per_hundred_seconds.map(|limit| (self.requests * 100).div_ceil(limit.max(1)));
        self.seconds = in_flight.max(limited.unwrap_or_default());
        self
    }

    /// The forecast of a part, with the time of the whole in proportion to the requests.
    pub(super) fn timed_like(mut self, whole: Self) -> Self {
        let seconds = whole.seconds.saturating_mul(self.requests);
        self.seconds = seconds.div_ceil(whole.requests.max(1));
        self
    }
}

/// The requests of one step, besides the token and the list of its customer.
fn requests(operation: &Operation) -> u64 {
    match operation {
        Operation::AdoptCustomer { .. } | Operation::AdoptConnector { .. } => 0,
        // The token creates the workspace, and a read finds it.
        Operation::CreateCustomer { .. } | Operation::CreateConnector { .. } => 1,
        // The write, and the read that confirms it or that it merges into.
        Operation::UpdateCustomer { .. }
        | Operation::UpdateConnector { .. }
        | Operation::DeleteCustomer { .. } => 2,
        // The deletion, and the list and the read that miss the connector.
        Operation::DeleteConnector { .. } => 3,
        // The check, the creation, a list, the deletion and a list.
        Operation::ReplaceConnector { .. } => 5,
    }
}

fn creates_connector(operation: &Operation) -> bool {
    matches!(operation, Operation::CreateConnector { .. })
}

fn lists_connectors(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::CreateConnector { .. }
            | Operation::AdoptConnector { .. }
            | Operation::UpdateConnector { .. }
    )
}

fn needs_token(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::CreateCustomer { .. }
            | Operation::CreateConnector { .. }
            | Operation::ReplaceConnector { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::Forecast;

    #[test]
    fn timed_like_a_whole_of_no_requests_takes_no_time() {
        let none = Forecast::default();
        assert_eq!(none.timed_like(none).seconds, 0);
    }

    #[test]
    fn seconds_are_those_of_the_narrower_limit() {
        let forecast = Forecast {
            requests: 1200,
            ..Forecast::default()
        };
        assert_eq!(forecast.within(None).seconds, 60);
        assert_eq!(forecast.within(Some(500)).seconds, 240);
        assert_eq!(forecast.within(Some(500_000)).seconds, 60);
    }
}
