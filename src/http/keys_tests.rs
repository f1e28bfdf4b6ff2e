#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::base::clock::ManualClock;
use std::time::Duration;

fn ring(directory: &Path, needed: bool) -> (Arc<ManualClock>, Keyring) {
    let clock = Arc::new(ManualClock::new(1_000_000));
    let file = KeyFile::in_directory(directory);
    let keyring = Keyring::open(file, clock.clone(), needed).unwrap();
    (clock, keyring)
}

#[test]
fn a_key_lives_from_create_to_revoke_and_is_kept_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(directory.path());
    assert_eq!(file.list().unwrap(), []);
    let clock = ManualClock::new(7_000);
    let (text, record) = file.create("laptop", "org_a", &clock).unwrap();
    let (_, other) = file.create("build", "org_b", &clock).unwrap();
    assert_eq!(file.list().unwrap(), [record.clone(), other.clone()]);
    assert!(text.starts_with(&record.prefix) && text.len() >= record.prefix.len() + 32);
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let written = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!written.contains(&text[record.prefix.len()..]));
    }
    assert_eq!(file.revoke(&text).unwrap(), record);
    assert!(matches!(file.revoke("laptop"), Err(KeysError::NotFound(_))));
    assert_eq!(file.revoke(&other.id).unwrap(), other);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_key_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(directory.path());
    file.create("k", "org_a", &ManualClock::new(0)).unwrap();
    let mode = std::fs::metadata(directory.path().join(KEY_FILE_NAME)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn keys_of_the_same_name_are_told_apart_by_id() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(directory.path());
    let clock = ManualClock::new(0);
    let (_, first) = file.create("k", "org_a", &clock).unwrap();
    file.create("k", "org_a", &clock).unwrap();
    let error = file.revoke("k").unwrap_err().to_string();
    assert!(error.contains("by its id"), "{error}");
    file.revoke(&first.id).unwrap();
    assert_eq!(file.list().unwrap().len(), 1);
}

#[test]
fn odd_names_and_organizations_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(directory.path());
    let long = "n".repeat(101);
    for (name, organization) in
        [("", "org"), ("a\nb", "org"), (&long, "org"), ("a", ""), ("a", "o/x")]
    {
        let made = file.create(name, organization, &ManualClock::new(0));
        assert!(matches!(made, Err(KeysError::Invalid(_))), "{name:?} {organization:?}");
    }
    assert_eq!(file.list().unwrap(), []);
}

#[test]
fn a_running_keyring_notices_changes_but_looks_only_once_a_second() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(directory.path());
    let (clock, keyring) = ring(directory.path(), false);
    assert_eq!(keyring.check(None), Verdict::Open);
    let (text, record) = file.create("k", "org_a", &*clock).unwrap();
    assert_eq!(keyring.check(None), Verdict::Open, "not a second has passed");
    clock.advance(Duration::from_secs(1));
    assert_eq!(keyring.check(None), Verdict::Unknown);
    assert_eq!(keyring.check(Some("dsp_wrong")), Verdict::Unknown);
    assert_eq!(keyring.check(Some(&text)), Verdict::Known("org_a".to_owned()));
    file.revoke(&record.id).unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(keyring.check(Some(&text)), Verdict::Unknown, "the last key closes the server");
}

#[test]
fn a_key_file_that_vanishes_or_breaks_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::in_directory(directory.path());
    let (text, _) = file.create("k", "org_a", &ManualClock::new(0)).unwrap();
    let (clock, keyring) = ring(directory.path(), false);
    std::fs::write(directory.path().join(KEY_FILE_NAME), "{").unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(keyring.check(Some(&text)), Verdict::Known("org_a".to_owned()));
    std::fs::remove_file(directory.path().join(KEY_FILE_NAME)).unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(keyring.check(None), Verdict::Unknown);
}

#[test]
fn a_damaged_key_file_is_refused_at_start() {
    let directory = tempfile::tempdir().unwrap();
    for text in [
        "",
        "{",
        "[]",
        r#"{"keys":[{"id":"k","prefix":"p","hash":"00","name":"n","organization":"o","created_ms":1}]}"#,
    ] {
        std::fs::write(directory.path().join(KEY_FILE_NAME), text).unwrap();
        let file = KeyFile::in_directory(directory.path());
        let opened = Keyring::open(file, Arc::new(ManualClock::new(0)), false);
        assert!(matches!(opened, Err(KeysError::Damaged { .. })), "{text}");
    }
}

#[test]
fn keys_may_be_needed_before_there_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let (_, keyring) = ring(directory.path(), true);
    assert_eq!(keyring.check(Some("any")), Verdict::Unknown);
}
