//! `run` with the endpoints that understand documents, on the invoice of the examples.

use super::{Shell, json};

const INVOICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/slate-invoice.pdf");
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/invoice-schema.json");

#[test]
fn extract_shows_each_value_with_page_and_box_and_as_json() {
    let shell = Shell::new();
    let asked = ["run", INVOICE, "--endpoint", "extract", "--schema", SCHEMA];
    let table = shell.run(&asked).quiet();
    let line = |field: &str| {
        let found = table.lines().find(|line| line.starts_with(field));
        found.unwrap_or_else(|| panic!("no {field} in {table}")).to_owned()
    };
    assert!(line("invoice_number ").contains("SW-2024-117"), "{table}");
    assert!(line("total ").contains("page 1 at "), "{table}");
    assert!(line("line_items[1].amount").contains("240"), "{table}");
    let body = json(&shell.run(&[&asked[..], &["--json"]].concat()).quiet());
    let data = &body["choices"][0]["message"]["parsed"];
    assert_eq!((&data["issue_date"], &data["total"]), (&"2024-03-18".into(), &594.into()));
    assert_eq!(body["sources"]["total"]["text"], "594.00");
}

#[test]
fn classify_split_and_schema_have_their_tables() {
    let shell = Shell::new();
    let run = |more: &[&str]| shell.run(&[&["run", INVOICE, "--endpoint"], more].concat()).quiet();
    let class = run(&["classify", "--category", "invoice", "--category", "contract"]);
    assert!(class.starts_with("invoice\n"), "{class}");
    let parts = run(&["split", "--subdocument", "invoice", "--subdocument", "contract"]);
    assert!(parts.lines().any(|line| line.starts_with("invoice  1")), "{parts}");
    let schema = json(&run(&["schema"]));
    assert_eq!(schema["properties"]["line_items"]["type"], "array");
}
