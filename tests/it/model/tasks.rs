//! Each endpoint through the model, long documents and votes.

use serde_json::json;

use super::*;
use crate::support::forms::application;

#[test]
fn a_long_document_is_read_in_portions_that_are_joined() {
    // Each portion answers with the rows that it shows.
    let server = Scripted::start(|_, seen| {
        let prompt = seen.json()["messages"][1]["content"].as_str().unwrap().to_owned();
        let rows: Vec<&str> =
            prompt.lines().filter_map(|line| line.trim().strip_prefix("Row ")).collect();
        let number = prompt.contains("INV-77").then_some("INV-77");
        completion(&json!({"number": number, "rows": rows}).to_string())
    });
    let world = World::with(settings(&server).with_context(2_048).unwrap());
    let rows: Vec<String> = (1..=400).map(|n| format!("{n:04} of many bolts and nuts")).collect();
    let text: String = rows.iter().map(|row| format!("Row {row}\n\n")).collect();
    let mut request = extraction(&format!("{INVOICE}\n\n{text}"));
    request["json_schema"] = json!({"type": "object", "properties": {
        "number": {"type": "string"}, "rows": {"type": "array", "items": {"type": "string"}}}});
    let answer = world.ask(Endpoint::Extract, &request);
    let data = &answer["choices"][0]["message"]["parsed"];
    assert_eq!(data["number"], "INV-77");
    assert_eq!(data["rows"], json!(rows));
    let count = server.seen().len();
    assert!(count > 3, "{count}");
    assert_eq!(answer["usage"]["prompt_tokens"], 700 * count);
    // No request is larger than what the model can hold.
    for seen in server.seen() {
        let body = seen.json();
        let text: usize = body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["content"].as_str().unwrap().len())
            .sum();
        assert!(text / 3 < 2_048, "{text}");
    }
}

#[test]
fn a_prompt_that_is_too_long_after_all_is_halved() {
    let server = Scripted::start(|_, seen| match seen.body.len() > 6_000 {
        true => Reply::json(
            400,
            &json!({"error": {"code": "context_length_exceeded",
            "message": "maximum context length is 1500 tokens"}}),
        ),
        false => good(),
    });
    let text = format!("{INVOICE}{}", "One more line of text.\n".repeat(400));
    assert_eq!(World::new(&server).extract(&text)["number"], "INV-77");
    assert!(server.seen().len() > 3);
}

#[test]
fn votes_are_counted_field_by_field() {
    let server = Scripted::start(|number, _| {
        completion(match number {
            0 => r#"{"number": "INV-77", "total": 1250.5}"#,
            1 => r#"{"number": "INV-78", "total": 1250.5}"#,
            _ => r#"{"number": "INV-77", "total": 1250}"#,
        })
    });
    let mut request = extraction(INVOICE);
    request["n_consensus"] = json!(3);
    let answer = World::new(&server).ask(Endpoint::Extract, &request);
    let parsed = |at: usize| &answer["choices"][at]["message"]["parsed"];
    assert_eq!(parsed(0), &json!({"number": "INV-77", "total": 1250.5}));
    assert_eq!(answer["choices"].as_array().unwrap().len(), 4, "the answer and three votes");
    let likelihood = answer["likelihoods"]["number"].as_f64().unwrap();
    assert!(likelihood > 0.5 && likelihood < 0.75, "{likelihood}");
    assert_eq!(answer["usage"]["completion_tokens"], 90);
    let temperatures: Vec<f64> =
        server.seen().iter().map(|seen| seen.json()["temperature"].as_f64().unwrap()).collect();
    assert!(temperatures.iter().all(|temperature| *temperature > 0.0));
}

#[test]
fn one_failed_vote_costs_one_vote() {
    let server = Scripted::start(|number, _| match number {
        0 => Reply::json(200, &json!({"choices": [{"message": {"refusal": "No."}}]})),
        _ => good(),
    });
    let mut request = extraction(INVOICE);
    request["n_consensus"] = json!(2);
    let answer = World::new(&server).ask(Endpoint::Extract, &request);
    assert!(answer["warnings"].to_string().contains("only 1 of 2 votes"), "{answer}");
}

#[test]
fn a_category_comes_with_the_models_reason() {
    let server = Scripted::start(|_, seen| {
        let names = &seen.json()["response_format"]["json_schema"]["schema"]["properties"];
        assert_eq!(names["category"]["enum"], json!(["Invoice", "Other"]));
        completion(r#"{"reasoning": "It says “Invoice No.”.", "category": "invoice"}"#)
    });
    let request = json!({"document": document(INVOICE), "context": "mail of today",
        "categories": [{"name": "Invoice", "description": "bills"}, {"name": "Other"}]});
    let answer = World::new(&server).ask(Endpoint::Classify, &request);
    assert_eq!(answer["result"]["classification"], "Invoice");
    assert_eq!(answer["result"]["reasoning"], "It says “Invoice No.”.");
    assert_eq!(answer["usage"]["model"], "tiny-1b");
    assert!(server.seen()[0].json()["messages"][1].to_string().contains("mail of today"));
}

#[test]
fn pages_are_split_as_the_model_names_them() {
    let server = Scripted::start(|_, _| {
        completion(
            &json!({"pages": [{"page": 1, "kind": "Invoice", "begins": true,
            "key": "INV-77"}]})
            .to_string(),
        )
    });
    let request = json!({"document": document(INVOICE), "subdocuments": [
        {"name": "Receipt"}, {"name": "Invoice", "partition_key": "invoice number"}]});
    let answer = World::new(&server).ask(Endpoint::Split, &request);
    assert_eq!(answer["splits"][0]["name"], "Invoice");
    assert_eq!(answer["splits"][0]["partitions"][0]["key"], "INV-77");
}

#[test]
fn a_schema_is_made_of_the_fields_that_the_model_lists() {
    let server = Scripted::start(|_, _| {
        completion(
            &json!({"title": "Invoice", "description": "", "fields": [
            {"name": "invoice_number", "title": "Number", "description": "", "type": "text",
                "in_every_sample": true, "columns": null}]})
            .to_string(),
        )
    });
    let request = json!({"documents": [document(INVOICE)], "instructions": "numbers only"});
    let answer = World::new(&server).ask(Endpoint::GenerateSchema, &request);
    assert_eq!(answer["json_schema"]["required"], json!(["invoice_number"]));
    assert_eq!(answer["usage"]["total_tokens"], 730);
}

#[test]
fn a_form_gets_what_the_model_reads_out_of_the_instructions_and_nothing_else() {
    let server = Scripted::start(|_, seen| {
        let schema = &seen.json()["response_format"]["json_schema"]["schema"]["properties"];
        let is_text = |field: &Value| field["type"] == json!(["string", "null"]);
        let texts = schema.as_object().unwrap().iter().filter(|(_, field)| is_text(field));
        let keys: Vec<&String> = texts.map(|(key, _)| key).collect();
        let mut answer = json!({});
        answer[keys[0]] = json!("Ann Miller");
        answer[keys[1]] = json!("made up by the model");
        completion(&answer.to_string())
    });
    let url = docspool::job::data_url::of("application/pdf", &application());
    let request = json!({"document": {"filename": "form.pdf", "url": url},
        "instructions": "The applicant is Ann Miller.", "model": "retab-large"});
    let answer = World::new(&server).ask(Endpoint::AgentFill, &request);
    let fields = answer["form_data"].as_array().unwrap();
    let values: Vec<&str> = fields.iter().filter_map(|field| field["value"].as_str()).collect();
    assert!(values.contains(&"Ann Miller"), "{values:?}");
    assert!(!answer["form_data"].to_string().contains("made up"), "{values:?}");
    assert_eq!(answer["usage"]["model"], "huge-70b");
    let prompt = server.seen()[0].json()["messages"][1]["content"].to_string();
    assert_eq!(prompt.matches("The applicant is Ann Miller.").count(), 1);
}
