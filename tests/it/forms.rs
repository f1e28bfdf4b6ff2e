//! Filled forms as other programs see them: qpdf, pypdf, poppler, and the engine of a
//! browser's viewer.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use docspool::process::{Attached, Context, Processors, Task};
use docspool::{Endpoint, JobError};
use serde_json::{Value, json};

use crate::support::forms::{FormMaker, application, flat_application};
use crate::support::python::Environment;

/// A context that nobody listens to.
struct Alone;

impl Context for Alone {
    fn progress(&self, _: u32, _: u32) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

fn run(endpoint: Endpoint, form: &[u8], request: Value) -> Result<Value, JobError> {
    let mut request = request;
    request["document"] = json!({"filename": "form.pdf", "url": "#document/0"});
    let head = "data:application/pdf;base64,".to_owned();
    let documents = vec![Attached { head, bytes: form.to_vec() }];
    let processors = Processors::standard();
    processors.get(endpoint).unwrap().run(&Task { request, documents }, &Alone)
}

fn fill(form: &[u8], instructions: &str, config: Value) -> Filled {
    let request = json!({"instructions": instructions, "config": config});
    let answer = run(Endpoint::AgentFill, form, request).unwrap();
    Filled { bytes: bytes_of(&answer["filled_document"]), answer }
}

fn bytes_of(document: &Value) -> Vec<u8> {
    let url = document["url"].as_str().unwrap();
    BASE64_STANDARD.decode(url.strip_prefix("data:application/pdf;base64,").unwrap()).unwrap()
}

/// A filled form and the answer it came in.
struct Filled {
    bytes: Vec<u8>,
    answer: Value,
}

impl Filled {
    fn field(&self, description: &str) -> &Value {
        let all = self.answer["form_data"].as_array().unwrap();
        let found = all.iter().find(|field| field["description"] == description);
        found.unwrap_or_else(|| panic!("no {description:?} in {all:#?}"))
    }

    /// What the readers see of the file and of the boxes of these fields.
    fn seen(&self, descriptions: &[&str]) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("filled.pdf");
        std::fs::write(&path, &self.bytes).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms/readers.py");
        let mut command = Environment::get().readers(&script);
        command.arg(&path);
        for description in descriptions {
            let bbox = &self.field(description)["bbox"];
            let side = |name: &str| bbox[name].as_f64().unwrap().to_string();
            let sides = [side("page"), side("left"), side("top"), side("width"), side("height")];
            command.arg(sides.join(":"));
        }
        let output = command.output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{talk}");
        let mut seen: Value = serde_json::from_slice(&output.stdout).unwrap();
        seen["poppler"] = poppler(&path).map_or(Value::Null, Value::from);
        assert_eq!(seen["problems"], json!([]), "qpdf finds no fault");
        seen
    }
}

/// The text that poppler sees; `None` where it is not installed, which fails in CI.
fn poppler(path: &Path) -> Option<String> {
    let output = Command::new("pdftotext").args(["-layout"]).arg(path).arg("-").output();
    let must = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    match output {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        _ if must => panic!("pdftotext does not run: install poppler-utils"),
        _ => None,
    }
}

/// Both readers that extract text see this.
fn assert_text(seen: &Value, text: &str) {
    for reader in ["text", "poppler"] {
        if let Some(found) = seen[reader].as_str() {
            assert!(found.contains(text), "{reader} does not see {text:?} in {found:?}");
        }
    }
}

#[test]
fn every_kind_of_field_is_written_and_seen() {
    let data = "Full name: Jos\u{e9} Garc\u{ed}a\nDate of birth: 07/30/1975\n\
                Social security no.: 123-45-6789\nAmount: 1,250.00\nCountry: poland\n\
                Language: Polski\nAccount type: savings\nI agree to the terms: yes\n\
                Send me letters: yes\n\
                Remarks: A remark that is long enough to run over more than a single line of it.";
    let filled = fill(&application(), data, Value::Null);
    assert_eq!(filled.answer["warnings"], json!([]));
    let labels = [
        "Full name",
        "Date of birth",
        "Social security no.",
        "Remarks",
        "Amount",
        "Country",
        "Language",
        "Account type: Savings",
        "I agree to the terms",
        "Send me letters",
    ];
    let seen = filled.seen(&[&labels[..], &["Account type: Checking"]].concat());
    let values = |name: &str| seen["fields"][name]["value"].clone();
    let expected = [
        ("f1", "José García"),
        ("f2", "07/30/1975"),
        ("f3", "123456789"),
        ("f5", "1,250.00"),
        ("f6", "pl"),
        ("f7", "Polski"),
        ("f8", "/1"),
        ("f9", "/Ja"),
        ("f10", "/Yes"),
    ];
    for (name, value) in expected {
        assert_eq!(values(name), value, "{name}");
        assert_eq!(seen["fields"][name]["has_appearance"], true, "{name}");
    }
    assert_eq!(seen["fields"]["f8"]["states"], json!(["/Off", "/1"]));
    for text in ["José García", "07/30/1975", "1,250.00", "Poland"] {
        assert_text(&seen, text);
    }
    assert_eq!(seen["form"], json!(["/DA", "/DR", "/Fields"]), "XFA and NeedAppearances go");
    let ink = |index: usize| seen["ink"][index].as_f64().unwrap();
    for (index, label) in labels.iter().enumerate() {
        assert!(ink(index) > 0.01, "{label}: {}", ink(index));
    }
    assert!(ink(labels.len()) < 0.01, "the other button stays empty: {}", ink(labels.len()));
    let source = &filled.field("Full name")["source"];
    assert_eq!((&source["text"], &source["start"]), (&json!("José García"), &json!(11)));
}

#[test]
fn the_update_leaves_what_was_there_byte_for_byte() {
    let form = application();
    let filled = fill(&form, "Full name: Ada", Value::Null);
    assert!(filled.bytes.starts_with(&form));
    // A second filling keeps the first one.
    let again = fill(&filled.bytes, "Amount: 5", Value::Null);
    assert!(again.bytes.starts_with(&filled.bytes));
    let seen = again.seen(&[]);
    assert_eq!(seen["fields"]["f1"]["value"], "Ada");
    assert_eq!(seen["fields"]["f5"]["value"], "5");
}

#[test]
fn letters_beyond_the_west_come_with_their_font() {
    let data = "Full name: Łukasz Żółć\nRemarks: Ελληνικά, кириллица, עברית";
    let filled = fill(&application(), data, json!({"color": "#aa0000"}));
    assert_eq!(filled.answer["warnings"], json!([]));
    let seen = filled.seen(&["Full name", "Remarks"]);
    assert_eq!(seen["fields"]["f1"]["value"], "Łukasz Żółć");
    for text in ["Łukasz Żółć", "Ελληνικά", "кириллица"] {
        assert_text(&seen, text);
    }
    assert!(seen["ink"][0].as_f64().unwrap() > 0.01);
    let without = fill(&application(), "Full name: 漢", Value::Null);
    let warnings = without.answer["warnings"].to_string();
    assert!(warnings.contains('漢'), "{warnings}");
}

#[test]
fn turned_and_cropped_pages_are_filled_upright() {
    for turn in [0, 90, 180, 270] {
        let mut form = FormMaker::new();
        let x = 200.0;
        form.text(x, 300.0, "Name:").rule(x + 40.0, 302.0, x + 200.0);
        form.page(&format!("/Rotate {turn} /CropBox [100 100 500 700]"));
        let fields = run(Endpoint::TemplateGenerate, &form.finish(), json!({})).unwrap();
        // On a turned page the line does not lie, so a template says where to write.
        let bbox = json!({"left": 0.3, "top": 0.4, "width": 0.4, "height": 0.05, "page": 1});
        let given = json!([{"key": "name", "description": "Name", "type": "text", "bbox": bbox}]);
        assert_eq!(fields["field_count"], if turn == 0 { 1 } else { 0 });
        let mut form = FormMaker::new();
        form.page(&format!("/Rotate {turn} /CropBox [100 100 500 700]"));
        let request = json!({"instructions": "Name: Ada Byron", "form_fields": given});
        let answer = run(Endpoint::TemplateFill, &form.finish(), request).unwrap();
        let filled = Filled { bytes: bytes_of(&answer["filled_document"]), answer };
        let seen = filled.seen(&["Name"]);
        assert_text(&seen, "Ada Byron");
        assert!(seen["ink"][0].as_f64().unwrap() > 0.01, "{turn}: {}", seen["ink"]);
    }
}

#[test]
fn flat_forms_are_written_into_their_blanks() {
    let data = "Full name: Ada Byron\nPhone: 555 1234\nAccount type: savings\nTown: Żywiec\n\
                Remarks: none so far";
    let filled = fill(&flat_application(), data, Value::Null);
    assert_eq!(filled.answer["warnings"], json!([]));
    let labels = ["Full name", "Phone", "Remarks", "Account type: Savings", "Town"];
    let seen = filled.seen(&[&labels[..], &["Account type: Checking"]].concat());
    for text in ["Ada Byron", "555 1234", "none so far", "Żywiec"] {
        assert_text(&seen, text);
    }
    for (index, label) in labels.iter().enumerate() {
        assert!(seen["ink"][index].as_f64().unwrap() > 0.002, "{label}: {}", seen["ink"]);
    }
    assert!(seen["ink"][5].as_f64().unwrap() < 0.01);
}

#[test]
fn a_flattened_form_has_its_values_and_no_fields() {
    let data = "Full name: Ada Byron\nAccount type: checking";
    let filled = fill(&application(), data, json!({"flatten": true}));
    let seen = filled.seen(&["Full name", "Account type: Checking", "Account type: Savings"]);
    assert_eq!((&seen["fields"], &seen["form"]), (&json!({}), &json!([])));
    assert_text(&seen, "Ada Byron");
    let ink = |index: usize| seen["ink"][index].as_f64().unwrap();
    assert!(ink(0) > 0.01 && ink(1) > 0.2 && ink(2) < 0.1, "{}", seen["ink"]);
}

#[test]
fn a_template_fills_its_form_and_a_later_copy_of_it() {
    for form in [application(), flat_application()] {
        let made = run(Endpoint::TemplateGenerate, &form, json!({})).unwrap();
        let fields = &made["form_schema"]["form_fields"];
        let count = made["field_count"].as_u64().unwrap() as usize;
        assert_eq!(fields.as_array().unwrap().len(), count);
        let keys: std::collections::BTreeSet<&str> =
            fields.as_array().unwrap().iter().map(|f| f["key"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), count, "keys are unique");
        // The annotated copy is another file with the same form in it.
        for copy in [form.clone(), bytes_of(&made["annotated_pdf"])] {
            let request = json!({"instructions": "{\"full_name\": \"Ada Byron\"}",
                "form_fields": fields});
            let answer = run(Endpoint::TemplateFill, &copy, request).unwrap();
            let filled = Filled { bytes: bytes_of(&answer["filled_document"]), answer };
            assert_text(&filled.seen(&[]), "Ada Byron");
        }
    }
}

#[test]
fn what_is_no_form_is_refused_and_says_why() {
    let error = run(Endpoint::AgentFill, b"just a text", json!({"instructions": "x"}));
    assert_eq!(error.unwrap_err().code, "unsupported_media_type");
    let request = json!({"instructions": "x", "config": {"color": "blue"}});
    let error = run(Endpoint::AgentFill, &application(), request).unwrap_err();
    assert_eq!(error.details.unwrap()["field"], "request.config.color");
    let empty = FormMaker::new().finish();
    let answer = run(Endpoint::AgentFill, &empty, json!({"instructions": "Name: A"})).unwrap();
    assert_eq!(answer["form_data"], json!([]));
    assert!(answer["warnings"].to_string().contains("no fields"));
}
