//! Responsible for change windows: when `apply` and `rotate` may start. A run that started inside a window may
//! finish after it.

use super::{App, Invocation, policy};
use crate::config::Project;
use crate::failure::{Failure, FailureKind};
use crate::plan::ClosedWindow;
use crate::render::{self, wording};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// When `apply` and `rotate` may start: inside a window of `allow`, if there is any, and outside of
/// those of `deny`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowsSection {
    /// The time zone of days and times, such as `Europe/Berlin` or `UTC`.
    zone: String,
    /// A run may start in these windows only. Without a window, it may start at any time.
    #[serde(default)]
    allow: Vec<WindowSection>,
    /// A run may not start in these windows, whatever `allow` says.
    #[serde(default)]
    deny: Vec<WindowSection>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WindowSection {
    /// The days on which the window starts. Without days, every day.
    #[serde(default)]
    days: BTreeSet<Day>,
    /// The first day, such as `2026-12-24`.
    #[serde(default)]
    first: Option<String>,
    /// The last day, included.
    #[serde(default)]
    last: Option<String>,
    /// The start, such as `09:00`. Without it, the start of the day.
    #[serde(default)]
    from: Option<String>,
    /// The end, excluded. A time that is not after the start is on the next day. Without it, the end of
    /// the day.
    #[serde(default)]
    to: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

/// The windows of the policy file. The default allows every time.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct ChangeWindows {
    zone: Option<TimeZone>,
    allow: Vec<Window>,
    deny: Vec<Window>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Window {
    days: BTreeSet<Day>,
    first: Option<Date>,
    last: Option<Date>,
    from: Time,
    /// `None` for the end of the day.
    to: Option<Time>,
}

impl TryFrom<WindowsSection> for ChangeWindows {
    type Error = String;

    fn try_from(section: WindowsSection) -> Result<Self, String> {
        let zone = TimeZone::get(&section.zone)
            .map_err(|_| "has a `change_windows.zone` that is no time zone".to_owned())?;
        let windows = |sections: Vec<WindowSection>| {
            let windows = sections.into_iter().map(Window::try_from);
            windows.collect::<Result<Vec<Window>, String>>()
        };
        Ok(Self {
            zone: Some(zone),
            allow: windows(section.allow)?,
            deny: windows(section.deny)?,
        })
    }
}

impl TryFrom<WindowSection> for Window {
    type Error = String;

    fn try_from(section: WindowSection) -> Result<Self, String> {
        let time = |text: Option<String>| {
            text.map(|text| {
                text.parse::<Time>()
                    .map_err(|_| "has a time in `change_windows` that is not HH:MM".to_owned())
            })
            .transpose()
        };
        let date = |text: Option<String>| {
            text.map(|text| {
                text.parse::<Date>()
                    .map_err(|_| "has a day in `change_windows` that is not YYYY-MM-DD".to_owned())
            })
            .transpose()
        };
        let (first, last) = (date(section.first)?, date(section.last)?);
        if first.zip(last).is_some_and(|(first, last)| first > last) {
            return Err("has a `first` after `last` in `change_windows`".to_owned());
        }
        Ok(Self {
            days: section.days,
            first,
            last,
            from: time(section.from)?.unwrap_or(Time::midnight()),
            to: time(section.to.filter(|to| to != "24:00"))?,
        })
    }
}

impl Window {
    fn contains(&self, now: &Zoned) -> bool {
        let (date, time) = (now.date(), now.time());
        match self.to {
            Some(to) if to <= self.from => {
                let yesterday = date.yesterday();
                (self.starts_on(date) && time >= self.from)
                    || (time < to && yesterday.is_ok_and(|date| self.starts_on(date)))
            }
            to => self.starts_on(date) && time >= self.from && to.is_none_or(|to| time < to),
        }
    }

    fn starts_on(&self, date: Date) -> bool {
        (self.days.is_empty() || self.days.contains(&date.weekday().into()))
            && self.first.is_none_or(|first| date >= first)
            && self.last.is_none_or(|last| date <= last)
    }
}

impl ChangeWindows {
    /// Why a run may not start.
    fn closed(&self, now: Timestamp) -> Option<ClosedWindow> {
        let now = now.to_zoned(self.zone.clone()?);
        let contains = |window: &Window| window.contains(&now);
        if self.deny.iter().any(contains) {
            Some(ClosedWindow::Denied)
        } else if self.allow.is_empty() || self.allow.iter().any(contains) {
            None
        } else {
            Some(ClosedWindow::Outside)
        }
    }
}

/// Why the policy file does not allow a run to start now.
pub(super) fn closed_now(
    invocation: Invocation<'_>,
    project: &Project,
) -> Result<Option<ClosedWindow>, Failure> {
    let policy = policy::load(invocation, project)?;
    Ok(policy.windows.closed(Timestamp::now()))
}

impl App<'_> {
    /// Refuses to start a run outside of the change windows, unless it gives a reason.
    pub(crate) fn check_window(&self, reason: Option<&str>) -> Result<(), Failure> {
        let Some(closed) = closed_now(self.invocation, &self.project)? else {
            return Ok(());
        };
        let cause = wording::closed_window(closed);
        if let Some(reason) = reason {
            let text = format!("{cause}; --override-window: {reason}");
            return Ok(render::print_note(self.invocation.ui, &text)?);
        }
        let message = format!("{cause}; nothing was written");
        Err(Failure::new(FailureKind::Refused, "change_window", message)
            .hint("run in a window, or give a reason: --override-window REASON"))
    }

    /// Refuses a run whose window ended while it waited for an approval. A reason was printed before.
    pub(crate) fn check_window_again(&self, reason: Option<&str>) -> Result<(), Failure> {
        match reason {
            Some(_) => Ok(()),
            None => self.check_window(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ChangeWindows, ClosedWindow, WindowsSection};

    fn closed(windows: &str, now: &str) -> Option<ClosedWindow> {
        let section: WindowsSection = serde_yaml::from_str(windows).unwrap();
        ChangeWindows::try_from(section)
            .unwrap()
            .closed(now.parse().unwrap())
    }

    #[test]
    fn change_windows_allow_inside_and_deny_wins() {
        let windows = "{zone: Europe/Berlin, allow: [{days: [mon, fri], from: '09:00', to: '17:00'}], \
                       deny: [{days: [fri], from: '12:00'}]}";
        // Monday, 09:00 in Berlin in summer.
        assert_eq!(closed(windows, "2026-07-06T07:00:00Z"), None);
        assert_eq!(
            closed(windows, "2026-07-06T06:59:59Z"),
            Some(ClosedWindow::Outside)
        );
        assert_eq!(
            closed(windows, "2026-07-06T15:00:00Z"),
            Some(ClosedWindow::Outside)
        );
        // In winter, Berlin is one hour ahead of UTC.
        assert_eq!(
            closed(windows, "2026-12-07T07:30:00Z"),
            Some(ClosedWindow::Outside)
        );
        assert_eq!(closed(windows, "2026-12-07T08:00:00Z"), None);
        assert_eq!(closed(windows, "2026-07-10T09:59:59Z"), None);
        assert_eq!(
            closed(windows, "2026-07-10T10:00:00Z"),
            Some(ClosedWindow::Denied)
        );
        assert_eq!(
            closed(windows, "2026-07-07T10:00:00Z"),
            Some(ClosedWindow::Outside)
        );
    }

    #[test]
    fn change_window_over_midnight_belongs_to_its_first_day() {
        let windows = "{zone: UTC, allow: [{days: [fri], from: '22:00', to: '02:00'}]}";
        assert_eq!(closed(windows, "2026-07-10T22:00:00Z"), None);
        assert_eq!(closed(windows, "2026-07-11T01:59:59Z"), None);
        assert_eq!(
            closed(windows, "2026-07-11T02:00:00Z"),
            Some(ClosedWindow::Outside)
        );
        assert_eq!(
            closed(windows, "2026-07-10T01:00:00Z"),
            Some(ClosedWindow::Outside)
        );
    }

    #[test]
    fn change_windows_without_any_window_allow_every_time() {
        assert_eq!(closed("{zone: UTC}", "2026-07-11T02:00:00Z"), None);
        let freeze = "{zone: UTC, deny: [{first: 2026-12-24, last: 2026-12-31}]}";
        assert_eq!(
            closed(freeze, "2026-12-31T23:59:59Z"),
            Some(ClosedWindow::Denied)
        );
        assert_eq!(closed(freeze, "2027-01-01T00:00:00Z"), None);
    }
}
