//! Listings: every filter against what it must find, pages both ways in both orders.

use std::sync::Arc;
use std::time::Duration;

use docspool::base::clock::ManualClock;
use serde_json::{Value, json};

use super::{NOON_MS, Setup, World, assert_refused};
use crate::support::client::Client;
use crate::support::documents::parse_text;

const JOBS: usize = 12;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Twelve jobs that differ in everything a filter may ask for, three a day from
/// 2026-01-15 on; the ids in the order of creation.
fn filled() -> (World, Client, Vec<String>) {
    let clock = Arc::new(ManualClock::new(NOON_MS));
    let world = Setup::idle().clock(&clock).start();
    let mut client = world.client();
    let mut ids = Vec::new();
    for n in 0..JOBS {
        let name = ["Invoice & Co", "letter", "report"][n % 3];
        let kind = ["PDF", "txt", "csv", "tar.gz"][n % 4];
        let mut body = parse_text(&format!("{name}-{n}.{kind}"), &n.to_string());
        body["request"]["model"] = json!(if n % 2 == 0 { "retab-small" } else { "retab-large" });
        let mut metadata = json!({"n": n.to_string(), "parity": (n % 2).to_string(), "é": "b 1"});
        if n == 4 {
            metadata["workflow_id"] = json!("flow-1");
            metadata["workflow_node_id"] = json!("node-1");
        }
        if n == 5 {
            metadata["block_id"] = json!("node-1");
        }
        body["metadata"] = metadata;
        ids.push(client.submit(&body));
        if n % 3 == 2 {
            clock.advance(DAY);
        }
    }
    client.post_empty(&format!("/v1/jobs/{}/cancel", ids[2])).ok();
    (world, client, ids)
}

fn places(page: &Value, ids: &[String]) -> Vec<usize> {
    let place = |job: &Value| ids.iter().position(|id| job["id"] == id.as_str()).unwrap();
    page["data"].as_array().unwrap().iter().map(place).collect()
}

#[test]
fn every_filter_finds_what_it_must() {
    let (_world, mut client, ids) = filled();
    let all: Vec<usize> = (0..JOBS).collect();
    let id = &ids[5];
    let even: Vec<usize> = (0..JOBS).step_by(2).collect();
    let odd: Vec<usize> = (1..JOBS).step_by(2).collect();
    let but = |left_out: &[usize]| -> Vec<usize> {
        all.iter().copied().filter(|n| !left_out.contains(n)).collect()
    };
    let cases: Vec<(String, Vec<usize>)> = [
        ("", all.clone()),
        ("limit=3", vec![0, 1, 2]),
        ("status=cancelled", vec![2]),
        ("status=queued", but(&[2])),
        ("status=expired", vec![]),
        ("endpoint=%2Fv1%2Fdocuments%2Fparse", all.clone()),
        ("endpoint=/v1/documents/split", vec![]),
        ("source=api", but(&[4])),
        ("source=workflow", vec![4]),
        ("source=project", vec![]),
        ("project_id=project_1", vec![]),
        ("workflow_id=flow-1", vec![4]),
        ("workflow_id=flow", vec![]),
        ("workflow_node_id=node-1", vec![4, 5]),
        ("workflow_block_id=node-1", vec![4, 5]),
        ("model=retab-large", odd.clone()),
        ("model=none", vec![]),
        ("filename_contains=invoice+%26+co", vec![0, 3, 6, 9]),
        ("filename_contains=-1", vec![1, 10, 11]),
        ("filename_regex=%5Eletter-1", vec![1, 10]),
        ("filename_regex=report-%5B28%5D%5C.", vec![2, 8]),
        ("filename_regex=report-8", vec![8]),
        ("document_type=pdf", vec![0, 4, 8]),
        ("document_type=pdf&document_type=csv", even.clone()),
        ("document_type=pdf,csv", even.clone()),
        ("document_type=.PDF", vec![0, 4, 8]),
        ("document_type=gz", vec![3, 7, 11]),
        ("document_type=docx", vec![]),
        ("from_date=2026-01-16", (3..12).collect()),
        ("from_date=2026-01-19", vec![]),
        ("to_date=2026-01-16", (0..6).collect()),
        ("to_date=2026-01-14", vec![]),
        ("from_date=2026-01-16&to_date=2026-01-17", (3..9).collect()),
        ("metadata=%7B%22parity%22%3A%20%221%22%7D", odd.clone()),
        ("metadata=%7B%22n%22%3A%224%22%2C+%22%5Cu00e9%22%3A%22b+1%22%7D", vec![4]),
        ("metadata=%7B%22n%22%3A%224%22%2C%22parity%22%3A%221%22%7D", vec![]),
        ("metadata=%7B%7D", all.clone()),
        ("include_request=true&include_response=true", all.clone()),
        ("model=retab-large&status=queued&document_type=txt&from_date=2026-01-16", vec![5, 9]),
        ("status=&id=&model=&something_new=1", all.clone()),
        ("ids=job_unknown", vec![]),
    ]
    .into_iter()
    .map(|(query, expected)| (query.to_owned(), expected))
    .chain([
        (format!("id={id}"), vec![5]),
        (format!("job_id={id}"), vec![5]),
        (format!("id={id}&status=cancelled"), vec![]),
        (format!("ids={},{id},job_unknown&ids={}", ids[9], ids[0]), vec![0, 5, 9]),
        (format!("ids={id},{id}"), vec![5]),
        (format!("ids={},{id}&model=retab-small", ids[8]), vec![8]),
    ])
    .collect();
    for (query, expected) in cases {
        let page = client.get(&format!("/v1/jobs?order=asc&{query}")).ok();
        assert_eq!(places(&page, &ids), expected, "{query}");
        let newest_first = client.get(&format!("/v1/jobs?{query}")).ok();
        let mut found = places(&newest_first, &ids);
        if query != "limit=3" {
            found.reverse();
            assert_eq!(found, expected, "{query}, newest first");
        }
    }
}

/// Walks a listing by `after` and gives the ids of each page.
fn walk(client: &mut Client, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/jobs?{query}{after}")).ok();
        let data = page["data"].as_array().unwrap();
        let ids: Vec<String> =
            data.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(page["object"], "list");
        assert_eq!(page["first_id"].as_str(), ids.first().map(String::as_str), "{query}");
        assert_eq!(page["last_id"].as_str(), ids.last().map(String::as_str), "{query}");
        let (has_more, metadata) = (page["has_more"] == true, &page["list_metadata"]);
        assert_eq!(metadata["after"].is_string(), has_more, "{page}");
        assert_eq!(metadata["before"].is_string(), !after.is_empty() && !ids.is_empty(), "{page}");
        pages.push(ids);
        if !has_more {
            return pages;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
        assert!(pages.len() < 100, "the listing has no end");
    }
}

#[test]
fn pages_are_the_whole_in_either_order() {
    let (_world, mut client, ids) = filled();
    let newest_first: Vec<String> = ids.iter().rev().cloned().collect();
    for (order, expected) in [("asc", &ids), ("desc", &newest_first)] {
        for limit in [1, 2, 4, 5, 11, 12, 13, 100] {
            let pages = walk(&mut client, &format!("order={order}&limit={limit}"));
            assert_eq!(&pages.concat(), expected, "{order} by {limit}");
            // No page is empty, the last one included: has_more was right each time.
            assert_eq!(pages.len(), JOBS.div_ceil(limit), "{order} by {limit}");
        }
        // Backwards from each job: what stands just before it, in the same order.
        for place in 0..JOBS {
            let before = &expected[place];
            let page = client.get(&format!("/v1/jobs?order={order}&limit=4&before={before}")).ok();
            let found: Vec<String> =
                places(&page, &ids).into_iter().map(|n| ids[n].clone()).collect();
            assert_eq!(found, expected[place.saturating_sub(4)..place], "{order} before {place}");
            assert_eq!(page["list_metadata"]["before"].is_string(), place >= 4, "{order} {place}");
        }
    }
    let pages = walk(&mut client, "order=desc&limit=2&model=retab-large&status=queued");
    let odd: Vec<String> = (0..JOBS).rev().filter(|n| n % 2 == 1).map(|n| ids[n].clone()).collect();
    assert_eq!(pages.concat(), odd);
    assert_eq!(walk(&mut client, "status=expired"), [Vec::<String>::new()]);
}

/// Many jobs of one second, and jobs that come while somebody turns pages.
#[test]
fn pages_neither_repeat_nor_skip() {
    let clock = Arc::new(ManualClock::new(NOON_MS));
    let world = Setup::idle().clock(&clock).start();
    let mut client = world.client();
    let add = |client: &mut Client| client.submit(&parse_text("a.txt", "a"));
    let mut ids: Vec<String> = (0..25).map(|_| add(&mut client)).collect();
    let first = client.get("/v1/jobs?limit=10").ok();
    let after = first["last_id"].as_str().unwrap().to_owned();
    assert_eq!(places(&first, &ids), (15..25).rev().collect::<Vec<_>>());
    ids.extend((0..5).map(|_| add(&mut client)));
    let second = client.get(&format!("/v1/jobs?limit=10&after={after}")).ok();
    assert_eq!(places(&second, &ids), (5..15).rev().collect::<Vec<_>>());
    // A job that leaves a filter may still be what a page continues at.
    let page = client.get("/v1/jobs?limit=10&order=asc&status=queued").ok();
    let after = page["last_id"].as_str().unwrap();
    client.post_empty(&format!("/v1/jobs/{after}/cancel")).ok();
    let next = client.get(&format!("/v1/jobs?limit=5&order=asc&status=queued&after={after}")).ok();
    assert_eq!(places(&next, &ids), (10..15).collect::<Vec<_>>());
    assert_eq!(walk(&mut client, "limit=7").concat().len(), 30);
}

#[test]
fn parameters_that_cannot_be_are_refused_by_name() {
    let (_world, mut client, ids) = filled();
    let (a, b) = (&ids[0], &ids[1]);
    let many = vec!["job_1"; 101].join(",");
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=21&include_response=true", "limit"),
        ("order=newest", "order"),
        ("status=running", "status"),
        ("status=queued&status=failed", "status"),
        ("endpoint=parse", "endpoint"),
        ("source=mail", "source"),
        ("source=api&workflow_id=w", "source"),
        ("source=api&project_id=p", "source"),
        ("filename_regex=(", "filename_regex"),
        ("document_type=a/b", "document_type"),
        ("from_date=1.1.2026", "from_date"),
        ("from_date=2026-02-30", "from_date"),
        ("to_date=2026-1-1", "to_date"),
        ("from_date=2026-01-02&to_date=2026-01-01", "to_date"),
        ("metadata=batch", "metadata"),
        ("metadata=%5B%5D", "metadata"),
        ("metadata=%7B%22n%22%3A4%7D", "metadata"),
        ("include_request=maybe", "include_request"),
        ("after=job_unknown", "after"),
        ("before=job_unknown", "before"),
        (&format!("after={a}&before={b}"), "before"),
        (&format!("id={a}&ids={b}"), "ids"),
        (&format!("ids={many}"), "ids"),
        (&format!("filename_regex={}", "a".repeat(257)), "filename_regex"),
    ] {
        let answer = client.get(&format!("/v1/jobs?{query}"));
        assert_refused(&answer, 422, "validation_error", field);
    }
}
