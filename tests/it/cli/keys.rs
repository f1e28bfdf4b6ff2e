//! `keys`: made, used, listed and revoked while a server runs.

use std::time::Duration;

use super::{Shell, json};
use crate::support::process;
use crate::support::server::Home;

#[test]
fn keys_open_and_close_a_running_server() {
    let home = Home::new(&[]);
    let server = home.start();
    let data_dir = home.path().to_str().unwrap().to_owned();
    let shell = Shell::of(&server).with("DOCSPOOL_DATA_DIR", &data_dir);
    let made = shell.run(&["keys", "create", "office", "--organization", "org_a", "--json"]);
    assert!(made.talk.contains("this once"), "{}", made.talk);
    let made = json(&made.ok());
    let key = made["key"].as_str().unwrap().to_owned();
    let limit = Duration::from_secs(10);
    let talk = process::eventually(limit, "a key is asked for", || {
        let ended = shell.run(&["list"]);
        (ended.code == 4).then_some(ended.talk)
    });
    assert!(talk.contains("DOCSPOOL_API_KEY"), "{talk}");
    assert_eq!(shell.run(&["list", "--api-key", "dsp_wrong"]).code, 4);
    let keeper = Shell::of(&server).with("DOCSPOOL_API_KEY", &key);
    let id = keeper.run_with_input(&["submit", "-"], b"words").quiet();
    assert!(keeper.run(&["get", id.trim()]).quiet().contains("org_a"));
    shell.write("key", format!("{key}\n"));
    let from_file =
        Shell::of(&server).with("DOCSPOOL_API_KEY_FILE", shell.path("key").to_str().unwrap());
    assert!(from_file.run(&["list"]).quiet().contains(id.trim()));

    let other = shell.run(&["keys", "create", "other", "--organization", "org_b"]).ok();
    process::eventually(limit, "the other key is taken", || {
        (shell.run(&["list", "--api-key", other.trim()]).code == 0).then_some(())
    });
    shell.run(&["get", id.trim(), "--api-key", other.trim()]).refused(3);

    let listed =
        shell.run(&["keys", "list"]).quiet() + &shell.run(&["keys", "list", "--json"]).quiet();
    assert!(listed.contains("office") && listed.contains("org_b"), "{listed}");
    let kept = std::fs::read_to_string(home.path().join("keys.json")).unwrap();
    assert!(!listed.contains(&key) && !kept.contains(&key), "the key is kept nowhere");

    let revoked = shell.run(&["keys", "revoke", "office"]).ok();
    assert_eq!(revoked.trim(), made["id"].as_str().unwrap());
    shell.run(&["keys", "revoke", "office"]).refused(3);
    process::eventually(limit, "the key is refused", || {
        (keeper.run(&["list"]).code == 4).then_some(())
    });
}

#[test]
fn a_first_key_makes_the_folder_and_bad_names_are_refused() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["keys", "list"]).ok(), "");
    shell.run(&["keys", "revoke", "office"]).refused(3);
    assert!(!shell.path("data").exists());
    let key = shell.run(&["keys", "create"]).ok();
    assert!(key.starts_with("dsp_") && key.lines().count() == 1, "{key}");
    shell.run(&["keys", "create", ""]).refused(2);
    shell.run(&["keys", "create", "a", "--organization", "no spaces"]).refused(2);
    shell.write("data/keys.json", "{");
    shell.run(&["keys", "list"]).refused(8);
}
