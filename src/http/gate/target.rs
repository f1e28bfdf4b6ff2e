//! The target of a request line: path and query, checked.
//!
//! Owns which targets may pass (RFC 9112, section 3.2). It must not know routes.

use super::refusal::Refusal;

/// Reduces a target to origin form, `/path` or `/path?query`.
///
/// Absolute form passes when its authority is the one in `host`. Authority form
/// (`CONNECT`) and asterisk form do not pass. The path must be free of empty and dot
/// segments, of broken percent escapes and of escaped NUL bytes, so that no two readers
/// can disagree about what it names. Slashes too many at its beginning become one: clients
/// that join `http://host/` and `/v1/jobs` without looking send two.
pub(crate) fn origin_form(target: &str, host: Option<&str>) -> Result<String, Refusal> {
    let origin =
        if target.starts_with('/') { target.to_owned() } else { from_absolute_form(target, host)? };
    if origin.contains('#') {
        return Err(Refusal::Malformed("the target holds a fragment"));
    }
    let origin = format!("/{}", origin.trim_start_matches('/'));
    check_path(origin.split_once('?').map_or(origin.as_str(), |(path, _)| path))?;
    Ok(origin)
}

fn from_absolute_form(target: &str, host: Option<&str>) -> Result<String, Refusal> {
    let other_form = Refusal::Malformed("the target must begin with /");
    let (scheme, rest) = target.split_once("://").ok_or(other_form)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(other_form);
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, origin) = rest.split_at(authority_end);
    if !host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) {
        return Err(Refusal::Malformed("the target names another host than the Host field"));
    }
    Ok(if origin.starts_with('/') { origin.to_owned() } else { format!("/{origin}") })
}

fn check_path(path: &str) -> Result<(), Refusal> {
    let mut escapes = path.split('%');
    escapes.next();
    for escape in escapes {
        match escape.as_bytes() {
            [b'0', b'0', ..] => return Err(Refusal::Malformed("the path holds a NUL byte")),
            [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {}
            _ => return Err(Refusal::Malformed("the path holds a broken percent escape")),
        }
    }
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return Err(Refusal::Malformed("the path holds an empty segment"));
        }
        if is_dot_segment(segment) {
            return Err(Refusal::Malformed("the path holds a dot segment"));
        }
    }
    Ok(())
}

/// `.` and `..`, also where their dots are escaped.
fn is_dot_segment(segment: &str) -> bool {
    // The longest spelling is `%2e%2e`; a longer segment cannot be one.
    if segment.len() > 6 {
        return false;
    }
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn origin_form_passes_unchanged() {
        for target in
            ["/", "/v1/jobs", "/v1/jobs/", "/v1/jobs?a=b&c=..//%", "/a%20b", "/...", "/a.b"]
        {
            assert_eq!(origin_form(target, None).unwrap(), target);
        }
    }

    #[test]
    fn slashes_too_many_at_the_beginning_become_one() {
        for target in ["//v1/jobs?a=//b", "/v1/jobs?a=//b", "////v1/jobs?a=//b"] {
            assert_eq!(origin_form(target, None).unwrap(), "/v1/jobs?a=//b");
        }
        assert_eq!(origin_form("//", None).unwrap(), "/");
    }

    #[test]
    fn absolute_form_passes_for_the_own_host_only() {
        let host = Some("localhost:8787");
        assert_eq!(origin_form("http://LOCALHOST:8787/v1?x=1", host).unwrap(), "/v1?x=1");
        assert_eq!(origin_form("http://localhost:8787", host).unwrap(), "/");
        assert_eq!(origin_form("http://localhost:8787?x", host).unwrap(), "/?x");
        for target in [
            "http://other/v1",
            "http://localhost:8787@other/",
            "ftp://localhost:8787/",
            "http:///v1",
            "localhost:8787",
            "*",
            "v1/jobs",
            "http:/v1",
            "",
        ] {
            assert!(origin_form(target, host).is_err(), "{target}");
        }
        assert!(origin_form("http://localhost/", None).is_err());
    }

    #[test]
    fn ambiguous_paths_do_not_pass() {
        for target in [
            "/a//",
            "//../",
            "/a//b",
            "/.",
            "/..",
            "/a/../b",
            "/a/%2e%2E/b",
            "/a/.%2e",
            "/a/%2e/",
            "/%00",
            "/a%0",
            "/a%",
            "/a%zz",
            "/a%2",
            "/a#b",
            "/a?b#c",
            "/v1/%2e%2e",
        ] {
            assert!(origin_form(target, None).is_err(), "{target}");
        }
        assert!(origin_form(&format!("/{}", "%2e".repeat(2700)), None).is_ok());
    }
}
