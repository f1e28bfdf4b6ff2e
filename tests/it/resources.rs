//! Projects and form templates over HTTP, and the requests that name them.

use std::sync::Arc;

use docspool::http::api::{Api, ApiConfig};
use docspool::http::server::{Server, ServerConfig};
use docspool::process::{Context, Processor, Processors, Task};
use docspool::{Endpoint, Engine, JobError};
use serde_json::{Value, json};

use crate::support::client::Client;

/// Answers with the request it got and the text of its document.
struct Echo;

impl Processor for Echo {
    fn run(&self, task: &Task, _: &dyn Context) -> Result<Value, JobError> {
        let document = task.document("document")?;
        let mut request = task.request.clone();
        request["document"]["url"] = json!(String::from_utf8_lossy(&document.bytes));
        Ok(request)
    }
}

struct World {
    folder: tempfile::TempDir,
    server: Option<Server>,
    client: Client,
}

impl World {
    fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    fn at(folder: tempfile::TempDir) -> Self {
        let processors = Processors::default()
            .with(Endpoint::ProjectExtract, Echo)
            .with(Endpoint::TemplateFill, Echo);
        let engine = Engine::builder(folder.path().join("jobs.db")).processors(processors);
        let engine = Arc::new(engine.workers(1).start().unwrap());
        let api = Api::new(engine, ApiConfig::new(folder.path())).unwrap();
        let config = ServerConfig::new(([127, 0, 0, 1], 0).into());
        let server = Server::start(config, Arc::new(api)).unwrap();
        let client = Client::new(server.local_addr());
        Self { folder, server: Some(server), client }
    }

    /// Ends the server and starts another one on the same data.
    fn restarted(mut self) -> Self {
        drop(self.server.take());
        Self::at(self.folder)
    }

    fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let text = body.map(Value::to_string);
        let answer = self.client.send(method, path, &[], text.as_deref().map(str::as_bytes));
        let answer = answer.unwrap();
        (answer.status, answer.json())
    }

    fn ok(&mut self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.send(method, path, body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    fn run_job(&mut self, endpoint: &str, request: &Value) -> Value {
        let id = self.client.submit(&json!({"endpoint": endpoint, "request": request}));
        self.client.wait(&id)
    }
}

fn document(text: &str) -> Value {
    json!({"filename": "a.txt", "url": format!("data:text/plain,{text}")})
}

#[test]
fn a_project_lives_through_create_patch_publish_extract_delete_and_a_restart() {
    let mut world = World::new();
    let schema = json!({"type": "object", "properties": {"total": {"type": "number"}}});
    let body = json!({"name": "Bills", "json_schema": schema});
    let project = world.ok("POST", "/v1/projects", Some(&body));
    let id = project["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("project_"), "{id}");
    assert_eq!(project["draft_config"]["json_schema"], schema);
    assert_eq!(world.ok("GET", &format!("/v1/projects/{id}"), None), project);
    assert_eq!(world.ok("GET", "/projects", None)["data"], json!([project]));

    let path = format!("/v1/projects/{id}");
    let change = json!({"draft_config": {"inference_settings": {"n_consensus": 4}}});
    world.ok("PATCH", &path, Some(&change));
    let published = world.ok("POST", &format!("{path}/publish?origin=iter_1"), None);
    assert_eq!(published["published_config"]["origin"], "iter_1");
    assert_eq!(published["is_published"], true);

    let mut world = world.restarted();
    assert_eq!(world.ok("GET", &path, None), published);
    let request = json!({"project_id": id, "document": document("hello"), "model": "retab-large"});
    let job = world.run_job("/v1/projects/extract", &request);
    let got = &job["response"]["body"];
    assert_eq!((&got["json_schema"], &got["n_consensus"]), (&schema, &json!(4)));
    assert_eq!((&got["model"], &got["document"]["url"]), (&json!("retab-large"), &json!("hello")));
    // What is stored and shown is the request as it came.
    assert_eq!(job["request"], request);

    assert_eq!(world.ok("DELETE", &path, None), json!({"success": true, "id": id}));
    let (status, gone) = world.send("GET", &path, None);
    assert_eq!((status, &gone["detail"]["code"]), (404, &json!("project_not_found")));
    let create = json!({"endpoint": "/v1/projects/extract", "request": request});
    let (status, refused) = world.send("POST", "/v1/jobs", Some(&create));
    assert_eq!((status, &refused["detail"]["code"]), (422, &json!("project_not_found")));
    assert_eq!(refused["detail"]["details"]["field"], "request.project_id");
}

#[test]
fn a_form_body_extracts_as_the_clients_send_it() {
    let mut world = World::new();
    let id = world.ok("POST", "/v1/projects", Some(&json!({"name": "P"})))["id"].clone();
    let form = "--xyz\r\nContent-Disposition: form-data; name=\"n_consensus\"\r\n\r\n2\r\n\
        --xyz\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.txt\"\r\n\
        Content-Type: text/plain\r\n\r\nabc\r\n--xyz--\r\n";
    let path = format!("/v1/projects/extract/{}/iter_7", id.as_str().unwrap());
    let answer = post_form(&world, &path, form);
    assert_eq!((&answer["n_consensus"], &answer["iteration_id"]), (&json!(2), &json!("iter_7")));
    assert_eq!(answer["document"], json!({"filename": "a.txt", "url": "abc"}));
}

/// Posts a form on a connection of its own; the client of these tests speaks JSON only.
fn post_form(world: &World, path: &str, form: &str) -> Value {
    use std::io::{Read as _, Write as _};
    let address = world.server.as_ref().unwrap().local_addr();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    stream.write_all((head + form).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn template_body(name: &str) -> Value {
    let bbox = json!({"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.05, "page": 1});
    let field = json!({"key": "k", "description": "d", "type": "text", "bbox": bbox});
    json!({"name": name, "document": document("form"), "form_fields": [field]})
}

#[test]
fn a_template_brings_its_document_and_fields_to_a_filling() {
    let mut world = World::new();
    let made = world.ok("POST", "/v1/edit/templates", Some(&template_body("One")));
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["field_count"], &made["file"]["filename"]), (&json!(1), &json!("a.txt")));
    let copy = world.ok("POST", &format!("/v1/edit/templates/{id}/duplicate"), None);
    assert_eq!(copy["name"], "One (copy)");
    world.ok("DELETE", &format!("/v1/edit/templates/{id}"), None);
    let copy_path = format!("/v1/edit/templates/{}", copy["id"].as_str().unwrap());
    let renamed = world.ok("PATCH", &copy_path, Some(&json!({"name": "Two"})));
    assert_eq!((&renamed["name"], &renamed["form_fields"]), (&json!("Two"), &made["form_fields"]));
    let request = json!({"template_id": copy["id"], "instructions": "k: v"});
    let job = world.run_job("/v1/edit/templates/fill", &request);
    let got = &job["response"]["body"];
    assert_eq!(got["document"], json!({"filename": "a.txt", "url": "form"}));
    assert_eq!(got["form_fields"][0]["key"], "k");
}

#[test]
fn templates_are_listed_in_pages_both_ways() {
    let mut world = World::new();
    for number in 0..5 {
        world.ok("POST", "/v1/edit/templates", Some(&template_body(&format!("T{number}"))));
    }
    let names = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().unwrap();
        data.iter().map(|template| template["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = world.ok("GET", "/v1/edit/templates?limit=2&order=desc", None);
    assert_eq!(names(&first), ["T4", "T3"]);
    let ends = &first["list_metadata"];
    assert_eq!(ends["before"], Value::Null);
    let after = ends["after"].as_str().unwrap();
    let next = world.ok("GET", &format!("/v1/edit/templates?limit=2&after={after}"), None);
    assert_eq!(names(&next), ["T2", "T1"]);
    let before = next["list_metadata"]["before"].as_str().unwrap();
    let back = world.ok("GET", &format!("/v1/edit/templates?limit=2&before={before}"), None);
    assert_eq!(names(&back), ["T4", "T3"]);
    let all = world.ok("GET", "/v1/edit/templates?order=asc&filename=a.txt&limit=100", None);
    assert_eq!(names(&all), ["T0", "T1", "T2", "T3", "T4"]);
    let none = world.ok("GET", "/v1/edit/templates?filename=b.txt", None);
    assert_eq!((&none["data"], &none["list_metadata"]["after"]), (&json!([]), &Value::Null));
    let (status, _) = world.send("GET", "/v1/edit/templates?after=edittplt_0", None);
    assert_eq!(status, 422);
}
