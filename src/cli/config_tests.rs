//! Configuration: who wins, what is warned about, what is refused.

use super::*;
use docspool::base::limits;
use table::{ALL_SCOPES, DATA};

fn flags(given: &[(&'static str, &str)]) -> Flags<ALL_SCOPES> {
    let given = given.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    Flags { given, config: None }
}

fn variables(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn folder_with(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    folder
}

fn source_of(config: &Config, name: &str) -> Source {
    config.values.iter().find(|value| value.setting.name == name).unwrap().source.clone()
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_default() {
    let folder = folder_with("workers = 3\nmax_body = \"1MiB\"\ngrace = '1s'\n");
    let dir = folder.path().to_str().unwrap();
    let environment = variables(&[
        ("DOCSPOOL_DATA_DIR", dir),
        ("DOCSPOOL_WORKERS", "5"),
        ("DOCSPOOL_GRACE", "2s"),
    ]);
    let config = Config::resolve(&flags(&[("grace", "3s")]), &environment).unwrap();
    assert_eq!(config.grace, Duration::from_secs(3));
    assert_eq!(config.workers, Some(5));
    assert_eq!(config.max_body_bytes, 1 << 20);
    assert_eq!(config.listen.port(), 8787);
    assert_eq!(config.data_file(), folder.path().join("jobs.db"));
    assert_eq!(source_of(&config, "grace"), Source::Flag);
    assert_eq!(source_of(&config, "workers"), Source::Variable("DOCSPOOL_WORKERS".into()));
    assert_eq!(source_of(&config, "max_body"), Source::File(folder.path().join("config.toml")));
    assert_eq!(source_of(&config, "listen"), Source::Default);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn defaults_are_the_limits_of_the_library() {
    let environment = variables(&[("XDG_DATA_HOME", "/nowhere")]);
    let config = Config::resolve(&flags(&[]), &environment).unwrap();
    assert_eq!(config.max_body_bytes, limits::BODY_BYTES_MAX);
    assert_eq!(config.retention.as_millis(), u128::try_from(limits::RETENTION_MS).unwrap());
    assert_eq!(config.job_deadline.as_millis(), u128::from(limits::JOB_DEADLINE_MS));
    assert_eq!(config.child_memory_bytes, limits::CHILD_MEMORY_BYTES_MAX);
}

#[test]
fn the_data_folder_is_looked_for_in_this_order() {
    let mut environment = variables(&[("XDG_DATA_HOME", "/xdg")]);
    let mut dir = |pair: Option<(&str, &str)>, given: &[(&'static str, &str)]| {
        environment.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Config::resolve(&flags(given), &environment).unwrap().data_dir
    };
    assert_eq!(dir(None, &[]), Path::new("/xdg/docspool"));
    assert_eq!(dir(Some(("STATE_DIRECTORY", "/state/a:/state/b")), &[]), Path::new("/state/a"));
    assert_eq!(dir(Some(("DOCSPOOL_DATA_DIR", "/variable")), &[]), Path::new("/variable"));
    assert_eq!(dir(None, &[("data_dir", "/flag")]), Path::new("/flag"));
}

#[test]
fn unknown_variables_are_warned_about_with_the_nearest_known_one() {
    let environment = variables(&[
        ("DOCSPOOL_DATA_DIR", "/nowhere"),
        ("DOCSPOOL_LISTENS", "x"),
        ("DOCSPOOL_ZEBRA", "x"),
        ("OTHER", "x"),
    ]);
    let warnings = Config::resolve(&flags(&[]), &environment).unwrap().warnings.join("\n");
    assert!(warnings.contains("did you mean DOCSPOOL_LISTEN?"), "{warnings}");
    assert!(warnings.contains("no environment variable DOCSPOOL_ZEBRA; it"), "{warnings}");
    assert!(!warnings.contains("OTHER"), "{warnings}");
}

#[test]
fn an_unknown_setting_in_the_file_is_refused_with_all_that_there_are() {
    for (line, told) in [("worker = 3", "did you mean workers?"), ("zebra = 1", "setting zebra")] {
        let folder = folder_with(line);
        let given = [("data_dir", folder.path().to_str().unwrap())];
        let failure = Config::resolve(&flags(&given), &Environment::new()).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("config.toml: there is no setting"), "{failure}");
        assert!(failure.message.contains(told), "{failure}");
        assert!(failure.hints.concat().contains("data_dir, listen, workers,"), "{failure:?}");
    }
}

#[test]
fn a_wrong_value_names_where_it_came_from() {
    let folder = folder_with("max_body = \"12 parsecs\"\n");
    let dir = folder.path().to_str().unwrap();
    let data_dir = variables(&[("DOCSPOOL_DATA_DIR", dir)]);
    let failure = Config::resolve(&flags(&[]), &data_dir).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.message.contains("config.toml: max_body: \"12 parsecs\""), "{failure}");
    let refused = |name, text| {
        let environment = variables(&[("XDG_DATA_HOME", "/nowhere")]);
        Config::resolve(&flags(&[(name, text)]), &environment).unwrap_err().message
    };
    for (name, text) in [
        ("listen", "8787"),
        ("workers", "many"),
        ("retention", "7"),
        ("in_process", "maybe"),
        ("policy", "both"),
        ("log", "loud"),
        ("url", "https://example.org"),
        ("url", "example.org"),
    ] {
        let message = refused(name, text);
        assert!(message.starts_with(&format!("--{}: ", name.replace('_', "-"))), "{message}");
    }
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    let folder = folder_with("workers = 3\nlisten = \n");
    let dir = folder.path().to_str().unwrap();
    let failure = Config::resolve(&flags(&[("data_dir", dir)]), &Environment::new()).unwrap_err();
    assert!(failure.message.contains("config.toml, line 2"), "{failure}");
    let nested = folder_with("[workers]\ncount = 3\n");
    let dir = nested.path().to_str().unwrap();
    let failure = Config::resolve(&flags(&[("data_dir", dir)]), &Environment::new()).unwrap_err();
    assert!(failure.message.contains("workers must be a string"), "{failure}");
}

#[test]
fn a_file_that_was_named_must_exist_and_may_name_the_data_folder() {
    let folder = folder_with("data_dir = \"/elsewhere\"\n");
    let mut flags = flags(&[]);
    flags.config = Some(folder.path().join("config.toml"));
    let config = Config::resolve(&flags, &Environment::new()).unwrap();
    assert_eq!(config.data_dir, Path::new("/elsewhere"));
    flags.config = Some(folder.path().join("missing.toml"));
    let failure = Config::resolve(&flags, &Environment::new()).unwrap_err();
    assert_eq!(failure.exit, Exit::NotFound);
}

#[test]
fn a_key_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "dsp_1\n").unwrap();
    let path = path.to_str().unwrap();
    let environment = variables(&[("DOCSPOOL_API_KEY_FILE", path), ("XDG_DATA_HOME", "/nowhere")]);
    let config = Config::resolve(&flags(&[]), &environment).unwrap();
    assert_eq!(config.api_key.as_deref(), Some("dsp_1"));
}

#[test]
fn a_model_needs_an_address_and_a_name_and_its_key_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "sk-1234\n").unwrap();
    let environment = variables(&[
        ("XDG_DATA_HOME", "/nowhere"),
        ("DOCSPOOL_MODEL_KEY_FILE", path.to_str().unwrap()),
    ]);
    let resolve = |given: &[(&'static str, &str)]| Config::resolve(&flags(given), &environment);
    assert!(resolve(&[]).unwrap().model.is_none());
    let url = ("model_url", "http://127.0.0.1:11434");
    let config = resolve(&[url, ("model_name", "m"), ("model_context", "8192")]).unwrap();
    let model = config.model.clone().unwrap();
    assert_eq!((model.url(), model.names().all()), ("http://127.0.0.1:11434/v1", vec!["m"]));
    assert!(!format!("{config:?}").contains("sk-1234"));
    for (given, told) in [
        (vec![url], "model_name: a model must be named"),
        (vec![("model_url", "localhost:1"), ("model_name", "m")], "--model-url: "),
        (vec![url, ("model_name", "m"), ("model_context", "9")], "--model-context: "),
        (vec![url, ("model_name", "a=")], "--model-name: "),
        (vec![("fetch", "all")], "--fetch: "),
    ] {
        let message = resolve(&given).unwrap_err().message;
        assert!(message.starts_with(told), "{message}");
    }
}

#[test]
fn every_setting_has_a_name_of_its_own_and_a_command_that_takes_it() {
    let mut names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert!(SETTINGS.iter().all(|setting| setting.scope != 0 && setting.scope & !ALL_SCOPES == 0));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SETTINGS.len());
    assert_ne!(table::DATA_DIR.scope & DATA, 0);
}
