//! Who may come in: addresses to listen on, and keys.
//!
//! Owns the decisions; every request passes [`admit`] before its handler. It must not know
//! routes or jobs.
//!
//! A server without keys trusts whoever reaches it, and so must know that this is not a web
//! page somebody happens to look at. Such a page can reach loopback in two ways: it sends a
//! request straight there, which its browser marks with `Origin`; or its own name is made to
//! resolve to loopback (DNS rebinding), which `Host` gives away, since that name is no name
//! of this machine. Addresses as such cannot be rebound. With keys neither check is needed: a
//! page does not know one.

use std::net::SocketAddr;

use super::exchange::Request;
use super::keys::{Keyring, Verdict};
use super::problem::ApiError;
use crate::queue::DEFAULT_ORGANIZATION;

/// Listening there would let everybody on the network in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "refusing to listen on {0} without API keys: everybody who reaches it could read every \
     document; make a key first with `docspool keys create NAME`, or listen on 127.0.0.1"
)]
pub struct OpenToAll(pub SocketAddr);

/// Whether a server may listen on an address: on loopback always, elsewhere only with keys.
///
/// # Errors
/// [`OpenToAll`], whose text names the command that mends it.
pub fn may_listen(address: SocketAddr, has_keys: bool) -> Result<(), OpenToAll> {
    if has_keys || is_loopback(address) { Ok(()) } else { Err(OpenToAll(address)) }
}

/// Whether only this machine can reach an address.
#[must_use]
pub fn is_loopback(address: SocketAddr) -> bool {
    // An IPv4 address may come dressed as IPv6.
    address.ip().to_canonical().is_loopback()
}

/// Lets a request in, for the organization whose jobs it may see. `names` are those of
/// this machine beside `localhost`.
///
/// # Errors
/// [`ApiError::Unauthorized`], or [`ApiError::Foreign`] for what a web page sent.
pub fn admit(
    request: &Request<'_>,
    keyring: &Keyring,
    names: &[String],
) -> Result<String, ApiError> {
    let key = presented_key(request);
    match keyring.check(key) {
        Verdict::Open => {
            refuse_pages(request, names)?;
            Ok(DEFAULT_ORGANIZATION.to_owned())
        }
        Verdict::Known(organization) => Ok(organization),
        Verdict::Unknown => Err(ApiError::Unauthorized { has_key: key.is_some() }),
    }
}

/// Refuses a body that is said to be something else than JSON: a form of a web page can send
/// such bodies anywhere without being asked. A body of which nothing is said may be JSON.
///
/// # Errors
/// [`ApiError::NotJson`].
pub(super) fn require_json(request: &Request<'_>) -> Result<(), ApiError> {
    let Some(value) = request.header("content-type") else { return Ok(()) };
    let media_type = value.split(';').next().unwrap_or_default().trim();
    let is_json = media_type.eq_ignore_ascii_case("application/json")
        || media_type.to_ascii_lowercase().ends_with("+json");
    let is_empty = request.body_length == Some(0) || media_type.is_empty();
    if is_json || is_empty {
        return Ok(());
    }
    Err(ApiError::NotJson(media_type.chars().take(100).collect()))
}

/// Refuses what a web page sent from elsewhere; see the head of this file.
fn refuse_pages(request: &Request<'_>, names: &[String]) -> Result<(), ApiError> {
    let short = |text: &str| text.chars().take(100).collect();
    let Some(host) = request.header("host").map(str::trim).filter(|host| !host.is_empty()) else {
        return Ok(());
    };
    if !is_own_name(host, names) {
        return Err(ApiError::Foreign { field: "Host", value: short(host) });
    }
    let Some(origin) = request.header("origin").map(str::trim) else { return Ok(()) };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(ApiError::Foreign { field: "Origin", value: short(origin) })
}

/// Whether a `Host` is an address, `localhost`, or one of `names`; the port does not matter.
fn is_own_name(host: &str, names: &[String]) -> bool {
    if host.starts_with('[') {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.');
    let is_local = |name: &str| name == "localhost" || name.ends_with(".localhost");
    name.parse::<std::net::IpAddr>().is_ok()
        || is_local(&name.to_ascii_lowercase())
        || names.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// The key of a request. Older clients send `Api-Key`, newer ones a bearer token.
fn presented_key<'a>(request: &'a Request<'_>) -> Option<&'a str> {
    let bearer = || {
        let (scheme, token) = request.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    };
    let some = |key: &&str| !key.is_empty();
    let trimmed = |key: &'a str| key.trim();
    request
        .header("api-key")
        .map(trimmed)
        .filter(some)
        .or_else(|| bearer().map(trimmed).filter(some))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn with<T>(headers: &[(&str, &str)], look: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        look(&request(headers, None, &mut std::io::empty()))
    }

    fn request(
        headers: Vec<(String, String)>,
        body_length: Option<u64>,
        body: &mut std::io::Empty,
    ) -> Request<'_> {
        Request {
            method: "POST".to_owned(),
            path: "/v1/jobs".to_owned(),
            query: String::new(),
            headers,
            body_length,
            body,
            peer: None,
            request_id: "req_1".to_owned(),
            may_wait: true,
        }
    }

    #[test]
    fn the_key_is_read_from_either_header() {
        for (headers, key) in [
            (vec![], None),
            (vec![("api-key", "")], None),
            (vec![("api-key", "k")], Some("k")),
            (vec![("authorization", "Bearer k")], Some("k")),
            (vec![("authorization", "bearer  k ")], Some("k")),
            (vec![("authorization", "Basic k")], None),
            (vec![("authorization", "k")], None),
            (vec![("api-key", ""), ("authorization", "Bearer k")], Some("k")),
            (vec![("api-key", "a"), ("authorization", "Bearer b")], Some("a")),
        ] {
            let found = with(&headers, |request| presented_key(request).map(str::to_owned));
            assert_eq!(found.as_deref(), key, "{headers:?}");
        }
    }

    #[test]
    fn a_page_from_elsewhere_is_told_by_its_origin_or_by_the_name_it_came_under() {
        let names = ["box.lan".to_owned()];
        let is_let_in = |host: &str, origin: Option<&str>| {
            let mut headers = vec![("host", host)];
            headers.extend(origin.map(|origin| ("origin", origin)));
            with(&headers, |request| refuse_pages(request, &names)).is_ok()
        };
        for host in [
            "127.0.0.1:8787",
            "127.0.0.1",
            "[::1]:8787",
            "localhost:8787",
            "LOCALHOST.",
            "app.localhost:1",
            "192.168.1.9:8787",
            "box.lan:8787",
        ] {
            assert!(is_let_in(host, None), "{host}");
            assert!(is_let_in(host, Some(&format!("http://{host}"))), "{host}");
        }
        for host in ["evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example", "x"] {
            assert!(!is_let_in(host, None), "{host}");
        }
        for origin in [
            "null",
            "",
            "http://evil.example",
            "http://localhost:3000",
            "http://127.0.0.1:8787.evil.example",
            "http://evil.example/127.0.0.1:8787",
        ] {
            assert!(!is_let_in("127.0.0.1:8787", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn a_body_that_is_said_to_be_no_json_is_refused() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "a/b+json", ""] {
            assert!(with(&[("content-type", good)], require_json).is_ok(), "{good}");
        }
        assert!(with(&[], require_json).is_ok());
        for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
            let refused = with(&[("content-type", bad)], require_json).unwrap_err();
            assert!(refused.to_string().contains(bad), "{refused}");
        }
    }

    #[test]
    fn an_empty_body_may_be_called_anything() {
        let mut body = std::io::empty();
        let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
        let request = request(headers, Some(0), &mut body);
        assert!(require_json(&request).is_ok());
    }

    #[test]
    fn only_loopback_is_open_without_keys() {
        for address in ["127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(may_listen(address.parse().unwrap(), false), Ok(()), "{address}");
        }
        for address in ["0.0.0.0:1", "192.168.1.4:1", "[::]:1", "[::ffff:10.0.0.1]:1"] {
            let address: SocketAddr = address.parse().unwrap();
            let refused = may_listen(address, false).unwrap_err().to_string();
            assert!(refused.contains("docspool keys create"), "{refused}");
            assert_eq!(may_listen(address, true), Ok(()));
        }
    }
}
