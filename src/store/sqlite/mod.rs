//! The SQLite store.
pub struct StoreConfig;
pub struct SqliteStore;
impl StoreConfig {
    pub fn new(_: std::path::PathBuf, _: std::sync::Arc<dyn crate::base::clock::Clock>) -> Self {
        Self
    }
}
