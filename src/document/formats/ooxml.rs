//! What Word, Excel and PowerPoint files share: their properties and the links between parts.

use std::collections::HashMap;

use super::archive::Archive;
use super::xml::{Step, walk};
use crate::document::error::DocumentError;
use crate::document::model::Metadata;

/// The properties of `docProps/core.xml` (Dublin Core names).
pub(crate) fn metadata(archive: &mut Archive<'_>) -> Result<Metadata, DocumentError> {
    let source = archive.read_xml("docProps/core.xml")?.unwrap_or_default();
    dublin_core(&source)
}

/// Reads the Dublin Core elements that Office Open XML and OpenDocument both use.
pub(crate) fn dublin_core(source: &str) -> Result<Metadata, DocumentError> {
    let mut metadata = Metadata::default();
    let mut open = String::new();
    walk(source, |step| match step {
        Step::Open(element) => element.name.clone_into(&mut open),
        Step::Close(_) => open.clear(),
        Step::Text(text) => {
            let field = match open.as_str() {
                "title" => &mut metadata.title,
                "creator" | "initial-creator" => &mut metadata.author,
                "subject" => &mut metadata.subject,
                "keywords" | "keyword" => &mut metadata.keywords,
                "created" | "creation-date" => &mut metadata.created,
                "modified" | "date" => &mut metadata.modified,
                "language" => &mut metadata.language,
                _ => return,
            };
            if !text.trim().is_empty() {
                field.get_or_insert_default().push_str(text);
            }
        }
    })?;
    Ok(metadata)
}

/// The targets of a part's relationships, by their ids, as paths inside the container.
pub(crate) fn relationships(
    archive: &mut Archive<'_>,
    directory: &str,
    part: &str,
) -> Result<HashMap<String, String>, DocumentError> {
    let source = archive.read_xml(&format!("{directory}/_rels/{part}.rels"))?;
    let mut targets = HashMap::new();
    walk(&source.unwrap_or_default(), |step| {
        if let Step::Open(element) = step
            && let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("{directory}/{target}"),
            };
            targets.insert(id, path);
        }
    })?;
    Ok(targets)
}
