//! Form fields, links, embedded files and metadata.

use docspool::document::{FieldKind, LinkTarget};

use super::load;
use crate::support::pdf::PdfMaker;

#[test]
fn fields_have_full_names_and_inherit_values() {
    let mut maker = PdfMaker::new();
    let name = maker.add("<< /T (name) /V (Ada \\(B.\\)) /TU (Full name) /Ff 2 >>");
    let size = maker.add("<< /T (size) /FT /Ch /V [(M) (L)] /Opt [(S) [(M) (Medium)] (L)] >>");
    let parent =
        maker.add(format!("<< /T (person) /FT /Tx /Kids [{name} 0 R {size} 0 R] /V (nobody) >>"));
    let check = maker.add(
        "<< /Subtype /Widget /Rect [50 700 60 710] /T (agree) /FT /Btn /V /Yes /AS /Yes \
         /AP << /N << /Yes null /Off null >> >> >>",
    );
    maker.catalog(&format!("/AcroForm << /Fields [{parent} 0 R {check} 0 R] >>"));
    maker.page(&format!("/Annots [{check} 0 R]"), "");
    let document = load(&maker.finish());
    let [name, size, agree] = document.fields.as_slice() else { panic!("{:?}", document.fields) };
    assert_eq!(
        (name.name.as_str(), name.values.as_slice()),
        ("person.name", &["Ada (B.)".into()][..])
    );
    assert_eq!(name.label.as_deref(), Some("Full name"));
    assert!(name.required && !name.read_only);
    assert_eq!((size.kind, size.values.len(), size.options.len()), (FieldKind::Choice, 2, 3));
    assert_eq!((agree.kind, agree.values.as_slice()), (FieldKind::CheckBox, &["Yes".into()][..]));
    assert_eq!(agree.page, Some(1));
    let bbox = agree.bbox.unwrap();
    assert_eq!((bbox.x0, bbox.y0, bbox.y1), (50.0, 90.0, 100.0));
}

#[test]
fn a_ring_of_fields_ends() {
    let mut maker = PdfMaker::new();
    // Object 4 is its own kid.
    let field = maker.add("<< /T (ring) /FT /Tx /V (x) /Kids [4 0 R] >>");
    assert_eq!(field, 4);
    maker.catalog("/AcroForm << /Fields [4 0 R] >>");
    maker.page("", "");
    assert!(load(&maker.finish()).fields.len() <= 1);
}

#[test]
fn links_lead_to_addresses_and_pages() {
    let mut maker = PdfMaker::new();
    let outside = maker.add(
        "<< /Subtype /Link /Rect [50 700 90 710] /A << /S /URI /URI (https://example.org/) >> >>",
    );
    // The second page is object 8: content 5, page 6, content 7.
    let inside = maker.add("<< /Subtype /Link /Rect [50 600 90 610] /Dest [9 0 R /Fit] >>");
    maker.page(&format!("/Annots [{outside} 0 R {inside} 0 R]"), "");
    assert_eq!(maker.page("", ""), 9);
    let document = load(&maker.finish());
    let targets: Vec<_> = document.pages[0].links.iter().map(|link| link.target.clone()).collect();
    let expected = [LinkTarget::Uri("https://example.org/".to_owned()), LinkTarget::Page(2)];
    assert_eq!(targets, expected);
}

#[test]
fn embedded_files_come_with_their_bytes() {
    let mut maker = PdfMaker::new();
    let file = maker.stream("/Type /EmbeddedFile /Subtype /text#2Fxml", "<a/>");
    let names = maker.add(format!(
        "<< /Names [(a) << /Type /Filespec /F (a.xml) /Desc (An invoice) \
         /EF << /F {file} 0 R >> >>] >>"
    ));
    maker.catalog(&format!("/Names << /EmbeddedFiles {names} 0 R >>"));
    maker.page("", "");
    let document = load(&maker.finish());
    let attachment = &document.attachments[0];
    assert_eq!((attachment.name.as_str(), attachment.bytes.as_slice()), ("a.xml", &b"<a/>"[..]));
    assert_eq!(attachment.media_type.as_deref(), Some("text/xml"));
    assert_eq!(attachment.description.as_deref(), Some("An invoice"));
}

#[test]
fn metadata_is_read_from_the_information_dictionary() {
    let mut maker = PdfMaker::new();
    let info = maker.add("<< /Title (A title) /Author <FEFF00C900F8> /Producer () >>");
    maker.trailer(&format!("/Info {info} 0 R"));
    maker.page("", "");
    let metadata = load(&maker.finish()).metadata;
    assert_eq!(metadata.title.as_deref(), Some("A title"));
    assert_eq!(metadata.author.as_deref(), Some("Éø"));
    assert_eq!(metadata.producer, None);
}
