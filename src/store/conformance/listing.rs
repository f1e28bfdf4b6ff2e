//! Listings: what each filter finds, and how pages join.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};

use super::{Fixture, THEM, US};
use crate::base::limits;
use crate::job::filter::{Filter, Order, PageRequest, Source, filename_pattern};
use crate::job::model::Job;
use crate::job::{Endpoint, State};
use crate::store::{NewJob, Page, StoreError};

const ORDERS: [Order; 2] = [Order::Ascending, Order::Descending];
const EXTENSIONS: [&str; 3] = ["pdf", "docx", "csv"];
const FILENAMES: [&str; 4] = ["Rechnung_Ä.PDF", "invoice 7.docx", "list.csv", "a.pdf"];

/// One of a few values, or none: the more jobs share one, the more a filter finds.
fn maybe(number: usize, step: usize, values: &[&str]) -> Option<String> {
    values.get(number * step % (values.len() + 1)).map(|value| (*value).to_owned())
}

/// A job that differs from its neighbours in everything a filter can ask for.
fn varied(fixture: &Fixture, number: usize) -> NewJob {
    let mut new = fixture.new_job(number);
    new.endpoint = Endpoint::ALL[number % 3];
    new.facets.source = Source::ALL.get(number * 3 % 4).copied();
    new.facets.model = maybe(number, 5, &["small", "large"]);
    new.facets.project_id = maybe(number, 7, &["p1", "p2"]);
    new.facets.workflow_id = maybe(number, 11, &["w1", "w2", "w3"]);
    new.facets.workflow_node_id = maybe(number, 13, &["n1", "n2"]);
    new.facets.filename = maybe(number, 3, &FILENAMES);
    new.facets.document_type = maybe(number, 17, &EXTENSIONS);
    for (key, step) in [("a", 5), ("b", 7), ("é", 2)] {
        let value = maybe(number, step, &["1", "2", "x y"]);
        new.metadata.extend(value.map(|value| (key.to_owned(), value)));
    }
    new
}

/// Jobs in several states; some share their time of creation.
fn populate(fixture: &Fixture, count: usize) -> Vec<(NewJob, Job)> {
    let mut new_jobs = Vec::new();
    for number in 0..count {
        if number % 3 == 0 {
            fixture.advance_ms(1_000);
        }
        let new = varied(fixture, number);
        let other = NewJob {
            id: format!("job_them{number}"),
            organization: THEM.to_owned(),
            state: State::Validating,
            ..new.clone()
        };
        fixture.insert(new.clone());
        fixture.insert(other);
        new_jobs.push(new);
    }
    for number in 0..count / 2 {
        let claimed = fixture.claim();
        match number % 3 {
            0 => drop(fixture.complete(claimed.lease)),
            1 => drop(fixture.fail(claimed.lease)),
            _ => {}
        }
    }
    new_jobs.into_iter().map(|new| (new.clone(), fixture.get(&new.id))).collect()
}

/// What a filter means, said a second time.
fn matches(filter: &Filter, (new, job): &(NewJob, Job)) -> bool {
    let facets = &new.facets;
    let asked =
        |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
    let named = |test: &dyn Fn(&str) -> bool| facets.filename.as_deref().is_some_and(test);
    (filter.ids.is_empty() || filter.ids.contains(&job.id))
        && filter.state.is_none_or(|state| state == job.state)
        && filter.endpoint.is_none_or(|endpoint| endpoint == new.endpoint)
        && filter.source.is_none_or(|source| facets.source == Some(source))
        && asked(&filter.project_id, &facets.project_id)
        && asked(&filter.workflow_id, &facets.workflow_id)
        && asked(&filter.workflow_node_id, &facets.workflow_node_id)
        && asked(&filter.model, &facets.model)
        && filter.filename_regex.as_deref().is_none_or(|pattern| {
            let pattern = filename_pattern(pattern).unwrap();
            named(&|name| pattern.is_match(name))
        })
        && filter
            .filename_contains
            .as_deref()
            .is_none_or(|part| named(&|name| name.to_lowercase().contains(&part.to_lowercase())))
        && (filter.document_types.is_empty()
            || facets.document_type.as_ref().is_some_and(|t| filter.document_types.contains(t)))
        && filter.created_from_ms.is_none_or(|from| job.created_ms >= from)
        && filter.created_before_ms.is_none_or(|before| job.created_ms < before)
        && filter.metadata.iter().all(|pair| new.metadata.contains(pair))
}

/// Some value in one of five cases.
fn rarely<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop::option::weighted(0.2, value).boxed()
}

fn word(words: &'static [&'static str]) -> BoxedStrategy<Option<String>> {
    rarely(select(words).prop_map(str::to_owned))
}

fn any_filter(jobs: &[(NewJob, Job)]) -> impl Strategy<Value = Filter> + use<> {
    let ids: Vec<String> =
        jobs.iter().map(|(new, _)| new.id.clone()).chain(["job_none".to_owned()]).collect();
    let times: Vec<i64> =
        jobs.iter().flat_map(|(_, job)| [-1, 0, 1].map(|by| job.created_ms + by)).collect();
    let pairs = (select(vec!["a", "b", "é"]), select(vec!["1", "2", "x y", "none"]))
        .prop_map(|(key, value)| (key.to_owned(), value.to_owned()));
    let kinds = subsequence(EXTENSIONS.map(str::to_owned).to_vec(), 1..=2);
    let from_request = (
        rarely(select(&Endpoint::ALL[..4])),
        rarely(select(&Source::ALL[..])),
        word(&["p1", "p2", "none"]),
        word(&["w1", "w2"]),
        word(&["n1", "n2"]),
        word(&["small", "large"]),
    );
    let from_document = (
        word(&["\\.(pdf|csv)$", "^R.*Ä", "(?i)pdf"]),
        word(&["invoice", "ä.pdf", "RECHNUNG"]),
        rarely(kinds),
    );
    let from_record = (
        rarely(subsequence(ids, 1..30)),
        rarely(select(&State::ALL[..])),
        rarely(select(times.clone())),
        rarely(select(times)),
        rarely(prop::collection::vec(pairs, 1..3)),
    );
    (from_request, from_document, from_record).prop_map(|(request, document, record)| Filter {
        endpoint: request.0,
        source: request.1,
        project_id: request.2,
        workflow_id: request.3,
        workflow_node_id: request.4,
        model: request.5,
        filename_regex: document.0,
        // Callers hand it over as they got it; the store lowers both sides.
        filename_contains: document.1,
        document_types: document.2.unwrap_or_default(),
        ids: record.0.unwrap_or_default(),
        state: record.1,
        created_from_ms: record.2,
        created_before_ms: record.3,
        metadata: record.4.unwrap_or_default(),
    })
}

fn list(fixture: &Fixture, filter: &Filter, page: &PageRequest) -> Page {
    fixture.store.list(US, filter, page).unwrap()
}

/// All pages of a listing, one after another.
fn walk(fixture: &Fixture, filter: &Filter, order: Order, limit: u32) -> Vec<Job> {
    let mut request = PageRequest { limit, order, after: None, before: None };
    let mut found = Vec::new();
    loop {
        let page = list(fixture, filter, &request);
        assert!(page.jobs.len() <= limit as usize);
        assert_eq!(page.resume_after, None, "there is not that much to look at");
        request.after = page.jobs.last().map(|job| job.id.clone());
        found.extend(page.jobs);
        if !page.has_more {
            return found;
        }
    }
}

fn expected(jobs: &[(NewJob, Job)], filter: &Filter, order: Order) -> Vec<Job> {
    let found = jobs.iter().filter(|job| matches(filter, job)).map(|(_, job)| job.clone());
    match order {
        Order::Ascending => found.collect(),
        Order::Descending => found.rev().collect(),
    }
}

pub(crate) fn every_filter_finds_what_it_says(fixture: Fixture) {
    let jobs = populate(&fixture, 120);
    let cases = (any_filter(&jobs), select(&ORDERS[..]), 1_u32..40);
    let found_some = Cell::new(0);
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(400) })
        .run(&cases, |(filter, order, limit)| {
            let found = walk(&fixture, &filter, order, limit);
            let expected = expected(&jobs, &filter, order);
            found_some.set(found_some.get() + u32::from(!expected.is_empty()));
            prop_assert_eq!(found, expected);
            Ok(())
        })
        .unwrap();
    assert!(found_some.get() > 50, "filters that find nothing prove little");
}

pub(crate) fn pages_have_no_gaps_and_no_doubles(fixture: Fixture) {
    let jobs = populate(&fixture, 25);
    let all = Filter::default();
    for (order, limit) in ORDERS.into_iter().flat_map(|order| (1..=26).map(move |n| (order, n))) {
        assert_eq!(walk(&fixture, &all, order, limit), expected(&jobs, &all, order), "{limit}");
    }
    // What comes in while somebody pages does not shift the pages.
    let request = PageRequest { limit: 10, order: Order::Descending, after: None, before: None };
    let first = list(&fixture, &all, &request);
    fixture.queue(900);
    let after = Some(first.jobs[9].id.clone());
    let second = list(&fixture, &all, &PageRequest { after, ..request });
    let expected = expected(&jobs, &all, Order::Descending);
    assert_eq!([first.jobs, second.jobs].concat(), expected[..20]);
}

pub(crate) fn a_page_before_a_job_ends_just_before_it(fixture: Fixture) {
    let jobs = populate(&fixture, 20);
    let queued = Filter { state: Some(State::Queued), ..Filter::default() };
    for (order, filter) in ORDERS.map(|order| (order, &queued)) {
        let all = expected(&jobs, filter, order);
        for (place, limit) in (0..all.len()).flat_map(|place| (1..=11).map(move |n| (place, n))) {
            let before = Some(all[place].id.clone());
            let request = PageRequest { limit, order, after: None, before };
            let page = list(&fixture, filter, &request);
            let from = place.saturating_sub(limit as usize);
            assert_eq!(page.jobs, all[from..place]);
            assert!(page.has_more, "the job it ends before goes on behind it");
            // Between two jobs.
            let request = PageRequest { after: Some(all[from].id.clone()), ..request };
            let page = list(&fixture, filter, &request);
            let between = all.get(from + 1..place).unwrap_or_default();
            assert_eq!(page.jobs, between);
        }
    }
}

pub(crate) fn an_unknown_cursor_is_not_found(fixture: Fixture) {
    fixture.queue(1);
    let request = PageRequest { limit: 5, order: Order::Ascending, after: None, before: None };
    for page in [
        PageRequest { after: Some("job_none".to_owned()), ..request.clone() },
        PageRequest { before: Some("job_none".to_owned()), ..request },
    ] {
        let found = fixture.store.list(US, &Filter::default(), &page);
        assert_eq!(found, Err(StoreError::NotFound("job_none".to_owned())));
    }
}

pub(crate) fn a_search_for_little_among_much_goes_on_where_it_stopped(fixture: Fixture) {
    let much = limits::LIST_CANDIDATES_MAX as usize + 500;
    let asked: Vec<_> = (0..much)
        .map(|number| {
            let mut new = fixture.new_job(number);
            let rare = number == 3 || number == much - 3;
            new.facets.filename = Some(if rare { "rare.pdf" } else { "common.pdf" }.to_owned());
            fixture.store.insert(new)
        })
        .collect();
    asked.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
    let rare = Filter { filename_contains: Some("rare".to_owned()), ..Filter::default() };
    for order in ORDERS {
        let request = PageRequest { limit: 10, order, after: None, before: None };
        let first = list(&fixture, &rare, &request);
        assert_eq!((first.jobs.len(), first.has_more), (1, true));
        let second = list(&fixture, &rare, &PageRequest { after: first.resume_after, ..request });
        assert_eq!((second.jobs.len(), second.has_more, second.resume_after), (1, false, None));
        assert_ne!(first.jobs[0].id, second.jobs[0].id);
    }
}
