//! The Jobs API over real sockets: engine, API and server in this process, one set a test.

mod jobs;
mod keys;
mod life;
mod listing;
mod routes;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use docspool::base::clock::{Clock, ManualClock};
use docspool::http::api::{Api, ApiConfig, ResponsePolicy};
use docspool::http::server::{Limits, Server, ServerConfig};
use docspool::process::{Context, Processor, Processors, Task};
use docspool::{Endpoint, Engine, EngineBuilder, JobError};
use serde_json::{Value, json};

use crate::support::client::Client;

/// A bound that only a broken server passes.
const SOON: Duration = Duration::from_secs(20);

/// When the clocks that tests turn begin: 2026-01-15, 12:00:00.5 UTC.
const NOON_MS: i64 = 1_768_478_400_500;

/// How a server under test is set up.
struct Setup {
    engine: Box<dyn FnOnce(EngineBuilder) -> EngineBuilder>,
    response_policy: ResponsePolicy,
    limits: Limits,
    clock: Option<Arc<ManualClock>>,
    folder: tempfile::TempDir,
}

impl Setup {
    /// Jobs are taken in and none is run.
    fn idle() -> Self {
        Self {
            engine: Box::new(|builder| builder.workers(0)),
            response_policy: ResponsePolicy::default(),
            limits: Limits::default(),
            clock: None,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// One worker runs what the program brings.
    fn working() -> Self {
        Self::idle().engine(|builder| builder.workers(1))
    }

    /// One worker runs jobs that the test ends.
    fn held() -> (Self, Hold) {
        let (started, started_rx) = crossbeam_channel::unbounded();
        let (go_on_tx, go_on) = crossbeam_channel::unbounded();
        let held = Held { started, go_on };
        let processors = Processors::default().with(Endpoint::Parse, held);
        let setup = Self::idle().engine(|builder| builder.workers(1).processors(processors));
        (setup, Hold { started: started_rx, go_on: go_on_tx })
    }

    /// The engine is set up further.
    fn engine(self, set_up: impl FnOnce(EngineBuilder) -> EngineBuilder + 'static) -> Self {
        let before = self.engine;
        Self { engine: Box::new(|builder| set_up(before(builder))), ..self }
    }

    /// Time is turned by the test, and the engine looks often what it has become.
    fn clock(self, clock: &Arc<ManualClock>) -> Self {
        let own = Arc::clone(clock);
        let setup =
            self.engine(|builder| builder.clock(own).sweep_every(Duration::from_millis(20)));
        Self { clock: Some(Arc::clone(clock)), ..setup }
    }

    fn start(self) -> World {
        let builder = Engine::builder(self.folder.path().join("jobs.db"));
        let engine = Arc::new((self.engine)(builder).start().unwrap());
        let mut config = ApiConfig::new(self.folder.path());
        config.response_policy = self.response_policy;
        if let Some(clock) = self.clock {
            config.clock = clock as Arc<dyn Clock>;
        }
        let api = Arc::new(Api::new(Arc::clone(&engine), config).unwrap());
        let mut config = ServerConfig::new(([127, 0, 0, 1], 0).into());
        config.limits = self.limits;
        let server = Server::start(config, Arc::clone(&api) as _).unwrap();
        World { server, api, engine, folder: self.folder }
    }
}

/// A running server. It ends before its engine, and the folder goes last.
struct World {
    server: Server,
    api: Arc<Api>,
    engine: Arc<Engine>,
    folder: tempfile::TempDir,
}

impl World {
    fn client(&self) -> Client {
        Client::new(self.server.local_addr())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A test that fails may leave long-polls behind.
        self.api.end_waits();
    }
}

/// Says that it has begun and how far it is, then waits to be told to go on.
struct Held {
    started: Sender<()>,
    go_on: Receiver<()>,
}

impl Processor for Held {
    fn run(&self, _: &Task, context: &dyn Context) -> Result<Value, JobError> {
        context.progress(3, 12);
        self.started.send(()).unwrap();
        while !context.is_cancelled() {
            if self.go_on.recv_timeout(Duration::from_millis(5)).is_ok() {
                return Ok(json!({"text": "held"}));
            }
        }
        Err(JobError::new("interrupted", "it was not wanted any more"))
    }
}

/// The test's end of [`Held`].
struct Hold {
    started: Receiver<()>,
    go_on: Sender<()>,
}

impl Hold {
    /// Waits until a job runs.
    fn wait_for_start(&self) {
        self.started.recv_timeout(SOON).unwrap();
    }

    /// Lets one job end.
    fn release(&self) {
        self.go_on.send(()).unwrap();
    }
}

/// `detail` of an answer that must be an error of this status, checked for its shape.
fn detail(answer: &crate::support::client::Answer, status: u16) -> Value {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    let detail = body["detail"].clone();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    assert_eq!(detail.as_object().unwrap().len(), 3, "{body}");
    assert!(detail["code"].is_string() && detail["message"].is_string(), "{body}");
    assert!(detail["details"].is_object() || detail["details"].is_null(), "{body}");
    let request_id = answer.header("x-request-id").unwrap_or_default();
    assert!(request_id.starts_with("req_"), "{body}: {request_id}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{body}");
    detail
}

/// Checks an error's status and code, and the field it names if it names one.
fn assert_refused(answer: &crate::support::client::Answer, status: u16, code: &str, field: &str) {
    let detail = detail(answer, status);
    assert_eq!(detail["code"], code, "{detail}");
    if !field.is_empty() {
        assert_eq!(detail["details"]["field"], field, "{detail}");
    }
}
