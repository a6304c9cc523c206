//! Tests of shared stores: versions, and writing with a lease.

use super::{Moment, Put, SharedStore};
use crate::events::Sinks;
use crate::events::recorder::Recorder;
use crate::ledger::testing::authenticator;
use crate::ledger::{Ledger, LedgerError, LedgerStore};
use crate::model::{CustomerEntry, OrganizationId, WorkspaceId};
use object_store::memory::InMemory;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};
use uuid::Uuid;

/// The store as one machine opens it.
fn opened(store: &Arc<InMemory>) -> SharedStore {
    SharedStore::new(
        Arc::clone(store) as _,
        "team/ledger",
        "s3://bucket/team/ledger/",
    )
}

/// A new store that can be written for an hour.
pub(in crate::ledger) fn writable_store() -> SharedStore {
    let shared = opened(&Arc::default());
    shared.allow(Moment::now(), Duration::from_hours(1));
    shared
}

fn ledger(shared: &SharedStore) -> Ledger {
    Ledger::new(
        &LedgerStore::Shared(shared.clone()),
        authenticator(OrganizationId(Uuid::nil())),
    )
}

async fn acquire(ledger: &Ledger, owner: &str) -> Result<crate::ledger::Lock, LedgerError> {
    ledger.lock(owner, &Sinks::default()).await
}

#[tokio::test]
async fn shared_customer_changed_by_other_run_is_not_overwritten() {
    let store = Arc::default();
    let [first, second] = [opened(&store), opened(&store)];
    for shared in [&first, &second] {
        shared.allow(Moment::now(), Duration::from_mins(1));
    }
    let (here, elsewhere) = (ledger(&first), ledger(&second));
    let id = WorkspaceId(Uuid::from_u128(7));
    let named = |name: &str| CustomerEntry {
        name: name.into(),
        ..CustomerEntry::default()
    };
    elsewhere.load().await.unwrap();
    here.save(id, &named("first")).await.unwrap();
    // The second machine has not read the object.
    let error = elsewhere.save(id, &named("blind")).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Changed { path }
        if path.starts_with(format!("s3://bucket/team/ledger/{}", Uuid::nil()))));
    elsewhere.load().await.unwrap();
    elsewhere.save(id, &named("second")).await.unwrap();
    here.save(id, &named("stale")).await.unwrap_err();
    assert_eq!(here.load().await.unwrap().customers[&id], named("second"));
    here.save(id, &named("third")).await.unwrap();
    here.save(id, &named("fourth")).await.unwrap();
    elsewhere.remove(id).await.unwrap_err();
    elsewhere.load().await.unwrap();
    elsewhere.remove(id).await.unwrap();
    elsewhere.remove(id).await.unwrap();
    here.save(id, &named("gone")).await.unwrap_err();
    assert!(here.load().await.unwrap().customers.is_empty());
    here.save(id, &named("again")).await.unwrap();
}

#[tokio::test]
async fn shared_organizations_are_kept_apart() {
    let shared = writable_store();
    assert_eq!(
        format!("{shared:?}"),
        r#"SharedStore("s3://bucket/team/ledger")"#
    );
    let store = LedgerStore::Shared(shared);
    let ledger_of = |n| Ledger::new(&store, authenticator(OrganizationId(Uuid::from_u128(n))));
    let id = WorkspaceId(Uuid::nil());
    ledger_of(1)
        .save(id, &CustomerEntry::default())
        .await
        .unwrap();
    assert_eq!(ledger_of(1).load().await.unwrap().customers.len(), 1);
    assert!(ledger_of(2).load().await.unwrap().customers.is_empty());
}

#[tokio::test]
async fn shared_put_of_existing_equal_content_is_written() {
    let shared = writable_store();
    shared.put("a.json", b"text", None).await.unwrap();
    // The store's client repeats a write whose response was lost.
    assert!(matches!(
        shared.put("a.json", b"text", None).await.unwrap(),
        Put::Written(_)
    ));
    assert!(matches!(
        shared.put("a.json", b"else", None).await.unwrap(),
        Put::Conflict
    ));
    shared.replace("a.json", b"else").await.unwrap_err();
    assert_eq!(shared.read("a.json").await.unwrap().unwrap(), "text");
    shared.replace("a.json", b"else").await.unwrap();
}

#[tokio::test]
async fn shared_names_lists_objects_directly_in_the_directory() {
    let shared = writable_store();
    for name in ["d/b.json", "d/a.json", "d/deeper/c.json", "e/d.json"] {
        shared.replace(name, b"{}").await.unwrap();
    }
    let mut names = shared.names("d").await.unwrap();
    names.sort();
    assert_eq!(names, ["a.json", "b.json"]);
    assert!(shared.names("none").await.unwrap().is_empty());
    assert!(shared.read("d/none.json").await.unwrap().is_none());
    // Listing one directory keeps the versions of its objects and of other directories.
    for name in ["d/a.json", "e/d.json"] {
        shared.replace(name, b"[]").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn shared_write_without_lease_is_refused() {
    let shared = opened(&Arc::default());
    let ledger = ledger(&shared);
    let (id, customer) = (WorkspaceId(Uuid::nil()), CustomerEntry::default());
    let lost = |result: Result<(), LedgerError>| {
        assert!(matches!(result, Err(LedgerError::LeaseLost { .. })));
    };
    lost(ledger.save(id, &customer).await);
    let lock = acquire(&ledger, "one").await.unwrap();
    ledger.check_lock().unwrap();
    ledger.save(id, &customer).await.unwrap();
    // The lease is renewed.
    for _ in 0..20 {
        sleep(Duration::from_secs(9)).await;
        ledger.save(id, &customer).await.unwrap();
    }
    lock.release().await;
    lost(ledger.check_lock());
    lost(ledger.save(id, &customer).await);
    lost(ledger.remove(id).await);
    // Without renewal the lease is valid until its period ends.
    shared.allow(Moment::now(), Duration::from_secs(40));
    sleep(Duration::from_secs(39)).await;
    ledger.save(id, &customer).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    lost(ledger.save(id, &customer).await);
}

#[tokio::test(start_paused = true)]
async fn lease_of_live_run_is_reported_and_of_dead_run_is_taken_over() {
    let store = Arc::default();
    let (here, elsewhere) = (ledger(&opened(&store)), ledger(&opened(&store)));
    let first = acquire(&here, "process 1 on here").await.unwrap();
    let started = Instant::now();
    match acquire(&elsewhere, "process 2 on there").await {
        Err(LedgerError::Locked { holder }) => {
            let expected = "held for less than a minute by process 1 on here since 20";
            assert!(holder.starts_with(expected), "{holder}");
        }
        other => panic!("not locked: {other:?}"),
    }
    assert!(started.elapsed() < Duration::from_secs(15));
    // The first run is killed and does not renew its lease.
    drop(first);
    let started = Instant::now();
    let recorder = Recorder::default();
    let second = elsewhere
        .lock("process 2 on there", &recorder)
        .await
        .unwrap();
    let took = started.elapsed().as_secs();
    assert!((60..62).contains(&took), "{took}");
    let waits = recorder.waits();
    assert_eq!(waits.len(), 1);
    assert!(
        waits[0]
            .0
            .contains("held for less than a minute by process 1")
    );
    second.release().await;
    let started = Instant::now();
    acquire(&here, "process 3").await.unwrap().release().await;
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn lease_takeover_by_two_runs_has_one_winner() {
    let store = Arc::default();
    drop(acquire(&ledger(&opened(&store)), "gone").await.unwrap());
    let ledgers = [ledger(&opened(&store)), ledger(&opened(&store))];
    let (first, second) = tokio::join!(
        acquire(&ledgers[0], "first"),
        acquire(&ledgers[1], "second")
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let error = first.err().or(second.err()).unwrap();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn lease_taken_over_forbids_writing() {
    let store = Arc::default();
    let (here, elsewhere) = (ledger(&opened(&store)), ledger(&opened(&store)));
    let first = acquire(&here, "slept").await.unwrap();
    // The clock advances for a minute and the renewal task does not run.
    let (id, customer) = (WorkspaceId(Uuid::nil()), CustomerEntry::default());
    let second = {
        let acquisition = acquire(&elsewhere, "follower");
        tokio::pin!(acquisition);
        loop {
            tokio::select! {
                biased;
                lock = &mut acquisition => break lock,
                () = std::future::ready(()) => advance(Duration::from_secs(2)).await,
            }
        }
    };
    // Either the follower acquires the lease and writes alone, or the holder still writes.
    match second {
        Ok(_) => assert!(here.save(id, &customer).await.is_err()),
        Err(LedgerError::Locked { .. }) => here.save(id, &customer).await.unwrap(),
        Err(error) => panic!("{error}"),
    }
    drop(first);
}

#[test]
fn shared_address_of_unknown_store_is_refused() {
    let open = |address: &str| crate::ledger::open_shared(address, []).map(drop);
    open("s3://bucket/dir").unwrap();
    for (address, feature, is_built) in [
        (
            "gs://bucket/dir",
            "ledger-gcp",
            cfg!(feature = "ledger-gcp"),
        ),
        (
            "az://box/dir",
            "ledger-azure",
            cfg!(feature = "ledger-azure"),
        ),
    ] {
        let message = open(address).map_or_else(|error| error.to_string(), |()| String::new());
        assert_eq!(message.contains(feature), !is_built, "{message}");
    }
    for address in ["ftp://bucket/dir", "s3:bucket", "file:///tmp/ledger", "://"] {
        let error = open(address).unwrap_err().to_string();
        assert!(
            error.contains("the address of a ledger is s3://"),
            "{error}"
        );
    }
}

#[test]
fn moment_passes_by_either_clock() {
    let minute = Duration::from_mins(1);
    let now = Moment::now();
    assert!(now.has_passed() && !now.later(minute).has_passed());
    let asleep = Moment {
        steady: now.steady + minute,
        ..now
    };
    let set_back = Moment {
        wall: now.wall + minute,
        ..now
    };
    assert!(asleep.has_passed() && set_back.has_passed());
}

#[test]
fn cause_without_credentials_or_tls_says_what_to_set() {
    let asked = "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token";
    assert!(super::open::known_cause(asked).contains("AWS_ACCESS_KEY_ID"));
    let refused = super::open::known_cause(
        "Error performing GET http://127.0.0.1:1/b: HTTP error: builder error",
    );
    assert!(
        refused.contains("AWS_ALLOW_HTTP") && refused.contains("127.0.0.1"),
        "{refused}"
    );
    assert_eq!(super::open::known_cause("timed out"), "timed out");
}
