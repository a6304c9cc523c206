//! Tests of warnings about names that look alike.

use super::*;

/// Whether loading two customers with these names, in either order, warns of their appearance.
fn warns(a: &str, b: &str) -> bool {
    let warns = |first: &str, second: &str| {
        let customers = json!([{"name": first}, {"name": second}]);
        let report = load_text(&format!("version: 1\ncustomers: {customers}\n")).report;
        assert!(!report.has_errors(), "{first:?} {second:?} {report:?}");
        report
            .findings
            .iter()
            .any(|finding| finding.code == Code::DeceptiveName)
    };
    let warning = warns(a, b);
    assert_eq!(warns(b, a), warning, "{a:?} {b:?}");
    warning
}

#[test]
fn deceptive_name_of_confusable_pair_is_reported() {
    for (a, b) in [
        ("acme", "\u{430}cme"),                   // Cyrillic a
        ("acme", "\u{ff41}cme"),                  // fullwidth a
        ("ACME", "\u{410}\u{421}\u{41c}\u{415}"), // Cyrillic only
        ("Paypal", "\u{440}aypal"),               // Cyrillic er, in another case
        ("globex", "gl\u{3bf}bex"),               // Greek omicron
        ("modem", "mod\u{435}rn"),                // Cyrillic e, and `rn` for `m`
        ("acme-1", "acme\u{2010}l"),              // another hyphen, and `l` for `1`
        ("Zo\u{eb}", "Zoe\u{308}"),               // composed and decomposed
        ("Globex EU", "Globex (EU)"),
        ("Acme Inc", "Acme, Inc."),
        ("acme-prod", "Acme_Prod"),
        ("AT&T", "ATT"),
        ("caf\u{e9}", "cafe\u{301}\u{301}"), // a repeated accent
        ("\u{30ed}\u{53e3}", "\u{53e3}\u{53e3}"), // katakana and an ideograph
    ] {
        assert!(warns(a, b), "{a:?} {b:?}");
    }
}

#[test]
fn deceptive_name_of_distinct_pair_is_not_reported() {
    for (a, b) in [
        ("acme-1", "acme-2"),
        ("acme-1", "acme-l"),
        ("modern", "modem"),
        ("team-O", "team-0"),
        ("Ilium", "llium"),
        ("Zo\u{eb}", "Zoe"),
        ("M\u{fc}ller", "Mueller"),
        ("Stra\u{df}e", "Strasse"),
        ("\u{65e5}\u{672c}", "\u{65e5}\u{672c}\u{8a9e}"),
        ("Se\u{f1}or", "Senior"),
        ("Acme", "Acme Test"),
        ("acme-1-11", "acme-11-1"),
        ("team 1.2", "team 12"),
        ("C", "C#"),
        ("--", "---"),
    ] {
        assert!(!warns(a, b), "{a:?} {b:?}");
    }
}
