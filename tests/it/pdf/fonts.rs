//! Codes to letters, one source after the other.

use super::text::identity_font;
use super::{load, text_in};
use crate::support::pdf::PdfMaker;

/// A page that shows a string in a font.
fn shown(font: &str, string: &str) -> String {
    let mut maker = PdfMaker::new();
    maker.font("F2", font);
    maker.page("", &format!("BT /F2 10 Tf 50 700 Td {string} Tj ET"));
    text_in(maker)
}

#[test]
fn to_unicode_wins_over_the_encoding() {
    let mut maker = PdfMaker::new();
    let map = maker.stream(
        "",
        "1 begincodespacerange <00> <ff> endcodespacerange \
         2 beginbfchar <41> <00660066> <42> <fffd> endbfchar \
         1 beginbfrange <61> <63> <0410> endbfrange",
    );
    let font = format!(
        "<< /Type /Font /Subtype /TrueType /BaseFont /Made /Encoding /WinAnsiEncoding \
         /ToUnicode {map} 0 R >>"
    );
    maker.font("F2", &font);
    maker.page("", "BT /F2 10 Tf 50 700 Td (Aabc) Tj (B) Tj ET");
    // A map to U+FFFD is none: the encoding knows the letter.
    assert_eq!(text_in(maker), "ffАБВB");
}

#[test]
fn differences_are_read_by_glyph_name() {
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Made /Encoding \
                << /Differences [65 /Zcaron /f_i /uni20AC /a.sc] >> >>";
    assert_eq!(shown(font, "(ABCD)"), "Žfi€a");
}

#[test]
fn symbol_has_an_encoding_of_its_own() {
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>";
    assert_eq!(shown(font, "(abS)"), "αβΣ");
}

#[test]
fn predefined_maps_of_four_countries_are_known() {
    let font = |encoding: &str, ordering: &str| {
        format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /{encoding} \
             /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Made \
             /CIDSystemInfo << /Registry (Adobe) /Ordering ({ordering}) /Supplement 2 >> >>] >>"
        )
    };
    assert_eq!(shown(&font("90ms-RKSJ-H", "Japan1"), "<93fa967b8cea41>"), "日本語A");
    assert_eq!(shown(&font("GBK-EUC-H", "GB1"), "<d6d0cec4>"), "中文");
    assert_eq!(shown(&font("ETen-B5-H", "CNS1"), "<a4a4a4e5>"), "中文");
    assert_eq!(shown(&font("KSCms-UHC-H", "Korea1"), "<c7d1b1db>"), "한글");
    assert_eq!(shown(&font("UniGB-UTF16-H", "GB1"), "<4e2d6587>"), "中文");
    // CIDs alone, read by the collection.
    assert_eq!(shown(&font("Identity-H", "Japan1"), "<034b>"), "あ");
}

#[test]
fn an_embedded_map_cuts_codes_of_mixed_length() {
    let mut maker = PdfMaker::new();
    let map = maker.stream(
        "/Type /CMap /CMapName /Made",
        "2 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange \
         2 begincidrange <41> <42> 34 <8001> <8001> 843 endcidrange",
    );
    let font = format!(
        "<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding {map} 0 R \
         /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Made \
         /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>] >>"
    );
    maker.font("F2", &font);
    maker.page("", "BT /F2 10 Tf 50 700 Td <41800142> Tj ET");
    assert_eq!(text_in(maker), "AあB");
}

#[test]
fn a_glyph_without_letters_is_counted_and_warned_of() {
    let mut maker = PdfMaker::new();
    identity_font(&mut maker, "F2", "Identity-H", &[(1, "0041")]);
    maker.page("", "BT /F2 10 Tf 50 700 Td <00010009> Tj ET");
    let document = load(&maker.finish());
    assert_eq!(document.pages[0].text, "A\u{fffd}");
    assert_eq!(document.pages[0].unmapped_glyphs, 1);
    assert!(document.warnings[0].message.contains("no letters"));
}

/// A bitmap font: its glyph space is 1/240 inch, so that it is set at a size of some 60 units.
fn bitmap_font(maker: &mut PdfMaker) {
    let glyph = maker.stream("", "11 0 0 0 10 30 d1");
    maker.font(
        "F2",
        &format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] \
             /FontMatrix [0.0042 0 0 0.0042 0 0] \
             /FirstChar 97 /LastChar 122 /Widths [{}] /Encoding << /Differences [97 /g /i /t] >> \
             /CharProcs << /g {glyph} 0 R /i {glyph} 0 R /t {glyph} 0 R >> >>",
            "8 ".repeat(26)
        ),
    );
}

#[test]
fn narrow_letters_of_a_bitmap_font_are_no_shadows() {
    let mut maker = PdfMaker::new();
    bitmap_font(&mut maker);
    // Each letter is 1.9 points wide, while 58 units of size would say an em of 58 points.
    maker.page("", "BT /F2 58 Tf 50 700 Td (aabc) Tj ET");
    assert_eq!(text_in(maker), "ggit");
}

#[test]
fn the_size_of_a_bitmap_font_is_that_of_its_letters() {
    let mut maker = PdfMaker::new();
    bitmap_font(&mut maker);
    maker.page("", "BT /F2 58 Tf 50 700 Td (abc) Tj 9 0 Td (abc) Tj ET");
    let page = &load(&maker.finish()).pages[0];
    assert_eq!(page.text, "git git");
    let size = page.words[0].size;
    assert!((3.0..8.0).contains(&size), "{size}");
}

#[test]
fn a_blank_of_a_condensed_font_is_narrow() {
    // No blank in the font; letters of 0.27 em and gaps of 0.12 em between words.
    let mut maker = PdfMaker::new();
    let map = crate::support::pdf::to_unicode(&[(1, "0061"), (2, "0062"), (3, "0020")]);
    let map = maker.stream("", map);
    maker.font(
        "F2",
        &format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /Identity-H \
             /ToUnicode {map} 0 R /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 \
             /BaseFont /Made /W [1 [270 270]] >>] >>"
        ),
    );
    maker.page("", "BT /F2 10 Tf 50 700 Td [<00010002>-120<00010002>] TJ ET");
    assert_eq!(text_in(maker), "ab ab");
}
