//! Where a model is and how it is to be spoken to.
//!
//! Owns what an operator says about it; a request can say none of this, only choose among
//! the names.

use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use crate::base::limits;
use crate::base::sandbox::Access;
use crate::base::secret::Secret;

/// What an operator says about a model's server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSettings {
    /// Base of the API without a slash at its end, such as `http://127.0.0.1:11434/v1`.
    url: String,
    /// Key of the server.
    key: Option<Secret>,
    /// The models that may be asked.
    names: ModelNames,
    /// Tokens of one exchange, prompt and answer together.
    context_tokens: usize,
    /// How long one exchange may take, in milliseconds.
    exchange_ms: u64,
    /// Certificates to trust in place of the usual ones, as PEM.
    roots: Option<String>,
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address is none.
    #[error("{0:?} is not an address like http://127.0.0.1:11434/v1")]
    Address(String),
    /// The address holds a user name or a password.
    #[error("the address must not hold a user name or password; give the key as a key")]
    Credentials,
    /// No model is named.
    #[error("a model must be named: NAME, or retab-small=NAME,retab-large=NAME")]
    NoName,
    /// A pair lacks one of its sides.
    #[error("{0:?} is not a model's name or a pair like retab-small=NAME")]
    Name(String),
    /// No certificate stands in what should hold some.
    #[error("there is no certificate in it; it must be PEM")]
    Roots,
    /// Too little can be said in one exchange.
    #[error("a context of {0} tokens is too small; {min} are needed",
        min = limits::MODEL_CONTEXT_TOKENS_MIN)]
    Context(usize),
}

impl ModelSettings {
    /// Settings with the usual limits. `names` is one model for everything, or pairs such as
    /// `retab-small=llama3.2,retab-large=qwen3`.
    ///
    /// # Errors
    /// When the address or the names cannot be used.
    pub fn new(url: &str, names: &str, key: Option<Secret>) -> Result<Self, SettingsError> {
        Ok(Self {
            url: base(url)?,
            key: key.filter(|key| !key.expose().is_empty()),
            names: ModelNames::read(names)?,
            context_tokens: limits::MODEL_CONTEXT_TOKENS,
            exchange_ms: limits::MODEL_EXCHANGE_MS,
            roots: None,
        })
    }

    /// The same with another size of one exchange, in tokens.
    ///
    /// # Errors
    /// When that is too small to work with.
    pub fn with_context(mut self, tokens: usize) -> Result<Self, SettingsError> {
        if tokens < limits::MODEL_CONTEXT_TOKENS_MIN {
            return Err(SettingsError::Context(tokens));
        }
        self.context_tokens = tokens;
        Ok(self)
    }

    /// The same with another time for one exchange, in milliseconds.
    #[must_use]
    pub fn with_exchange_ms(mut self, exchange_ms: u64) -> Self {
        self.exchange_ms = exchange_ms;
        self
    }

    /// The same with certificates of authorities that are trusted in place of the usual ones,
    /// as PEM, for servers in a network of one's own.
    ///
    /// # Errors
    /// When there is no certificate in it.
    pub fn with_roots(mut self, pem: &str) -> Result<Self, SettingsError> {
        if certificates(pem).is_empty() {
            return Err(SettingsError::Roots);
        }
        self.roots = Some(pem.to_owned());
        Ok(self)
    }

    /// What the server's certificate is checked by.
    pub(super) fn tls(&self) -> TlsConfig {
        let roots = self.roots.as_deref().map(certificates);
        let roots = roots.map(|found| RootCerts::new_with_certs(&found));
        TlsConfig::builder().root_certs(roots.unwrap_or(RootCerts::WebPki)).build()
    }

    /// Base of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds to `access` what is needed to reach the server.
    #[must_use]
    pub fn access(&self, access: Access) -> Access {
        let usual = if self.url.starts_with("https:") { 443 } else { 80 };
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(usual)),
            _ => (authority, usual),
        };
        let is_address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
        let access = access.connect(port);
        if is_address { access } else { access.resolve_names() }
    }

    /// Whether the key, if any, travels in the open to another machine.
    #[must_use]
    pub fn exposes_key(&self) -> bool {
        let Some(rest) = self.url.strip_prefix("http://") else { return false };
        let near = ["127.", "localhost", "[::1]"];
        self.key.is_some() && !near.iter().any(|name| rest.starts_with(name))
    }

    /// The operator's models.
    #[must_use]
    pub fn names(&self) -> &ModelNames {
        &self.names
    }

    pub(super) fn key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }

    pub(super) fn context_tokens(&self) -> usize {
        self.context_tokens
    }

    pub(super) fn exchange_ms(&self) -> u64 {
        self.exchange_ms
    }

    /// A text of the server's that may be passed on: short, one line, without the key.
    pub(super) fn quotable(&self, text: &str) -> String {
        let text = self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.redact(text));
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").chars().take(limits::MODEL_ERROR_CHARS_MAX).collect()
    }
}

fn certificates(pem: &str) -> Vec<Certificate<'static>> {
    let items = ureq::tls::parse_pem(pem.as_bytes()).filter_map(Result::ok);
    let certificate = |item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    };
    items.filter_map(certificate).collect()
}

/// The base of an API: what people copy from manuals may be longer or shorter.
fn base(url: &str) -> Result<String, SettingsError> {
    let wrong = || SettingsError::Address(url.to_owned());
    let plain = url.trim().trim_end_matches('/');
    let plain = plain.strip_suffix("/chat/completions").unwrap_or(plain);
    let host = ["http://", "https://"].iter().find_map(|scheme| plain.strip_prefix(scheme));
    let host = host.ok_or_else(wrong)?;
    let (authority, path) = host.split_once('/').unwrap_or((host, ""));
    if authority.contains('@') {
        return Err(SettingsError::Credentials);
    }
    let is_strange = |c: char| c.is_whitespace() || c.is_control() || "?#\\".contains(c);
    if authority.is_empty() || plain.contains(is_strange) {
        return Err(wrong());
    }
    Ok(if path.is_empty() { format!("{plain}/v1") } else { plain.to_owned() })
}

/// Which of the operator's models answers for a name in a request. A request can reach no
/// other model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelNames {
    /// Answers for every name that has no pair.
    usual: String,
    /// Name in a request, name at the server.
    pairs: Vec<(String, String)>,
}

impl ModelNames {
    fn read(text: &str) -> Result<Self, SettingsError> {
        let mut usual = None;
        let mut pairs = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => usual = Some(part.to_owned()),
                Some((asked, own)) if !asked.trim().is_empty() && !own.trim().is_empty() => {
                    pairs.push((asked.trim().to_owned(), own.trim().to_owned()));
                }
                Some(_) => return Err(SettingsError::Name(part.to_owned())),
            }
        }
        let usual = usual.or_else(|| pairs.first().map(|(_, own)| own.clone()));
        Ok(Self { usual: usual.ok_or(SettingsError::NoName)?, pairs })
    }

    /// The model at the server that answers for a name.
    #[must_use]
    pub fn of(&self, asked: &str) -> &str {
        let paired = self.pairs.iter().find(|(name, _)| name == asked);
        let own = || self.pairs.iter().find(|(_, own)| own == asked);
        paired.or_else(own).map_or(&self.usual, |(_, own)| own)
    }

    /// All models at the server, each once.
    #[must_use]
    pub fn all(&self) -> Vec<&str> {
        let mut all = vec![self.usual.as_str()];
        for (_, own) in &self.pairs {
            if !all.contains(&own.as_str()) {
                all.push(own);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_manuals_write_them_lead_to_one_base() {
        for (given, base) in [
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1"),
            ("https://api.example.org/v1/chat/completions", "https://api.example.org/v1"),
            ("https://example.org/openai/v1", "https://example.org/openai/v1"),
        ] {
            assert_eq!(ModelSettings::new(given, "m", None).unwrap().url(), base);
        }
        for wrong in ["localhost:1", "ftp://x", "http://", "http://a b", "http://x/v1?key=1"] {
            assert!(ModelSettings::new(wrong, "m", None).is_err(), "{wrong}");
        }
        let error = ModelSettings::new("https://me:sesame@x/v1", "m", None).unwrap_err();
        assert_eq!(error, SettingsError::Credentials);
        assert!(!error.to_string().contains("sesame"));
    }

    #[test]
    fn a_child_may_reach_the_port_of_its_server_and_no_other() {
        for (url, port) in [
            ("http://127.0.0.1:11434", 11434),
            ("http://10.0.0.1/v1", 80),
            ("https://[::1]:8443/v1", 8443),
            ("https://[::1]/v1", 443),
        ] {
            let settings = ModelSettings::new(url, "m", None).unwrap();
            assert_eq!(settings.access(Access::none()), Access::none().connect(port), "{url}");
        }
        let named = ModelSettings::new("https://api.example.org/v1", "m", None).unwrap();
        let access = Access::none().connect(443).resolve_names();
        assert_eq!(named.access(Access::none()), access);
    }

    #[test]
    fn a_request_reaches_only_models_that_are_named() {
        let names = ModelNames::read("retab-micro=tiny, retab-large=huge").unwrap();
        assert_eq!((names.of("retab-large"), names.of("retab-small")), ("huge", "tiny"));
        assert_eq!((names.of("huge"), names.of("http://elsewhere")), ("huge", "tiny"));
        assert_eq!(ModelNames::read("usual,a=b").unwrap().of("c"), "usual");
        assert_eq!(ModelNames::read(" , ").unwrap_err(), SettingsError::NoName);
        assert!(ModelNames::read("a=").is_err());
    }

    #[test]
    fn what_a_server_says_is_cut_and_loses_the_key() {
        let settings = ModelSettings::new("http://x", "m", Some(Secret::new("sk-1"))).unwrap();
        assert_eq!(settings.quotable("no\n key  sk-1!"), "no key (key)!");
        assert!(settings.quotable(&"x".repeat(9999)).len() <= limits::MODEL_ERROR_CHARS_MAX);
        assert!(settings.exposes_key() && !format!("{settings:?}").contains("sk-1"));
    }
}
