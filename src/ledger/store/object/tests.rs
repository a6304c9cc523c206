//! A shared store: versions, the right to write, and the lease that gives it.

use super::{Moment, Put, SharedStore};
use crate::events::Sinks;
use crate::events::recorder::Recorder;
use crate::ledger::{Ledger, LedgerError, LedgerStore};
use crate::model::{OrganizationId, RecordedCustomer, WorkspaceId};
use object_store::memory::InMemory;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};
use uuid::Uuid;

/// A machine's view of a store.
fn seen(store: &Arc<InMemory>) -> SharedStore {
    SharedStore::new(
        Arc::clone(store) as _,
        "team/ledger",
        "s3://bucket/team/ledger/",
    )
}

/// A store of its own that may be written for an hour.
pub(in crate::ledger) fn held() -> SharedStore {
    let shared = seen(&Arc::default());
    shared.allow(Moment::now(), Duration::from_hours(1));
    shared
}

fn ledger(shared: &SharedStore) -> Ledger {
    Ledger::new(
        &LedgerStore::Shared(shared.clone()),
        OrganizationId(Uuid::nil()),
    )
}

async fn take(ledger: &Ledger, owner: &str) -> Result<crate::ledger::Lock, LedgerError> {
    ledger.lock(owner, &Sinks::default()).await
}

#[tokio::test]
async fn shared_customer_changed_by_other_run_is_not_overwritten() {
    let store = Arc::default();
    let [one, other] = [seen(&store), seen(&store)];
    for shared in [&one, &other] {
        shared.allow(Moment::now(), Duration::from_mins(1));
    }
    let (here, there) = (ledger(&one), ledger(&other));
    let id = WorkspaceId(Uuid::from_u128(7));
    let named = |name: &str| RecordedCustomer {
        name: name.into(),
        ..RecordedCustomer::default()
    };
    here.save(id, &named("first")).await.unwrap();
    // It has not seen that there is one.
    let error = there.save(id, &named("blind")).await.unwrap_err();
    assert!(matches!(&error, LedgerError::Changed { path }
        if path.starts_with(format!("s3://bucket/team/ledger/{}", Uuid::nil()))));
    there.load().await.unwrap();
    there.save(id, &named("second")).await.unwrap();
    here.save(id, &named("stale")).await.unwrap_err();
    assert_eq!(here.load().await.unwrap().customers[&id], named("second"));
    here.save(id, &named("third")).await.unwrap();
    here.save(id, &named("fourth")).await.unwrap();
    there.remove(id).await.unwrap();
    there.remove(id).await.unwrap();
    here.save(id, &named("gone")).await.unwrap_err();
    assert!(here.load().await.unwrap().customers.is_empty());
    here.save(id, &named("anew")).await.unwrap();
}

#[tokio::test]
async fn shared_organizations_are_kept_apart() {
    let shared = held();
    assert_eq!(
        format!("{shared:?}"),
        r#"SharedStore("s3://bucket/team/ledger")"#
    );
    let store = LedgerStore::Shared(shared);
    let of = |n| Ledger::new(&store, OrganizationId(Uuid::from_u128(n)));
    let id = WorkspaceId(Uuid::nil());
    of(1).save(id, &RecordedCustomer::default()).await.unwrap();
    assert_eq!(of(1).load().await.unwrap().customers.len(), 1);
    assert!(of(2).load().await.unwrap().customers.is_empty());
}

#[tokio::test]
async fn shared_put_of_existing_equal_content_is_done() {
    let shared = held();
    shared.put("a.json", b"text", None).await.unwrap();
    // As when the store's client repeats a write whose answer was lost.
    assert!(matches!(
        shared.put("a.json", b"text", None).await.unwrap(),
        Put::Done(_)
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
async fn shared_names_are_those_directly_below() {
    let shared = held();
    for name in ["d/b.json", "d/a.json", "d/deeper/c.json", "e/d.json"] {
        shared.replace(name, b"{}").await.unwrap();
    }
    let mut names = shared.names("d").await.unwrap();
    names.sort();
    assert_eq!(names, ["a.json", "b.json"]);
    assert!(shared.names("none").await.unwrap().is_empty());
    assert!(shared.read("d/none.json").await.unwrap().is_none());
    // A look at one directory forgets nothing of what is there, nor of another.
    for name in ["d/a.json", "e/d.json"] {
        shared.replace(name, b"[]").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn shared_write_without_lease_is_refused() {
    let shared = seen(&Arc::default());
    let ledger = ledger(&shared);
    let (id, customer) = (WorkspaceId(Uuid::nil()), RecordedCustomer::default());
    let lost = |result: Result<(), LedgerError>| {
        assert!(matches!(result, Err(LedgerError::LeaseLost { .. })));
    };
    lost(ledger.save(id, &customer).await);
    let lock = take(&ledger, "one").await.unwrap();
    ledger.save(id, &customer).await.unwrap();
    // It is renewed.
    for _ in 0..20 {
        sleep(Duration::from_secs(9)).await;
        ledger.save(id, &customer).await.unwrap();
    }
    lock.release().await;
    lost(ledger.save(id, &customer).await);
    lost(ledger.remove(id).await);
    // Not renewed, it lasts for a while.
    shared.allow(Moment::now(), Duration::from_secs(40));
    sleep(Duration::from_secs(39)).await;
    ledger.save(id, &customer).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    lost(ledger.save(id, &customer).await);
}

#[tokio::test(start_paused = true)]
async fn lease_of_live_run_is_reported_and_of_dead_run_is_taken_over() {
    let store = Arc::default();
    let (here, there) = (ledger(&seen(&store)), ledger(&seen(&store)));
    let first = take(&here, "process 1 on here").await.unwrap();
    let begun = Instant::now();
    match take(&there, "process 2 on there").await {
        Err(LedgerError::Locked { holder }) => {
            let expected = "held for less than a minute by process 1 on here since 20";
            assert!(holder.starts_with(expected), "{holder}");
        }
        other => panic!("not locked: {other:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
    // Killed: nobody renews it.
    drop(first);
    let begun = Instant::now();
    let recorder = Recorder::default();
    let second = there.lock("process 2 on there", &recorder).await.unwrap();
    let took = begun.elapsed().as_secs();
    assert!((60..62).contains(&took), "{took}");
    let told = recorder.waits();
    assert_eq!(told.len(), 1);
    assert!(
        told[0]
            .0
            .contains("held for less than a minute by process 1")
    );
    second.release().await;
    let begun = Instant::now();
    take(&here, "process 3").await.unwrap().release().await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn lease_takeover_by_two_runs_has_one_winner() {
    let store = Arc::default();
    drop(take(&ledger(&seen(&store)), "gone").await.unwrap());
    let ledgers = [ledger(&seen(&store)), ledger(&seen(&store))];
    let (one, other) = tokio::join!(take(&ledgers[0], "one"), take(&ledgers[1], "other"));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let error = one.err().or(other.err()).unwrap();
    assert!(matches!(error, LedgerError::Locked { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn lease_taken_over_forbids_writing() {
    let store = Arc::default();
    let (here, there) = (ledger(&seen(&store)), ledger(&seen(&store)));
    let first = take(&here, "slept").await.unwrap();
    // Its clock goes on, and its renewal does not: the runtime is busy for a minute.
    let (id, customer) = (WorkspaceId(Uuid::nil()), RecordedCustomer::default());
    let second = {
        let taken = take(&there, "follower");
        tokio::pin!(taken);
        loop {
            tokio::select! {
                biased;
                lock = &mut taken => break lock,
                () = std::future::ready(()) => advance(Duration::from_secs(2)).await,
            }
        }
    };
    // Whoever is told that the other one works did not get it; whoever got it writes alone.
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
        let told = open(address).map_or_else(|error| error.to_string(), |()| String::new());
        assert_eq!(told.contains(feature), !is_built, "{told}");
    }
    for address in ["ftp://bucket/dir", "s3:bucket", "file:///tmp/ledger", "://"] {
        let error = open(address).unwrap_err().to_string();
        assert!(error.contains("a ledger's address is s3://"), "{error}");
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
