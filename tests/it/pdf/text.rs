//! Words and lines from geometry.

use docspool::document::Direction;

use super::{load, text_in, text_of};
use crate::support::pdf::{PdfMaker, to_unicode};

#[test]
fn words_come_from_gaps_and_not_from_blanks() {
    // Helvetica's blank is 0.278 em: half of it parts words.
    assert_eq!(text_of("BT /F1 10 Tf 50 700 Td [(one)-200(two)-30(three)] TJ ET"), "one twothree");
    assert_eq!(text_of("BT /F1 10 Tf 50 700 Td (one) Tj 18.5 0 Td (two) Tj ET"), "one two");
    assert_eq!(text_of("BT /F1 10 Tf 50 700 Td (o) Tj 5.56 0 Td (ne) Tj ET"), "one");
}

#[test]
fn a_move_down_starts_a_line_and_a_superscript_does_not() {
    let lines = "BT /F1 10 Tf 12 TL 50 700 Td (first) Tj T* (second) Tj (third) ' ET";
    assert_eq!(text_of(lines), "first\nsecond\nthird");
    assert_eq!(text_of("BT /F1 10 Tf 50 700 Td (x) Tj 4 Ts (2) Tj 0 Ts ( y) Tj ET"), "x2 y");
}

#[test]
fn letter_spacing_keeps_a_word_together() {
    assert_eq!(text_of("BT /F1 10 Tf 3 Tc 50 700 Td (NOTICE OF) Tj ET"), "NOTICE OF");
}

#[test]
fn letter_spacing_taken_back_by_kerning_parts_words() {
    // A justified line as some programs write it: spacing makes the gap after the comma, and
    // kerning takes it back inside the word.
    let line = "BT /F1 10 Tf 4.9 Tc 50 700 Td [(,t)491(h)491(e)] TJ ET";
    assert_eq!(text_of(line), ", the");
}

#[test]
fn a_tiny_size_scaled_up_is_measured_as_it_is_shown() {
    let content = "BT /F1 0.1 Tf 100 0 0 100 50 700 Tm [(one)-300(two)] TJ ET";
    let page = &load(&PdfMaker::of_content(content)).pages[0];
    assert_eq!(page.text, "one two");
    assert!((page.words[0].size - 10.0).abs() < 0.01);
}

#[test]
fn a_shadow_is_no_second_text() {
    let content = "BT /F1 12 Tf 50 700 Td (Total) Tj 0.4 -0.4 Td (Total) Tj ET";
    assert_eq!(text_of(content), "Total");
    assert_eq!(text_of("BT /F1 12 Tf 50 700 Td (nn) Tj 0 -30 Td (nn) Tj ET"), "nn\nnn");
}

#[test]
fn the_actual_text_stands_for_what_is_drawn() {
    let content = "BT /F1 10 Tf 50 700 Td (a ) Tj \
                   /Span << /ActualText (caf\\351) >> BDC (ca) Tj 3 0 Td (fe') Tj EMC ET";
    assert_eq!(text_of(content), "a café");
    let utf16 = "BT /F1 10 Tf 50 700 Td /Span << /ActualText <FEFF20AC> >> BDC (E) Tj EMC ET";
    assert_eq!(text_of(utf16), "€");
}

#[test]
fn an_accent_drawn_over_a_letter_is_part_of_it() {
    // Acute accent (0xb4) on the spot of the e, as TeX draws it; one beside it stays alone.
    let content = "BT /F1 10 Tf 50 700 Td [(caf)] TJ 13.9 0 Td [(\\264)220(e)] TJ ET";
    assert_eq!(text_of(content), "café");
}

#[test]
fn hebrew_drawn_from_left_to_right_is_turned() {
    let mut maker = PdfMaker::new();
    // שלום as it looks: the last letter is the leftmost.
    let map = [(1, "05DD"), (2, "05D5"), (3, "05DC"), (4, "05E9"), (5, "0020"), (6, "0031")];
    identity_font(&mut maker, "F2", "Identity-H", &map);
    maker.page("", "BT /F2 10 Tf 50 700 Td <000600050001000200030004> Tj ET");
    let document = load(&maker.finish());
    assert_eq!(document.pages[0].text, "שלום 1");
    assert_eq!(document.pages[0].lines[0].direction, Direction::RightToLeft);
}

#[test]
fn a_mark_goes_to_the_letter_it_was_shaped_with() {
    let mut maker = PdfMaker::new();
    let map = [(1, "0627"), (2, "064B"), (3, "0645"), (4, "0020")];
    identity_font_with(&mut maker, "F2", "Identity-H", &map, "/W [1 [300 0 500 300]]");
    // Drawn from left to right: blank, alef with the mark of the meem above it, meem.
    maker.page("", "BT /F2 10 Tf 50 700 Td [<0004>100<0002>-100<00010002>-50<00030004>] TJ ET");
    assert_eq!(text_in(maker), "م\u{64b}ا\u{64b}");
    let mut maker = PdfMaker::new();
    identity_font_with(&mut maker, "F2", "Identity-H", &map, "/W [1 [300 0 500 300]]");
    // Drawn in the order of reading, each letter at its place.
    let place = |code: u8, x: f32| format!("1 0 0 1 {x} 700 Tm <000{code}> Tj ");
    let content = [place(3, 80.0), place(2, 82.0), place(1, 77.0)].concat();
    maker.page("", &format!("BT /F2 10 Tf {content} ET"));
    assert_eq!(text_in(maker), "م\u{64b}ا");
}

#[test]
fn vertical_columns_are_read_from_top_to_bottom() {
    let mut maker = PdfMaker::new();
    let map = [(1, "7E26"), (2, "66F8"), (3, "304D")];
    identity_font(&mut maker, "F2", "Identity-V", &map);
    maker.page("", "BT /F2 10 Tf 300 700 Td <000100020003> Tj -20 0 Td <00030002> Tj ET");
    let document = load(&maker.finish());
    assert_eq!(document.pages[0].text, "縦書き\nき書");
    let word = &document.pages[0].words[0];
    assert_eq!(word.direction, Direction::TopToBottom);
    assert!((word.bbox.height() - 30.0).abs() < 1.0, "{:?}", word.bbox);
}

#[test]
fn letters_of_a_vertical_font_placed_side_by_side_are_a_line() {
    // A narrow letter has its origin in its middle, so gaps around it look wide at first.
    let mut maker = PdfMaker::new();
    let map = [(1, "0068"), (2, "0069"), (3, "006C")];
    let descendant = "/W [1 [556 222 222]]";
    identity_font_with(&mut maker, "F2", "Identity-V", &map, descendant);
    let place = |code: u16, middle: f32| format!("1 0 0 1 {middle} 700 Tm <{code:04x}> Tj ");
    let content = [place(1, 52.8), place(2, 56.7), place(3, 58.9), place(3, 61.1)].concat();
    maker.page("", &format!("BT /F2 10 Tf {content} ET"));
    assert_eq!(text_in(maker), "hill");
}

#[test]
fn letters_missing_from_a_font_are_filled_in() {
    // The line with a hole first, then the letter from another font.
    let content = "BT /F1 10 Tf 50 700 Td [(na)-222(ve)] TJ ET \
                   BT /F1 10 Tf 61.12 700 Td (i) Tj ET";
    assert_eq!(text_of(content), "naive");
}

/// A composite font that maps two-byte codes by `ToUnicode` alone.
pub(super) fn identity_font(maker: &mut PdfMaker, name: &str, encoding: &str, map: &[(u16, &str)]) {
    identity_font_with(maker, name, encoding, map, "/DW 1000");
}

fn identity_font_with(
    maker: &mut PdfMaker,
    name: &str,
    encoding: &str,
    map: &[(u16, &str)],
    descendant: &str,
) {
    let map = maker.stream("", to_unicode(map));
    let body = format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /{encoding} \
         /ToUnicode {map} 0 R /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 \
         /BaseFont /Made {descendant} >>] >>"
    );
    maker.font(name, &body);
}
