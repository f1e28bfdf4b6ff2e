//! The settings: one table that makes the flags, the environment variables, the keys of
//! `config.toml`, what `config show` prints and the reference in the documentation.

/// Commands that take a setting as a flag, as bits.
pub(crate) type Scope = u8;
/// Everything that touches the data folder.
pub(crate) const DATA: Scope = 1;
/// `serve`.
pub(crate) const SERVE: Scope = 2;
/// `run`.
pub(crate) const RUN: Scope = 4;
/// The commands that talk to a server.
pub(crate) const CLIENT: Scope = 8;
/// `doctor`.
pub(crate) const DOCTOR: Scope = 16;
/// `parse` and `ocr status`.
pub(crate) const PARSE: Scope = 32;
/// `config show` takes all of them.
pub(crate) const ALL_SCOPES: Scope = 63;

/// What values look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Path,
    Address,
    Count,
    Size,
    Duration,
    Switch,
    Choice(&'static [&'static str]),
    Languages,
    Url,
    Text,
    /// Separated by commas.
    Names,
    /// Never shown.
    Secret,
}

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its key in `config.toml`; the flag has hyphens in place of underscores.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Text of the default; empty when there is none.
    pub(crate) default: &'static str,
    pub(crate) scope: Scope,
    pub(crate) help: &'static str,
}

const fn setting(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    scope: Scope,
    help: &'static str,
) -> Setting {
    Setting { name, kind, default, scope, help }
}

pub(crate) static DATA_DIR: Setting = setting(
    "data_dir",
    Kind::Path,
    "",
    DATA | SERVE | RUN | DOCTOR | PARSE,
    "Folder of the data file, created with mode 0700",
);
pub(crate) static LISTEN: Setting = setting(
    "listen",
    Kind::Address,
    "127.0.0.1:8787",
    SERVE | DOCTOR,
    "Address and port to listen on; port 0 takes a free one",
);
pub(crate) static WORKERS: Setting = setting(
    "workers",
    Kind::Count,
    "auto",
    SERVE | RUN,
    "Jobs that run at the same time; auto is one for each processor",
);
pub(crate) static MAX_BODY: Setting =
    setting("max_body", Kind::Size, "64MiB", SERVE, "Largest request body");
pub(crate) static RETENTION: Setting = setting(
    "retention",
    Kind::Duration,
    "7d",
    SERVE,
    "How long jobs keep their request and response",
);
pub(crate) static JOB_DEADLINE: Setting =
    setting("job_deadline", Kind::Duration, "10m", SERVE | RUN, "Longest run of one attempt");
pub(crate) static CHILD_MEMORY: Setting = setting(
    "child_memory",
    Kind::Size,
    "2GiB",
    SERVE | RUN,
    "Address space of the process that reads a document",
);
pub(crate) static IN_PROCESS: Setting = setting(
    "in_process",
    Kind::Switch,
    "false",
    SERVE | RUN,
    "Read documents in this process; a crash in a parser then ends it",
);
pub(crate) static OCR: Setting = setting(
    "ocr",
    Kind::Choice(&["auto", "pp-ocr", "tesseract", "off"]),
    "auto",
    SERVE | RUN | PARSE | DOCTOR,
    "What reads pictures and scans; auto takes the imported models, else tesseract",
);
pub(crate) static OCR_MODELS: Setting = setting(
    "ocr_models",
    Kind::Path,
    "",
    SERVE | RUN | PARSE | DOCTOR,
    "Folder of the OCR models; default: models in the data folder",
);
pub(crate) static TESSERACT: Setting = setting(
    "tesseract",
    Kind::Path,
    "tesseract",
    SERVE | RUN | PARSE | DOCTOR,
    "The program tesseract; a name alone is looked up on the PATH",
);
pub(crate) static OCR_LANGUAGES: Setting = setting(
    "ocr_languages",
    Kind::Languages,
    "auto",
    SERVE | RUN | PARSE | DOCTOR,
    "Languages for tesseract, such as deu+eng; auto is what is installed",
);
pub(crate) static POLICY: Setting = setting(
    "policy",
    Kind::Choice(&["attach", "obey"]),
    "attach",
    SERVE,
    "Response of an ended job when a client says include_response=false: attach it all the same, \
     as older clients need, or obey",
);
pub(crate) static ALLOWED_HOSTS: Setting = setting(
    "allowed_hosts",
    Kind::Names,
    "",
    SERVE,
    "Names of this machine beside localhost under which a server without keys answers",
);
pub(crate) static GRACE: Setting = setting(
    "grace",
    Kind::Duration,
    "10s",
    SERVE,
    "How long running jobs may go on after a signal before they return to the queue",
);
pub(crate) static LOG: Setting = setting(
    "log",
    Kind::Choice(&["off", "error", "warn", "info", "debug", "trace"]),
    "info",
    SERVE,
    "Least severe message that is logged",
);
pub(crate) static LOG_FORMAT: Setting =
    setting("log_format", Kind::Choice(&["text", "json"]), "text", SERVE, "Shape of the log");
pub(crate) static URL: Setting =
    setting("url", Kind::Url, "http://127.0.0.1:8787", CLIENT, "Address of the server");
pub(crate) static API_KEY: Setting = setting(
    "api_key",
    Kind::Secret,
    "",
    CLIENT,
    "Key that is sent to the server; other users of this machine can see a flag, so rather \
     use the variable or a file",
);
pub(crate) static API_KEY_FILE: Setting =
    setting("api_key_file", Kind::Path, "", CLIENT, "File that holds the key");

pub(crate) static MODEL_URL: Setting = setting(
    "model_url",
    Kind::Url,
    "",
    SERVE | RUN | DOCTOR,
    "Address of an OpenAI-compatible API that understands documents in place of the local \
     engine, such as http://127.0.0.1:11434/v1; documents are sent there",
);
pub(crate) static MODEL_NAME: Setting = setting(
    "model_name",
    Kind::Text,
    "",
    SERVE | RUN | DOCTOR,
    "Model at that address: one for everything, or retab-small=NAME,retab-large=NAME",
);
pub(crate) static MODEL_KEY: Setting = setting(
    "model_key",
    Kind::Secret,
    "",
    SERVE | RUN | DOCTOR,
    "Key of that API; other users of this machine can see a flag, so rather use the variable \
     or a file",
);
pub(crate) static MODEL_KEY_FILE: Setting = setting(
    "model_key_file",
    Kind::Path,
    "",
    SERVE | RUN | DOCTOR,
    "File that holds the key of that API",
);
pub(crate) static MODEL_CA_FILE: Setting = setting(
    "model_ca_file",
    Kind::Path,
    "",
    SERVE | RUN | DOCTOR,
    "Certificates (PEM) that are trusted for that API in place of the usual ones",
);
pub(crate) static MODEL_CONTEXT: Setting = setting(
    "model_context",
    Kind::Count,
    "16384",
    SERVE | RUN | DOCTOR,
    "Tokens that the model can hold, prompt and answer together",
);
pub(crate) static MODEL_TIMEOUT: Setting = setting(
    "model_timeout",
    Kind::Duration,
    "5m",
    SERVE | RUN | DOCTOR,
    "Longest wait for one answer of the model",
);
pub(crate) static FETCH: Setting = setting(
    "fetch",
    Kind::Choice(&["off", "public", "any"]),
    "public",
    SERVE | RUN,
    "Documents whose url is http: or https: are fetched never, from public addresses, or also \
     from this machine and private networks",
);

/// All settings, in the order of the reference.
pub(crate) static SETTINGS: [&Setting; 28] = [
    &DATA_DIR,
    &LISTEN,
    &WORKERS,
    &MAX_BODY,
    &RETENTION,
    &JOB_DEADLINE,
    &CHILD_MEMORY,
    &IN_PROCESS,
    &OCR,
    &OCR_MODELS,
    &TESSERACT,
    &OCR_LANGUAGES,
    &POLICY,
    &ALLOWED_HOSTS,
    &GRACE,
    &LOG,
    &LOG_FORMAT,
    &MODEL_URL,
    &MODEL_NAME,
    &MODEL_KEY,
    &MODEL_KEY_FILE,
    &MODEL_CA_FILE,
    &MODEL_CONTEXT,
    &MODEL_TIMEOUT,
    &FETCH,
    &URL,
    &API_KEY,
    &API_KEY_FILE,
];

impl Setting {
    /// The flag without its hyphens in front.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("DOCSPOOL_{}", self.name.to_ascii_uppercase())
    }

    fn value_name(&self) -> &'static str {
        match self.kind {
            Kind::Path => "PATH",
            Kind::Address => "ADDR:PORT",
            Kind::Count => "N",
            Kind::Size => "SIZE",
            Kind::Duration => "DURATION",
            Kind::Switch => "BOOL",
            Kind::Choice(_) => "WORD",
            Kind::Languages => "LANG",
            Kind::Url => "URL",
            Kind::Text => "TEXT",
            Kind::Names => "NAME,…",
            Kind::Secret => "KEY",
        }
    }

    fn argument(&self) -> clap::Arg {
        let mut help = self.help.to_owned();
        if let Kind::Choice(words) = self.kind {
            help.push_str(&format!(" ({})", words.join(", ")));
        }
        if !self.default.is_empty() && self.kind != Kind::Switch {
            help.push_str(&format!(" [default: {}]", self.default));
        }
        help.push_str(&format!(" [env: {}]", self.variable()));
        let argument = clap::Arg::new(self.name)
            .long(self.flag())
            .value_name(self.value_name())
            .help(help)
            .help_heading("Settings");
        if self.kind == Kind::Switch {
            argument.num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            argument
        }
    }
}

/// The settings that were given as flags of a command with this scope.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags<const SCOPE: Scope> {
    pub(crate) given: Vec<(&'static str, String)>,
    /// The configuration file that was named.
    pub(crate) config: Option<std::path::PathBuf>,
}

impl<const SCOPE: Scope> clap::FromArgMatches for Flags<SCOPE> {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        for setting in Self::settings() {
            if let Some(text) = matches.get_one::<String>(setting.name) {
                self.given.push((setting.name, text.clone()));
            }
        }
        self.config = matches.get_one::<std::path::PathBuf>("config").cloned();
        Ok(())
    }
}

impl<const SCOPE: Scope> clap::Args for Flags<SCOPE> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let config = clap::Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(std::path::PathBuf))
            .help(
                "Configuration file; default: config.toml in the data folder \
                 [env: DOCSPOOL_CONFIG]",
            )
            .help_heading("Settings");
        command.args(Self::settings().map(Setting::argument)).arg(config)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<const SCOPE: Scope> Flags<SCOPE> {
    fn settings() -> impl Iterator<Item = &'static Setting> {
        let in_scope = |setting: &&Setting| setting.scope & SCOPE != 0;
        SETTINGS.into_iter().filter(in_scope)
    }
}
