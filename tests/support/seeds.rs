//! Small sound PDFs that together touch most of the document core: seeds for mutations.

use std::io::Write as _;

use super::drawing::Drawing;
use super::pdf::{PdfMaker, to_unicode};

/// The files by name.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("text", text()),
        ("table", table()),
        ("fonts", fonts()),
        ("pictures", pictures()),
        ("packed", packed()),
        ("form", form()),
    ]
}

fn text() -> Vec<u8> {
    let mut maker = PdfMaker::new();
    let show = "BT /F1 10 Tf 12 TL 2 Tr 50 700 Td (A heading) Tj T* [(kern)-250(ed)] TJ ET";
    let marked = "/Span << /ActualText <FEFF0041> >> BDC BT /F1 9 Tf (x) ' ET EMC";
    maker.page("/CropBox [10 10 500 790]", show);
    maker.page("/Rotate 90", &format!("q 1 0 0 -1 0 800 cm {marked} Q"));
    maker.page("", "BT /F1 10 Tf 0 1 -1 0 100 50 Tm 1 2 (up) \" 80 Tz 3 Ts (more) Tj ET");
    maker.finish()
}

fn table() -> Vec<u8> {
    let mut drawing = Drawing::new();
    for y in [100.0, 120.0, 140.0, 160.0] {
        drawing.rule(72.0, y, 372.0, y);
    }
    for x in [72.0, 172.0, 272.0, 372.0] {
        drawing.rule(x, 100.0, x, 160.0);
    }
    for (row, y) in [113.0, 133.0, 153.0].into_iter().enumerate() {
        for (column, x) in [76.0, 176.0, 276.0].into_iter().enumerate() {
            drawing.text("R", 10.0, x, y, &format!("{row}{column}.50"));
        }
    }
    for (row, name) in ["North", "South", "Ferry", "Total"].into_iter().enumerate() {
        let y = 300.0 + row as f32 * 14.0;
        drawing.text("R", 10.0, 72.0, y, name).figures(10.0, 200.0, y, "1,188.20");
        drawing.figures(10.0, 252.0, y, "96,046.00");
    }
    drawing.page().text("B", 16.0, 72.0, 80.0, "Notes").text("R", 10.0, 72.0, 110.0, "- one");
    drawing.pdf()
}

fn fonts() -> Vec<u8> {
    let mut maker = PdfMaker::new();
    let map = maker.stream("", to_unicode(&[(0x41, "0042"), (0x42, "00660069")]));
    maker.font(
        "F2",
        &format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Made /Encoding /Identity-H \
             /ToUnicode {map} 0 R /DescendantFonts [<< /Subtype /CIDFontType2 /DW 600 \
             /W [65 [500 600] 70 80 700] >>] >>"
        ),
    );
    let japanese = "<< /Subtype /CIDFontType0 /CIDSystemInfo << /Registry (Adobe) \
                    /Ordering (Japan1) /Supplement 0 >> >>";
    for (name, encoding) in [("F3", "90ms-RKSJ-V"), ("F4", "UniJIS-UTF16-H")] {
        maker.font(
            name,
            &format!(
                "<< /Type /Font /Subtype /Type0 /BaseFont /Kana /Encoding /{encoding} \
                 /DescendantFonts [{japanese}] >>"
            ),
        );
    }
    let box_glyph = maker.stream("", "500 0 0 0 500 500 d1 0 0 500 500 re f");
    maker.font(
        "F5",
        &format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 500 500] \
             /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 /LastChar 98 /Widths [500 500] \
             /CharProcs << /a {box_glyph} 0 R >> \
             /Encoding << /Differences [97 /a /uni05D0] >> >>"
        ),
    );
    maker.page(
        "",
        "BT /F2 10 Tf 50 700 Td <00410042> Tj /F3 10 Tf 0 -20 Td <93fa41> Tj \
         /F4 10 Tf 100 0 Td <65e50041> Tj /F5 12 Tf 0 -20 Td (ab) Tj ET",
    );
    maker.finish()
}

fn pictures() -> Vec<u8> {
    let mut maker = PdfMaker::new();
    let picture = maker.stream(
        "/Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 \
         /ColorSpace /DeviceGray",
        [0, 255, 128, 64],
    );
    let inner = maker.stream(
        &format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Matrix [2 0 0 2 0 0] \
             /Resources << /XObject << /P {picture} 0 R >> >>"
        ),
        "q 50 0 0 50 0 0 cm /P Do Q",
    );
    maker.resources(&format!("/XObject << /X {inner} 0 R >>"));
    let inline = |entries: &str, data: &str| format!("BI {entries} ID {data}\nEI\n");
    let content = [
        "q 100 0 0 100 50 50 cm /X Do ".to_owned(),
        inline("/W 4 /H 2 /BPC 8 /CS /G", "abcdefgh"),
        inline("/W 4 /H 2 /BPC 8 /CS /RGB /F /A85", "87cURDZ~>"),
        inline("/W 4 /H 2 /IM true /F [/AHx /RL]", "01 41 42 80>"),
        "Q BT /F1 10 Tf 50 700 Td (below) Tj ET".to_owned(),
    ];
    maker.page("", &content.concat());
    maker.finish()
}

fn packed() -> Vec<u8> {
    let deflate = |bytes: &[u8]| {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).expect("a vector takes all");
        writer.finish().expect("a vector takes all")
    };
    let mut maker = PdfMaker::new();
    let parameters = maker.add("<< /Predictor 12 /Columns 4 >>");
    let rows = deflate(b"\x00BT /\x00F1 9\x00 Tf \x00(hi)\x00 Tj \x00ET  ");
    let content =
        maker.stream(&format!("/Filter [/FlateDecode] /DecodeParms [{parameters} 0 R]"), rows);
    let members = b"90 0 91 24 << /Type /OCG /N (x) >>  [1 2 (three) /Four]";
    maker.stream("/Type /ObjStm /N 2 /First 10 /Filter /FlateDecode", deflate(members));
    maker.page(&format!("/Contents [{content} 0 R 4 0 R]"), "");
    maker.finish()
}

fn form() -> Vec<u8> {
    let mut maker = PdfMaker::new();
    let name = maker.add("<< /FT /Tx /T (name) /V (Ada) /Rect [50 700 200 720] >>");
    let states = "/AP << /N << /Yes null /Off null >> >>";
    let box_kid = maker.add(format!("<< /Subtype /Widget /Rect [50 650 60 660] {states} >>"));
    let check = maker.add(format!("<< /FT /Btn /T (agree) /V /Yes /Kids [{box_kid} 0 R] >>"));
    let choice = maker.add("<< /FT /Ch /T (port) /V (b) /Opt [(a) [(b) (B)]] >>");
    let group = maker.add(format!("<< /T (group) /Kids [{check} 0 R {choice} 0 R] >>"));
    maker.catalog(&format!("/AcroForm << /Fields [{name} 0 R {group} 0 R] >>"));
    let file = maker.stream("/Type /EmbeddedFile /Subtype /text#2Fplain", "inside");
    let specification = format!("<< /F (a.txt) /EF << /F {file} 0 R >> >>");
    maker.catalog(&format!("/Names << /EmbeddedFiles << /Names [(a.txt) {specification}] >> >>"));
    let action = "/A << /S /URI /URI (https://example.com) >>";
    let link = format!("<< /Subtype /Link /Rect [50 600 90 620] {action} >>");
    maker.page(
        &format!("/Annots [{name} 0 R {box_kid} 0 R {link}]"),
        "BT /F1 10 Tf 50 705 Td (Name) Tj ET",
    );
    maker.trailer("/Info << /Title (Seed) >>");
    maker.finish()
}
