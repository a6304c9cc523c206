//! Tests of templates and tables.

use super::*;
use airlift::config::expand;

/// A project with one template, and its table.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    home
}

const TEMPLATE: &str = "version: 1
templates:
  standard:
    parameters:
      id: {}
      count: {type: integer, default: 3}
      ratio: {type: number, default: 0.5}
      enabled: {type: boolean, default: false}
      note: {required: false}
    customer:
      name: 'customer {{ row.id }}'
      protect: '{{ row.enabled }}'
      cache: '{{ row.note }}'
      connectors:
      - name: GitHub
        type: github
        credentials: {token: '${env:TOKEN_{{ row.id }}}'}
        replication_config:
          repositories: ['{{ row.id }}/{{ row.count }}']
          start_date: 2026-01-01T00:00:00Z
      - name: Second
        type: github
        when: '{{ row.count > 3 }}'
        credentials: {token: '${env:TOKEN}'}
        replication_config: {repositories: [a/b], start_date: 2026-01-01T00:00:00Z}
customers_from:
- {table: 'tables/*', template: standard}
";

const TYPED: &str = "start_date: 2026-01-01T00:00:00Z
          x: {count: '{{ row.count }}', ratio: '{{ row.ratio }}', twice: '{{ row.count * 2 }}'}";

fn expanded(table: &str, text: &str) -> Vec<Value> {
    // A setting that shows the types of values.
    let template = TEMPLATE.replacen("start_date: 2026-01-01T00:00:00Z", TYPED, 1);
    let home = project(&[("airlift.yaml", &template), (table, text)]);
    expand(&[home.path().to_owned()], &LoadOptions::default())
}

#[test]
fn table_with_other_separator_names_it() {
    for (separator, shown) in [(";", "`;`"), ("\t", "tabs"), ("|", "`|`")] {
        let table = "id,count\nA,1\nB,2\n".replace(',', separator);
        let home = project(&[("airlift.yaml", TEMPLATE), ("tables/a.csv", &table)]);
        let report = load(&[home.path().to_owned()], &LoadOptions::default()).report;
        let messages: Vec<&str> = report.findings.iter().map(|f| f.message.as_str()).collect();
        let expected = format!("columns are separated by {shown}, expected `,`");
        assert_eq!(messages, [expected]);
    }
}

#[test]
fn table_with_open_quotation_mark_or_misspelt_columns_is_refused() {
    let findings = |table: &str| {
        let home = project(&[("airlift.yaml", TEMPLATE), ("tables/a.csv", table)]);
        let report = load(&[home.path().to_owned()], &LoadOptions::default()).report;
        let findings = report.findings.into_iter();
        let places = findings.map(|finding| {
            let help = finding.help.unwrap_or_default();
            (
                finding.location.line,
                finding.location.column,
                finding.message + &help,
            )
        });
        places.collect::<Vec<_>>()
    };
    let open = findings("id,note\nA,\"b\nB,c\nC,d\n");
    assert_eq!(
        open,
        [(2, 3, "row 2: this quotation mark is not closed".to_owned())]
    );
    let spelling = findings("ID, count\nA,1\n");
    let texts: Vec<&str> = spelling.iter().map(|(_, _, text)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "the template has no parameter for the column ` count`did you mean `count`?",
            "the template has no parameter for the column `ID`did you mean `id`?",
        ]
    );
    assert_eq!(findings("id,note\nA,\n,\n\n,\n"), []);
    let inside = findings("id,note\nA,5\" pipe\n");
    assert!(!inside[0].2.contains("quotation mark"), "{inside:?}");
}

#[test]
fn template_with_invalid_expression_has_no_further_findings() {
    let template = TEMPLATE.replace("'customer {{ row.id }}'", "'customer {{ row.nmae }}'");
    let home = project(&[("airlift.yaml", &template), ("tables/a.csv", "id\nA\nB\n")]);
    let report = load(&[home.path().to_owned()], &LoadOptions::default()).report;
    let codes: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(codes, ["invalid_template"], "{report:?}");
    let help = report.findings[0].help.as_deref().unwrap_or_default();
    assert!(
        help.starts_with("the parameters are count, enabled"),
        "{help}"
    );
}

#[test]
fn name_without_expression_in_several_rows_says_so() {
    let template = TEMPLATE.replace("'customer {{ row.id }}'", "customer");
    let home = project(&[("airlift.yaml", &template), ("tables/a.csv", "id\nA\nB\n")]);
    let report = load(&[home.path().to_owned()], &LoadOptions::default()).report;
    let message = &report.findings[0].message;
    assert!(
        message.starts_with("several rows declare customer `customer`"),
        "{message}"
    );
}

#[test]
fn name_of_an_alias_is_not_said_to_come_from_rows() {
    let report = load_text("version: 1\ncustomers: [&x {name: b}, *x]\n").report;
    let message = &report.findings[0].message;
    assert!(
        message.starts_with("customer `b` is already declared"),
        "{message}"
    );
}

#[test]
fn overrides_that_remove_what_is_absent_are_refused() {
    let texts = |overrides: &str| {
        let row = format!("[{{\"id\": \"A\", \"overrides\": {overrides}}}]");
        let template = TEMPLATE.replace("        when: '{{ row.count > 3 }}'\n", "");
        let home = project(&[("airlift.yaml", &template), ("tables/a.json", &row)]);
        let report = load(&[home.path().to_owned()], &LoadOptions::default()).report;
        let findings = report.findings.into_iter();
        findings
            .map(|finding| finding.help.unwrap_or_default())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(r#"{"regoin": null}"#), ["did you mean `region`?"]);
    assert_eq!(
        texts(r#"{"connectors": {"GitHb": null}}"#),
        ["did you mean `GitHub`?"]
    );
    let nested = r#"{"connectors": {"GitHub": {"replication_config": {"start_dat": null}}}}"#;
    assert_eq!(texts(nested).len(), 1);
    assert_eq!(
        texts(r#"{"region": null, "connectors": {"Second": null}}"#),
        [""; 0]
    );
}

#[test]
fn finding_of_row_has_the_same_cause_in_every_row() {
    let rows = "A,many\nB,few\nC\nD\n";
    let table = format!("id,count\n{rows}");
    let home = project(&[("airlift.yaml", TEMPLATE), ("tables/a.csv", &table)]);
    let report = load(&[home.path().to_owned()], &LoadOptions::default()).report;
    let causes: BTreeSet<&str> = report.findings.iter().map(Finding::cause).collect();
    assert_eq!((report.errors(), causes.len()), (4, 2), "{report:?}");
}

#[test]
fn expand_csv_json_and_json_lines_give_equal_customers() {
    let csv = "id,count,enabled,ratio\nA,,TRUE,\n\"B\",7,false,2\n";
    let customers = expanded("tables/a.csv", csv);
    assert_eq!(
        customers[0],
        json!({
            "name": "customer A",
            "protect": true,
            "cache": null,
            "connectors": [{
                "name": "GitHub",
                "type": "github",
                "credentials": {"token": "${env:TOKEN_A}"},
                "replication_config": {
                    "repositories": ["A/3"],
                    "start_date": "2026-01-01T00:00:00Z",
                    "x": {"count": 3, "ratio": 0.5, "twice": 6},
                },
            }],
        })
    );
    assert_eq!(customers[1]["connectors"][1]["name"], "Second");
    let list = r#"[{"id": "A", "enabled": true}, {"id": "B", "count": 7, "ratio": 2}]"#;
    assert_eq!(expanded("tables/a.json", list), customers);
    let lines = "{\"id\": \"A\", \"enabled\": true, \"note\": null}\r\n\r\n{\"id\": \"B\", \"count\": 7, \"ratio\": 2}";
    assert_eq!(expanded("tables/a.jsonl", lines), customers);
}

#[test]
fn expand_row_with_overrides_changes_only_its_customer() {
    let patch = r#"{"region": "eu", "connectors": {"GitHub": {"replication_config": {"x": null}}, "New": {"type": "stripe"}}}"#;
    let rows = json!([{"id": "A"}, {"id": "B", "overrides": serde_json::from_str::<Value>(patch).unwrap()}]);
    let customers = expanded("tables/a.json", &rows.to_string());
    assert!(customers[0].get("region").is_none());
    assert_eq!(customers[1]["region"], "eu");
    let connectors = &customers[1]["connectors"];
    assert!(connectors[0]["replication_config"].get("x").is_none());
    assert_eq!(connectors[0]["type"], "github");
    assert_eq!(connectors[1], json!({"name": "New", "type": "stripe"}));
    let removed = r#"[{"id": "A", "overrides": {"connectors": {"GitHub": null}}}]"#;
    assert_eq!(
        expanded("tables/a.json", removed)[0]["connectors"],
        json!([])
    );
}

/// Rows with different ids and the same other values.
fn rows(count: usize, others: &str) -> String {
    (0..count).fold(String::new(), |mut rows, row| {
        let _ = writeln!(rows, "r{row}{others}");
        rows
    })
}

/// The findings of a table as `CODE LINE:COLUMN MESSAGE`.
fn findings(project_file: &str, table: &str) -> Vec<String> {
    let home = project(&[("airlift.yaml", project_file), ("tables/a.csv", table)]);
    let report = load_one(home.path()).report;
    let findings = report.findings.iter();
    findings
        .map(|finding| {
            let at = &finding.location;
            assert!(at.file.ends_with("tables/a.csv"), "{finding:?}");
            format!(
                "{} {}:{} {}",
                finding.code.as_str(),
                at.line,
                at.column,
                finding.message
            )
        })
        .collect()
}

#[test]
fn load_bad_row_is_named_by_file_row_and_column() {
    let table = "id,count\r\nA,1\r\n\r\n\"B, C\",many\r\n";
    let listed = findings(TEMPLATE, table);
    assert_eq!(
        listed,
        ["invalid_cell 4:8 row 4, column `count`: must be a whole number"]
    );
}

#[test]
fn load_table_obeys_the_policies_of_its_file() {
    let policies = "customer_policy: [{files: tables/*, customers: ['customer A*']}]
secret_policy: [{files: tables/*, allow: ['env:TOKEN_A']}]
";
    let listed = findings(&format!("{TEMPLATE}{policies}"), "id\nA\nB\n");
    let starts: Vec<&str> = listed.iter().map(|text| text.split_at(34).0).collect();
    assert_eq!(
        starts,
        [
            "customer_policy_violation 3:1 row ",
            "reference_not_allowed 3:1 row 3, c"
        ],
        "{listed:?}"
    );
}

#[test]
fn load_cell_never_becomes_a_reference_or_another_path() {
    for cell in ["${env:HOME}", "a#b", "a}b", "a/b", "..", "\"a\tb\""] {
        let listed = findings(TEMPLATE, &format!("id\n{cell}\n"));
        assert!(
            listed[0].starts_with("invalid_cell 2:1 row 2, column `id`: must not"),
            "{listed:?}"
        );
    }
}

#[test]
fn load_defect_of_a_template_is_reported_once() {
    let template = TEMPLATE.replace("type: github\n        when", "type: githb\n        when");
    let rows = rows(600, ",4");
    let home = project(&[
        ("airlift.yaml", &template),
        ("tables/a.csv", &format!("id,count\n{rows}")),
    ]);
    let report = load_one(home.path()).report;
    let codes: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.location.file.ends_with("airlift.yaml"))
        .map(|finding| finding.code.as_str())
        .collect();
    assert_eq!(codes, ["unknown_type"]);
}

#[test]
fn load_ten_thousand_rows_is_fast() {
    let rows = rows(10_000, "");
    let home = project(&[
        ("airlift.yaml", TEMPLATE),
        ("tables/a.csv", &format!("id\n{rows}")),
    ]);
    let start = Instant::now();
    let project = load_one(home.path()).project.unwrap();
    assert_eq!(project.desired.customers.len(), 10_000);
    let origin = project
        .origin(&Address::customer("customer r9999"))
        .unwrap();
    assert_eq!(origin.line, 10_001);
    // A generous bound: tests run without optimization, beside others.
    assert!(start.elapsed() < Duration::from_mins(1));
}

/// The findings of the template with a table, with what to do about them.
fn findings_of(template: &str, table: &str, text: &str) -> String {
    let home = project(&[("airlift.yaml", template), (table, text)]);
    let report = load_one(home.path()).report;
    let findings = report.findings.iter().map(|finding| {
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{} {}: {help}\n", finding.code.as_str(), finding.message)
    });
    findings.collect()
}

#[test]
fn cell_that_is_nearly_right_has_help() {
    let template = TEMPLATE.replace("note: {required: false}", "note: {enum: [gold, silver]}");
    let help = |row: &str| {
        let table = format!("id,enabled,note\n{row}\n");
        findings_of(&template, "tables/a.csv", &table)
    };
    assert!(help("A,true, gold").contains("did you mean `gold`?"));
    assert!(help("A,true,GOLD").contains("did you mean `gold`?"));
    assert!(help("A,yes,gold").contains("write `true`"));
    let number = findings_of(&template, "tables/a.json", r#"[{"id": 1, "note": "gold"}]"#);
    assert!(number.contains("quote it"), "{number}");
}

#[test]
fn table_without_rows_warns() {
    for (name, text) in [("tables/a.csv", "id\n"), ("tables/a.json", "[]")] {
        let text = findings_of(TEMPLATE, name, text);
        assert!(
            text.starts_with("no_customers the table has no rows"),
            "{text}"
        );
    }
}

#[test]
fn unknown_filter_is_one_finding_in_the_template() {
    let template = TEMPLATE.replace("'customer {{ row.id }}'", "'{{ row.id | uper }}'");
    let text = findings_of(&template, "tables/a.csv", "id\nA\nB\nC\n");
    assert_eq!(text.matches("uper").count(), 1, "{text}");
    assert!(!text.contains("row 2"), "{text}");
}

#[test]
fn override_that_removes_an_unknown_connector_is_refused_beside_conditions() {
    let rows = |name: &str| {
        let table =
            format!(r#"[{{"id": "A", "overrides": {{"connectors": {{"{name}": null}}}}}}]"#);
        findings_of(TEMPLATE, "tables/a.json", &table)
    };
    // The connector `Second` is in other rows.
    assert!(
        !rows("Second").contains("the customer has no"),
        "{}",
        rows("Second")
    );
    let unknown = rows("Gitub");
    assert!(unknown.contains("the customer has no `Gitub`"), "{unknown}");
    assert!(unknown.contains("did you mean `GitHub`?"), "{unknown}");
}

#[test]
fn credential_of_a_column_has_a_help_that_leads_to_a_valid_template() {
    let template = TEMPLATE.replace("'${env:TOKEN_{{ row.id }}}'", "'{{ row.id }}'");
    let text = findings_of(&template, "tables/a.csv", "id\nA\nB\n");
    let reference = "\"${env:{{ row.id }}}\"";
    assert_eq!(text.matches(reference).count(), 1, "{text}");
    let message = "`token` is a literal of the column `id`";
    assert!(text.contains(message), "{text}");
    let template = template.replacen("token: '{{ row.id }}'", &format!("token: {reference}"), 1);
    assert_eq!(findings_of(&template, "tables/a.csv", "id\nA\nB\n"), "");
}
