//! The nine endpoints a job may name.

use std::fmt;

/// One of the nine endpoints of the Jobs API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Values for a JSON Schema out of a document.
    Extract,
    /// The text of a document.
    Parse,
    /// Pages grouped into named subdocuments.
    Split,
    /// One of the given categories for a document.
    Classify,
    /// A JSON Schema from sample documents.
    GenerateSchema,
    /// A form filled from instructions.
    AgentFill,
    /// A stored template filled from instructions.
    TemplateFill,
    /// The fields of a form.
    TemplateGenerate,
    /// Extraction by a stored project.
    ProjectExtract,
}

impl Endpoint {
    /// All nine, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Extract,
        Self::Parse,
        Self::Split,
        Self::Classify,
        Self::GenerateSchema,
        Self::AgentFill,
        Self::TemplateFill,
        Self::TemplateGenerate,
        Self::ProjectExtract,
    ];

    /// The path, which is also its name on the wire.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Extract => "/v1/documents/extract",
            Self::Parse => "/v1/documents/parse",
            Self::Split => "/v1/documents/split",
            Self::Classify => "/v1/documents/classify",
            Self::GenerateSchema => "/v1/schemas/generate",
            Self::AgentFill => "/v1/edit/agent/fill",
            Self::TemplateFill => "/v1/edit/templates/fill",
            Self::TemplateGenerate => "/v1/edit/templates/generate",
            Self::ProjectExtract => "/v1/projects/extract",
        }
    }

    /// The endpoint of that exact path.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// The endpoint a person means on the command line: its path, or the last word of it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::from_path(word).or(match word {
            "extract" => Some(Self::Extract),
            "parse" => Some(Self::Parse),
            "split" => Some(Self::Split),
            "classify" => Some(Self::Classify),
            "schema" => Some(Self::GenerateSchema),
            "fill" => Some(Self::AgentFill),
            _ => None,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.path())
    }
}
