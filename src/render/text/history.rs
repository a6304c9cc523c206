//! Responsible for the results of `ledger history` and `ledger copy` as text.

use crate::model::RunRecord;
use crate::render::labels::counted;
use crate::render::view::ledger::{LedgerCopy, RunHistory};
use crate::render::{Label, Line, Out, Safe, wording};
use jiff::Timestamp;
use std::io;

/// The first digits of a commit that are written.
const COMMIT_DIGITS: usize = 12;

/// Writes the runs, the newest first.
pub fn history(out: &mut Out<'_>, history: &RunHistory) -> io::Result<()> {
    for run in &history.runs {
        write_run(out, run)?;
    }
    let runs = counted(history.runs.len(), "run");
    let text = format_args!("{}: {runs}.", history.location);
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    out.flush()
}

fn write_run(out: &mut Out<'_>, run: &RunRecord) -> io::Result<()> {
    let heading = format_args!("{}  {}", run.started_at, run.command);
    let line = Line::at(0)
        .hang(2)
        .label(Label::Strong, Safe::new(heading))
        .text(Safe::new(format_args!("  by {}", run.by)));
    out.line(&line)?;
    let line = Line::at(2).hang(4);
    out.line(&match (run.counts, seconds(run)) {
        (Some(counts), seconds) => {
            let seconds = seconds.map_or_else(String::new, |seconds| format!(" in {seconds} s"));
            let not_done = match counts.not_done {
                0 => String::new(),
                count => format!(" Not done: {count}."),
            };
            line.text(Safe::new(format_args!(
                "added {}, changed {}, destroyed {}, adopted {}{seconds}.{not_done}",
                counts.added, counts.changed, counts.destroyed, counts.adopted
            )))
        }
        (None, _) => line.label(Label::Warning, "did not reach its end, or still runs"),
    })?;
    let commit = run.commit.as_ref().map(|commit| {
        let digits = commit.get(..COMMIT_DIGITS).unwrap_or(commit);
        let changes = match run.clean {
            Some(false) => " with changes",
            _ => "",
        };
        format!(", commit {digits}{changes}")
    });
    let plan = run.plan_id.as_ref().map(|id| format!(", plan {id}"));
    let text = format!(
        "run {}{}{}",
        run.run_id,
        commit.unwrap_or_default(),
        plan.unwrap_or_default()
    );
    out.line(&Line::at(2).hang(4).label(Label::Faint, Safe::new(text)))?;
    out.blank()
}

fn seconds(run: &RunRecord) -> Option<i64> {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let ended_at = time(run.ended_at.as_deref()?)?;
    Some(ended_at.duration_since(time(&run.started_at)?).as_secs())
}

/// Writes what was copied.
pub fn ledger_copied(out: &mut Out<'_>, copy: &LedgerCopy) -> io::Result<()> {
    let objects = wording::objects(copy.customers, copy.connectors);
    let shards = match copy.shards {
        Some(count) => format!(", in {}", counted(usize::from(count), "shard")),
        None => String::new(),
    };
    let plans = match copy.plans {
        0 => String::new(),
        count => format!(" Copied {}, too.", counted(count, "saved plan")),
    };
    let text = format_args!(
        "Copied and compared: {objects}, from {} to {}{shards}.{plans}",
        copy.from, copy.to
    );
    out.line(&Line::at(0).hang(2).text(Safe::new(text)))?;
    let text = "Next: use the copy with --ledger, and keep other runs from the original.";
    out.line(&Line::at(0).hang(2).text(text))?;
    out.flush()
}
