//! Responsible for what to write in place of a variable of another tool.

use crate::config::yaml::typos::TYPOGRAPHIC_QUOTES;
use crate::model::STORES;

const ROW: &str = "write `{{ row.COLUMN }}` for the value of a column";

/// What to write in place of a cell with a reference, if the template writes the reference.
pub(in crate::config) const IN_REFERENCE: &str =
    "write only the part that the template puts into its reference, such as the variable's name";

/// How to write a credential that a column gives.
pub(in crate::config) fn of_column(column: &str) -> String {
    let is_word = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let column = Some(column).filter(is_word).unwrap_or("COLUMN");
    format!(
        "write the reference in the template: \"${{env:{{{{ row.{column} }}}}}}\", with the variable's name in \
         the column, and remove the secrets from the table"
    )
}

/// How to write the reference that a text was meant to be.
pub(in crate::config) fn of_reference(text: &str) -> Option<&'static str> {
    let inner = text.trim();
    if inner.contains("${row.") {
        Some(ROW)
    } else if inner.contains("${{") {
        Some(
            "`${{ … }}` is an expression of GitHub Actions, which does not read this file: set a \
             variable in the workflow (`env:`) and write \"${env:NAME}\"",
        )
    } else if inner.contains("{{") {
        Some("`{{ … }}` works only in `templates`: write \"${env:NAME}\" or \"${file:path}\"")
    } else if is_shell_variable(inner) {
        Some("airlift does not expand `$NAME`: write \"${env:NAME}\"")
    } else if inner.starts_with(is_typographic_quote) || inner.ends_with(is_typographic_quote) {
        Some("YAML knows no typographic quotation marks: write straight ones, \"${env:NAME}\"")
    } else if inner.starts_with("$${") {
        Some("`$${` is a literal `${`: write one `$`, \"${env:NAME}\"")
    } else if let Some(help) = of_store(inner) {
        Some(help)
    } else if inner.starts_with("${") && inner.contains(":-") {
        Some("a reference has no default: write \"${env:NAME}\", and set the variable")
    } else if inner.matches("${").count() > 1 {
        Some("a value takes one reference: keep the whole value in one secret")
    } else if inner.starts_with("$(") {
        Some("airlift runs no commands of a file: write \"${env:NAME}\" or \"${file:path}\"")
    } else if is_reference_without_braces(inner) {
        Some("write the reference with `$`, braces and quotation marks: \"${env:NAME}\"")
    } else if inner.starts_with("${") && inner.ends_with(['"', '\'']) {
        Some("write the quotation mark at the start of the value, too: \"${env:NAME}\"")
    } else if inner.starts_with("${") && !inner.contains('}') {
        Some("close the reference with a brace: \"${env:NAME}\"")
    } else if inner.starts_with("${env.") || is_braced_variable(inner) {
        Some("write the store and a colon before the name: \"${env:NAME}\"")
    } else if inner.starts_with("${vault:") {
        Some("write the mount, the path and the field: \"${vault:MOUNT/PATH#FIELD}\"")
    } else {
        None
    }
}

/// How to write a reference whose store is in another case, or that has spaces.
fn of_store(text: &str) -> Option<&'static str> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    let (store, name) = inner.split_once(':')?;
    let lowercase = store.trim().to_ascii_lowercase();
    if !STORES.contains(&lowercase.as_str()) {
        None
    } else if lowercase != store.trim() {
        Some(match lowercase.as_str() {
            "env" => "stores are written in lower case: \"${env:NAME}\"",
            "file" => "stores are written in lower case: \"${file:path}\"",
            _ => "stores are written in lower case, as in \"${vault:MOUNT/PATH#FIELD}\"",
        })
    } else if store != lowercase || name.trim() != name {
        Some("remove the spaces in the braces: \"${env:NAME}\"")
    } else {
        None
    }
}

fn is_typographic_quote(character: char) -> bool {
    TYPOGRAPHIC_QUOTES.contains(&character)
}

/// What to write for a variable that a name was meant to contain. airlift takes names as they are.
pub(in crate::config) fn of_name(name: &str) -> Option<&'static str> {
    if name.contains("${row.") {
        Some(ROW)
    } else if name.contains("${{") {
        Some(
            "`${{ … }}` is an expression of GitHub Actions, which does not read this file: write the name itself, \
             or `${var.NAME}` with `variables` of an environment",
        )
    } else if name.contains("${") || name.contains("$(") || has_shell_variable(name) {
        Some(
            "write the name itself, or `${var.NAME}` with `variables` of an environment in the project file; \
             references such as `${env:NAME}` are for secrets, and `$${` is a literal `${`",
        )
    } else if name.contains("{{") && name.contains("}}") {
        Some(
            "write the name itself: `{{ … }}` works only in `templates`, for the rows of `customers_from`",
        )
    } else {
        None
    }
}

/// Whether a text has a `$NAME` that is a word of its own.
fn has_shell_variable(text: &str) -> bool {
    let is_separator = |character: char| !character.is_alphanumeric() && !"_$".contains(character);
    text.split(is_separator).any(is_shell_variable)
}

/// Whether a text is a reference such as `$env:NAME`, `{env:NAME}` or `env:NAME`.
fn is_reference_without_braces(text: &str) -> bool {
    let inner = text.trim_start_matches(['$', '{']);
    let store = inner
        .split_once(':')
        .map(|(store, _)| store.to_ascii_lowercase());
    !text.starts_with("${") && store.is_some_and(|store| STORES.contains(&store.as_str()))
}

fn is_braced_variable(text: &str) -> bool {
    let inner = text.strip_prefix("${");
    inner
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(is_variable)
}

fn is_shell_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(is_variable)
}

fn is_variable(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_uppercase() || c == '_';
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{of_name, of_reference};

    #[test]
    fn of_name_tells_variables_from_other_names() {
        for name in [
            "${env:X",
            "$X",
            "acme-$ENV",
            "{{x}}",
            "${X}",
            "${{ vars.X }}",
            "$(x)",
        ] {
            assert!(of_name(name).is_some(), "{name}");
        }
        for name in ["A$AP", "100$", "$5 plan", "{a}", "{{", "acme", "US$ x"] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }

    #[test]
    fn of_reference_names_the_other_syntax() {
        for (text, word) in [
            ("${{ secrets.TOKEN }}", "GitHub Actions"),
            ("{{ row.token }}", "templates"),
            ("$ACME_TOKEN", "does not expand"),
            ("${ACME_TOKEN}", "colon"),
            ("${env.ACME_TOKEN}", "colon"),
            ("$(cat token)", "commands"),
            ("$env:ACME_TOKEN", "braces"),
            ("{env:ACME_TOKEN}", "braces"),
            ("env:ACME_TOKEN", "braces"),
            ("$ENV:ACME_TOKEN", "braces"),
            ("${ENV:ACME_TOKEN}", "lower case"),
            ("${env:ACME_TOKEN:-none}", "no default"),
            ("${Env:ACME_TOKEN}", "lower case"),
            ("$${env:ACME_TOKEN}", "literal"),
            ("${ env:ACME_TOKEN}", "spaces"),
            ("${env: ACME_TOKEN }", "spaces"),
            ("\u{201c}${env:ACME_TOKEN}\u{201d}", "typographic"),
            ("${env:ACME_TOKEN", "close the reference"),
            ("${env:ACME_TOKEN}\"", "at the start"),
        ] {
            let help = of_reference(text).unwrap();
            assert!(
                help.contains(word) && help.contains("${env:NAME}"),
                "{text}: {help}"
            );
        }
        for (text, reference) in [
            ("${FILE:x}", "${file:path}"),
            ("${Vault:kv/x#a}", "${vault:"),
        ] {
            assert!(of_reference(text).unwrap().contains(reference), "{text}");
        }
        assert!(
            of_reference("${env:A}:${env:B}")
                .unwrap()
                .contains("one reference")
        );
        assert_eq!(of_reference("${env:T_${row.id}}"), of_name("c ${row.id}"));
        assert_eq!(of_reference("hunter2"), None);
        assert_eq!(
            of_reference("$abc"),
            None,
            "a password can begin with a dollar sign"
        );
    }
}
