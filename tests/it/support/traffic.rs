//! The requests of one run, as the sandbox noted them.

use airlift::sandbox::testing::RequestRecord;

/// Requests, oldest first.
#[derive(Debug)]
pub(crate) struct Traffic(pub(crate) Vec<RequestRecord>);

/// The only call of a reading verb that is not a GET.
const APPLICATION_TOKEN: &str = "create_account_applications_token";

impl Traffic {
    /// Every request that may change something, checks of credentials included.
    pub(crate) fn writes(&self) -> Vec<&RequestRecord> {
        let is_write = |one: &&RequestRecord| {
            one.method != "GET" && one.operation.as_deref() != Some(APPLICATION_TOKEN)
        };
        self.0.iter().filter(is_write).collect()
    }

    /// The operations of the writes, in order, less the minting of scoped tokens.
    pub(crate) fn written(&self) -> Vec<&str> {
        self.writes()
            .into_iter()
            .filter_map(|one| one.operation.as_deref())
            .filter(|operation| !operation.contains("scoped_token"))
            .collect()
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let named = |one: &&RequestRecord| one.operation.as_deref() == Some(operation);
        self.0.iter().filter(named).count()
    }

    /// Nothing was written and no credentials were sent.
    pub(crate) fn only_reads(&self) {
        assert!(self.writes().is_empty(), "{:#?}", self.writes());
        assert!(self.0.iter().all(|one| !one.credentials));
    }

    /// The sandbox refuses what is not of the contract with these statuses, and holds its own
    /// answers against the contract.
    pub(crate) fn keeps_the_contract(&self) {
        for one in &self.0 {
            assert_eq!(one.off_contract, Vec::<String>::new(), "{one:#?}");
            let refused = matches!(one.status, Some(400 | 405 | 415 | 422));
            assert!(!refused || one.fault.is_some(), "{one:#?}");
            assert!(one.operation.is_some(), "{one:#?}");
        }
    }
}
