//! Who may come in: addresses to listen on, and keys.
//!
//! Owns the decisions; every request passes [`admit`] before its handler. Checks of the
//! `Host` and `Origin` fields belong here too. It must not know routes or jobs.

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

/// Lets a request in, for the organization whose jobs it may see.
///
/// # Errors
/// [`ApiError::Unauthorized`].
pub fn admit(request: &Request<'_>, keyring: &Keyring) -> Result<String, ApiError> {
    let key = presented_key(request);
    match keyring.check(key) {
        Verdict::Open => Ok(DEFAULT_ORGANIZATION.to_owned()),
        Verdict::Known(organization) => Ok(organization),
        Verdict::Unknown => Err(ApiError::Unauthorized { has_key: key.is_some() }),
    }
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
        look(&Request {
            method: "GET".to_owned(),
            path: "/v1/jobs".to_owned(),
            query: String::new(),
            headers,
            body_length: Some(0),
            body: &mut std::io::empty(),
            peer: None,
            request_id: "req_1".to_owned(),
            may_wait: true,
        })
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
