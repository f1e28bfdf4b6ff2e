//! Pages: boxes, turns, layers, forms, pictures and lines.

use docspool::document::WarningKind;

use super::{load, text_in, text_of};
use crate::support::pdf::PdfMaker;

#[test]
fn boxes_are_in_points_from_the_top_left() {
    let page = &load(&PdfMaker::of_content("BT /F1 10 Tf 50 700 Td (Hi) Tj ET")).pages[0];
    assert_eq!((page.width, page.height), (600.0, 800.0));
    let word = page.words[0];
    assert!((word.bbox.x0 - 50.0).abs() < 0.01, "{:?}", word.bbox);
    assert!((word.baseline - 100.0).abs() < 0.01, "{word:?}");
    assert!(word.bbox.y0 < 100.0 && word.bbox.y1 > 100.0);
}

#[test]
fn a_turned_page_is_measured_as_it_is_shown() {
    let mut maker = PdfMaker::new();
    // Text that runs up the page, so that it is upright after a quarter turn.
    maker.page("/Rotate 90", "BT /F1 10 Tf 0 1 -1 0 100 50 Tm (Hi) Tj ET");
    let page = &load(&maker.finish()).pages[0];
    assert_eq!((page.width, page.height, page.rotation), (800.0, 600.0, 90));
    let word = page.words[0];
    assert_eq!(word.angle, 0);
    assert!((word.bbox.x0 - 50.0).abs() < 0.01 && (word.baseline - 100.0).abs() < 0.01);
}

#[test]
fn turned_text_keeps_its_words() {
    let content = "BT /F1 10 Tf 0 1 -1 0 100 50 Tm (up the page) Tj ET";
    let page = &load(&PdfMaker::of_content(content)).pages[0];
    assert_eq!(page.text, "up the page");
    assert_eq!(page.words[0].angle, -90);
}

#[test]
fn text_outside_the_crop_box_is_left_out() {
    let mut maker = PdfMaker::new();
    let content = "BT /F1 10 Tf 150 700 Td (in) Tj 0 -600 Td (below) Tj ET";
    maker.page("/CropBox [100 400 500 800]", content);
    let page = &load(&maker.finish()).pages[0];
    assert_eq!((page.text.as_str(), page.width, page.height), ("in", 400.0, 400.0));
    assert!((page.words[0].bbox.x0 - 50.0).abs() < 0.01);
}

#[test]
fn a_form_is_drawn_with_its_own_resources_and_place() {
    let mut maker = PdfMaker::new();
    let symbol = maker.add("<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>");
    let form = maker.stream(
        &format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Matrix [1 0 0 1 40 0] \
             /Resources << /Font << /F1 {symbol} 0 R >> >>"
        ),
        "BT /F1 10 Tf 10 20 Td (a) Tj ET",
    );
    maker.resources(&format!("/XObject << /X1 {form} 0 R >>"));
    maker.page("", "q 1 0 0 1 0 600 cm /X1 Do Q BT /F1 10 Tf 50 500 Td (a) Tj ET");
    let page = &load(&maker.finish()).pages[0];
    assert_eq!(page.text, "α\na");
    assert!((page.words[0].bbox.x0 - 50.0).abs() < 0.01);
    assert!((page.words[0].baseline - 180.0).abs() < 0.01);
}

#[test]
fn a_form_that_draws_itself_ends() {
    let mut maker = PdfMaker::new();
    let number = 4;
    let form = maker.stream(
        &format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 100 100] \
             /Resources << /XObject << /X1 {number} 0 R >> /Font << /F1 3 0 R >> >>"
        ),
        "BT /F1 10 Tf 10 20 Td (once) Tj ET /X1 Do",
    );
    assert_eq!(form, number);
    maker.resources(&format!("/XObject << /X1 {form} 0 R >>"));
    maker.page("", "/X1 Do");
    assert_eq!(text_in(maker), "once");
}

#[test]
fn a_layer_that_is_off_is_not_read() {
    let mut maker = PdfMaker::new();
    let off = maker.add("<< /Type /OCG /Name (off) >>");
    let on = maker.add("<< /Type /OCG /Name (on) >>");
    maker.catalog(&format!(
        "/OCProperties << /OCGs [{off} 0 R {on} 0 R] /D << /OFF [{off} 0 R] >> >>"
    ));
    maker.resources(&format!("/Properties << /Off {off} 0 R /On {on} 0 R >>"));
    maker.page(
        "",
        "BT /F1 10 Tf 50 700 Td /OC /Off BDC (no) Tj EMC 0 -20 Td /OC /On BDC (yes) Tj EMC ET",
    );
    assert_eq!(text_in(maker), "yes");
}

#[test]
fn an_unseen_layer_of_text_is_read_and_marked() {
    let page = &load(&PdfMaker::of_content("BT /F1 10 Tf 3 Tr 50 700 Td (ocr) Tj ET")).pages[0];
    assert_eq!(page.text, "ocr");
    assert!(page.words[0].hidden);
}

#[test]
fn an_inline_image_is_skipped_whatever_its_bytes_say() {
    let content = "BI /W 4 /H 2 /BPC 8 /CS /G ID a EI (Tj EI\nBT /F1 10 Tf 50 700 Td (text) Tj ET";
    assert_eq!(text_of(content), "text");
}

#[test]
fn lines_fills_and_pictures_are_given_to_layout() {
    let mut maker = PdfMaker::new();
    let image = maker.stream(
        "/Type /XObject /Subtype /Image /Width 2 /Height 3 /BitsPerComponent 8 \
         /ColorSpace /DeviceGray",
        "abcdef",
    );
    maker.resources(&format!("/XObject << /I1 {image} 0 R >>"));
    maker.page(
        "",
        "1 w 50 700 m 250 700 l S 50 600 200 0.5 re f 0.9 g 50 500 200 40 re f \
         q 100 0 0 150 300 400 cm /I1 Do Q",
    );
    let page = &load(&maker.finish()).pages[0];
    assert_eq!(page.rules.len(), 2);
    assert!(page.rules.iter().all(|rule| rule.is_horizontal()));
    assert!((page.rules[0].bbox.y0 - 100.0).abs() <= 1.0, "{:?}", page.rules[0]);
    assert_eq!(page.fills.len(), 1);
    let image = page.images[0];
    assert_eq!((image.width_px, image.height_px), (2, 3));
    assert!((image.bbox.width() - 100.0).abs() < 0.1 && (image.bbox.y0 - 250.0).abs() < 0.1);
    assert!(!page.is_scan);
}

#[test]
fn a_page_that_is_a_picture_is_a_scan() {
    let mut maker = PdfMaker::new();
    let image = maker.stream(
        "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 \
         /ColorSpace /DeviceGray",
        "a",
    );
    maker.resources(&format!("/XObject << /I1 {image} 0 R >>"));
    maker.page("", "q 600 0 0 800 0 0 cm /I1 Do Q");
    let document = load(&maker.finish());
    assert!(document.pages[0].is_scan);
    assert_eq!(document.warnings[0].kind, WarningKind::Scan);
}
