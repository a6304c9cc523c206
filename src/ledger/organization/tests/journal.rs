//! Tests of the journal of a ledger: which lines are authenticated and current.

use super::{Fixture, Ledger};
use crate::ledger::Intent;

/// A journal with an intent for a customer, as its run was killed.
async fn begun(ledger: &Ledger, customer: &str) {
    let open = ledger.open_intents().await.unwrap();
    let journal = ledger.journal(&open).await.unwrap();
    let customer = customer.into();
    journal
        .begin(Intent::CreateCustomer { customer })
        .await
        .unwrap();
}

#[tokio::test]
async fn journal_of_killed_run_is_accepted() {
    let fixture = Fixture::new();
    begun(&fixture.ledger(), "first").await;
    assert_eq!(fixture.ledger().open_intents().await.unwrap().len(), 1);
    let fixture = Fixture::saved().await;
    for name in ["first", "second"] {
        begun(&fixture.ledger(), name).await;
        assert_eq!(fixture.ledger().open_intents().await.unwrap().len(), 1);
    }
    let ledger = fixture.ledger();
    begun(&ledger, "third").await;
    ledger.checkpoint().await.unwrap();
    assert_eq!(fixture.ledger().open_intents().await.unwrap().len(), 1);
}

#[tokio::test]
async fn journal_of_earlier_run_restored_claims_nothing() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    let ledger = fixture.ledger();
    begun(&ledger, "first").await;
    ledger.checkpoint().await.unwrap();
    let old = Fixture::read(&path);
    let ledger = fixture.ledger();
    begun(&ledger, "second").await;
    ledger.checkpoint().await.unwrap();
    std::fs::write(&path, old).unwrap();
    let (state, open) = fixture.ledger().load_with_journal().await.unwrap();
    assert!(open.is_empty());
    assert_eq!(Vec::from_iter(state.unverified_names), ["first"]);
}

#[tokio::test]
async fn journal_line_altered_claims_nothing_and_stays() {
    let fixture = Fixture::saved().await;
    let path = fixture.path("journal.ndjson");
    begun(&fixture.ledger(), "acme").await;
    Fixture::edit(&path, "acme", "emca");
    for _ in 0..2 {
        let ledger = fixture.ledger();
        let (state, open) = ledger.load_with_journal().await.unwrap();
        assert!(open.iter().all(|entry| entry.intent.customer() == "other"));
        assert_eq!(Vec::from_iter(state.unverified_names), ["emca"]);
        begun(&ledger, "other").await;
        ledger.checkpoint().await.unwrap();
    }
    let ledger = fixture.ledger();
    let open = ledger.open_intents().await.unwrap();
    ledger.clear_journal(&open).await.unwrap();
    assert!(fixture.load().await.unverified_names.is_empty());
}

#[tokio::test]
async fn journal_of_version_1_claims_nothing() {
    let fixture = Fixture::new();
    std::fs::create_dir_all(fixture.path("")).unwrap();
    let begun = |seq: u32, name: &str| {
        format!("{{\"seq\":{seq},\"intent\":\"create_customer\",\"customer\":\"{name}\"}}\n")
    };
    let text = begun(1, "done") + &begun(2, "open") + "{\"seq\":1,\"outcome\":\"done\"}\n";
    std::fs::write(fixture.path("journal.ndjson"), text).unwrap();
    let (state, open) = fixture.ledger().load_with_journal().await.unwrap();
    assert!(open.is_empty());
    assert_eq!(Vec::from_iter(state.unverified_names), ["open"]);
}

#[tokio::test]
async fn journal_with_unreadable_line_names_its_number() {
    let fixture = Fixture::new();
    begun(&fixture.ledger(), "a").await;
    let path = fixture.path("journal.ndjson");
    let text = Fixture::read(&path);
    std::fs::write(&path, text + "planted\n").unwrap();
    let error = fixture
        .ledger()
        .open_intents()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 3") && !error.contains("planted"),
        "{error}"
    );
}
