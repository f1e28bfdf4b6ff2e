//! PDFs made to hurt whoever reads them: depth, rings, promises of size, bombs, masks.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::support::pdf::PdfMaker;

const SHOWN: &str = "BT /F1 10 Tf 50 700 Td (shown) Tj ET";

/// The files by name.
pub(super) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = deep();
    files.extend(rings());
    files.extend(promises());
    files.extend(bombs());
    files.extend(masks());
    files
}

/// A sound page with one object more, which the catalog names.
fn with_object(body: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut maker = PdfMaker::new();
    let object = maker.add(body);
    maker.catalog(&format!("/Extra {object} 0 R"));
    maker.page("", SHOWN);
    maker.finish()
}

/// A sound page whose entry is this.
fn with_page(entries: &str) -> Vec<u8> {
    let mut maker = PdfMaker::new();
    maker.page(entries, SHOWN);
    maker.finish()
}

fn nested(open: &str, close: &str, levels: usize) -> String {
    open.repeat(levels) + &close.repeat(levels)
}

fn deep() -> Vec<(&'static str, Vec<u8>)> {
    let mut kids = PdfMaker::new();
    // Object numbers follow each other, and each node names the next one.
    let first = kids.add("null");
    kids.replace(first, format!("<< /Type /Pages /Count 1 /Kids [{} 0 R] >>", first + 1));
    for number in first + 1..first + 20_000 {
        let next = number + 1;
        kids.add(format!("<< /Type /Pages /Count 1 /Kids [{next} 0 R] >>"));
    }
    kids.page("", SHOWN);
    let kids = String::from_utf8(kids.finish()).unwrap();
    let kids = kids.replacen("/Kids [", &format!("/Kids [{first} 0 R "), 1);
    vec![
        ("arrays 10,000 deep", with_object(nested("[", "]", 10_000))),
        ("arrays a million deep", with_object(nested("[", "]", 1_000_000))),
        ("arrays that never close", with_object("[".repeat(1_000_000))),
        ("dictionaries 100,000 deep", with_object(nested("<</A ", ">>", 100_000))),
        ("strings a million deep", with_object(nested("(", ")", 1_000_000))),
        ("operands 200,000 deep", PdfMaker::of_content(&(nested("[", "]", 200_000) + " TJ"))),
        ("a page tree 20,000 deep", kids.into_bytes()),
    ]
}

fn rings() -> Vec<(&'static str, Vec<u8>)> {
    let sound = String::from_utf8(PdfMaker::of_content(SHOWN)).unwrap();
    let table = sound.find("xref\n0").unwrap();
    let prev = sound.replace("trailer\n<<", &format!("trailer\n<< /Prev {table}"));
    let mut streams = PdfMaker::new();
    let own = streams.add("null");
    streams.replace(
        own,
        format!(
            "<< /Type /ObjStm /N 1 /First 9 /Extends {own} 0 R /Length 30 >>\n\
             stream\n{own} 0      << /Type /ObjStm >>     \nendstream"
        ),
    );
    let length = streams.add("null");
    streams.replace(length, format!("<< /Length {length} 0 R >>\nstream\nx\nendstream"));
    streams.page(&format!("/Contents [{own} 0 R {length} 0 R]"), SHOWN);
    let mut forms = PdfMaker::new();
    let form = forms.add("null");
    let content = "/X Do /X Do";
    forms.replace(
        form,
        format!(
            "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length {} \
             /Resources << /XObject << /X {form} 0 R >> >> >>\nstream\n{content}\nendstream",
            content.len()
        ),
    );
    forms.resources(&format!("/XObject << /X {form} 0 R >>"));
    forms.page("", "/X Do");
    let mut letters = PdfMaker::new();
    let glyph = letters.stream("/Resources << /Font << /F9 4 0 R >> >>", "BT /F9 9 Tf (a) Tj ET");
    let font = letters.font(
        "F9",
        &format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] \
             /FirstChar 97 /LastChar 97 /Widths [9] /CharProcs << /a {glyph} 0 R >> \
             /Encoding << /Differences [97 /a] >> >>"
        ),
    );
    letters.resources(&format!("/Font << /F9 {font} 0 R >>"));
    letters.page("", "BT /F9 9 Tf (aaaa) Tj ET");
    let mut fields = PdfMaker::new();
    let field = fields.add("null");
    fields.replace(field, format!("<< /T (a) /Parent {field} 0 R /Kids [{field} 0 R] >>"));
    fields.catalog(&format!(
        "/AcroForm << /Fields [{field} 0 R {field} 0 R] >> \
         /Names << /EmbeddedFiles << /Kids [{field} 0 R] >> >>"
    ));
    fields.page("", SHOWN);
    vec![
        ("a table before itself", prev.into_bytes()),
        ("a page tree in a ring", sound.replace("/Kids [", "/Kids [2 0 R 2 0 R ").into_bytes()),
        ("a page that is its parent", with_page("/Parent 6 0 R /Resources 6 0 R")),
        ("streams made of themselves", streams.finish()),
        ("forms that draw themselves twice", forms.finish()),
        ("letters that write themselves", letters.finish()),
        ("fields and names in rings", fields.finish()),
        ("a reference to itself", with_object("8 0 R")),
    ]
}

fn promises() -> Vec<(&'static str, Vec<u8>)> {
    let table = |entries: &str| {
        let body = format!(
            "%PDF-1.7\n1 0 obj\n<< /Type /XRef /Root 2 0 R {entries} /Length 4 >>\n\
             stream\n\0\0\0\0\nendstream\nendobj\nstartxref\n9\n%%EOF"
        );
        body.into_bytes()
    };
    let mut widths = PdfMaker::new();
    let map = widths.stream(
        "",
        "begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange \
         1 beginbfrange <00000000> <ffffffff> <0041> endbfrange endcmap",
    );
    let font = widths.font(
        "F9",
        &format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H \
             /ToUnicode {map} 0 R /DescendantFonts [<< /Subtype /CIDFontType2 \
             /W [0 4294967295 500 0 [{}]] >>] >>",
            "1 ".repeat(500_000)
        ),
    );
    widths.resources(&format!("/Font << /F9 {font} 0 R >>"));
    widths.page("", "BT /F9 9 Tf <00410042> Tj ET");
    let mut picture = PdfMaker::new();
    let image = picture.stream(
        "/Type /XObject /Subtype /Image /Width 2147483647 /Height 2147483647 \
         /BitsPerComponent 16 /ColorSpace /DeviceRGB",
        "x",
    );
    picture.resources(&format!("/XObject << /P {image} 0 R >>"));
    picture.page("", "q 500 0 0 500 0 0 cm /P Do Q");
    let mut pages = PdfMaker::new();
    for _ in 0..100_000 {
        pages.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>");
    }
    pages.page("", SHOWN);
    let kids: String = (6..100_000).map(|number| format!("{number} 0 R ")).collect();
    let pages = String::from_utf8(pages.finish()).unwrap();
    let pages = pages.replacen("/Kids [", &format!("/Kids [{kids}"), 1);
    let many = "6 0 R ".repeat(300_000);
    vec![
        ("a table with wide fields", table("/Size 9 /W [1 999999999999 4]")),
        ("a table of 4 G entries", table("/Size 4294967295 /W [1 2 1] /Index [0 4294967295]")),
        ("a table of nothing", table("/Size 4294967295 /W [0 0 0] /Index [0 4294967295]")),
        ("negative numbers in a table", table("/Size -1 /W [-1 -2 -1] /Index [-5 -5]")),
        ("widths of 4 G letters", widths.finish()),
        ("a picture of 4 E pixels", picture.finish()),
        ("a page of an endless size", with_page("/MediaBox [-1e38 -1e38 1e38 1e38]")),
        ("a page of 300,000 contents", with_page(&format!("/Contents [{many}]"))),
        ("100,000 pages", pages.into_bytes()),
    ]
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let content = |entries: &str, data: &[u8]| {
        let mut maker = PdfMaker::new();
        let stream = maker.stream(entries, data);
        maker.page(&format!("/Contents [{}]", format!("{stream} 0 R ").repeat(64)), "");
        maker.finish()
    };
    let zeros = vec![0_u8; 256 << 20];
    let once = deflated(&zeros);
    let twice = deflated(&once);
    let chained = (2..16).fold(twice.clone(), |data, _| deflated(&data));
    let filters =
        |name: &str, count: usize| format!("/Filter [{}]", format!("/{name} ").repeat(count));
    let lzw = |bytes: &[u8]| {
        let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
        encoder.encode(bytes).unwrap()
    };
    let lzw_twice = lzw(&lzw(&zeros[..64 << 20]));
    let operators = deflated("q Q ".repeat(16 << 20).as_bytes());
    let hexadecimal = content(&filters("ASCIIHexDecode", 400), b"3>");
    vec![
        ("256 MiB of zeros, drawn 64 times", content("/Filter /FlateDecode", &once)),
        ("deflated twice", content(&filters("FlateDecode", 2), &twice)),
        ("deflated 16 times", content(&filters("FlateDecode", 16), &chained)),
        ("LZW in LZW", content(&filters("LZWDecode", 2), &lzw_twice)),
        ("400 filters", hexadecimal),
        ("16 million operators, 64 times", content("/Filter /FlateDecode", &operators)),
    ]
}

/// Files that are two things at once, or lie about what they are.
fn masks() -> Vec<(&'static str, Vec<u8>)> {
    let sound = PdfMaker::of_content(SHOWN);
    let join = |parts: &[&[u8]]| parts.concat();
    let picture = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0;";
    let page = format!("<html><script>alert(1)</script>{}</html>", "x".repeat(900));
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(b"<w:document/>").unwrap();
    let archive = archive.finish().unwrap().into_inner();
    let locked = {
        let mut maker = PdfMaker::new();
        let lock =
            maker.add("<< /Filter /Standard /V 9 /R 99 /Length 99999 /O (x) /U (y) /P -1 >>");
        maker.trailer(&format!("/Encrypt {lock} 0 R /ID [(a) (b)]"));
        maker.page("", SHOWN);
        maker.finish()
    };
    vec![
        ("a PDF in front of a container", join(&[&sound, &archive])),
        ("a container in front of a PDF", join(&[&archive, &sound])),
        ("a PDF behind a picture", join(&[picture, &sound])),
        ("a PDF behind a web page", join(&[page.as_bytes(), &sound])),
        ("two PDFs in one", join(&[&sound, &sound])),
        ("a lock of no known kind", locked),
        ("only a header", b"%PDF-1.7".to_vec()),
        ("a header and a gigabyte of promises", b"%PDF-1.7\nstartxref\n1073741824\n%%EOF".to_vec()),
    ]
}
