//! docspool: a document job engine in one binary.
