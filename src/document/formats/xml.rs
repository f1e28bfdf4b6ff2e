//! Walks the XML of office files: elements by their local names, depth bounded, entities other
//! than the five of XML left out.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::html;
use crate::base::limits;
use crate::document::error::DocumentError;

/// A step of a walk.
pub(crate) enum Step<'a> {
    /// An element begins.
    Open(&'a Element<'a>),
    /// Character data.
    Text(&'a str),
    /// The element of this local name ends.
    Close(&'a str),
}

/// The beginning of an element.
pub(crate) struct Element<'a> {
    tag: &'a BytesStart<'a>,
    /// The name without its prefix.
    pub(crate) name: &'a str,
}

impl Element<'_> {
    /// The value of the attribute with this local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.values_of(name).next()
    }

    /// The values of all attributes with this local name; their prefixes tell them apart.
    pub(crate) fn values_of(&self, name: &str) -> impl Iterator<Item = String> {
        self.tag.attributes().filter_map(move |attribute| {
            let attribute = attribute.ok()?;
            let is_it = attribute.key.local_name().as_ref() == name;
            is_it.then(|| html::unescape(&attribute.value))
        })
    }

    /// The value of an attribute that is a count or a number.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether an attribute says yes; the words of Office Open XML and of OpenDocument.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        matches!(self.attribute(name).as_deref(), Some("1" | "true" | "on"))
    }

    /// Whether an element that is a switch (`<w:b/>`) says yes: it does unless its value is no.
    pub(crate) fn switch(&self) -> bool {
        !matches!(self.attribute("val").as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

/// Walks `source`, calling `visit` at each step. Damage ends the walk; what was visited stays,
/// and the fault is given back for a warning.
pub(crate) fn walk(
    source: &str,
    mut visit: impl FnMut(Step<'_>),
) -> Result<Option<String>, DocumentError> {
    let mut reader = Reader::from_str(source);
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth += 1;
                if depth > limits::XML_DEPTH_MAX {
                    return Err(DocumentError::LimitExceeded {
                        limit: "XML_DEPTH_MAX",
                        value: limits::XML_DEPTH_MAX as u64,
                    });
                }
                visit(Step::Open(&Element { tag: &tag, name: tag.local_name().as_ref() }));
            }
            Ok(Event::Empty(tag)) => {
                let name = tag.local_name();
                visit(Step::Open(&Element { tag: &tag, name: name.as_ref() }));
                visit(Step::Close(name.as_ref()));
            }
            Ok(Event::End(tag)) => {
                depth = depth.saturating_sub(1);
                visit(Step::Close(tag.local_name().as_ref()));
            }
            Ok(Event::Text(text)) => visit(Step::Text(&text.xml10_content())),
            Ok(Event::CData(text)) => visit(Step::Text(&text.xml10_content())),
            Ok(Event::GeneralRef(reference)) => {
                let written = format!("&{};", reference.into_inner());
                let meaning = html::unescape(&written);
                if meaning != written {
                    visit(Step::Text(&meaning));
                }
            }
            Ok(Event::Eof) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Ok(Some(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    fn trace(source: &str) -> (Vec<String>, Option<String>) {
        let mut steps = Vec::new();
        let fault = walk(source, |step| {
            steps.push(match step {
                Step::Open(element) => {
                    format!("<{}{}", element.name, element.attribute("val").unwrap_or_default())
                }
                Step::Text(text) => text.to_owned(),
                Step::Close(name) => format!("/{name}"),
            });
        });
        (steps, fault.unwrap())
    }

    #[test]
    fn names_lose_their_prefix_and_references_their_marks() {
        let (steps, fault) = trace("<w:p><w:b w:val='&lt;'/>a&amp;&#66;&evil;</w:p>");
        assert_eq!(steps, ["<p", "<b<", "/b", "a", "&", "B", "/p"]);
        assert_eq!(fault, None);
    }

    #[test]
    fn damage_keeps_what_was_read() {
        let (steps, fault) = trace("<a>x<b></a>");
        assert_eq!(steps, ["<a", "x", "<b"]);
        assert!(fault.is_some());
    }

    #[test]
    fn depth_is_bounded() {
        assert!(walk(&"<a>".repeat(5_000), |_| {}).is_err());
    }
}
