//! Small sound files of the formats other than PDF, made here.

use std::io::Write as _;

use super::super::zip::stored;

const OOXML: &str = "http://schemas.openxmlformats.org";
const OPEN: &str = "urn:oasis:names:tc:opendocument:xmlns";

/// The files by name.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = vec![
        ("docx", word()),
        ("xlsx", sheet()),
        ("pptx", slides()),
        ("odt", open_text()),
        ("ods", open_sheet()),
        ("mail", mail()),
        ("png", png()),
        ("jpeg", jpeg()),
        ("tiff", tiff()),
    ];
    let utf16 = "\u{feff}h\u{e9}llo\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    files.push(("utf16", utf16));
    let texts: [(&str, &[u8]); 7] = [
        (
            "html",
            b"<!DOCTYPE html><html><body><h1>T&eacute;</h1><table><tr><th colspan=2>a<td>b</table>\
              <ul><li>x<li>y</ul><p>z<br>w</body>",
        ),
        ("csv", b"name;price\n\"a;\"\"b\";1,50\nc;2\n"),
        ("json", br#"{"items": [{"a": 1, "b": "x"}, {"a": 2.5, "b": null}]}"#),
        (
            "xml",
            b"<?xml version=\"1.0\"?><order id=\"7\"><item>a</item><item>b &amp; c</item></order>",
        ),
        ("markdown", b"# Title\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"),
        (
            "rtf",
            br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0\fs24 H\'e9llo\par \trowd
\cellx1000\cellx2000 a\cell b\cell\row \u8364? {\b bold}}",
        ),
        ("latin", b"caf\xe9, na\xefve \x80 12\n"),
    ];
    files.extend(texts.map(|(name, text)| (name, text.to_vec())));
    files
}

/// A container of Office Open XML: its main part, of this type, and further parts.
fn office(main: &str, media_type: &str, content: &str, further: &[(&str, &str)]) -> Vec<u8> {
    let types = format!(
        "<Types xmlns=\"{OOXML}/package/2006/content-types\"><Default Extension=\"xml\" \
         ContentType=\"application/xml\"/><Override PartName=\"/{main}\" ContentType=\
         \"application/vnd.openxmlformats-officedocument.{media_type}.main+xml\"/></Types>"
    );
    let links = links("officeDocument", main);
    let mut parts = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", links.as_bytes()),
        (main, content.as_bytes()),
    ];
    parts.extend(further.iter().map(|(name, text)| (*name, text.as_bytes())));
    stored(&parts)
}

fn links(kind: &str, target: &str) -> String {
    format!(
        "<Relationships xmlns=\"{OOXML}/package/2006/relationships\"><Relationship Id=\"r1\" \
         Type=\"{OOXML}/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/>\
         </Relationships>"
    )
}

fn word() -> Vec<u8> {
    let content = format!(
        "<w:document xmlns:w=\"{OOXML}/wordprocessingml/2006/main\"><w:body><w:p><w:pPr><w:pStyle \
         w:val=\"Heading1\"/></w:pPr><w:r><w:t>T</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:tcPr>\
         <w:gridSpan w:val=\"2\"/></w:tcPr><w:p><w:r><w:t>a</w:t><w:tab/><w:br/></w:r></w:p>\
         </w:tc></w:tr></w:tbl><w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/>\
         </w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p></w:body></w:document>"
    );
    office("word/document.xml", "wordprocessingml.document", &content, &[])
}

fn sheet() -> Vec<u8> {
    let main = format!("xmlns=\"{OOXML}/spreadsheetml/2006/main\"");
    let book = format!(
        "<workbook {main} xmlns:r=\"{OOXML}/officeDocument/2006/relationships\"><sheets><sheet \
         name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let cells = format!(
        "<worksheet {main}><dimension ref=\"A1:B2\"/><sheetData><row r=\"1\"><c r=\"A1\" \
         t=\"inlineStr\"><is><t>a</t></is></c><c r=\"B1\"><v>1.5</v></c></row><row r=\"2\">\
         <c r=\"B2\" t=\"b\"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref=\"A1:A2\"/>\
         </mergeCells></worksheet>"
    );
    let inner = links("worksheet", "worksheets/sheet1.xml");
    let further = [
        ("xl/_rels/workbook.xml.rels", inner.as_str()),
        ("xl/worksheets/sheet1.xml", cells.as_str()),
    ];
    office("xl/workbook.xml", "spreadsheetml.sheet", &book, &further)
}

fn slides() -> Vec<u8> {
    let main = format!(
        "xmlns:p=\"{OOXML}/presentationml/2006/main\" xmlns:a=\"{OOXML}/drawingml/2006/main\""
    );
    let show = format!(
        "<p:presentation {main} xmlns:r=\"{OOXML}/officeDocument/2006/relationships\">\
         <p:sldIdLst><p:sldId id=\"256\" r:id=\"r1\"/></p:sldIdLst></p:presentation>"
    );
    let slide = format!(
        "<p:sld {main}><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>Hello</a:t></a:r></a:p>\
         </p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
    );
    let inner = links("slide", "slides/slide1.xml");
    let further = [
        ("ppt/_rels/presentation.xml.rels", inner.as_str()),
        ("ppt/slides/slide1.xml", slide.as_str()),
    ];
    office("ppt/presentation.xml", "presentationml.presentation", &show, &further)
}

fn open_text() -> Vec<u8> {
    let inside = "<text:h text:outline-level=\"1\">H</text:h><text:p>a<text:s text:c=\"2\"/>b\
                  </text:p>";
    open("text", inside)
}

fn open_sheet() -> Vec<u8> {
    let inside = "<table:table table:name=\"T\"><table:table-row table:number-rows-repeated=\"2\">\
                  <table:table-cell office:value-type=\"float\" office:value=\"1.5\" \
                  table:number-columns-repeated=\"3\"><text:p>1.50</text:p></table:table-cell>\
                  </table:table-row></table:table>";
    open("spreadsheet", inside)
}

fn open(kind: &str, inside: &str) -> Vec<u8> {
    let names = ["office", "text", "table"].map(|n| format!("xmlns:{n}=\"{OPEN}:{n}:1.0\""));
    let names = names.join(" ");
    let content = format!(
        "<office:document-content {names}><office:body><office:{kind}>{inside}</office:{kind}>\
         </office:body></office:document-content>"
    );
    let media_type = format!("application/vnd.oasis.opendocument.{kind}");
    stored(&[("mimetype", media_type.as_bytes()), ("content.xml", content.as_bytes())])
}

fn mail() -> Vec<u8> {
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n\
      MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n\
      --cut\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n\
      --cut\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\
      Content-Disposition: attachment; filename=a.txt\r\n\r\naGVsbG8=\r\n--cut--\r\n"
        .to_vec()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("a vector takes everything");
    writer.finish().expect("a vector takes everything")
}

/// Eight by eight gray pixels.
fn png() -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], data: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(kind);
        sum.update(data);
        file.extend_from_slice(&(data.len() as u32).to_be_bytes());
        file.extend_from_slice(kind);
        file.extend_from_slice(data);
        file.extend_from_slice(&sum.sum().to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0]);
    chunk(b"pHYs", &[0, 0, 0x0b, 0x13, 0, 0, 0x0b, 0x13, 1]);
    let rows: Vec<u8> = (0..8).flat_map(|y| [0, y, 9, 200, 7, 0, 255, 31, y * 8]).collect();
    chunk(b"IDAT", &packed(&rows));
    chunk(b"IEND", &[]);
    file
}

/// Eight by eight gray pixels of one shade: one block whose coefficients are all zero.
fn jpeg() -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    file.extend_from_slice(&[1; 64]);
    file.extend_from_slice(&[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]);
    for class in [0, 0x10] {
        // One code of one bit, for zero.
        file.extend_from_slice(&[0xff, 0xc4, 0, 20, class, 1]);
        file.extend_from_slice(&[0; 16]);
    }
    file.extend_from_slice(&[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9]);
    file
}

/// Eight by two gray pixels, as they are.
fn tiff() -> Vec<u8> {
    let tags: [(u16, u16, u32, u32); 9] = [
        (256, 3, 1, 8),
        (257, 3, 1, 2),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 3, 1, 2),
        (279, 4, 1, 16),
    ];
    let mut file = b"II*\0\x18\0\0\0".to_vec();
    file.extend_from_slice(b"01234567abcdefgh");
    file.extend_from_slice(&(tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        file.extend_from_slice(&tag.to_le_bytes());
        file.extend_from_slice(&kind.to_le_bytes());
        file.extend_from_slice(&count.to_le_bytes());
        file.extend_from_slice(&value.to_le_bytes());
    }
    file.extend_from_slice(&[0; 4]);
    file
}
