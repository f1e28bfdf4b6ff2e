//! What a listing may ask for.
//!
//! Plain data with everything already parsed and checked; `envelope`-style texts of the
//! wire are read in [`super::wire`]'s neighbour on the HTTP floor.

use regex::{Regex, RegexBuilder};

use super::endpoint::Endpoint;
use super::state::State;
use crate::base::limits;

/// Which jobs a listing shows. Every field that is set must match.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// Exact ids (at most [`crate::base::limits::LIST_IDS_MAX`]).
    pub ids: Vec<String>,
    /// One state.
    pub state: Option<State>,
    /// One endpoint.
    pub endpoint: Option<Endpoint>,
    /// Where the job came from.
    pub source: Option<Source>,
    /// `request.project_id`.
    pub project_id: Option<String>,
    /// `metadata.workflow_id`.
    pub workflow_id: Option<String>,
    /// `metadata.workflow_node_id`, `node_id`, `workflow_block_id` or `block_id`.
    pub workflow_node_id: Option<String>,
    /// `request.model`.
    pub model: Option<String>,
    /// Regular expression over the document's file name (linear engine, bounded).
    pub filename_regex: Option<String>,
    /// Part of the document's file name, letters of either case.
    pub filename_contains: Option<String>,
    /// File extensions without the dot, lower-case.
    pub document_types: Vec<String>,
    /// Created at or after, in milliseconds since the Unix epoch.
    pub created_from_ms: Option<i64>,
    /// Created before, in milliseconds since the Unix epoch.
    pub created_before_ms: Option<i64>,
    /// Pairs that must all be there.
    pub metadata: Vec<(String, String)>,
}

/// The expression of a `filename_regex`, compiled within bounds.
///
/// # Errors
/// When it is longer than [`limits::FILENAME_REGEX_CHARS_MAX`], is no regular expression,
/// or would become larger than [`limits::FILENAME_REGEX_BYTES_MAX`].
pub fn filename_pattern(text: &str) -> Result<Regex, BadPattern> {
    if text.chars().nth(limits::FILENAME_REGEX_CHARS_MAX).is_some() {
        return Err(BadPattern(format!(
            "it is longer than {} characters",
            limits::FILENAME_REGEX_CHARS_MAX
        )));
    }
    RegexBuilder::new(text)
        .size_limit(limits::FILENAME_REGEX_BYTES_MAX)
        .dfa_size_limit(limits::FILENAME_REGEX_BYTES_MAX)
        .build()
        .map_err(|error| BadPattern(error.to_string()))
}

/// A `filename_regex` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filename_regex cannot be used: {0}")]
pub struct BadPattern(String);

/// Where a job came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Straight from the API.
    Api,
    /// A project.
    Project,
    /// A workflow.
    Workflow,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 3] = [Self::Api, Self::Project, Self::Workflow];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Project => "project",
            Self::Workflow => "workflow",
        }
    }
}

/// Direction of a listing, by creation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    #[default]
    Descending,
}

impl Order {
    /// The other direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }

    /// Whether the job of sequence `left` comes before that of `right`.
    #[must_use]
    pub fn precedes(self, left: i64, right: i64) -> bool {
        match self {
            Self::Ascending => left < right,
            Self::Descending => left > right,
        }
    }
}

/// Which part of a listing is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Jobs on the page, 1 to 100.
    pub limit: u32,
    /// Direction.
    pub order: Order,
    /// Continue behind this job, in the requested order.
    pub after: Option<String>,
    /// The page that ends just before this job, in the requested order.
    pub before: Option<String>,
}
