//! Responsible for the names of the project that a line concerns, which a shell completes. The line is in the arguments of this
//! process.

use crate::config::{self, LoadOptions, Project};
use std::ffi::OsString;
use std::path::PathBuf;

/// The names of the customers.
pub(crate) fn completed_customers() -> Vec<String> {
    let customers = project().map(|project| project.desired.customers);
    customers
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect()
}

/// The addresses of the connectors.
pub(crate) fn completed_connectors() -> Vec<String> {
    let project = project();
    let connectors = project
        .iter()
        .flat_map(|project| project.desired.connectors());
    connectors.map(|(address, _)| address.to_string()).collect()
}

/// The project that the line names, or the one of the working directory, if its files have no errors.
fn project() -> Option<Project> {
    let (files, options) = (files(), options());
    let outer = config::find_project(&files, &options);
    let files = outer.map_or(files, |outer| vec![outer.directory]);
    config::load(&files, &options).project
}

/// The files that the line names, or the working directory.
fn files() -> Vec<PathBuf> {
    let named = values(words(), "-f", "--file").map(PathBuf::from);
    // Standard input belongs to the shell.
    let files: Vec<PathBuf> = named.filter(|file| file.as_os_str() != "-").collect();
    if files.is_empty() {
        vec![PathBuf::from(".")]
    } else {
        files
    }
}

/// The environment of the project that the line or `AIRLIFT_ENV` names.
fn options() -> LoadOptions {
    let named = values(words(), "", "--env").last();
    let environment = named.or_else(|| std::env::var("AIRLIFT_ENV").ok());
    LoadOptions {
        environment,
        ..LoadOptions::default()
    }
}

/// The words of the line, without its first one and the one that is completed.
fn words() -> Vec<String> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(2);
    let mut words: Vec<String> = words
        .map(OsString::into_string)
        .filter_map(Result::ok)
        // The shell of bash may split `--file=x`.
        .filter(|word| word != "=")
        .collect();
    words.pop();
    words
}

/// The values of an option, in each form of the command line.
fn values(words: Vec<String>, short: &str, long: &str) -> impl Iterator<Item = String> {
    let joined = format!("{long}=");
    let is_option = move |word: &str| word == long || (!short.is_empty() && word == short);
    let mut values = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if is_option(&word) {
            values.extend(words.next());
        } else if let Some(value) = word.strip_prefix(&joined) {
            values.push(value.to_owned());
        } else if !short.is_empty()
            && !word.starts_with("--")
            && let Some(value) = word.strip_prefix(short)
        {
            values.push(value.to_owned());
        }
    }
    values.into_iter()
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_of_an_option_have_each_form() {
        let line = "plan -f a --file b --file=c -fd --env x --files e";
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let files: Vec<String> = values(words.clone(), "-f", "--file").collect();
        assert_eq!(files, ["a", "b", "c", "d"]);
        let environments: Vec<String> = values(words, "", "--env").collect();
        assert_eq!(environments, ["x"]);
    }
}
