//! Tests of plans as Markdown.

use super::{Limits, document};
use crate::model::{Address, CustomerPatch, Status, WorkspaceId};
use crate::plan::{Action, Operation, Plan, Step};
use crate::render::sample::{self, golden};
use crate::render::{MacCheck, Provenance};

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
    golden(
        "plan-github.md",
        &document(&sample::rich(), None, &sample::provenance(), GITHUB),
    );
    golden(
        "plan-bitbucket.md",
        &document(&sample::rich(), None, &sample::provenance(), BITBUCKET),
    );
}

#[test]
fn comment_says_that_a_plan_expired_and_that_a_snapshot_is_not_verified() {
    let saved = sample::expired(MacCheck::Verified);
    let source = Provenance {
        snapshot: Some("not verified".to_owned()),
        ..sample::provenance()
    };
    let text = document(&sample::rich(), Some(&saved), &source, GITHUB);
    assert!(
        text.contains("**expired** at `2026-03-02T10:00:00Z`"),
        "{text}"
    );
    let made =
        "snapshot of `https://api.example.com`, made at `2026-03-01T10:00:00Z`: `not verified`";
    assert!(text.contains(made), "{text}");
}

#[test]
fn large_plan_stays_within_the_limit_and_says_what_was_cut() {
    for limits in [GITHUB, BITBUCKET] {
        for count in [100, 1_000, 10_000] {
            let text = document(&large(count), None, &sample::provenance(), limits);
            assert!(text.len() <= limits.bytes, "{count}: {} bytes", text.len());
            let opened = text.matches("<details>").count();
            assert_eq!(opened, text.matches("</details>").count());
        }
        assert!(
            document(&large(10_000), None, &sample::provenance(), limits).contains("Not shown")
        );
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
    let text = document(&plan, None, &sample::provenance(), GITHUB);
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
fn every_suspension_is_listed_whether_a_prune_or_the_files_ask_for_it() {
    let mut plan = sample::rich();
    let mut customer = plan.customers[0].clone();
    let operation = Operation::UpdateCustomer {
        workspace_id: Some(WorkspaceId(uuid::Uuid::from_u128(1))),
        patch: CustomerPatch {
            status: Some(Status::Inactive),
            ..CustomerPatch::default()
        },
        record_suspension: false,
    };
    plan.customers = (0..400)
        .map(|n| {
            customer.name = format!("customer-{n:03}");
            let mut step = customer.steps[0].clone();
            step.address = Address::customer(&customer.name);
            step.action = Action::Update;
            step.operation = operation.clone();
            customer.steps = vec![step];
            customer.clone()
        })
        .collect();
    let text = document(&plan, None, &sample::provenance(), GITHUB);
    assert!(text.contains("### Suspensions (400)"), "{text}");
    for customer in &plan.customers {
        assert!(text.contains(&format!("`{}`", customer.name)), "{text}");
    }
}

#[test]
fn every_new_object_is_named_if_its_fields_do_not_fit() {
    let mut plan = large(10_000);
    for customer in &mut plan.customers {
        let is_new = |step: &Step| step.action == Action::Create;
        customer
            .steps
            .retain(|step| is_new(step) || step.action == Action::Update);
        customer.steps.truncate(2);
    }
    let text = document(&plan, None, &sample::provenance(), GITHUB);
    assert!(text.contains("the fields of new objects"), "{text}");
    for step in plan.steps().filter(|step| step.action == Action::Create) {
        assert!(
            text.contains(&format!("`{}`", step.address.customer)),
            "{}",
            step.address
        );
    }
}

#[test]
fn unmanaged_objects_do_not_displace_changes() {
    let mut plan = sample::rich();
    plan.unmanaged.customers = (0..5_000).map(|n| format!("unmanaged-{n}")).collect();
    let text = document(&plan, None, &sample::provenance(), BITBUCKET);
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
    let text = document(&plan, None, &sample::provenance(), GITHUB);
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
