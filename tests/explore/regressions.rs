//! Responsible for the cases that run in every test: those that failed once, and the simplest race. In
//! some cases the check was too strict, so the check was corrected and not the program.

/// What went wrong, and the name of the case.
pub(crate) const REGRESSIONS: [(&str, &str); 12] = [
    (
        "a listing omitted one of two connectors with the same name, and the other one was adopted",
        "duplicate/5:short+12:503",
    ),
    (
        "a deletion that had not started was polled until the deadline",
        "delete-customer/7:504",
    ),
    (
        "a rotation whose deletion was rejected was started again instead of resumed",
        "rotate-command/23:422",
    ),
    (
        "concurrent runs that rotate each time never converge; an apply of each does",
        "rotate-command/aabbaabbbaba",
    ),
    (
        "a run that planned after another run had created, and before that run had deleted, replaced again",
        "rotate/AAAAAAAAAAAAAABBBBBBBBBBBBBBBBAAB",
    ),
    (
        "the same with another type",
        "replace-type/AAAAAAAAAAAAAAABBBBBBBBBBAABBBBBBB",
    ),
    (
        "a run that planned before another run created a connector replaced it again",
        "rotate/AABBBBBBBBBBBAAAAAAAAAAAAAABBBBB",
    ),
    (
        "an outdated list made the deleted connector look like one of another run",
        "rotate/15:ghost",
    ),
    (
        "a plan treated a connector as deleted because a list omitted it during its deletion",
        "rotate-command-shared/28:403+33:missing",
    ),
    (
        "two concurrent first applies create one customer and one connector",
        "create-one/abababababab",
    ),
    (
        "a run whose write of the journal failed removed the journal at its end",
        "create-shared/store:11:lost",
    ),
    ("the same in a rotation", "rotate-shared/store:14:lost"),
];
