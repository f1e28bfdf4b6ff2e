//! Downloads one document.
//!
//! Every address that a name leads to is checked before a connection is made, and the
//! connection goes to the address that was checked; the same for every redirect. Owns the
//! bounds in size and time. It must not know where the bytes go.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, http::Uri};

use super::Fetch;
use super::address;
use crate::base::limits;

/// Why a document did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DownloadError {
    /// Nothing is fetched here.
    #[error(
        "documents are not fetched here; send the document as a data: URL, or start the \
        server with --fetch public"
    )]
    Off,
    /// The address is not one that is fetched from.
    #[error("the address is not fetched: {0}")]
    Refused(&'static str),
    /// It did not come, for a reason told by the server or the network.
    #[error("the document could not be fetched: {0}")]
    Failed(String),
    /// It took too long.
    #[error("the document did not come within {} s", limits::FETCH_MS / 1000)]
    Timeout,
    /// It is too large.
    #[error("the document is larger than {} bytes", limits::FETCH_BYTES_MAX)]
    TooLarge,
    /// The bytes could not be kept.
    #[error("the document could not be kept: {0}")]
    Keep(String),
    /// The engine is going down; the work is to be done later.
    #[error("the server is stopping")]
    Closed,
}

impl DownloadError {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Off => "document_fetch_off",
            Self::Refused(_) => "document_fetch_refused",
            Self::Failed(_) => "document_fetch_failed",
            Self::Timeout => "document_fetch_timeout",
            Self::TooLarge => "document_too_large",
            Self::Keep(_) => "internal_error",
            Self::Closed => "shutting_down",
        }
    }
}

/// What runs now, so that an engine that ends does not wait for it.
#[derive(Debug, Default)]
pub(in crate::queue) struct Downloads {
    is_closed: AtomicBool,
    next: AtomicU64,
    agents: Mutex<HashMap<u64, Agent>>,
}

impl Downloads {
    /// Breaks all downloads off; none begins after.
    pub(in crate::queue) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.drain().for_each(|(_, agent)| agent.shutdown());
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    fn begin(&self, agent: &Agent) -> Running<'_> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.insert(number, agent.clone());
        Running { downloads: self, number }
    }
}

struct Running<'a> {
    downloads: &'a Downloads,
    number: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let agents = &self.downloads.agents;
        agents.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

/// Takes the bytes of a document, piece by piece.
pub(super) type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), String>;

/// Downloads a document in at most `left_ms`; returns the media type the server names.
pub(super) fn download(
    downloads: &Downloads,
    fetch: Fetch,
    url: &str,
    left_ms: u64,
    take: Take<'_>,
) -> Result<String, DownloadError> {
    if fetch == Fetch::Off {
        return Err(DownloadError::Off);
    }
    let uri: Uri = url.parse().map_err(|_| DownloadError::Refused("it is no valid URL"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(DownloadError::Refused("it must not hold a user name or password"));
    }
    let agent = agent(fetch, left_ms);
    let _running = downloads.begin(&agent);
    // Asked after it was noted: a close that came before is seen, one that comes after sees.
    if downloads.is_closed() {
        return Err(DownloadError::Closed);
    }
    let answered = agent.get(uri).call();
    let told = |error: ureq::Error| match downloads.is_closed() {
        true => DownloadError::Closed,
        false => meaning(&error),
    };
    let response = answered.map_err(told)?;
    if response.status().as_u16() != 200 {
        let status = response.status().as_u16();
        return Err(DownloadError::Failed(format!("the server answered {status}")));
    }
    let length = response.body().content_length();
    if length.is_some_and(|length| length > limits::FETCH_BYTES_MAX) {
        return Err(DownloadError::TooLarge);
    }
    let media_type = plain_media_type(response.body().mime_type().unwrap_or_default());
    let body = response.into_body().into_with_config().limit(u64::MAX);
    let mut reader = body.reader();
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut total = 0_u64;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(told(ureq::Error::from(error))),
        };
        total += count as u64;
        if total > limits::FETCH_BYTES_MAX {
            return Err(DownloadError::TooLarge);
        }
        take(buffer.get(..count).unwrap_or_default()).map_err(DownloadError::Keep)?;
    }
    // A body without a length ends when its connection does, also when we cut it.
    if downloads.is_closed() {
        return Err(DownloadError::Closed);
    }
    Ok(media_type)
}

fn agent(fetch: Fetch, left_ms: u64) -> Agent {
    let connect = Duration::from_millis(limits::FETCH_CONNECT_MS.min(left_ms));
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(limits::FETCH_REDIRECTS_MAX)
        .max_redirects_will_error(true)
        .proxy(None)
        .user_agent(concat!("docspool/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(connect))
        .timeout_connect(Some(connect))
        .timeout_global(Some(Duration::from_millis(left_ms)))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Guard { fetch })
}

/// The resolver between a name and a connection.
#[derive(Debug)]
struct Guard {
    fetch: Fetch,
}

/// What the resolver says of an address that is not fetched from.
#[derive(Debug, thiserror::Error)]
#[error("not a public address")]
struct NotPublic;

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        // One address that is not public spoils the name: it is a trick, or a mistake.
        let is_refused = |fetch| fetch != Fetch::Any;
        if is_refused(self.fetch) && found.iter().any(|at| !address::is_public(at.ip())) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, NotPublic).into());
        }
        Ok(found)
    }
}

fn meaning(error: &ureq::Error) -> DownloadError {
    match error {
        ureq::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<NotPublic>()) => {
            let text = "it leads to this machine or to a private network; --fetch any allows that";
            DownloadError::Refused(text)
        }
        ureq::Error::Timeout(_) => DownloadError::Timeout,
        ureq::Error::TooManyRedirects => DownloadError::Refused("it redirects too often"),
        ureq::Error::HostNotFound => DownloadError::Failed("its host is not known".to_owned()),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            DownloadError::Refused("it leads to no valid http: or https: URL")
        }
        other => {
            let text: String = other.to_string().chars().take(200).collect();
            DownloadError::Failed(text)
        }
    }
}

/// The media type without anything that could not stand in a data URL.
fn plain_media_type(named: &str) -> String {
    let named = named.trim().to_ascii_lowercase();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/.+-_".contains(c);
    match !named.is_empty() && named.len() < 100 && named.chars().all(is_plain) {
        true => named,
        false => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(fetch: Fetch, url: &str) -> DownloadError {
        download(&Downloads::default(), fetch, url, 2_000, &mut |_| Ok(())).unwrap_err()
    }

    #[test]
    fn no_spelling_of_a_private_address_gets_through() {
        for url in [
            "http://127.0.0.1:9/",
            "http://localhost:9/",
            "http://[::1]:9/",
            "http://[::ffff:127.0.0.1]:9/",
            "http://2130706433:9/",
            "http://0x7f.1:9/",
            "http://0177.0.0.1:9/",
            "http://0:9/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[fd00::1]/",
        ] {
            let error = refusal(Fetch::Public, url);
            assert_eq!(error.code(), "document_fetch_refused", "{url}: {error}");
        }
        let error = refusal(Fetch::Public, "http://me:sesame@example.org/");
        assert!(!error.to_string().contains("sesame"), "{error}");
        assert_eq!(refusal(Fetch::Off, "http://example.org/"), DownloadError::Off);
        assert_eq!(refusal(Fetch::Any, "ftp://127.0.0.1/").code(), "document_fetch_refused");
    }

    #[test]
    fn a_closed_engine_begins_no_download() {
        let downloads = Downloads::default();
        downloads.close();
        let ended = download(&downloads, Fetch::Any, "http://127.0.0.1:9/", 9, &mut |_| Ok(()));
        assert_eq!(ended, Err(DownloadError::Closed));
    }

    #[test]
    fn a_media_type_is_plain_or_none() {
        assert_eq!(plain_media_type(" Application/PDF"), "application/pdf");
        assert_eq!(plain_media_type("text/html,<x>"), "application/octet-stream");
    }
}
