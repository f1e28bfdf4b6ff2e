//! The key of the model's server: where it must be, and where it must not.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};

use super::*;
use crate::support::client::Client;
use crate::support::process::{children_of, eventually};
use crate::support::server::Home;

/// A server of ours whose whole talk goes to a file.
struct Talking {
    child: Child,
    client: Client,
}

impl Talking {
    fn start(home: &Home, arguments: &[&str], talk: &Path) -> Self {
        let mut command = home.command();
        command.args(arguments).env("DOCSPOOL_MODEL_KEY", KEY);
        command.stderr(Stdio::from(File::create(talk).unwrap()));
        let child = command.spawn().unwrap();
        let address = eventually(SOON, "the server names its address", || {
            let said = fs::read_to_string(talk).unwrap();
            let rest = said.split_once(" on http://")?.1;
            rest.split_once('\n')?.0.trim().parse().ok()
        });
        Self { child, client: Client::new(address) }
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn holds_key(bytes: &[u8]) -> bool {
    bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes())
}

#[test]
fn the_key_reaches_the_model_and_nothing_else() {
    // This server repeats the key in all it says.
    let model = Scripted::start(|_, seen| {
        let key = seen.header("authorization").unwrap_or_default().to_owned();
        let text = format!("you sent {key}");
        Reply::json(422, &json!({"error": {"message": text}}))
    });
    let home = Home::new(&[]);
    let talk = tempfile::NamedTempFile::new().unwrap();
    let url = model.url("/v1");
    let arguments = ["--log", "trace", "--model-url", &url, "--model-name", "m", "--workers", "1"];
    let mut server = Talking::start(&home, &arguments, talk.path());
    let body = json!({"endpoint": "/v1/documents/extract", "request": extraction(INVOICE)});
    let id = server.client.submit(&body);
    let job = server.client.wait(&id);
    assert_eq!(job["error"]["code"], "model_rejected", "{job}");
    assert!(job["error"]["message"].as_str().unwrap().contains("you sent Bearer (key)"));
    assert!(!holds_key(job.to_string().as_bytes()));
    let direct = server.client.post("/v1/documents/extract", &extraction(INVOICE));
    assert!(!holds_key(&direct.body));
    assert_eq!(model.seen()[0].header("authorization"), Some(&*format!("Bearer {KEY}")));

    for child in children_of(server.child.id()) {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{child}/{file}")).unwrap();
            assert!(!holds_key(&bytes), "{file} of a child");
        }
    }
    assert!(!holds_key(&fs::read(talk.path()).unwrap()), "the log");
    for entry in fs::read_dir(home.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert!(!holds_key(&fs::read(&path).unwrap()), "{}", path.display());
        }
    }
}

#[test]
fn cancel_kills_the_child_and_so_closes_its_connection() {
    let model = Scripted::start(|number, _| if number == 0 { Reply::Silence } else { good() });
    let home = Home::new(&[]);
    let talk = tempfile::NamedTempFile::new().unwrap();
    let url = model.url("/v1");
    let arguments = ["--model-url", &url, "--model-name", "m", "--workers", "1"];
    let mut server = Talking::start(&home, &arguments, talk.path());
    let body = json!({"endpoint": "/v1/documents/extract", "request": extraction(INVOICE)});
    let id = server.client.submit(&body);
    eventually(SOON, "the model is asked", || (!model.seen().is_empty()).then_some(()));
    server.client.post_empty(&format!("/v1/jobs/{id}/cancel")).ok();
    model.wait_for_close(SOON);
    let next = server.client.submit(&body);
    let job = server.client.wait(&next);
    assert_eq!(job["response"]["body"]["choices"][0]["message"]["parsed"]["number"], "INV-77");
}
