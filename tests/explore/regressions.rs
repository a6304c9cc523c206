//! Cases that are tried in every run of the tests: those that failed once, by what went wrong, and
//! the plainest race. Where a trial was judged too strictly, the oracle was mended and not the program.

/// What it was, and the case.
pub(crate) const REGRESSIONS: [(&str, &str); 10] = [
    (
        "a listing left one of two connectors of a name out, and the other was adopted",
        "duplicate/5:short+12:503",
    ),
    (
        "a deletion that was never begun was looked for until the deadline",
        "delete-customer/7:504",
    ),
    (
        "a rotation whose deletion was refused was begun anew instead of gone on with",
        "rotate-verb/23:422",
    ),
    (
        "rivals that rotate anew each time never come to rest; an apply of each does",
        "rotate-verb/aabbaabbbaba",
    ),
    (
        "a run that planned after another one had created, and before it had deleted, replaced once more",
        "rotate/AAAAAAAAAAAAAABBBBBBBBBBBBBBBBAAB",
    ),
    (
        "the same with another type",
        "replace-type/AAAAAAAAAAAAAAABBBBBBBBBBAABBBBBBB",
    ),
    (
        "a run that was planned before another one created replaced once more",
        "rotate/AABBBBBBBBBBBAAAAAAAAAAAAAABBBBB",
    ),
    (
        "a list from before a deletion made the old connector look like another run's",
        "rotate/15:ghost",
    ),
    (
        "a list that lacked a connector on its way out made a plan take it for gone",
        "rotate-verb-shared/28:403+33:missing",
    ),
    (
        "two first applies make one customer and one connector",
        "create-one/abababababab",
    ),
];
