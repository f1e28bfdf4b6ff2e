//! Where each setting's value comes from: flags, then the environment, then
//! `config.toml`, then the default.
//!
//! Owns the reading of the environment for settings. It must not act on any of them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use docspool::base::secret::Secret;
use docspool::document::OcrOptions;
use docspool::model::{ModelSettings, SettingsError};
use docspool::queue::Fetch;

use super::exit::Exit;
use super::failure::Failure;
use super::ocr;
use super::settings::{self as table, Flags, Kind, SETTINGS, Scope, Setting};
use super::units;

/// The environment, as a map so that tests can bring their own.
pub(crate) type Environment = BTreeMap<String, String>;

/// The process's environment; variables that are not UTF-8 are none of ours.
pub(crate) fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Variable(String),
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Variable(name) => write!(formatter, "environment {name}"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// The text of a setting's value and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(crate) setting: &'static Setting,
    pub(crate) text: String,
    pub(crate) source: Source,
}

/// Every setting, checked and typed.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    /// `None` is one for each processor.
    pub(crate) workers: Option<usize>,
    pub(crate) max_body_bytes: u64,
    pub(crate) retention: Duration,
    pub(crate) job_deadline: Duration,
    pub(crate) child_memory_bytes: u64,
    pub(crate) in_process: bool,
    /// Where OCR engines are; the threads are for the command to say.
    pub(crate) ocr: OcrOptions,
    pub(crate) attach_response: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) grace: Duration,
    pub(crate) log: String,
    pub(crate) log_json: bool,
    /// The model that is asked in place of the local engine.
    pub(crate) model: Option<ModelSettings>,
    pub(crate) fetch: Fetch,
    pub(crate) url: String,
    pub(crate) api_key: Option<String>,
    /// The texts behind all this, in the order of the table.
    pub(crate) values: Vec<Value>,
    /// Oddities worth telling, such as a key that no setting has.
    pub(crate) warnings: Vec<String>,
}

impl Config {
    /// Finds and checks every setting.
    pub(crate) fn resolve<const SCOPE: Scope>(
        flags: &Flags<SCOPE>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let mut warnings = unknown_variables(environment);
        let named = flags.config.clone();
        let named = named.or_else(|| lookup(environment, "DOCSPOOL_CONFIG").map(PathBuf::from));
        let mut file = match &named {
            Some(path) => ConfigFile::read(path, true)?,
            None => ConfigFile::default(),
        };
        let data_dir = find_data_dir(flags, environment, &file)?;
        if named.is_none() {
            let path = Path::new(&data_dir.text).join("config.toml");
            file = ConfigFile::read(&path, false)?;
            if file.keys.remove(table::DATA_DIR.name).is_some() {
                warnings.push(format!("{}: data_dir cannot move its own file", path.display()));
            }
        }
        file.check_keys()?;
        let values = SETTINGS
            .into_iter()
            .map(|setting| match setting.name == table::DATA_DIR.name {
                true => data_dir.clone(),
                false => find(setting, flags, environment, &file),
            })
            .collect();
        Self::check(values, warnings, environment)
    }

    fn check(
        values: Vec<Value>,
        warnings: Vec<String>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let get = |setting: &Setting| {
            let found = values.iter().find(|value| value.setting.name == setting.name);
            found.ok_or_else(|| Failure::new(Exit::Bug, format!("no setting {}", setting.name)))
        };
        Ok(Self {
            data_dir: PathBuf::from(&get(&table::DATA_DIR)?.text),
            listen: get(&table::LISTEN)?.read(read_address)?,
            workers: get(&table::WORKERS)?.read(read_count)?,
            max_body_bytes: get(&table::MAX_BODY)?.read(units::parse_bytes)?,
            retention: get(&table::RETENTION)?.read(units::parse_duration)?,
            job_deadline: get(&table::JOB_DEADLINE)?.read(units::parse_duration)?,
            child_memory_bytes: get(&table::CHILD_MEMORY)?.read(units::parse_bytes)?,
            in_process: get(&table::IN_PROCESS)?.read(read_switch)?,
            ocr: ocr::options(
                &get(&table::OCR)?.choice()?,
                Path::new(&get(&table::DATA_DIR)?.text),
                &get(&table::OCR_MODELS)?.text,
                &get(&table::TESSERACT)?.text,
                &get(&table::OCR_LANGUAGES)?.text,
                environment,
            ),
            attach_response: get(&table::POLICY)?.choice()? == "attach",
            allowed_hosts: get(&table::ALLOWED_HOSTS)?.read(read_names)?,
            grace: get(&table::GRACE)?.read(units::parse_duration)?,
            log: get(&table::LOG)?.choice()?,
            log_json: get(&table::LOG_FORMAT)?.choice()? == "json",
            model: model(&get)?,
            fetch: fetch(&get(&table::FETCH)?.choice()?),
            url: get(&table::URL)?.read(read_url)?,
            api_key: api_key(get(&table::API_KEY)?, get(&table::API_KEY_FILE)?)?,
            values,
            warnings,
        })
    }

    /// The data file.
    pub(crate) fn data_file(&self) -> PathBuf {
        data_file(&self.data_dir)
    }
}

/// The data file in a data folder.
pub(crate) fn data_file(data_dir: &Path) -> PathBuf {
    data_dir.join("jobs.db")
}

impl Value {
    fn read<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Result<T, Failure> {
        read(&self.text).map_err(|why| self.wrong(&why))
    }

    fn choice(&self) -> Result<String, Failure> {
        let Kind::Choice(words) = self.setting.kind else { return Ok(self.text.clone()) };
        if words.contains(&self.text.as_str()) {
            return Ok(self.text.clone());
        }
        Err(self.wrong(&format!("{:?} is not one of {}", self.text, words.join(", "))))
    }

    fn wrong(&self, why: &str) -> Failure {
        let message = match &self.source {
            Source::Flag => format!("--{}: {why}", self.setting.flag()),
            Source::Variable(name) => format!("{name}: {why}"),
            Source::File(path) => format!("{}: {}: {why}", path.display(), self.setting.name),
            Source::Default => format!("{}: {why}", self.setting.name),
        };
        Failure::usage(message).hint("docspool config show tells where each value comes from")
    }
}

fn lookup(environment: &Environment, name: &str) -> Option<String> {
    environment.get(name).filter(|value| !value.is_empty()).cloned()
}

fn find<const SCOPE: Scope>(
    setting: &'static Setting,
    flags: &Flags<SCOPE>,
    environment: &Environment,
    file: &ConfigFile,
) -> Value {
    let variable = setting.variable();
    let (text, source) =
        if let Some((_, text)) = flags.given.iter().find(|(name, _)| *name == setting.name) {
            (text.clone(), Source::Flag)
        } else if let Some(text) = lookup(environment, &variable) {
            (text, Source::Variable(variable))
        } else if let Some(text) = file.keys.get(setting.name) {
            (text.clone(), Source::File(file.path.clone()))
        } else {
            (setting.default.to_owned(), Source::Default)
        };
    Value { setting, text, source }
}

fn find_data_dir<const SCOPE: Scope>(
    flags: &Flags<SCOPE>,
    environment: &Environment,
    file: &ConfigFile,
) -> Result<Value, Failure> {
    let setting = &table::DATA_DIR;
    let found = find(setting, flags, environment, file);
    if found.source != Source::Default {
        return Ok(found);
    }
    // systemd makes the folder of a unit's StateDirectory= and names it here.
    if let Some(folders) = lookup(environment, "STATE_DIRECTORY") {
        let text = folders.split(':').next().unwrap_or_default().to_owned();
        return Ok(Value { setting, text, source: Source::Variable("STATE_DIRECTORY".to_owned()) });
    }
    if let Some(folder) = lookup(environment, "XDG_DATA_HOME").map(PathBuf::from)
        && folder.is_absolute()
    {
        let text = folder.join("docspool").display().to_string();
        return Ok(Value { setting, text, source: Source::Variable("XDG_DATA_HOME".to_owned()) });
    }
    use etcetera::BaseStrategy as _;
    let home = etcetera::choose_base_strategy().map_err(|error| {
        Failure::usage(format!("there is no home folder to keep data in: {error}"))
            .hint("name a folder with --data-dir or DOCSPOOL_DATA_DIR")
    })?;
    let text = home.data_dir().join("docspool").display().to_string();
    Ok(Value { setting, text, source: Source::Default })
}

fn read_names(text: &str) -> Result<Vec<String>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match name.contains(['/', ':', ' ', '*']) {
            true => Err(format!("{name:?} is not a host name; write it without scheme and port")),
            false => Ok(name.to_owned()),
        })
        .collect()
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    let text = text.replacen("localhost:", "127.0.0.1:", 1);
    text.parse()
        .map_err(|_| format!("{text:?} is not an address and port; write it like 127.0.0.1:8787"))
}

fn read_count(text: &str) -> Result<Option<usize>, String> {
    if text == "auto" {
        return Ok(None);
    }
    let count = text.parse().ok().filter(|count| *count <= 1024);
    count.map(Some).ok_or_else(|| format!("{text:?} is not auto or a number from 0 to 1024"))
}

fn read_switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(format!("{text:?} is not true or false")),
    }
}

fn read_url(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    if text.starts_with("https://") {
        let why = "this program speaks no TLS; use http:// to a local port, or a tunnel to one";
        return Err(why.to_owned());
    }
    match text.strip_prefix("http://") {
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is not an address like http://127.0.0.1:8787")),
    }
}

fn model<'a>(
    get: &impl Fn(&Setting) -> Result<&'a Value, Failure>,
) -> Result<Option<ModelSettings>, Failure> {
    let url = get(&table::MODEL_URL)?;
    let name = get(&table::MODEL_NAME)?;
    let context = get(&table::MODEL_CONTEXT)?.read(read_tokens)?;
    let timeout = get(&table::MODEL_TIMEOUT)?.read(units::parse_duration)?;
    if url.text.is_empty() {
        return Ok(None);
    }
    let key = api_key(get(&table::MODEL_KEY)?, get(&table::MODEL_KEY_FILE)?)?;
    let settings = ModelSettings::new(&url.text, &name.text, key.as_deref().map(Secret::new));
    let settings = settings.map_err(|error| match error {
        SettingsError::NoName | SettingsError::Name(_) => name.wrong(&error.to_string()),
        _ => url.wrong(&error.to_string()),
    })?;
    let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    let settings = settings.with_exchange_ms(timeout_ms.max(1));
    let wrong = |setting, error: SettingsError| -> Result<_, Failure> {
        Err(get(setting)?.wrong(&error.to_string()))
    };
    let settings =
        settings.with_context(context).or_else(|error| wrong(&table::MODEL_CONTEXT, error))?;
    let roots = get(&table::MODEL_CA_FILE)?;
    if roots.text.is_empty() {
        return Ok(Some(settings));
    }
    let pem = read_file(Path::new(&roots.text), "reading the certificates in")?;
    let settings = settings.with_roots(&pem);
    settings.or_else(|error| wrong(&table::MODEL_CA_FILE, error)).map(Some)
}

fn read_file(path: &Path, doing: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(doing, path, &error))
}

fn read_tokens(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number of tokens"))
}

fn fetch(word: &str) -> Fetch {
    match word {
        "off" => Fetch::Off,
        "any" => Fetch::Any,
        _ => Fetch::Public,
    }
}

fn api_key(key: &Value, file: &Value) -> Result<Option<String>, Failure> {
    if !key.text.is_empty() {
        return Ok(Some(key.text.clone()));
    }
    if file.text.is_empty() {
        return Ok(None);
    }
    let text = read_file(Path::new(&file.text), "reading the key in")?;
    Ok(Some(text.trim().to_owned()))
}

#[derive(Debug, Default)]
struct ConfigFile {
    path: PathBuf,
    keys: BTreeMap<String, String>,
}

impl ConfigFile {
    fn read(path: &Path, must_exist: bool) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Failure::file("reading", path, &error)),
        };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
            Failure::usage(format!("{}, line {line}: {}", path.display(), error.message()))
        })?;
        let text_of = |(key, value): (String, toml::Value)| match value {
            toml::Value::String(text) => Ok((key, text)),
            toml::Value::Integer(_) | toml::Value::Boolean(_) => Ok((key, value.to_string())),
            other => Err(Failure::usage(format!(
                "{}: {key} must be a string, a number or true or false, not {}",
                path.display(),
                other.type_str()
            ))),
        };
        let keys = table.into_iter().map(text_of).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), keys })
    }

    /// A setting that is spelled wrong would otherwise go unnoticed.
    fn check_keys(&self) -> Result<(), Failure> {
        let names: Vec<String> = SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
        let Some(unknown) = self.keys.keys().find(|key| !names.contains(key)) else {
            return Ok(());
        };
        let told = unknown_name("setting", unknown, &names);
        Err(Failure::usage(format!("{}: {told}", self.path.display()))
            .hint(format!("the settings are {}", names.join(", "))))
    }
}

fn unknown_variables(environment: &Environment) -> Vec<String> {
    let mut names: Vec<String> = SETTINGS.iter().map(|setting| setting.variable()).collect();
    names.push("DOCSPOOL_CONFIG".to_owned());
    let ours = environment.keys().filter(|name| name.starts_with("DOCSPOOL_"));
    ours.filter(|name| !names.contains(name))
        .map(|name| unknown_name("environment variable", name, &names) + "; it is ignored")
        .collect()
}

/// Says that a name is unknown, and the nearest known one when it is near.
fn unknown_name(what: &str, name: &str, known: &[String]) -> String {
    let distance = |other: &String| strsim::osa_distance(name, other);
    let nearest = known.iter().min_by_key(|other| distance(other));
    // What all variables begin with makes none of them near.
    let own_length = name.trim_start_matches("DOCSPOOL_").len();
    match nearest.filter(|other| distance(other) <= 1 + own_length / 4) {
        Some(nearest) => format!("there is no {what} {name} (did you mean {nearest}?)"),
        None => format!("there is no {what} {name}"),
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
