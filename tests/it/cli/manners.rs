//! Colours, help, exit codes and configuration.

use super::{Shell, json};

#[test]
fn colours_are_for_terminals() {
    let shell = Shell::new().with("NO_COLOR", "1");
    for arguments in [&["config", "show"][..], &["run", "nowhere.pdf"]] {
        let ended = shell.run(arguments);
        assert!(!(ended.out + &ended.talk).contains('\u{1b}'), "{arguments:?}");
    }
    let ended = shell.run(&["config", "show", "--color", "always"]);
    assert!(ended.quiet().contains('\u{1b}'), "who asks for colours gets them");
}

#[test]
fn the_exit_codes_of_the_help_are_those_of_the_readme() {
    let help = Shell::new().run(&["--help"]).quiet();
    let table = help.split_once("Exit codes:\n").unwrap().1.lines();
    let of_help: Vec<_> = table.map(|line| line.trim().split_once("  ").unwrap()).collect();
    let readme = include_str!("../../../README.md").split_once("\n## Exit codes").unwrap().1;
    let section = readme.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let code = cells.next()?;
        code.parse::<u8>().is_ok().then_some((code, cells.next()?))
    });
    assert_eq!(rows.collect::<Vec<_>>(), of_help);
    assert_eq!(of_help.len(), 11);
}

#[test]
fn every_command_explains_itself() {
    let shell = Shell::new();
    for command in [
        "serve",
        "run",
        "parse",
        "submit",
        "wait",
        "get",
        "result",
        "list",
        "cancel",
        "retry",
        "keys",
        "doctor",
        "config",
        "completions",
        "version",
    ] {
        let help = shell.run(&[command, "--help"]).quiet();
        assert!(help.contains("Usage: docspool"), "{command}: {help}");
    }
    assert!(!shell.run(&["--help"]).quiet().contains("child"), "that one is not for people");
    let version = json(&shell.run(&["version", "--json"]).quiet());
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(shell.run(&["completions", "bash"]).quiet().contains("docspool"));
}

#[test]
fn flags_come_before_the_environment_the_file_and_the_defaults() {
    let shell = Shell::new().with("DOCSPOOL_WORKERS", "5").with("DOCSPOOL_GRACE", "2s");
    std::fs::create_dir(shell.path("data")).unwrap();
    shell.write("data/config.toml", "workers = 3\nmax_body = \"1MiB\"\ngrace = '1s'\n");
    let shown = json(&shell.run(&["config", "show", "--json", "--grace", "3s"]).quiet());
    let expected = [
        ("grace", "3s", "flag"),
        ("workers", "5", "environment DOCSPOOL_WORKERS"),
        ("max_body", "1MiB", "config.toml"),
        ("retention", "7d", "default"),
    ];
    for (name, value, source) in expected {
        assert_eq!(shown[name]["value"], value);
        let told = shown[name]["source"].as_str().unwrap();
        assert!(told.ends_with(source), "{name}: {told}");
    }
}

#[test]
fn a_setting_that_does_not_exist_is_refused_and_those_that_do_are_named() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("data")).unwrap();
    shell.write("data/config.toml", "worker = 3\n");
    let talk = shell.run(&["config", "show"]).refused(2);
    assert!(talk.contains("data/config.toml: there is no setting worker"), "{talk}");
    assert!(talk.contains("did you mean workers?"), "{talk}");
    assert!(talk.contains("data_dir, listen, workers, max_body"), "{talk}");
}

#[test]
fn secrets_are_never_shown() {
    let shell = Shell::new().with("DOCSPOOL_API_KEY", "dsp_secret");
    for arguments in [&["config", "show"][..], &["config", "show", "--json"], &["list"]] {
        let ended = shell.run(arguments);
        assert!(!(ended.out + &ended.talk).contains("dsp_secret"), "{arguments:?}");
    }
}
