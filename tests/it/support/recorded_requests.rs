//! Responsible for the requests of one run, as the sandbox recorded them.

use airlift::sandbox::testing::RequestRecord;

/// Requests, oldest first.
#[derive(Debug)]
pub(crate) struct RecordedRequests(pub(crate) Vec<RequestRecord>);

/// The only request of a read-only command that is not a GET.
const APPLICATION_TOKEN: &str = "create_account_applications_token";

impl RecordedRequests {
    /// All requests that may change something, and checks of credentials.
    pub(crate) fn writes(&self) -> Vec<&RequestRecord> {
        let is_write = |request: &&RequestRecord| {
            request.method != "GET" && request.operation.as_deref() != Some(APPLICATION_TOKEN)
        };
        self.0.iter().filter(is_write).collect()
    }

    /// The operations of the writes, in order, without requests for scoped tokens.
    pub(crate) fn write_operations(&self) -> Vec<&str> {
        self.writes()
            .into_iter()
            .filter_map(|request| request.operation.as_deref())
            .filter(|operation| !operation.contains("scoped_token"))
            .collect()
    }

    /// The number of calls of an operation.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let named = |request: &&RequestRecord| request.operation.as_deref() == Some(operation);
        self.0.iter().filter(named).count()
    }

    /// Asserts that nothing was written and no credentials were sent.
    pub(crate) fn assert_only_reads(&self) {
        assert!(self.writes().is_empty(), "{:#?}", self.writes());
        assert!(self.0.iter().all(|request| !request.credentials));
    }

    /// Asserts that requests and responses follow the contract. The sandbox checks its own responses,
    /// and rejects invalid requests with the statuses below.
    pub(crate) fn assert_contract(&self) {
        for request in &self.0 {
            assert_eq!(request.off_contract, Vec::<String>::new(), "{request:#?}");
            let is_rejected = matches!(request.status, Some(400 | 405 | 415 | 422));
            assert!(!is_rejected || request.fault.is_some(), "{request:#?}");
            assert!(request.operation.is_some(), "{request:#?}");
        }
    }
}
