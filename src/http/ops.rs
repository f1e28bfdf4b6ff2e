//! What operators and clients ask about the server itself: models, health, readiness.

use serde::Serialize;
use serde_json::json;

use super::api::{Api, Call};
use super::exchange::Response;
use super::problem::ApiError;
use crate::base::{limits, platform};

/// The models that clients may name. All are served by the same engine; the name is
/// echoed.
const MODELS: [&str; 3] = ["retab-micro", "retab-small", "retab-large"];

/// When the models came to be, in seconds since the Unix epoch: with this program.
const MODELS_CREATED: i64 = 1_763_856_000;

/// The writer is asked to look alive at least this often, in milliseconds.
const WRITER_SILENCE_MS_MAX: u64 = 30_000;

/// `GET /v1/models`
#[expect(clippy::unnecessary_wraps, reason = "the shape of every handler")]
pub(super) fn models(_: &Api, _: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let model = |id: &&str| {
        let (object, owner) = ("model", "docspool");
        json!({"id": id, "object": object, "created": MODELS_CREATED, "owned_by": owner})
    };
    let data: Vec<_> = MODELS.iter().map(model).collect();
    Ok(Response::json(200, json!({"object": "list", "data": data}).to_string()))
}

/// `GET /healthz`: the process answers.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every handler")]
pub(super) fn healthz(_: &Api, _: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let body = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    Ok(Response::json(200, body.to_string()))
}

/// `GET /readyz`: it can do its work.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every handler")]
pub(super) fn readyz(api: &Api, _: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let checks = [writes(api), writer(api), workers(api), disk(api), log(api)];
    let is_ready = checks.iter().all(|check| check.ok);
    let (status, word) = if is_ready { (200, "ready") } else { (503, "not_ready") };
    let response = Response::json(status, json!({"status": word, "checks": checks}).to_string());
    Ok(if is_ready { response } else { response.with_header("Retry-After", "5") })
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

fn writes(api: &Api) -> Check {
    let read_only = api.engine.health().read_only;
    let ok = read_only.is_none();
    let detail = read_only.map_or_else(
        || "the store takes writes".to_owned(),
        |why| format!("the store is read-only: {why}; restart the server"),
    );
    Check { name: "writes", ok, detail }
}

fn writer(api: &Api) -> Check {
    let health = api.engine.health();
    let ok = health.writer_idle_ms <= WRITER_SILENCE_MS_MAX;
    let (commits, silent_ms) = (health.commits, health.writer_idle_ms);
    Check { name: "writer", ok, detail: format!("{commits} commits, last sign {silent_ms} ms ago") }
}

/// A log that cannot be cut is no reason to send clients elsewhere; the disk check is, once it
/// has filled the disk.
fn log(api: &Api) -> Check {
    let health = api.engine.health();
    let bytes = health.wal_bytes;
    let detail = match health.is_wal_held {
        false => format!("{bytes} bytes"),
        true => format!(
            "{bytes} bytes and growing: somebody has been reading the data file for long, \
             perhaps another program"
        ),
    };
    Check { name: "log", ok: true, detail }
}

fn workers(api: &Api) -> Check {
    let (alive, started) = (api.engine.workers_alive(), api.engine.workers());
    Check { name: "workers", ok: alive == started, detail: format!("{alive} of {started} live") }
}

fn disk(api: &Api) -> Check {
    let least = limits::DISK_FREE_BYTES_MIN;
    let free = platform::free_disk_bytes(api.data_dir());
    let detail = match free {
        Some(free) => format!("{free} bytes free, {least} needed"),
        None => "free space is unknown on this system".to_owned(),
    };
    Check { name: "disk", ok: free.is_none_or(|free| free >= least), detail }
}
