//! Extract, split and the like over HTTP, with the engine that needs no model: jobs, direct
//! calls, forms, streams.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use docspool::Engine;
use docspool::http::api::{Api, ApiConfig};
use docspool::http::server::{Server, ServerConfig};
use docspool::process::Processors;
use serde_json::{Value, json};

use crate::support::client::Client;

const BILL: &str = "INVOICE\n\nInvoice number: K-17\nInvoice date: 2024-05-31\n\n\
    Description     Qty     Unit price     Amount\n\
    Slate tiles     10      1.50           15.00\n\n\
    Total due: 15.00 EUR\n";

struct World {
    server: Server,
    client: Client,
    // Last, so that the server has gone when its folder goes.
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::builder(folder.path().join("jobs.db"));
        let engine = engine.processors(Processors::standard()).workers(1).start().unwrap();
        let api = Api::new(Arc::new(engine), ApiConfig::new(folder.path())).unwrap();
        let config = ServerConfig::new(([127, 0, 0, 1], 0).into());
        let server = Server::start(config, Arc::new(api)).unwrap();
        let client = Client::new(server.local_addr());
        Self { server, client, _folder: folder }
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.client.send("POST", path, &[], Some(body.to_string().as_bytes()));
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.json());
        answer.json()
    }

    /// Sends a request on a connection of its own; gives head and body.
    fn exchange(&self, path: &str, media_type: &str, body: &str) -> (String, String) {
        let address = self.server.local_addr();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }
}

fn document(text: &str) -> Value {
    let url = format!("data:text/plain;base64,{}", BASE64_STANDARD.encode(text));
    json!({"filename": "bill.txt", "url": url})
}

fn schema() -> Value {
    json!({"type": "object", "additionalProperties": false,
        "required": ["invoice_number", "issue_date", "total", "line_items"],
        "properties": {
            "invoice_number": {"type": "string"},
            "issue_date": {"type": "string", "format": "date"},
            "total": {"type": "number"},
            "line_items": {"type": "array", "items": {"type": "object", "properties": {
                "description": {"type": "string"}, "quantity": {"type": "number"}}}}}})
}

fn expected() -> Value {
    json!({"invoice_number": "K-17", "issue_date": "2024-05-31", "total": 15,
        "line_items": [{"description": "Slate tiles", "quantity": 10}]})
}

#[test]
fn a_project_extracts_as_a_job_as_json_and_as_a_form() {
    let mut world = World::new();
    let body = json!({"name": "Bills", "json_schema": schema()});
    let project = world.post("/v1/projects", &body)["id"].as_str().unwrap().to_owned();
    let request = json!({"project_id": project, "document": document(BILL)});
    let job = json!({"endpoint": "/v1/projects/extract", "request": request});
    let id = world.client.submit(&job);
    let job = world.client.wait(&id);
    let parsed = "/choices/0/message/parsed";
    assert_eq!(job["response"]["body"].pointer(parsed), Some(&expected()), "{job:#}");
    let direct = world.post("/v1/projects/extract", &request);
    assert_eq!(direct.pointer(parsed), Some(&expected()));
    let form = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"n_consensus\"\r\n\r\n2\r\n\
         --xyz\r\nContent-Disposition: form-data; name=\"document\"; filename=\"bill.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{BILL}\r\n--xyz--\r\n"
    );
    let path = format!("/v1/projects/extract/{project}");
    let (head, answer) = world.exchange(&path, "multipart/form-data; boundary=xyz", &form);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer.pointer(parsed), Some(&expected()));
    assert_eq!(answer["choices"].as_array().unwrap().len(), 2);
}

#[test]
fn a_stream_is_one_line_that_holds_the_whole_answer() {
    let world = World::new();
    let body = json!({"document": document(BILL), "json_schema": schema(), "stream": true});
    for path in ["/v1/documents/extractions", "/v1/documents/extract"] {
        let (head, answer) = world.exchange(path, "application/json", &body.to_string());
        assert!(head.to_lowercase().contains("content-type: application/stream+json\r\n"));
        assert_eq!(answer.matches('\n').count(), 1);
        let chunk: Value = serde_json::from_str(&answer).unwrap();
        let delta = &chunk["choices"][0]["delta"];
        assert_eq!(delta["full_parsed"], expected());
        assert_eq!(delta["flat_parsed"]["line_items.0.description"], "Slate tiles");
        assert_eq!(chunk["choices"][0]["finish_reason"], "stop");
    }
}

#[test]
fn a_split_config_is_what_a_split_takes() {
    let mut world = World::new();
    let request = json!({"document": document(BILL), "model": "retab-small"});
    let config = world.post("/v1/documents/split/generate_config", &request);
    let subdocuments = &config["subdocuments"];
    assert_eq!(subdocuments[0]["name"], "invoice", "{config}");
    let request = json!({"document": document(BILL), "subdocuments": subdocuments});
    let split = world.post("/v1/documents/split", &request);
    assert_eq!(split["splits"][0]["name"], "invoice");
    assert_eq!(split["splits"][0]["pages"], json!([1]));
}

/// What is found of some texts.
fn extracted(world: &mut World, text: &str, asked: &[&str]) -> Value {
    let fields = asked.iter().map(|name| ((*name).to_owned(), json!({"type": ["string", "null"]})));
    extracted_as(world, text, &Value::Object(fields.collect()))
}

fn extracted_as(world: &mut World, text: &str, properties: &Value) -> Value {
    let schema = json!({"type": "object", "properties": properties});
    let body = json!({"document": document(text), "json_schema": schema, "model": "m"});
    let answer = world.post("/v1/documents/extract", &body);
    serde_json::from_str(answer["choices"][0]["message"]["content"].as_str().unwrap()).unwrap()
}

/// A label of two words for the one written to, numbers between it and the name, a street that
/// is called after something that labels are called after, too, and a tax number beside the
/// number for VAT: all of this once lost the buyer or took the wrong number.
#[test]
fn parties_are_found_below_their_labels_whatever_stands_between() {
    let mut world = World::new();
    let bill = "Rechnung Nr. 2041-7 vom 14.03.2023\n\n\
        Verkäufer:\n\
        Seilerei Nordwind GmbH\n\
        Hafengasse 4\n\
        DE 18439 Stralsund\n\n\
        Käufer/Leistungsempfänger:\n\
        Nummer        : 7731\n\
        Werft Ostkai AG\n\
        Rechnungsstraße 12\n\
        DE 23966 Wismar\n\n\
        Zahlbar innerhalb 30 Tagen netto bis 13.04.2023, 2% Skonto bis 24.03.2023\n\n\
        USt.-Identnr.: DE811569869\n\
        Steuernr.:     082/113/40209\n";
    let asked =
        ["seller_name", "buyer_name", "buyer_city", "seller_postcode", "seller_vat_id", "due_date"];
    let expected = json!({"seller_name": "Seilerei Nordwind GmbH",
        "buyer_name": "Werft Ostkai AG", "buyer_city": "Wismar", "seller_postcode": "18439",
        "seller_vat_id": "DE811569869", "due_date": "2023-04-13"});
    assert_eq!(extracted(&mut world, bill, &asked), expected);
}

/// Beside one party's name, an address is that party's, though its own name does not say so; and
/// an address in the line of a name is no part of the name, nor is `Attn:` before it.
#[test]
fn a_bare_address_belongs_to_the_only_party() {
    let mut world = World::new();
    let receipt = "LANTERN STREET BAKERY\n\
        14 Quay Road\n\
        Bristol BS1 6QH\n\n\
        Receipt no: 5521\n\n\
        2 Rye loaf          7.00\n\
        TOTAL               7.00\n";
    let found = extracted(&mut world, receipt, &["company", "address"]);
    let expected =
        json!({"company": "LANTERN STREET BAKERY", "address": "14 Quay Road, Bristol BS1 6QH"});
    assert_eq!(found, expected);
    let bill = "INVOICE\n\nInvoice number: K-18\n\nBilled to\n\
        Oakmere Catering Ltd, 2 Mill Street, Norwich NR1 3PA\n";
    let found = extracted(&mut world, bill, &["invoice_number", "buyer_name"]);
    assert_eq!(found, json!({"invoice_number": "K-18", "buyer_name": "Oakmere Catering Ltd"}));
    let bill = "INVOICE\n\nInvoice number: K-19\n\nBill to Address:\n\
        ATTN: Harbour Books Limited\n93 Quay Road\nBristol BS1 6QH\n";
    let found = extracted(&mut world, bill, &["invoice_number", "buyer_name"]);
    assert_eq!(found, json!({"invoice_number": "K-19", "buyer_name": "Harbour Books Limited"}));
    world.server.stop(std::time::Duration::from_secs(5));
}

/// Deductions that stand beside the earnings were read together with them.
#[test]
fn the_items_of_a_list_are_those_below_its_own_heading() {
    let mut world = World::new();
    let slip = [
        "EARNINGS STATEMENT",
        "",
        "Employee:      Ida Thorn",
        "",
        "Earnings                    Deductions",
        "Regular pay     2,207.60    Federal tax          196.10",
        "Overtime          120.50    Social security      144.35",
        "                            Medicare              33.76",
        "",
        "Gross pay       2,328.10    Net pay            1,953.89",
    ];
    let item = json!({"type": "object", "properties": {
        "name": {"type": "string"}, "amount": {"type": "number"}}});
    let list = json!({"type": "array", "items": item});
    let found = extracted_as(&mut world, &slip.join("\n"), &json!({"deductions": list}));
    let expected = json!({"deductions": [{"name": "Federal tax", "amount": 196.1},
        {"name": "Social security", "amount": 144.35}, {"name": "Medicare", "amount": 33.76}]});
    assert_eq!(found, expected);
    world.server.stop(std::time::Duration::from_secs(5));
}

/// Names without labels: a customer above the address that is served, a bank above the holder of
/// an account, whose number and dates once passed for an address; and a company whose address
/// stands at another place than its largest name.
#[test]
fn names_without_labels_are_told_apart_by_what_stands_below() {
    let mut world = World::new();
    let bill = "Brightwater Energy                      Your electricity bill\n\n\
        Nadia Thorn\n\
        Service address: 55 Mill Lane, Norwich NR1 3PA\n\n\
        Account number: 671-7451\n\
        Amount due: 142.96\n";
    let found = extracted(&mut world, bill, &["provider", "customer_name"]);
    assert_eq!(found, json!({"provider": "Brightwater Energy", "customer_name": "Nadia Thorn"}));

    let statement = "Thistle Savings Bank                      Account Statement\n\n\
        Account holder:       Peter Lorne\n\
        Account number:       4159023575\n\
        Statement period:     04/01/2022 to 04/30/2022\n\n\
        Opening balance: 10.00\n\
        Closing balance: 12.00\n";
    let found = extracted(&mut world, statement, &["bank_name", "account_holder"]);
    let expected = json!({"bank_name": "Thistle Savings Bank", "account_holder": "Peter Lorne"});
    assert_eq!(found, expected);

    let bill = [
        "                                                        Seilerei Nordwind GmbH",
        "                                                        Ecke 12",
        "                                                        12345 Stadthausen",
        "",
        "Seilerei Nordwind GmbH",
        "",
        "Rechnung Nr. 77 vom 09.05.2017",
        "",
        "Gesamtbetrag: 571,04 EUR",
        "Bitte überweisen Sie bis zum 30.05.2017.",
    ];
    let asked = ["seller_name", "seller_postcode", "due_date"];
    let found = extracted(&mut world, &bill.join("\n"), &asked);
    let expected = json!({"seller_name": "Seilerei Nordwind GmbH", "seller_postcode": "12345",
        "due_date": "2017-05-30"});
    assert_eq!(found, expected);
    world.server.stop(std::time::Duration::from_secs(5));
}
