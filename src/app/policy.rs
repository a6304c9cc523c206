//! Responsible for the policy file: limits that the operator sets outside the project, because a
//! change to the project's files must not be able to raise them; and for the policy of a run.

use super::change_windows::{ChangeWindows, WindowsSection};
use super::filters::selects_nothing;
use super::policy_error::{described, require_mapping, with_line};
use super::{Environment, Invocation, Selectable};
use crate::catalog;
use crate::cli::PlanningArgs;
use crate::config::Project;
use crate::failure::Failure;
use crate::model::{
    Address, AdoptPolicy, CountOrPercent, DefinitionId, ImpactLimits, LedgerState, PolicyLimits,
    PolicyRules,
};
use crate::plan::Policy;
use crate::secrets::OperatorFile;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The version of the format.
const VERSION: u32 = 1;

/// Limits that the operator sets outside the project.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    /// The version of the format: 1.
    version: u32,
    /// The maximum of `--allow-delete`: a number of objects, or a percentage such as `15%`.
    #[serde(default)]
    max_allow_delete: Option<NumberOrPercentage>,
    /// The maximum of `guards.max_deletes` in the project file. Also that of `--allow-delete`, if
    /// `max_allow_delete` is not set.
    #[serde(default)]
    max_deletes: Option<u64>,
    /// The maximum of `guards.max_delete_percent` in the project file. Also that of `--allow-delete`, if
    /// `max_allow_delete` is not set.
    #[serde(default)]
    #[schemars(range(max = 100))]
    max_delete_percent: Option<u64>,
    /// The maximum of `guards.max_id_changes` in the project file and of `--allow-id-changes`.
    #[serde(default)]
    max_id_changes: Option<u64>,
    /// Limits on what one run may do, by impact.
    #[serde(default)]
    limits: LimitsSection,
    /// The only types of new and replaced connectors: names of the catalog, and the UUID of the definition for types
    /// outside the catalog.
    #[serde(default)]
    allowed_types: Option<BTreeSet<String>>,
    /// The only regions of new customers. `none` allows customers without a region.
    #[serde(default)]
    allowed_regions: Option<BTreeSet<String>>,
    /// Patterns such as `acme-*`, of which the name of a new or renamed customer has to match one.
    #[serde(default)]
    customer_names: Vec<String>,
    /// The same for connectors.
    #[serde(default)]
    connector_names: Vec<String>,
    /// When `apply` and `rotate` may start.
    #[serde(default)]
    change_windows: Option<WindowsSection>,
}

/// Limits by impact.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LimitsSection {
    /// Limits on a whole run.
    #[serde(default)]
    run: ImpactLimits,
    /// Limits on each customer in a run.
    #[serde(default)]
    customer: ImpactLimits,
    /// Limits on the connectors of a type in a run, by type: a name of the catalog, or the UUID of the definition for a
    /// type outside the catalog.
    #[serde(default)]
    types: BTreeMap<String, ImpactLimits>,
}

/// What the policy file sets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct OperatorPolicy {
    pub(super) ceiling: PolicyLimits,
    pub(super) rules: PolicyRules,
    pub(super) windows: ChangeWindows,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum NumberOrPercentage {
    Number(u64),
    Percentage(#[schemars(regex(pattern = "^[0-9]+%$"))] String),
}

/// The JSON schema of the policy file.
pub(crate) fn policy_schema() -> schemars::Schema {
    crate::model::schema_of::<PolicyFile>()
}

/// Reads the policy file that the command line or the environment names, or the default one.
pub(super) fn load(
    invocation: Invocation<'_>,
    project: &Project,
) -> Result<OperatorPolicy, Failure> {
    let Some(file) = find(invocation.env)? else {
        return Ok(OperatorPolicy::default());
    };
    let shown = file.path().display();
    let bytes = file.read(&project.root).map_err(|error| {
        let message = format!("the policy file {shown} {error}");
        Failure::error("policy_untrusted", message)
    })?;
    let Some(bytes) = bytes else {
        return Ok(OperatorPolicy::default());
    };
    decode(&bytes).map_err(|error| {
        let message = format!("the policy file {shown} {error}");
        Failure::error("policy_invalid", message)
            .hint("`airlift schema policy` prints the form of the file")
    })
}

fn find(env: &Environment) -> Result<Option<OperatorFile>, Failure> {
    let named = env
        .policy_file()
        .map(Path::to_owned)
        .or_else(|| env.text("AIRLIFT_POLICY").map(PathBuf::from));
    if let Some(path) = named {
        let path = std::path::absolute(&path).map_err(|error| {
            let message = format!("the policy file {}: {error}", path.display());
            Failure::error("policy_untrusted", message)
        })?;
        return Ok(Some(OperatorFile::Explicit(path)));
    }
    Ok(env
        .text("HOME")
        .map(|home| OperatorFile::Default(Path::new(&home).join(".config/airlift/policy.yaml"))))
}

/// Decodes a policy file. The error continues a sentence that begins with the path. It quotes no content but a mistyped
/// name.
fn decode(bytes: &[u8]) -> Result<OperatorPolicy, String> {
    if let Ok(value) = serde_yaml::from_slice(bytes) {
        require_mapping(&value)?;
    }
    let file = serde_yaml::from_slice(bytes).map_err(|error| described(&error))?;
    judged(file).map_err(|message| with_line(message, &String::from_utf8_lossy(bytes)))
}

/// The policy of a file. The error continues a sentence, as that of [`decode`].
fn judged(file: PolicyFile) -> Result<OperatorPolicy, String> {
    if file.version != VERSION {
        return Err(format!("has the `version` {}, not {VERSION}", file.version));
    }
    if file.max_delete_percent.is_some_and(|percent| percent > 100) {
        return Err("has a `max_delete_percent` above 100".to_owned());
    }
    let max_allow_delete = file.max_allow_delete.map(limit).transpose()?;
    let types = file.limits.types;
    let allowed_types = file.allowed_types.map(|types| {
        let types = types.iter();
        types.map(|name| definition(name)).collect()
    });
    Ok(OperatorPolicy {
        ceiling: PolicyLimits {
            max_allow_delete,
            max_deletes: file.max_deletes,
            max_delete_percent: file.max_delete_percent,
            max_id_changes: file.max_id_changes,
        },
        rules: PolicyRules {
            run: file.limits.run,
            customer: file.limits.customer,
            definitions: limited(types.keys())?,
            types,
            allowed_types: allowed_types.transpose()?,
            allowed_regions: file.allowed_regions,
            customer_names: file.customer_names,
            connector_names: file.connector_names,
        },
        windows: match file.change_windows {
            Some(windows) => ChangeWindows::try_from(windows)?,
            None => ChangeWindows::default(),
        },
    })
}

/// The types that the policy file limits, by definition.
fn limited<'a>(
    types: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<DefinitionId, String>, String> {
    let mut limited = BTreeMap::new();
    for name in types {
        if let Some(other) = limited.insert(definition(name)?, name.clone()) {
            return Err(format!(
                "limits one type under two names: {other} and {name}"
            ));
        }
    }
    Ok(limited)
}

/// The definition of a type that the policy file names. The ledger and the API name connectors by definition. A
/// mistyped name is an error: its rule would have no effect.
fn definition(name: &str) -> Result<DefinitionId, String> {
    if let Some(known) = catalog::find(name) {
        return Ok(known.definition_id);
    }
    name.parse().map_err(|_| {
        let near = catalog::similar_types(name);
        let near = near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
        format!(
            "has the type {name:?}, which is not in the catalog{near}; other types are named by the UUID of their \
             definition"
        )
    })
}

fn limit(limit: NumberOrPercentage) -> Result<CountOrPercent, String> {
    match limit {
        NumberOrPercentage::Number(number) => Ok(CountOrPercent::Count(number)),
        NumberOrPercentage::Percentage(text) => text
            .strip_suffix('%')
            .and_then(|percent| percent.parse().ok())
            .filter(|percent| *percent <= 100)
            .map(CountOrPercent::Percent)
            .ok_or_else(|| {
                "has a `max_allow_delete` that is neither a number nor a percentage".to_owned()
            }),
    }
}

/// What the flags of a run and the policy file allow and select.
pub(super) fn policy_of(
    invocation: Invocation<'_>,
    project: &Project,
    args: &PlanningArgs,
    recorded: &LedgerState,
) -> Result<Policy, Failure> {
    let selectable = Selectable::managed(&project.desired, recorded).within(project);
    let operator = load(invocation, project)?;
    Ok(Policy {
        prune: args.prune,
        delete_customers: args.delete_customers,
        allow_delete: args.allow_delete,
        allow_id_changes: args.allow_id_changes,
        confirmed: confirmed(&selectable, &args.confirm)?,
        ceiling: operator.ceiling,
        rules: operator.rules,
        adopt: if args.adopt {
            AdoptPolicy::Allow
        } else {
            project.desired.adopt
        },
        ..narrowed(&selectable, args)?
    })
}

/// The confirmed customers. A name that nothing has would confirm nothing.
fn confirmed(selectable: &Selectable, names: &[String]) -> Result<BTreeSet<String>, Failure> {
    for name in names {
        selectable.require(&Address::customer(name))?;
    }
    Ok(names.iter().cloned().collect())
}

fn narrowed(selectable: &Selectable, args: &PlanningArgs) -> Result<Policy, Failure> {
    if selects_nothing(args) {
        return Ok(selectable.nothing());
    }
    selectable.narrow(&args.target, &args.exclude)
}

#[cfg(test)]
mod tests {
    use super::{OperatorPolicy, decode};
    use crate::model::{CountOrPercent, PolicyLimits};

    #[test]
    fn decode_of_all_limits_returns_them() {
        let text = "{version: 1, max_allow_delete: 15%, max_deletes: 3, max_delete_percent: 5, \
                    max_id_changes: 2}";
        let expected = PolicyLimits {
            max_allow_delete: Some(CountOrPercent::Percent(15)),
            max_deletes: Some(3),
            max_delete_percent: Some(5),
            max_id_changes: Some(2),
        };
        assert_eq!(decode(text.as_bytes()).unwrap().ceiling, expected);
    }

    #[test]
    fn decode_of_the_policy_in_the_guide_returns_its_rules() {
        let guide = include_str!("../../examples/guides/policy.md");
        let policy = guide.split("```yaml\n").nth(1).unwrap();
        let policy = decode(policy.split("```").next().unwrap().as_bytes()).unwrap();
        assert_eq!(policy.rules.customer.removed, Some(1));
        assert_eq!(policy.rules.types["github"].id_changes, Some(5));
        assert_ne!(policy.windows, OperatorPolicy::default().windows);
    }

    #[test]
    fn decode_of_count_returns_count() {
        let policy = decode(b"{version: 1, max_allow_delete: 20}")
            .unwrap()
            .ceiling;
        assert_eq!(policy.max_allow_delete, Some(CountOrPercent::Count(20)));
    }

    #[test]
    fn decode_without_limits_sets_none() {
        assert_eq!(decode(b"version: 1"), Ok(OperatorPolicy::default()));
    }

    fn assert_invalid(text: &str, part: &str) {
        let error = decode(text.as_bytes()).unwrap_err();
        assert!(
            error.contains(part) && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn decode_of_file_of_another_form_names_line_and_key() {
        for (text, part) in [
            ("", "is empty"),
            ("- version: 1", "is a list"),
            ("hunter2", "is a single value"),
            ("version: 1\n\tmax_deletes: 1", "is no valid YAML in line"),
            ("max_deletes: 1", "lacks the key `version`"),
            (
                "# a policy\nversion: 2",
                "has the `version` 2, not 1 (line 2)",
            ),
            (
                "{version: 1, hunter2: 3}",
                "has an unknown key in line 1; the keys are",
            ),
            (
                "version: 1\nmax_delets: 3",
                "has an unknown key `max_delets` in line 2; did you mean `max_deletes`?",
            ),
            ("version: 1\nversion: 1", "has the key `version` twice"),
            (
                "version: 1\nlimits: []",
                "in line 2: `limits` takes a mapping",
            ),
            (
                "version: 1\nchange_windows: {zone: UTC, allow: [{days: [someday]}]}",
                "`change_windows.allow[0].days[0]` takes one of `mon`",
            ),
        ] {
            assert_invalid(text, part);
        }
    }

    #[test]
    fn decode_of_invalid_file_fails_without_quoting_values() {
        for (text, part) in [
            ("{version: 1, max_allow_delete: hunter2}", "percentage"),
            ("{version: 1, max_allow_delete: 101%}", "percentage"),
            ("version: 1\nmax_delete_percent: 101", "above 100 (line 2)"),
            (
                "version: 1\nmax_deletes: hunter2",
                "in line 2: `max_deletes` takes a whole number from 0",
            ),
            ("{version: 1, max_deletes: -1}", "`max_deletes` takes"),
            (
                "version: 1\nmax_deletes: 'a, expected hunter2'",
                "in line 2: `max_deletes` takes a whole number from 0",
            ),
            (
                "{version: 1, limits: {run: {deletes: 1}}}",
                "key `deletes` of `limits.run`",
            ),
            ("{version: 1, change_windows: {zone: Mars}}", "time zone"),
            (
                "{version: 1, limits: {types: {githb: {new: 1}}}}",
                "\"githb\", which is not in the catalog (did you mean `github`?)",
            ),
            ("{version: 1, allowed_types: [githb]}", "\"githb\""),
            (
                "{version: 1, limits: {types: {github: {}, ef69ef6e-aa7f-4af1-a01d-ef775033524e: {}}}}",
                "two names",
            ),
            (
                "{version: 1, change_windows: {zone: UTC, deny: [{first: 2026-12-31, last: 2026-12-24}]}}",
                "`first` after `last`",
            ),
        ] {
            assert_invalid(text, part);
        }
    }
}
