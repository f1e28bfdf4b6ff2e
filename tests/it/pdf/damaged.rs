//! Damaged and hostile files: as much text as can be had, and a warning.

use std::cell::Cell;
use std::ops::ControlFlow;

use docspool::document::{Document, DocumentError, DocumentLimits, LoadOptions, WarningKind};

use super::{load, text_of};
use crate::support::pdf::PdfMaker;

const CONTENT: &str = "BT /F1 10 Tf 50 700 Td (still here) Tj ET";

/// A sound file as text that can be cut and bent.
fn sound() -> String {
    String::from_utf8(PdfMaker::of_content(CONTENT)).unwrap()
}

/// What is read after the damage, with a warning of it.
fn survives(damaged: &str) {
    let document = load(damaged.as_bytes());
    assert_eq!(document.text(), "still here");
    let kinds: Vec<_> = document.warnings.iter().map(|warning| warning.kind).collect();
    assert!(kinds.contains(&WarningKind::Damaged), "{kinds:?}");
}

#[test]
fn a_file_without_its_end_is_read() {
    let sound = sound();
    let table = sound.find("xref\n0").unwrap();
    survives(&sound[..table]);
    survives(&sound[..table + 30]);
}

#[test]
fn offsets_that_are_all_wrong_are_found_again() {
    let sound = sound();
    survives(&sound.replacen("%PDF-1.7\n", "%PDF-1.7\n% forty bytes that nobody counted on\n", 1));
}

#[test]
fn a_wrong_length_of_a_stream_does_not_cost_its_text() {
    let length = format!("/Length {}", CONTENT.len());
    for wrong in ["/Length 3", "/Length 99999", "/Length -1", "/Length 77 0 R", ""] {
        let document = load(sound().replace(&length, wrong).as_bytes());
        assert_eq!(document.text(), "still here", "{wrong}");
    }
}

#[test]
fn a_font_lost_with_its_offset_is_found_again() {
    // The table leads to the page and its content and not to the font, so that the codes of
    // the font would be read as letters of their own.
    let mut maker = PdfMaker::new();
    let map = maker.stream("", crate::support::pdf::to_unicode(&[(0x41, "0042")]));
    let font = maker.font(
        "F2",
        &format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /Identity-H \
             /ToUnicode {map} 0 R /DescendantFonts [<< /Subtype /CIDFontType2 /DW 600 >>] >>"
        ),
    );
    maker.page("", "BT /F2 10 Tf 50 700 Td <0041> Tj ET");
    let file = String::from_utf8(maker.finish()).unwrap();
    let at = file.find(&format!("\n{font} 0 obj")).unwrap() + 1;
    let damaged = file.replace(&format!("{at:010} 00000 n"), "0000000000 65535 f");
    assert_ne!(damaged, file);
    assert_eq!(load(damaged.as_bytes()).text(), "B");
}

#[test]
fn junk_around_a_file_is_no_part_of_it() {
    let document = load(format!("HTTP/1.1 200 OK\r\n\r\n{}\0\0\0trailing", sound()).as_bytes());
    assert_eq!(document.text(), "still here");
}

#[test]
fn a_page_tree_in_a_ring_ends() {
    let file = sound().replace("/Kids [", "/Kids [2 0 R ");
    assert_eq!(load(file.as_bytes()).pages.len(), 1);
}

#[test]
fn bytes_that_make_no_operator_are_passed_over() {
    let content = "BT /F1 10 Tf 50 700 Td (one) Tj ] >> ) 1e99 \u{1} {} foo (two) Tj ET";
    assert_eq!(text_of(content), "onetwo");
    assert_eq!(text_of("BT /F1 10 Tf 50 700 Td (open (string \\) Tj ET"), "");
}

#[test]
fn deep_nesting_costs_no_stack() {
    let deep = "[".repeat(200_000);
    assert_eq!(text_of(&format!("{deep} {CONTENT}")).lines().count(), 1);
    let saves = "q ".repeat(100_000);
    assert_eq!(text_of(&format!("{saves} {CONTENT}")), "still here");
    let marks = "/P BMC ".repeat(100_000);
    assert_eq!(text_of(&format!("{marks} {CONTENT}")), "still here");
}

#[test]
fn a_limit_cuts_and_warns() {
    let bytes = PdfMaker::of_content("BT /F1 10 Tf 50 700 Td (abc) Tj ET BT (def) Tj ET");
    let limits = DocumentLimits { page_operators_max: 5, ..DocumentLimits::default() };
    let document =
        Document::load(&bytes, &LoadOptions { limits, ..LoadOptions::default() }).unwrap();
    assert_eq!(document.text(), "abc");
    assert_eq!(document.warnings[0].kind, WarningKind::LimitReached);
}

#[test]
fn a_load_is_watched_and_stopped() {
    let mut maker = PdfMaker::new();
    for _ in 0..3 {
        maker.page("", CONTENT);
    }
    let bytes = maker.finish();
    let seen = Cell::new(0);
    let stop = |progress: docspool::document::PageProgress| {
        seen.set(progress.pages_done);
        assert_eq!(progress.pages_total, 3);
        if progress.pages_done == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = LoadOptions { progress: Some(&stop), ..LoadOptions::default() };
    assert_eq!(Document::load(&bytes, &options).unwrap_err(), DocumentError::Cancelled);
    assert_eq!(seen.get(), 2);
}

#[test]
fn a_file_without_any_page_is_damaged_beyond_repair() {
    let error = Document::load(b"%PDF-1.4\n%%EOF", &LoadOptions::default()).unwrap_err();
    assert!(matches!(error, DocumentError::Damaged { .. }), "{error}");
}
