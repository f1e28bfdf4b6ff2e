//! JSON and XML: kept as they are written, for their marks are their meaning.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::builder::FlowPage;
use crate::base::limits;
use crate::document::block::Block;

/// One page with the source as a listing.
pub(crate) fn listing(source: &str) -> FlowPage {
    let source = source.trim_matches(['\n', '\u{feff}']);
    FlowPage {
        blocks: if source.trim().is_empty() {
            Vec::new()
        } else {
            vec![Block::Preformatted(source.to_owned())]
        },
        text: Some(source.to_owned()),
        ..FlowPage::default()
    }
}

/// Why a text is not JSON, `None` when it is. Lines of JSON (one value a line) are JSON here.
pub(crate) fn json_fault(source: &str) -> Option<String> {
    let mut values =
        serde_json::Deserializer::from_str(source).into_iter::<serde::de::IgnoredAny>();
    values.find_map(Result::err).map(|error| error.to_string())
}

/// Why a text is not well-formed XML, `None` when it is. Entities are never looked up, so none
/// can reach out of the document or grow.
pub(crate) fn xml_fault(source: &str) -> Option<String> {
    let mut reader = Reader::from_str(source);
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) if depth > 0 => return Some("an element is not closed".to_owned()),
            Ok(Event::Eof) => return None,
            Ok(_) => {}
            Err(error) => {
                return Some(format!("{error} at byte {}", reader.error_position()));
            }
        }
        if depth > limits::XML_DEPTH_MAX {
            return Some(format!("elements are nested over {} deep", limits::XML_DEPTH_MAX));
        }
    }
}

/// Whether a text begins with an element as XML has them, not with some `<` of prose.
pub(crate) fn xml_root(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    matches!(reader.read_event(), Ok(Event::Start(tag) | Event::Empty(tag))
        if tag.attributes().all(|attribute| attribute.is_ok())
            && !tag.name().as_ref().is_empty()
            && (text.contains("</") || text.contains("/>")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn sound_sources_have_no_fault() {
        assert_eq!(json_fault("{\"a\": [1, 2]}"), None);
        assert_eq!(json_fault("{\"a\": 1}\n{\"a\": 2}\n"), None);
        assert_eq!(xml_fault("<?xml version='1.0'?><a><b c='1'/>&lt;</a>"), None);
    }

    #[test]
    fn faults_are_named() {
        assert!(json_fault("{\"a\": }").unwrap().contains("column"));
        assert!(xml_fault("<a><b></a>").is_some());
        assert!(xml_fault("<a>").unwrap().contains("not closed"));
        assert!(xml_fault(&"<a>".repeat(100_000)).unwrap().contains("nested"));
    }

    #[test]
    fn entities_stay_names() {
        let bomb = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
        let page = listing(bomb);
        assert_eq!(page.text.as_deref(), Some(bomb));
    }
}
