//! Which module may import which, which words each must not use, and how long a file may be.

/// The most lines of a file.
pub(super) const LONGEST: usize = 400;

/// The most lines of a command's file.
pub(super) const LONGEST_COMMAND: usize = 60;

/// The names of the repository's top level.
pub(super) const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "examples",
    "schemas",
    "src",
    "tests",
];

/// Which modules a module may import. One that is not listed imports none.
pub(super) const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("backoff", &[]),
    ("side_by_side", &["model"]),
    // The customer's side of a consent.
    ("consent", &["http", "ledger", "model"]),
    ("catalog", &["model"]),
    (
        "config",
        &["catalog", "files", "model", "secrets", "side_by_side"],
    ),
    // Whatever happens while a command runs.
    ("events", &["model"]),
    ("http", &["model"]),
    ("api", &["events", "http", "model"]),
    ("observed", &["api", "backoff", "events", "ledger", "model"]),
    (
        "ledger",
        &["events", "files", "http", "model", "side_by_side"],
    ),
    ("plan", &["model"]),
    // Plans as files.
    ("saved_plan", &["ledger", "model", "plan"]),
    // The way back: what there is, as the files would say it.
    ("export", &["catalog", "config", "model", "render"]),
    ("secrets", &["backoff", "http", "model", "plan"]),
    (
        "apply",
        &[
            "api", "backoff", "events", "model", "plan", "ledger", "secrets",
        ],
    ),
    ("files", &[]),
    ("sandbox", &["files"]),
    ("explanations", &[]),
    // What stops a run, from the modules' own errors.
    ("failure", &["api", "ledger", "model", "sandbox"]),
    (
        "render",
        &[
            "apply",
            "catalog",
            "config",
            "events",
            "explanations",
            "failure",
            "model",
            "plan",
            "saved_plan",
        ],
    ),
    // Flags are parsed into the types they mean.
    ("cli", &["model"]),
    (
        "app",
        &[
            "api",
            "apply",
            "catalog",
            "cli",
            "config",
            "consent",
            "events",
            "export",
            "failure",
            "files",
            "ledger",
            "model",
            "observed",
            "plan",
            "render",
            "sandbox",
            "saved_plan",
            "secrets",
        ],
    ),
    (
        "commands",
        &[
            "app",
            "apply",
            "catalog",
            "cli",
            "config",
            "explanations",
            "export",
            "failure",
            "plan",
            "process",
            "render",
            "sandbox",
            "telemetry",
        ],
    ),
    // Spans of commands, if the feature `otel` is on.
    ("telemetry", &["events", "http", "model"]),
    ("process", &[]),
    // Compiled for fuzzing and tests only; gathers what the modules hold of themselves.
    (
        "fuzzing",
        &[
            "api", "cli", "config", "ledger", "model", "render", "secrets",
        ],
    ),
    // The public interface of the library.
    (
        "library",
        &[
            "app", "apply", "cli", "config", "failure", "model", "plan", "render",
        ],
    ),
    ("main", &[]),
    ("lib", &[]),
];

/// Words that must not stand in a module: `(module, words)`.
pub(super) const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "plan",
        &[
            "async",
            "await",
            "std::fs",
            "std::env",
            "std::time",
            "std::net",
            "std::io",
            "HashMap",
            "HashSet",
            "SystemTime",
            "Instant",
            "rand",
            "fastrand",
            "new_v4",
            "reqwest",
            "tokio",
            "jiff",
            "SecretValue",
            "expose",
        ],
    ),
    (
        "export",
        &["async", "std::fs", "std::env", "HashMap", "SecretValue"],
    ),
    (
        "model",
        &[
            "async",
            "std::fs",
            "std::env",
            "std::time",
            "HashMap",
            "new_v4",
            "reqwest",
            "tokio",
        ],
    ),
    (
        "catalog",
        &["async", "std::fs", "std::env", "reqwest", "tokio"],
    ),
    (
        "config",
        &[
            "async",
            "std::env",
            "std::net",
            "reqwest",
            "tokio",
            "SecretValue",
        ],
    ),
    (
        "observed",
        &["std::fs", "std::env", "Writer", "SecretValue"],
    ),
    ("ledger", &["std::env", "reqwest", "SecretValue"]),
    ("api", &["std::fs", "std::env"]),
    ("apply", &["std::fs", "std::env", "reqwest", "Session"]),
    (
        "render",
        &["async", "std::fs", "reqwest", "tokio", "SecretValue"],
    ),
    ("sandbox", &["std::env"]),
    ("failure", &["async", "std::fs", "std::env"]),
    ("events", &["async", "std::fs", "std::env", "SecretValue"]),
    ("cli", &["async", "std::fs", "std::env"]),
];

/// Words that belong to these modules alone: `(word, modules)`.
pub(super) const RESERVED: &[(&str, &[&str])] = &[
    (".expose(", &["api", "secrets"]),
    ("reqwest", &["api", "http", "secrets"]),
    ("rustls", &["http"]),
    ("axum", &["consent", "sandbox"]),
    ("saphyr_parser", &["config", "secrets"]),
    ("clap", &["cli", "commands", "render"]),
    ("clap_complete", &["cli", "commands"]),
    ("indicatif", &["render"]),
    ("hmac", &["consent", "ledger", "secrets"]),
    ("object_store", &["ledger"]),
    ("io::stdout", &["render"]),
    ("io::stderr", &["render"]),
    // Refused by clippy, too, but for what a macro writes.
    ("print!", &[]),
    ("println!", &[]),
    ("eprint!", &[]),
    ("eprintln!", &[]),
    ("dbg!", &[]),
];
