//! The one table of routes, and finding a request's place in it.
//!
//! Owns [`ROUTES`], which the description of the API is checked against. `/v1/X`, `/X`
//! and `/v1/v1/X` are one route, because the base URLs of clients differ; empty segments,
//! as a doubled or trailing slash makes them, do not count. It must not know what the
//! handlers do.

use super::api::{Api, Call};
use super::exchange::Response;
use super::problem::ApiError;
use super::{direct, jobs, listing, ops, projects, templates};
use crate::job::Endpoint;

/// A method that some route has. `HEAD` is answered as `GET`, without the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The methods as they stand in `Allow`.
    #[must_use]
    pub fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn is(self, token: &str) -> bool {
        match self {
            Self::Get => matches!(token, "GET" | "HEAD"),
            _ => token == self.allowed(),
        }
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody who reaches the server.
    Everybody,
    /// Whoever has a key, once there are keys.
    KeyHolders,
}

/// What answers a route.
pub(super) type Handler = fn(&Api, &mut Call<'_, '_>) -> Result<Response, ApiError>;

/// One route.
#[derive(Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path; a segment in braces takes any text.
    pub pattern: &'static str,
    /// Who may use it.
    pub access: Access,
    pub(super) handler: Handler,
}

const fn get(pattern: &'static str, handler: Handler) -> Route {
    Route { method: Method::Get, pattern, access: Access::KeyHolders, handler }
}

const fn post(pattern: &'static str, handler: Handler) -> Route {
    Route { method: Method::Post, pattern, access: Access::KeyHolders, handler }
}

const fn patch(pattern: &'static str, handler: Handler) -> Route {
    Route { method: Method::Patch, pattern, access: Access::KeyHolders, handler }
}

const fn delete(pattern: &'static str, handler: Handler) -> Route {
    Route { method: Method::Delete, pattern, access: Access::KeyHolders, handler }
}

const fn open(pattern: &'static str, handler: Handler) -> Route {
    Route { method: Method::Get, pattern, access: Access::Everybody, handler }
}

/// Every route. Where two patterns take the same path, the first one has it.
pub static ROUTES: &[Route] = &[
    post("/v1/jobs", jobs::create),
    get("/v1/jobs", listing::list),
    get("/v1/jobs/{id}", jobs::retrieve),
    get("/v1/jobs/{id}/status", jobs::status),
    post("/v1/jobs/{id}/cancel", jobs::cancel),
    post("/v1/jobs/{id}/retry", jobs::retry),
    post(Endpoint::Extract.path(), direct::extract),
    // The Python client's synchronous extract goes here.
    post("/v1/documents/extractions", direct::extract),
    post(Endpoint::Parse.path(), |api, call| direct::run(api, call, Endpoint::Parse)),
    post(Endpoint::Split.path(), |api, call| direct::run(api, call, Endpoint::Split)),
    post("/v1/documents/split/generate_config", direct::split_config),
    post(Endpoint::Classify.path(), |api, call| direct::run(api, call, Endpoint::Classify)),
    post(Endpoint::GenerateSchema.path(), |api, call| {
        direct::run(api, call, Endpoint::GenerateSchema)
    }),
    post(Endpoint::AgentFill.path(), |api, call| direct::run(api, call, Endpoint::AgentFill)),
    post("/v1/documents/edit", |api, call| direct::run(api, call, Endpoint::AgentFill)),
    post(Endpoint::TemplateFill.path(), |api, call| direct::run(api, call, Endpoint::TemplateFill)),
    post(Endpoint::TemplateGenerate.path(), |api, call| {
        direct::run(api, call, Endpoint::TemplateGenerate)
    }),
    post(Endpoint::ProjectExtract.path(), |api, call| {
        direct::run(api, call, Endpoint::ProjectExtract)
    }),
    post("/v1/projects/extract/{project}", projects::extract),
    post("/v1/projects/extract/{project}/{iteration}", projects::extract),
    post("/v1/projects", projects::create),
    get("/v1/projects", projects::list),
    get("/v1/projects/{id}", projects::get),
    patch("/v1/projects/{id}", projects::patch),
    delete("/v1/projects/{id}", projects::delete),
    post("/v1/projects/{id}/publish", projects::publish),
    post("/v1/edit/templates", templates::create),
    get("/v1/edit/templates", templates::list),
    get("/v1/edit/templates/{id}", templates::get),
    patch("/v1/edit/templates/{id}", templates::patch),
    delete("/v1/edit/templates/{id}", templates::delete),
    post("/v1/edit/templates/{id}/duplicate", templates::duplicate),
    get("/v1/models", ops::models),
    open("/healthz", ops::healthz),
    open("/readyz", ops::readyz),
];

/// What the table has for a request.
#[derive(Debug)]
pub(super) enum Found {
    /// A route, with the text of its braces in order.
    Route(&'static Route, Vec<String>),
    /// The path exists, with these methods.
    WrongMethod(String),
    /// Nothing.
    Nothing,
}

/// Finds the route of a method and a path.
pub(super) fn find(method: &str, path: &str) -> Found {
    let asked = segments(path);
    let mut allowed: Vec<&str> = Vec::new();
    for route in ROUTES {
        let Some(parameters) = take(route.pattern, &asked) else { continue };
        if route.method.is(method) {
            return Found::Route(route, parameters);
        }
        if !allowed.contains(&route.method.allowed()) {
            allowed.push(route.method.allowed());
        }
    }
    if allowed.is_empty() { Found::Nothing } else { Found::WrongMethod(allowed.join(", ")) }
}

/// The segments that count.
fn segments(path: &str) -> Vec<&str> {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let versions = segments.iter().take(2).take_while(|segment| **segment == "v1").count();
    segments.drain(..versions);
    segments
}

fn take(pattern: &str, asked: &[&str]) -> Option<Vec<String>> {
    let pattern = segments(pattern);
    if pattern.len() != asked.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (expected, found) in pattern.iter().zip(asked) {
        if expected.starts_with('{') {
            parameters.push((*found).to_owned());
        } else if expected != found {
            return None;
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        match find(method, path) {
            Found::Route(route, parameters) => Some((route.pattern, parameters)),
            _ => None,
        }
    }

    #[test]
    fn the_base_urls_of_all_clients_lead_to_one_route() {
        for path in ["/v1/jobs", "/jobs", "/v1/v1/jobs", "//v1/jobs", "/v1/jobs/", "//jobs//"] {
            assert_eq!(pattern("GET", path), Some(("/v1/jobs", vec![])), "{path}");
        }
        for path in ["/jobs/job_1/cancel", "/v1/v1/jobs/job_1/cancel"] {
            let expected = Some(("/v1/jobs/{id}/cancel", vec!["job_1".to_owned()]));
            assert_eq!(pattern("POST", path), expected, "{path}");
        }
        assert_eq!(pattern("HEAD", "/healthz"), Some(("/healthz", vec![])));
    }

    #[test]
    fn a_job_may_be_named_like_a_version() {
        assert_eq!(pattern("GET", "/v1/jobs/v1"), Some(("/v1/jobs/{id}", vec!["v1".to_owned()])));
    }

    #[test]
    fn what_is_not_there_is_told_from_what_has_other_methods() {
        for path in ["/", "/v1", "/v1/v1/v1/jobs", "/v1/job", "/v1/jobs/a/b", "/V1/JOBS"] {
            assert!(matches!(find("GET", path), Found::Nothing), "{path}");
        }
        for (method, path, expected) in [
            ("DELETE", "/v1/jobs", "POST, GET, HEAD"),
            ("get", "/v1/jobs", "POST, GET, HEAD"),
            ("GET", "/v1/documents/parse", "POST"),
            ("POST", "/readyz", "GET, HEAD"),
        ] {
            let Found::WrongMethod(allowed) = find(method, path) else { panic!("{path}") };
            assert_eq!(allowed, expected, "{method} {path}");
        }
    }

    #[test]
    fn every_endpoint_of_a_job_can_be_called_directly() {
        for endpoint in Endpoint::ALL {
            assert_eq!(pattern("POST", endpoint.path()), Some((endpoint.path(), vec![])));
        }
    }

    #[test]
    fn no_route_hides_a_later_one() {
        for (place, route) in ROUTES.iter().enumerate() {
            let twin = |other: &Route| {
                other.method == route.method && segments(other.pattern) == segments(route.pattern)
            };
            assert!(!ROUTES.iter().skip(place + 1).any(twin), "{}", route.pattern);
        }
    }
}
