//! Tests of the pages: what names can do in them, what they load, and how large they are.

use super::page::hash;
use crate::apply::{GateReport, UnhealthyConnector, WaveReport};
use crate::model::Address;
use crate::plan::{BlockReason, Blocked, Plan};
use crate::render::{Color, MacCheck, Out, Provenance, Safe, sample};
use naughty_strings::BLNS;
use serde_json::Value;

fn written(write: impl FnOnce(&mut Out<'_>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut Out::new(&mut bytes, 80, Color::Off)).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn plan_page(plan: &Plan) -> String {
    written(|out| super::plan(out, plan, None, &sample::provenance()))
}

/// The text between two marks.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

fn data(page: &str) -> Vec<Value> {
    let text = between(page, "id=\"data\">", "</script>");
    serde_json::from_str(text).unwrap()
}

/// A plan of one customer with steps and unmanaged objects of these names.
fn named(names: &[&str]) -> Plan {
    let mut plan = sample::rich();
    let mut customer = plan.customers[0].clone();
    let step = customer.steps[0].clone();
    customer.steps = names
        .iter()
        .map(|name| {
            let mut step = step.clone();
            step.address = Address::connector(*name, *name);
            step
        })
        .collect();
    plan.customers = vec![customer];
    plan.unmanaged.customers = names.iter().map(|name| (*name).to_owned()).collect();
    plan
}

#[test]
fn page_of_naughty_names_has_the_markup_of_harmless_ones() {
    assert_eq!(BLNS.len(), 515);
    let harmless = plan_page(&named(&vec!["name"; BLNS.len()]));
    let page = plan_page(&named(BLNS));
    for mark in ["<", ">"] {
        assert_eq!(
            page.matches(mark).count(),
            harmless.matches(mark).count(),
            "{mark}"
        );
    }
    let before_data = |page: &str| page.split_once("id=\"data\">").unwrap().0.to_owned();
    let quotes = |page: &str| before_data(page).matches('"').count();
    assert_eq!(quotes(&page), quotes(&harmless));
    for character in ['\u{2028}', '\u{2029}', '\u{202e}', '\u{1b}'] {
        assert!(!page.contains(character), "{character:?}");
    }
    for (row, name) in data(&page).iter().zip(BLNS) {
        let address = Safe::address(&Address::connector(*name, *name));
        assert_eq!(row["n"], address.as_str());
    }
}

#[test]
fn page_loads_nothing_and_runs_only_its_own_script() {
    let reports = [
        plan_page(&sample::rich()),
        written(|out| super::drift(out, &sample::drift(), &sample::provenance())),
        written(|out| super::report(out, &sample::partial(), &sample::provenance())),
    ];
    for page in reports {
        for reference in [" src=", " href=", "url(", "@import", "<link", "<img"] {
            assert!(!page.contains(reference), "{reference}");
        }
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\">");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        for (tag, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
            let source = hash(between(&page, tag, end)).replace('/', "&#x2f;");
            assert!(policy.contains(&source), "{policy}: {source}");
        }
    }
}

#[test]
fn page_of_a_plan_has_each_step_with_its_fields_and_the_counts() {
    let plan = sample::rich();
    let page = plan_page(&plan);
    let rows = data(&page);
    assert_eq!(rows.len(), plan.steps().count());
    assert!(rows.iter().any(|row| row["a"] == "delete"));
    assert!(
        rows.iter()
            .any(|row| !row["f"].as_array().unwrap().is_empty())
    );
    assert!(page.contains("<h1>Plan: "), "{page}");
    assert!(page.contains("role=\"img\""));
    assert!(page.contains("Refused"));
}

#[test]
fn pages_name_the_api_and_the_time_and_an_expired_plan() {
    let saved = sample::expired(MacCheck::NoKey);
    let (plan, from_snapshot) = (
        sample::rich(),
        Provenance {
            snapshot: Some("not verified".to_owned()),
            ..sample::provenance()
        },
    );
    let pages = [
        written(|out| super::plan(out, &plan, Some(&saved), &from_snapshot)),
        written(|out| super::drift(out, &sample::drift(), &sample::provenance())),
        written(|out| super::report(out, &sample::partial(), &sample::provenance())),
    ];
    for page in &pages {
        assert!(
            page.contains("<dt>API</dt><dd>https:&#x2f;&#x2f;api.example.com</dd>"),
            "{page}"
        );
        assert!(page.contains("<dt>Made</dt><dd>2026-03-01T10:00:00Z</dd>"));
    }
    assert!(pages[0].contains("<dt>Expired</dt><dd>2026-03-02T10:00:00Z</dd>"));
    assert!(pages[0].contains("<dt>Snapshot</dt><dd>not verified</dd>"));
}

#[test]
fn page_of_a_report_has_the_outcome_of_each_operation() {
    let report = sample::partial();
    let page = written(|out| super::report(out, &report, &sample::provenance()));
    let rows = data(&page);
    assert_eq!(rows.len(), report.operations.len());
    assert!(rows.iter().any(|row| row["o"] == "failed"));
    assert!(
        rows.iter()
            .any(|row| row["w"].as_str().unwrap().ends_with(']'))
    );
}

#[test]
fn page_of_a_report_names_what_the_plan_blocked() {
    let mut report = sample::partial();
    report.blocked = vec![Blocked {
        address: Address::customer("blocked-customer"),
        reason: BlockReason::Unreadable {
            error: "not permitted (403)".to_owned(),
        },
    }];
    let page = written(|out| super::report(out, &report, &sample::provenance()));
    assert!(page.contains("blocked-customer [customer_unreadable]"));
}

#[test]
fn page_of_a_report_names_what_did_not_pass_a_gate() {
    let mut report = sample::partial();
    report.waves = vec![WaveReport {
        number: 1,
        of: 2,
        connectors: 1,
        done: 1,
        wave: Some("1".to_owned()),
        customers: Some(1),
        gate: Some(GateReport {
            checked: 1,
            unhealthy: vec![UnhealthyConnector {
                customer: "acme".to_owned(),
                connector: "<GitHub>".to_owned(),
                reason: "the token is not valid".to_owned(),
            }],
        }),
    }];
    let page = written(|out| super::report(out, &report, &sample::provenance()));
    assert!(
        page.contains("&lt;GitHub&gt;&quot;: the token is not valid"),
        "{page}"
    );
    assert!(!page.contains("<GitHub>"));
}

#[test]
fn page_without_changes_has_no_table() {
    let page = plan_page(&sample::empty());
    assert!(!page.contains("<table>"));
    assert!(page.contains("<h1>No changes."), "{page}");
}

#[test]
fn page_of_ten_thousand_changes_has_less_than_a_kilobyte_for_each() {
    let names: Vec<String> = (0..10_000).map(|n| format!("customer-{n:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut plan = named(&names);
    plan.unmanaged.customers.clear();
    let page = plan_page(&plan);
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
}
