//! Files of the other formats made to hurt: bombs in containers, markup without end, pictures
//! of no possible size.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

type Named = (&'static str, &'static str, &'static str, Vec<u8>);

/// Name, file name, media type and bytes.
pub(super) fn all() -> Vec<Named> {
    let mut all = vec![
        docx("a document of 512 MiB", &repeated("<w:p><w:r><w:t>x</w:t></w:r></w:p>", 512 << 20)),
        docx("elements a million deep", "<w:p>".repeat(1_000_000).as_bytes()),
        docx("entities of entities", ENTITIES.as_bytes()),
        docx("an entity from a file", FILE_ENTITY.as_bytes()),
        ("65,000 entries", "a.docx", "", many_entries()),
        sheet(),
    ];
    all.extend(markup());
    all.extend(pictures());
    all
}

const ENTITIES: &str = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\">\
    <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;\">\
    <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;\">]>\
    <w:document><w:body><w:p><w:r><w:t>&d;&d;&d;&d;</w:t></w:r></w:p></w:body></w:document>";
const FILE_ENTITY: &str = "<!DOCTYPE d [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
    <w:document><w:body><w:p><w:r><w:t>&f;</w:t></w:r></w:p></w:body></w:document>";

fn repeated(piece: &str, bytes: usize) -> Vec<u8> {
    piece.repeat(bytes / piece.len()).into_bytes()
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn docx(name: &'static str, body: &[u8]) -> Named {
    (
        name,
        "a.docx",
        "",
        archive(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", body)]),
    )
}

fn many_entries() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..65_000 {
        writer.start_file(format!("word/{number}.xml"), SimpleFileOptions::default()).unwrap();
    }
    writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Two cells in the corners of the largest sheet there can be.
fn sheet() -> Named {
    let types = "<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/\
        vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>";
    let links = "<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/\
        officeDocument/2006/relationships/worksheet\" Target=\"worksheets/s.xml\"/>\
        </Relationships>";
    let book = "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/\
        relationships\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
    let cells = "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>\
        <row r=\"1\"><c r=\"A1\"><v>1</v></c></row>\
        <row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row></sheetData></worksheet>";
    let root = "<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/\
        officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
        </Relationships>";
    let entries = [
        ("[Content_Types].xml", types),
        ("_rels/.rels", root),
        ("xl/_rels/workbook.xml.rels", links),
        ("xl/workbook.xml", book),
        ("xl/worksheets/s.xml", cells),
    ];
    let entries = entries.map(|(name, text)| (name, text.as_bytes()));
    ("the largest sheet", "a.xlsx", "", archive(&entries))
}

fn markup() -> Vec<Named> {
    let text =
        |name, filename, media_type, text: String| (name, filename, media_type, text.into_bytes());
    let parts = "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n".repeat(10_000);
    vec![
        text("a page a million deep", "a.html", "text/html", "<div>".repeat(1_000_000)),
        text("tables in tables", "a.html", "text/html", "<table><tr><td>".repeat(50_000)),
        text(
            "a cell over a million rows",
            "a.html",
            "text/html",
            "<table><tr><td rowspan=65534 colspan=1000>x".repeat(200),
        ),
        text(
            "groups a million deep",
            "a.rtf",
            "application/rtf",
            "{\\rtf1 ".to_owned() + &"{".repeat(1_000_000),
        ),
        text("values a million deep", "a.json", "application/json", "[".repeat(1_000_000)),
        text("elements without end", "a.xml", "application/xml", "<a>".repeat(1_000_000)),
        text("one line of 6 MB", "a.csv", "text/csv", "a,".repeat(3_000_000)),
        text(
            "a quote that never closes",
            "a.csv",
            "text/csv",
            "\"".to_owned() + &"a\n".repeat(2_000_000),
        ),
        text("mails in mails", "a.eml", "message/rfc822", format!("Subject: x\r\n{parts}")),
        text("bytes of no charset", "a.txt", "text/plain", "\u{FEFF}\u{0}\u{202E}".repeat(100_000)),
    ]
}

/// A chunk of a PNG with its checksum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, &kind[..], data, &crc.sum().to_be_bytes()].concat()
}

fn png(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[16, 6, 0, 0, 0]].concat();
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    let data = encoder.finish().unwrap();
    let chunks = [chunk(b"IHDR", &head), chunk(b"IDAT", &data), chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn pictures() -> Vec<Named> {
    let ring = b"II*\0\x08\0\0\0\x01\0\0\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f\x08\0\0\0";
    let mut tall =
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01"
            .to_vec();
    tall.extend_from_slice(&b"\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0".repeat(5_000));
    vec![
        ("a picture of 2^62 pixels", "a.png", "image/png", png(0x7fff_ffff, 0x7fff_ffff, b"x")),
        ("a picture that inflates", "a.png", "image/png", png(30_000, 3_000, &vec![0; 256 << 20])),
        ("directories in a ring", "a.tiff", "image/tiff", ring.to_vec()),
        ("5,000 scans of the largest JPEG", "a.jpg", "image/jpeg", tall),
    ]
}
