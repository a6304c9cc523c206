//! Responsible for the text and the record that describe the holder of a lock or a lease.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const SINCE: &str = " since ";

/// The content of a lease's object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LeaseRecord {
    /// The id of the run.
    pub(super) id: Uuid,
    /// The holder and the start of its run, for messages.
    pub(super) owner: String,
    /// The number of renewals.
    pub(super) beat: u64,
}

/// The text that a holder leaves for other runs.
pub(in crate::ledger) fn owner_since(owner: &str, since: Timestamp) -> String {
    format!("{owner}{SINCE}{}", since.strftime("%FT%TZ"))
}

/// Describes who holds a lock and for how long, from the holder's text.
pub(in crate::ledger) fn holder(text: &str, now: Timestamp) -> String {
    if text.is_empty() {
        return "held by a run that has not written its name yet".to_owned();
    }
    let since = text
        .rsplit_once(SINCE)
        .and_then(|(_, since)| since.parse::<Timestamp>().ok());
    match since {
        Some(since) => format!(
            "held for {} by {text}",
            age(now.duration_since(since).as_mins())
        ),
        None => format!("held by {text}"),
    }
}

fn age(minutes: i64) -> String {
    match (minutes / (24 * 60), minutes / 60, minutes) {
        (2.., _, _) => format!("{} days", minutes / (24 * 60)),
        (_, 1.., _) => format!("{} h {} min", minutes / 60, minutes % 60),
        (_, _, 1..) => format!("{minutes} min"),
        _ => "less than a minute".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::holder;

    #[test]
    fn holder_with_start_has_age_in_words() {
        let now = "2026-05-03T12:00:00Z".parse().unwrap();
        for (since, age) in [
            ("2026-05-03T12:00:30Z", "less than a minute"),
            ("2026-05-03T11:56:30Z", "3 min"),
            ("2026-05-03T09:50:00Z", "2 h 10 min"),
            ("2026-05-01T09:50:00Z", "2 days"),
        ] {
            let text = format!("process 1 since {since}");
            assert_eq!(holder(&text, now), format!("held for {age} by {text}"));
        }
        assert_eq!(holder("process 1 sin", now), "held by process 1 sin");
        assert!(holder("", now).contains("has not written"));
    }
}
