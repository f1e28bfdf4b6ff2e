#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

fn read(text: &str) -> Result<ListQuery, ApiError> {
    ListQuery::read(&Query::parse(text))
}

fn refused(text: &str) -> (String, String) {
    let ApiError::Engine(crate::queue::EngineError::Invalid(error)) = read(text).unwrap_err()
    else {
        panic!("{text} gave another error")
    };
    let field = error.details.unwrap()["field"].as_str().unwrap().to_owned();
    (field, error.message)
}

#[test]
fn nothing_asked_is_the_newest_twenty() {
    let asked = read("").unwrap();
    assert_eq!(asked.filter, Filter::default());
    assert_eq!(asked.includes, Includes::default());
    let page = PageRequest { limit: 20, order: Order::Descending, after: None, before: None };
    assert_eq!(asked.page, page);
}

#[test]
fn every_filter_of_the_clients_is_read() {
    // As the Python client encodes them, with the newer names left out.
    let asked = read(
        "limit=5&after=job_1&order=asc&id=job_3&status=failed\
         &endpoint=%2Fv1%2Fdocuments%2Fparse&source=workflow&project_id=project_1\
         &workflow_id=wf_1&workflow_node_id=node_1&model=retab-small\
         &filename_regex=inv.%2A%5C.pdf&filename_contains=inv+%26+co\
         &document_type=pdf&document_type=docx&from_date=2026-01-01&to_date=2026-01-31\
         &metadata=%7B%22batch_id%22%3A+%22b+1%22%2C+%22%5Cu00e9%22%3A+%22%5Cu00fc%22%7D\
         &include_request=true&include_response=false&something_new=1",
    )
    .unwrap();
    let text = |text: &str| Some(text.to_owned());
    let filter = Filter {
        ids: vec!["job_3".to_owned()],
        state: Some(State::Failed),
        endpoint: Some(Endpoint::Parse),
        source: Some(Source::Workflow),
        project_id: text("project_1"),
        workflow_id: text("wf_1"),
        workflow_node_id: text("node_1"),
        model: text("retab-small"),
        filename_regex: text(r"inv.*\.pdf"),
        filename_contains: text("inv & co"),
        document_types: vec!["pdf".to_owned(), "docx".to_owned()],
        created_from_ms: Some(1_767_225_600_000),
        created_before_ms: Some(1_769_904_000_000),
        metadata: vec![("batch_id".into(), "b 1".into()), ("é".into(), "ü".into())],
    };
    assert_eq!(asked.filter, filter);
    assert_eq!(asked.includes, Includes { request: Some(true), response: Some(false) });
    let page =
        PageRequest { limit: 5, order: Order::Ascending, after: text("job_1"), before: None };
    assert_eq!(asked.page, page);
}

#[test]
fn newer_names_and_joined_values_mean_the_same() {
    let asked =
        read("job_id=job_3&workflow_block_id=b&document_type=.PDF,jpg,pdf&before=x").unwrap();
    assert_eq!(asked.filter.ids, ["job_3"]);
    assert_eq!(asked.filter.workflow_node_id.as_deref(), Some("b"));
    assert_eq!(asked.filter.document_types, ["pdf", "jpg"]);
    assert_eq!(asked.page.before.as_deref(), Some("x"));
}

#[test]
fn a_value_that_cannot_be_is_refused_with_its_name_and_the_valid_ones() {
    for (text, field, says) in [
        ("limit=0", "limit", "from 1 to 100"),
        ("limit=101", "limit", "from 1 to 100"),
        ("limit=99999999999999999999", "limit", "from 1 to 100"),
        ("limit=21&include_response=true", "limit", "at most 20"),
        ("order=up", "order", "asc, desc"),
        ("status=done", "status", "validating, queued, in_progress, completed"),
        ("status=failed,queued", "status", "one of validating"),
        ("endpoint=/v1/jobs", "endpoint", "/v1/documents/parse"),
        ("source=ui", "source", "api, project, workflow"),
        ("source=api&project_id=p", "source", "project_id"),
        ("source=api&workflow_id=w", "source", "workflow_id"),
        ("after=a&before=b", "before", "exclude each other"),
        ("id=a&ids=b", "ids", "exclude each other"),
        ("document_type=../x", "document_type", "pdf"),
        ("from_date=2026-02-30", "from_date", "YYYY-MM-DD"),
        ("from_date=2026-1-1", "from_date", "YYYY-MM-DD"),
        ("to_date=2026-01-01T00:00", "to_date", "YYYY-MM-DD"),
        ("to_date=%2B026-01-01", "to_date", "YYYY-MM-DD"),
        ("from_date=2026-01-02&to_date=2026-01-01", "to_date", "before from_date"),
        ("metadata=x", "metadata", "JSON object"),
        ("metadata=[]", "metadata", "JSON object"),
        ("metadata={\"a\":1}", "metadata", "JSON object"),
        ("filename_regex=(", "filename_regex", "cannot be used"),
        ("include_request=maybe", "include_request", "true, false"),
    ] {
        let (found, message) = refused(text);
        assert_eq!(found, field, "{text}");
        assert!(message.contains(says), "{text}: {message}");
    }
}

#[test]
fn days_at_the_ends_of_the_calendar_do_not_overflow() {
    let asked = read("from_date=0000-01-01&to_date=9999-12-31").unwrap();
    assert_eq!(asked.filter.created_from_ms, Some(-62_167_219_200_000));
    assert_eq!(asked.filter.created_before_ms, Some(253_402_300_800_000));
}

#[test]
fn one_day_is_the_whole_day() {
    let filter = read("from_date=2024-02-29&to_date=2024-02-29").unwrap().filter;
    let from = filter.created_from_ms.unwrap();
    assert_eq!(from, 1_709_164_800_000);
    assert_eq!(filter.created_before_ms.unwrap() - from, 86_400_000);
}

#[test]
fn naming_many_jobs_shows_all_of_them() {
    let ids: Vec<String> = (0..100).map(|n| format!("job_{n}")).collect();
    let asked = read(&format!("ids={}", ids.join(","))).unwrap();
    assert_eq!((asked.page.limit, asked.filter.ids.len()), (100, 100));
    let (field, _) = refused(&format!("ids={},job_100", ids.join(",")));
    assert_eq!(field, "ids");
    assert_eq!(read(&format!("ids={}&limit=3", ids.join(","))).unwrap().page.limit, 3);
}

#[test]
fn a_regular_expression_that_would_grow_large_is_refused() {
    let (field, message) = refused("filename_regex=((a{100}){100}){100}");
    assert_eq!(field, "filename_regex");
    assert!(message.contains("limit"), "{message}");
    let (_, message) = refused(&format!("filename_regex={}", "a".repeat(257)));
    assert!(message.contains("256"), "{message}");
}
