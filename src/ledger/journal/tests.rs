//! The journal in a file and in objects: what survives, and what is carried over.

use super::intent::LIFE;
use super::{Intent, IntentOutcome, Journal, Log, Unsettled, file};
use crate::ledger::LedgerStore;
use crate::ledger::recovery::tests::{KIND, WORKSPACE, record};
use crate::ledger::store::object::tests::held;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

fn intent(name: &str) -> Intent {
    Intent::CreateCustomer {
        customer: name.into(),
    }
}

fn creation(name: &str) -> Intent {
    Intent::CreateConnector {
        customer: "acme".into(),
        workspace_id: WORKSPACE,
        name: name.into(),
        definition_id: KIND,
        known: BTreeSet::new(),
        replaces: None,
        record: Box::new(record(0).into()),
    }
}

/// Both kinds of places.
fn stores(dir: &Path) -> [LedgerStore; 2] {
    [LedgerStore::from(dir), LedgerStore::Shared(held())]
}

async fn left(store: &LedgerStore) -> Vec<Unsettled> {
    Journal::unsettled(store).await.unwrap()
}

async fn intents(store: &LedgerStore) -> Vec<Intent> {
    let left = left(store).await.into_iter();
    left.map(|one| one.intent).collect()
}

async fn start(store: &LedgerStore, open: &[Unsettled]) -> Journal {
    Journal::start(store, open).await.unwrap()
}

#[tokio::test]
async fn journal_unsettled_lists_intents_without_certain_outcome() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        assert!(intents(&store).await.is_empty());
        let journal = start(&store, &[]).await;
        let mut seqs = Vec::new();
        for name in ["done", "failed", "unknown", "open"] {
            seqs.push(journal.begin(intent(name)).await.unwrap());
        }
        let outcomes = [
            IntentOutcome::Done,
            IntentOutcome::Failed,
            IntentOutcome::Unknown,
        ];
        for (seq, outcome) in seqs.into_iter().zip(outcomes) {
            journal.end(seq, outcome).await.unwrap();
        }
        let left = left(&store).await;
        let told: Vec<_> = left.iter().map(|one| (&one.intent, one.outcome)).collect();
        let (unknown, open) = (intent("unknown"), intent("open"));
        assert_eq!(
            told,
            [(&unknown, Some(IntentOutcome::Unknown)), (&open, None)]
        );
        assert!(left[1].time() <= Some(Timestamp::now()));
    }
}

#[tokio::test]
async fn journal_start_carries_over_creations_that_may_take_effect() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        let begun = |name: &str, at: Option<Timestamp>| Unsettled {
            intent: creation(name),
            at: at.map(|at| at.to_string()),
            outcome: None,
        };
        let now = Timestamp::now();
        let customer = Unsettled::now(intent("acme"));
        let (late, young) = (begun("late", Some(now - LIFE)), begun("young", Some(now)));
        let open = [begun("undated", None), late, customer, young];
        let journal = start(&store, &open).await;
        let next = journal.begin(creation("next")).await.unwrap();
        let found = left(&store).await;
        if let LedgerStore::Local(_) = store {
            assert_eq!(found[0].intent, creation("young"));
            assert_eq!(found[0].outcome, Some(IntentOutcome::Missing));
            assert_eq!(found[0].time(), Some(now));
        }
        assert_eq!(found.last().unwrap().intent, creation("next"));
        // And once more.
        journal.end(next, IntentOutcome::Done).await.unwrap();
        let found = left(&store).await;
        drop(start(&store, &found).await);
        assert_eq!(left(&store).await, found);
    }
}

#[tokio::test]
async fn journal_start_forgets_settled_intents_and_marks_missing_ones() {
    let dir = tempfile::tempdir().unwrap();
    for store in stores(dir.path()) {
        let journal = start(&store, &[]).await;
        for name in ["settled", "open"] {
            journal.begin(creation(name)).await.unwrap();
        }
        journal.begin(intent("acme")).await.unwrap();
        let open = left(&store).await;
        assert_eq!(open.len(), 3);
        let journal = start(&store, &open[1..]).await;
        let found = left(&store).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].intent, creation("open"));
        assert_eq!(found[0].at, open[1].at);
        assert_eq!(found[0].outcome, Some(IntentOutcome::Missing));
        // What is carried over is ended like any other.
        journal.end(1, IntentOutcome::Unknown).await.unwrap();
        assert_eq!(left(&store).await[0].outcome, Some(IntentOutcome::Unknown));
        journal.end(1, IntentOutcome::Failed).await.unwrap();
        assert!(left(&store).await.is_empty());
    }
}

#[tokio::test]
async fn journal_start_with_two_creations_of_one_time_keeps_the_open_one() {
    let store = LedgerStore::Shared(held());
    let at = Timestamp::now().to_string();
    for (object, name) in [("journal/a.json", "settled"), ("journal/b.json", "open")] {
        let mut entry = serde_json::to_value(creation(name)).unwrap();
        entry["at"] = at.clone().into();
        entry["outcome"] = serde_json::to_value(IntentOutcome::Missing).unwrap();
        let text = serde_json::to_vec(&entry).unwrap();
        store.replace(object, &text).await.unwrap();
    }
    let open = left(&store).await;
    assert_eq!(open.len(), 2);
    start(&store, &open[1..]).await;
    assert_eq!(left(&store).await, open[1..]);
}

#[tokio::test]
async fn journal_with_torn_last_line_ignores_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    journal.begin(intent("whole")).await.unwrap();
    let path = file::path(dir.path());
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"{\"seq\":2,\"intent\":\"create_cus")
        .unwrap();
    assert_eq!(intents(&store).await, [intent("whole")]);
    // Torn within a letter.
    file.write_all(&"ü".as_bytes()[..1]).unwrap();
    assert_eq!(intents(&store).await, [intent("whole")]);
    file.write_all(b"\n").unwrap();
    assert!(Journal::unsettled(&store).await.is_err());
}

#[tokio::test]
async fn journal_of_earlier_version_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let text = "{\"seq\":1,\"intent\":\"create_customer\",\"customer\":\"acme\"}\n";
    std::fs::write(file::path(dir.path()), text).unwrap();
    let found = left(&LedgerStore::from(dir.path())).await;
    assert_eq!((&found[0].intent, &found[0].at), (&intent("acme"), &None));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn journal_after_failed_append_refuses_further_lines() {
    let dir = tempfile::tempdir().unwrap();
    let store = LedgerStore::from(dir.path());
    let journal = start(&store, &[]).await;
    let Log::File(log) = &journal.log else {
        panic!("not in a file")
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let good = std::mem::replace(&mut log.tail().file, full.unwrap());
    journal.begin(intent("lost")).await.unwrap_err();
    log.tail().file = good;
    let error = journal.begin(intent("after")).await.unwrap_err();
    assert!(error.to_string().contains("an earlier write to it failed"));
    assert!(intents(&store).await.is_empty());
}
