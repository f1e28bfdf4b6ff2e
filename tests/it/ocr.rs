//! Reading pictures and scans with both engines, for real: the command, formats, turned pages,
//! what happens without an engine, and a job in a child process.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::ocr::{OcrKit, tesseract};

/// Words of the letter that an engine must find.
const WORDS: [&str; 10] = [
    "Harbour",
    "Lights",
    "Invoice",
    "HL-20417",
    "March",
    "Oldbridge",
    "Payment",
    "lantern",
    "1698.00",
    "business.",
];

fn docspool(arguments: &[&str], engine: &str, file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docspool"));
    command.args(arguments).arg(file).args(["--ocr", engine]);
    command.env_remove("DOCSPOOL_DATA_DIR").arg("--data-dir").arg(OcrKit::get().data_dir());
    command.output().unwrap()
}

fn parsed(engine: &str, page: &str) -> Value {
    let output = docspool(&["parse", "--format", "json"], engine, &OcrKit::get().page(page));
    assert!(output.status.success(), "{page}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Asserts that the first page is the letter, read from the top to the bottom.
fn assert_letter(engine: &str, page: &str) -> Value {
    let parsed = parsed(engine, page);
    let text = parsed["pages"][0].as_str().unwrap();
    let mut rest = text;
    for word in WORDS {
        let at = rest.find(word);
        rest = &rest[at.unwrap_or_else(|| panic!("{engine}, {page}: no {word} in\n{text}"))..];
    }
    assert_eq!(parsed["warnings"], serde_json::json!([]), "{engine}, {page}");
    parsed
}

#[test]
fn the_models_read_every_format_of_pictures() {
    for page in ["letter.png", "letter.webp", "camera.jpg", "fax.tiff"] {
        assert_letter("pp-ocr", page);
    }
}

#[test]
fn tesseract_reads_every_format_of_pictures() {
    if tesseract().is_none() {
        return;
    }
    for page in ["letter.png", "letter.webp", "camera.jpg", "fax.tiff"] {
        assert_letter("tesseract", page);
    }
}

#[test]
fn scans_in_a_pdf_are_read_page_by_page() {
    let both = assert_letter("pp-ocr", "letter.pdf");
    let second = both["pages"][1].as_str().unwrap();
    assert!(second.starts_with("Terms of delivery\n"), "{second}");
    assert_letter("pp-ocr", "fax.pdf");
    if tesseract().is_some() {
        let both = assert_letter("tesseract", "letter.pdf");
        assert!(both["pages"][1].as_str().unwrap().contains("fourteen days."));
        assert_letter("tesseract", "fax.pdf");
    }
}

#[test]
fn pages_on_their_side_and_head_are_turned() {
    for page in ["sideways.png", "overhead.png"] {
        assert_letter("pp-ocr", page);
        if tesseract().is_some() {
            assert_letter("tesseract", page);
        }
    }
}

#[test]
fn the_rows_of_a_table_stay_together() {
    let parsed = parsed("pp-ocr", "letter.png");
    let text = parsed["pages"][0].as_str().unwrap();
    assert!(text.contains("\nBrass lantern 15 19.90 298.50\n"), "{text}");
    let markdown = parsed["markdown"][0].as_str().unwrap();
    assert!(markdown.contains("| Brass lantern | 15 | 19.90 | 298.50 |"), "{markdown}");
}

#[test]
fn words_have_their_boxes_in_points() {
    let file = OcrKit::get().page("letter.png");
    let output = docspool(&["parse", "--format", "words"], "pp-ocr", &file);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.ends_with("\tHL-20417")).expect("the number");
    let fields: Vec<f32> = line.split('\t').take(5).map(|field| field.parse().unwrap()).collect();
    // Drawn at 150 dots an inch: its line begins at (110, 234) and is 26 high.
    let [page, x0, y0, x1, y1] = fields[..] else { panic!("{line}") };
    let (middle_x, middle_y) = ((x0 + x1) / 2.0, (y0 + y1) / 2.0);
    assert_eq!(page, 1.0);
    assert!((160.0..190.0).contains(&middle_x), "{line}");
    assert!((115.0..130.0).contains(&middle_y), "{line}");
    assert!((40.0..70.0).contains(&(x1 - x0)) && (8.0..22.0).contains(&(y1 - y0)), "{line}");
}

#[test]
fn without_an_engine_the_page_says_so() {
    for page in ["letter.png", "letter.pdf"] {
        let parsed = parsed("off", page);
        assert_eq!(parsed["pages"][0], "");
        let message = parsed["warnings"][0]["message"].as_str().unwrap();
        assert!(message.contains("docspool ocr import"), "{message}");
    }
}

#[test]
fn a_job_reads_a_scan_in_its_child_process() {
    let scan = OcrKit::get().page("letter.pdf");
    let models = OcrKit::get().data_dir().join("models");
    for engine in ["pp-ocr", "tesseract"] {
        if engine == "tesseract" && tesseract().is_none() {
            continue;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_docspool"));
        command.args(["run", "--json", "--ocr", engine, "--ocr-models"]).arg(&models).arg(&scan);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let body: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(body["text"].as_str().unwrap().contains("HL-20417"), "{engine}: {body}");
        assert_eq!(body["usage"]["page_count"], 2);
    }
}

#[test]
fn models_are_imported_from_the_wheel_and_their_state_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_docspool"));
        command.args(arguments).arg("--data-dir").arg(folder.path()).env("PATH", "");
        command.output().unwrap()
    };
    let status = || {
        let output = run(&["ocr", "status", "--json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let before = status();
    assert_eq!((&before["engine"], &before["tesseract"]), (&Value::Null, &Value::Null));
    assert_eq!(before["models"]["files"][0]["state"], "missing");
    let wheel = OcrKit::get().wheel();
    let imported = run(&["ocr", "import", wheel.to_str().unwrap()]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    assert_eq!(String::from_utf8(imported.stdout).unwrap().lines().count(), 2);
    let after = status();
    assert_eq!(after["engine"], "pp-ocr", "{after}");
    assert_eq!(after["models"]["files"][1]["state"], "whole");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert!(!run(&["ocr", "import", script]).status.success());
}
