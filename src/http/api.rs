//! The Jobs API as a [`Service`]: admission, routing, and the answer to what went wrong.
//!
//! Owns the order of these steps and what handlers share. It must not know sockets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exchange::{Request, Response, Service};
use super::guard;
use super::keys::{KeyFile, Keyring, KeysError};
use super::problem::{self, ApiError};
use super::router::{self, Access, Found};
use crate::base::clock::{Clock, SystemClock};
use crate::queue::Engine;

/// Whether the response of a job that has ended is shown to a client that asked for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResponsePolicy {
    /// Always: `include_response=false` is what most clients send unasked, while their
    /// documented loop then reads the response.
    #[default]
    OnceEnded,
    /// As the hosted service does: an explicit `include_response=false` is obeyed.
    AsAsked,
}

/// How the API is set up.
#[derive(Clone)]
pub struct ApiConfig {
    /// Where the data file and the key file are.
    pub data_dir: PathBuf,
    /// What `include_response` means on one job.
    pub response_policy: ResponsePolicy,
    /// Whether keys are needed even while there is none; for any address but loopback.
    pub keys_needed: bool,
    /// Names of this machine beside `localhost`, under which it answers without keys.
    pub allowed_hosts: Vec<String>,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
}

impl ApiConfig {
    /// The defaults, for a data directory.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            response_policy: ResponsePolicy::default(),
            keys_needed: false,
            allowed_hosts: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// The Jobs API on an engine.
pub struct Api {
    pub(super) engine: Arc<Engine>,
    pub(super) response_policy: ResponsePolicy,
    data_dir: PathBuf,
    keyring: Keyring,
    allowed_hosts: Vec<String>,
}

impl Api {
    /// The API of an engine.
    ///
    /// # Errors
    /// When the key file cannot be read.
    pub fn new(engine: Arc<Engine>, config: ApiConfig) -> Result<Self, KeysError> {
        let file = KeyFile::in_directory(&config.data_dir);
        let keyring = Keyring::open(file, config.clock, config.keys_needed)?;
        let ApiConfig { data_dir, response_policy, allowed_hosts, .. } = config;
        Ok(Self { engine, response_policy, data_dir, keyring, allowed_hosts })
    }

    /// Ends every long-poll with the job as it is. For a server that is about to stop.
    pub fn end_waits(&self) {
        self.engine.end_waits();
    }

    /// Where the data file is.
    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    fn answer(&self, request: &mut Request<'_>) -> Result<Response, ApiError> {
        let found = router::find(&request.method, &request.path);
        let is_open = matches!(&found, Found::Route(route, _) if route.access == Access::Everybody);
        // Whoever has no key does not learn which paths there are.
        let organization = if is_open {
            String::new()
        } else {
            guard::admit(request, &self.keyring, &self.allowed_hosts)?
        };
        let path = || request.path.chars().take(100).collect();
        match found {
            Found::Route(route, parameters) => {
                (route.handler)(self, &mut Call { request, organization, parameters })
            }
            Found::WrongMethod(allowed) => Err(ApiError::WrongMethod { path: path(), allowed }),
            Found::Nothing => Err(ApiError::NoRoute(path())),
        }
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Api({:?})", self.data_dir)
    }
}

impl Service for Api {
    fn call(&self, request: &mut Request<'_>) -> Response {
        self.answer(request).unwrap_or_else(|error| {
            let response = problem::respond(&error);
            if response.status >= 500 {
                let (id, status) = (&request.request_id, response.status);
                tracing::warn!(request = %id, status, %error, "a request failed");
            }
            response
        })
    }

    /// A long-poll, which is a GET of one job with `wait`.
    fn waits(&self, method: &str, _path: &str, query: &str) -> bool {
        method == "GET" && query.split('&').any(|pair| pair.starts_with("wait="))
    }
}

/// A request on its way to a handler.
pub(super) struct Call<'c, 'r> {
    /// The request, its body still unread.
    pub(super) request: &'c mut Request<'r>,
    /// Whose jobs it may see.
    pub(super) organization: String,
    /// The text of the route's braces.
    pub(super) parameters: Vec<String>,
}

impl Call<'_, '_> {
    /// The id in the path; no job has the empty one.
    pub(super) fn id(&self) -> &str {
        self.parameters.first().map(String::as_str).unwrap_or_default()
    }
}
