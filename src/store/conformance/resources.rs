//! Projects and templates.

use serde_json::json;

use super::{Fixture, THEM, US};
use crate::job::resource::{Resource, ResourceKind};

const KINDS: [ResourceKind; 2] = [ResourceKind::Project, ResourceKind::Template];

fn resource(kind: ResourceKind, number: usize) -> Resource {
    let body = json!({"name": format!("number {number}"), "é": [1, {"b": null, "a": 2}]});
    Resource {
        kind,
        id: format!("{}{number}", kind.id_prefix()),
        organization: US.to_owned(),
        revision: 0,
        body: body.as_object().unwrap().clone(),
    }
}

pub(crate) fn resources_are_kept_by_kind_and_organization(fixture: Fixture) {
    let store = &fixture.store;
    for (kind, number) in KINDS.into_iter().flat_map(|kind| [(kind, 2), (kind, 1)]) {
        let bytes = Some(vec![7; number * 100_000]);
        assert!(store.put_resource(resource(kind, number), bytes).wait().unwrap());
        let twice = store.put_resource(resource(kind, number), None).wait();
        assert!(twice.is_err(), "{twice:?}");
    }
    let fixture = fixture.reopen();
    let store = &fixture.store;
    for kind in KINDS {
        let stored = |number| Resource { revision: 1, ..resource(kind, number) };
        assert_eq!(store.resources(kind, US).unwrap(), [stored(2), stored(1)]);
        assert_eq!(store.resources(kind, THEM).unwrap(), []);
        let Resource { id, .. } = resource(kind, 1);
        let found = |kind, organization| store.resource(kind, organization, &id).unwrap();
        assert_eq!(found(kind, US), Some(stored(1)));
        assert_eq!(found(kind, THEM), None);
        assert!(KINDS.iter().all(|other| *other == kind || found(*other, US).is_none()));
        assert_eq!(store.attachment(US, &id).unwrap(), Some(vec![7; 100_000]));
        assert_eq!(store.attachment(THEM, &id).unwrap(), None);
    }
}

pub(crate) fn of_two_changes_to_one_revision_the_first_holds(fixture: Fixture) {
    let (store, kind) = (&fixture.store, ResourceKind::Project);
    let first = resource(kind, 1);
    let id = &first.id;
    assert!(store.put_resource(first.clone(), Some(vec![1])).wait().unwrap());
    let changed = |name: &str| {
        let mut changed = Resource { revision: 1, ..first.clone() };
        changed.body.insert("name".to_owned(), name.into());
        changed
    };
    let asked = ["a", "b"].map(|name| store.put_resource(changed(name), None));
    assert_eq!(asked.map(|pending| pending.wait().unwrap()), [true, false]);
    let expected = Resource { revision: 2, ..changed("a") };
    assert_eq!(store.resource(kind, US, id).unwrap(), Some(expected));
    assert_eq!(store.attachment(US, id).unwrap(), Some(vec![1]));
    let theirs = Resource { revision: 2, organization: THEM.to_owned(), ..changed("c") };
    assert!(!store.put_resource(theirs, None).wait().unwrap());

    assert!(!store.delete_resource(kind, THEM, id).wait().unwrap());
    assert_eq!(store.attachment(US, id).unwrap(), Some(vec![1]));
    assert!(store.delete_resource(kind, US, id).wait().unwrap());
    assert!(!store.delete_resource(kind, US, id).wait().unwrap());
    let late = Resource { revision: 2, ..changed("d") };
    assert!(!store.put_resource(late, None).wait().unwrap());
    assert_eq!(store.resource(kind, US, id).unwrap(), None);
    assert_eq!(store.attachment(US, id).unwrap(), None);
    // A later one of the same place has none of the old one's bytes.
    assert!(store.put_resource(resource(kind, 2), None).wait().unwrap());
    assert_eq!(store.attachment(US, &resource(kind, 2).id).unwrap(), None);
}
