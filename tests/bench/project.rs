//! Responsible for the files of a benchmark's project, and for reading them with the YAML library
//! alone, which is what `airlift validate` is compared with.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The size of a project.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) customers: usize,
    pub(crate) connectors: usize,
    pub(crate) files: usize,
}

pub(crate) fn customer_name(number: usize) -> String {
    format!("customer-{number:06}")
}

pub(crate) fn connector_name(number: usize) -> String {
    format!("GitHub {number}")
}

/// The settings of a connector. Two revisions differ in one value.
pub(crate) fn settings(revision: u64) -> Value {
    let start_date = format!("202{revision}-01-01T00:00:00Z");
    json!({"repositories": ["acme/app"], "start_date": start_date})
}

/// The body of the request that creates a connector.
pub(crate) fn creation(customer: &str, number: usize) -> Value {
    json!({
        "workspace_name": customer,
        "name": connector_name(number),
        "definition_id": "ef69ef6e-aa7f-4af1-a01d-ef775033524e",
        "credentials": {"token": "ghp_example"},
        "replication_config": settings(0),
    })
}

/// Writes a project. In revision 1, the first connector of each customer has another setting than
/// in revision 0.
pub(crate) fn write(directory: &Path, size: Size, revision: u64) {
    let customers = directory.join("customers");
    fs::create_dir_all(&customers).expect("the directory can be created");
    let project = "version: 1\ninclude: [customers/*.yaml]\n";
    fs::write(directory.join("airlift.yaml"), project).expect("the file can be written");
    let numbers: Vec<usize> = (0..size.customers).collect();
    let per_file = size.customers.div_ceil(size.files);
    for (index, part) in numbers.chunks(per_file).enumerate() {
        let mut text = "customers:\n".to_owned();
        for &number in part {
            write_customer(&mut text, number, size.connectors, revision);
        }
        let file = customers.join(format!("{index:04}.yaml"));
        fs::write(file, text).expect("the file can be written");
    }
}

fn write_customer(text: &mut String, number: usize, connectors: usize, revision: u64) {
    let name = customer_name(number);
    write!(text, "  - name: {name}\n    connectors:\n").expect("a text takes every write");
    for connector in 0..connectors {
        let settings = settings(if connector == 0 { revision } else { 0 });
        write!(
            text,
            "      - name: {}\n        type: github\n        credentials: {{token: \"${{env:BENCH_TOKEN}}\"}}\n        replication_config: {settings}\n",
            connector_name(connector),
        )
        .expect("a text takes every write");
    }
}

#[derive(Deserialize)]
struct File {
    customers: Vec<Customer>,
}

#[derive(Deserialize)]
struct Customer {
    name: String,
    connectors: Vec<Connector>,
}

#[derive(Deserialize)]
struct Connector {
    name: String,
    r#type: String,
    credentials: BTreeMap<String, String>,
    replication_config: Settings,
}

#[derive(Deserialize)]
struct Settings {
    repositories: Vec<String>,
    start_date: String,
}

/// Deserializes the customers of a project into plain structs. Returns the number of bytes kept.
pub(crate) fn deserialize(directory: &Path) -> usize {
    let mut files: Vec<File> = Vec::new();
    for entry in fs::read_dir(directory.join("customers")).expect("the project has customers") {
        let path = entry.expect("the directory can be read").path();
        let text = fs::read_to_string(path).expect("the file can be read");
        files.push(serde_yaml::from_str(&text).expect("the file is sound"));
    }
    let customers = files.iter().flat_map(|file| &file.customers);
    customers.map(Customer::bytes).sum()
}

impl Customer {
    fn bytes(&self) -> usize {
        let connectors = self.connectors.iter().map(Connector::bytes);
        self.name.len() + connectors.sum::<usize>()
    }
}

impl Connector {
    fn bytes(&self) -> usize {
        let settings = &self.replication_config;
        let repositories = settings.repositories.iter().map(String::len);
        let credentials = self
            .credentials
            .iter()
            .map(|(key, value)| key.len() + value.len());
        self.name.len()
            + self.r#type.len()
            + settings.start_date.len()
            + repositories.sum::<usize>()
            + credentials.sum::<usize>()
    }
}
