//! Tests of plans as Markdown.

use super::{Limits, document};
use crate::model::Address;
use crate::plan::{Action, Plan};
use crate::render::sample::{self, golden};

const GITHUB: Limits = Limits {
    bytes: 65_536,
    folds: true,
};
const BITBUCKET: Limits = Limits {
    bytes: 32_768,
    folds: false,
};

/// A plan with `count` steps, each of another object, made from the steps of the sample.
fn large(count: usize) -> Plan {
    let mut plan = sample::rich();
    let customer = plan.customers[0].clone();
    let steps: Vec<_> = plan.steps().cloned().collect();
    plan.customers = (0..count / 10)
        .map(|n| {
            let name = format!("customer-{n:05}");
            let mut customer = customer.clone();
            customer.steps = (0..10)
                .map(|m| {
                    let mut step = steps[(n * 7 + m) % steps.len()].clone();
                    step.address = Address::connector(&name, format!("connector-{m}"));
                    step
                })
                .collect();
            customer.name = name;
            customer
        })
        .collect();
    plan
}

#[test]
fn plan_as_markdown_matches_its_golden_files() {
    golden("plan-github.md", &document(&sample::rich(), None, GITHUB));
    golden(
        "plan-bitbucket.md",
        &document(&sample::rich(), None, BITBUCKET),
    );
}

#[test]
fn large_plan_stays_within_the_limit_and_says_what_was_cut() {
    for limits in [GITHUB, BITBUCKET] {
        for count in [100, 1_000, 10_000] {
            let text = document(&large(count), None, limits);
            assert!(text.len() <= limits.bytes, "{count}: {} bytes", text.len());
            let opened = text.matches("<details>").count();
            assert_eq!(opened, text.matches("</details>").count());
        }
        assert!(document(&large(10_000), None, limits).contains("Not shown"));
    }
}

#[test]
fn every_deletion_and_new_id_of_a_large_plan_is_listed() {
    let mut plan = large(10_000);
    // One customer in ten has deletions and replacements, the others have the rest.
    for (n, customer) in plan.customers.iter_mut().enumerate() {
        if n % 10 > 0 {
            customer
                .steps
                .retain(|step| matches!(step.action, Action::Create | Action::Update));
        }
    }
    let text = document(&plan, None, GITHUB);
    let end = text.find("<details>").unwrap_or(text.len());
    for step in plan.steps() {
        if matches!(
            step.action,
            Action::Delete | Action::Replace | Action::Rotate
        ) {
            assert!(
                text[..end].contains(&step.address.customer),
                "{}",
                step.address
            );
        }
    }
    assert!(
        !text.contains("of Deletions") && !text.contains("of New ids"),
        "{text}"
    );
}

#[test]
fn unmanaged_objects_do_not_displace_changes() {
    let mut plan = sample::rich();
    plan.unmanaged.customers = (0..5_000).map(|n| format!("unmanaged-{n}")).collect();
    let text = document(&plan, None, BITBUCKET);
    assert!(
        text.contains("beta/Beta Search") && text.contains("Acme GitHub"),
        "{text}"
    );
}

#[test]
fn hostile_names_stand_in_code_spans() {
    let mut plan = large(5_000);
    for (customer, name) in plan.customers.iter_mut().zip(naughty_strings::BLNS) {
        customer.name = (*name).to_owned();
        for step in &mut customer.steps {
            step.address = Address::connector(*name, *name);
        }
    }
    let text = document(&plan, None, GITHUB);
    let tags = [
        "<details>",
        "</details>",
        "<!-- airlift plan -->",
        "<summary>",
        "</summary>",
    ];
    for line in text.lines() {
        let rest = tags
            .iter()
            .fold(outside_of_spans(line), |text, tag| text.replace(tag, ""));
        assert!(!rest.contains(['<', '@', '[']), "{line}");
        assert!(!rest.contains("http"), "{line}");
    }
}

/// A line without its code spans.
fn outside_of_spans(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let fence = &rest[start..start + run];
        let after = &rest[start + run..];
        let mut from = 0;
        let end = loop {
            let at = from
                + after[from..]
                    .find(fence)
                    .unwrap_or_else(|| panic!("{line}"));
            let length = after[at..].chars().take_while(|c| *c == '`').count();
            if length == run {
                break at;
            }
            from = at + length;
        };
        rest = &after[end + run..];
    }
    outside + rest
}
