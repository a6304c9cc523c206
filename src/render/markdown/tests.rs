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
    let end = text.find("<details>").unwrap();
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
fn hostile_names_stand_in_code_spans() {
    let mut plan = large(5_000);
    for (customer, name) in plan.customers.iter_mut().zip(naughty_strings::BLNS) {
        for step in &mut customer.steps {
            step.address = Address::connector(*name, *name);
        }
    }
    let text = document(&plan, None, GITHUB);
    for line in text.lines() {
        let outside: String = line.split('`').step_by(2).collect();
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        let known = [
            "<details>",
            "</details>",
            "<!-- airlift plan -->",
            "<!-- -->",
        ];
        let rest = known
            .iter()
            .fold(outside.clone(), |text, tag| text.replace(tag, ""));
        let rest = rest.replace("<summary>", "").replace("</summary>", "");
        assert!(!rest.contains('<') || rest.contains("\\<"), "{line}");
    }
}
