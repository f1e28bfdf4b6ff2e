//! The command line as it is typed. What each command does with it lives in its own file.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::output::Colour;
use super::settings::{ALL_SCOPES, CLIENT, DATA, DOCTOR, Flags, PARSE, RUN, SERVE};
use super::units::parse_duration;

/// A document job engine: a durable queue, a document core and the Jobs API.
#[derive(Debug, Parser)]
#[command(name = "docspool", version, after_help = super::help::top(), max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to colour
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Say nothing but data and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    #[command(after_help = super::help::SERVE)]
    Serve(ServeArgs),
    /// Run documents through an engine of its own and print the results
    #[command(after_help = super::help::RUN)]
    Run(RunArgs),
    /// Read documents without queue, database or server
    #[command(after_help = super::help::PARSE)]
    Parse(ParseArgs),
    /// Fill a form from instructions or data, without queue, database or server
    #[command(after_help = super::help::FILL)]
    Fill(FillArgs),
    /// List the fields of a form: page, type, key, description
    #[command(after_help = super::help::FIELDS)]
    Fields(FieldsArgs),
    /// Create, list, show, rename, duplicate and delete form templates of a server
    #[command(subcommand, after_help = super::help::TEMPLATES)]
    Templates(TemplatesCommand),
    /// Submit documents to a server; prints the job ids
    #[command(after_help = super::help::SUBMIT)]
    Submit(SubmitArgs),
    /// Wait until jobs have ended
    #[command(after_help = super::help::WAIT)]
    Wait(WaitArgs),
    /// Show jobs
    Get(GetArgs),
    /// Print the result of a job
    Result(ResultArgs),
    /// List jobs, newest first
    #[command(after_help = super::help::LIST)]
    List(ListArgs),
    /// Cancel jobs
    Cancel(IdsArgs),
    /// Run failed or cancelled jobs again
    Retry(IdsArgs),
    /// Create, list and revoke API keys
    #[command(subcommand, after_help = super::help::KEYS)]
    Keys(KeysCommand),
    /// Set up what reads pictures and scans
    #[command(subcommand, after_help = super::help::OCR)]
    Ocr(OcrCommand),
    /// Check the machine and the data folder
    Doctor(DoctorArgs),
    /// Show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the version
    Version(JsonFlag),
    /// Serve tasks on standard input and output
    #[command(hide = true)]
    Child {
        /// Bound of the address space, in bytes
        #[arg(long)]
        memory: u64,
        #[command(flatten)]
        ocr: ChildOcrArgs,
    },
}

/// Where a child finds its OCR engine.
#[derive(Debug, Args)]
pub(crate) struct ChildOcrArgs {
    #[arg(long = "ocr")]
    pub(crate) engine: String,
    #[arg(long = "ocr-models")]
    pub(crate) models: Option<PathBuf>,
    #[arg(long)]
    pub(crate) tesseract: Option<PathBuf>,
    #[arg(long)]
    pub(crate) tessdata: Option<PathBuf>,
    #[arg(long = "ocr-languages", default_value = "")]
    pub(crate) languages: String,
    #[arg(long = "ocr-threads")]
    pub(crate) threads: usize,
}

#[derive(Debug, Args)]
pub(crate) struct JsonFlag {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) flags: Flags<SERVE>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Documents; - reads standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// Print each response body as one line of JSON instead of the text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<RUN>,
}

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    /// Endpoint: parse, extract, classify, split, schema, or its path
    #[arg(long, default_value = "parse")]
    pub(crate) endpoint: String,
    /// extract: file that holds the JSON Schema of what is wanted
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
    /// classify: what a document may be; once for each
    #[arg(long = "category", value_name = "NAME[=DESCRIPTION]")]
    pub(crate) categories: Vec<String>,
    /// split: what the parts of a document may be; once for each
    #[arg(long = "subdocument", value_name = "NAME[=DESCRIPTION]")]
    pub(crate) subdocuments: Vec<String>,
    /// JSON file with further fields of the request
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
}

/// How a document is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Plain text, pages parted by form feeds
    Text,
    /// Headings, lists and tables as Markdown, pages parted by blank lines
    Markdown,
    /// One object: pages, markdown, fields, warnings
    Json,
    /// One line for each word: page, box in points, text
    Words,
}

#[derive(Debug, Args)]
pub(crate) struct ParseArgs {
    /// Documents; - reads standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Pages to print, such as 1-3,7,10-
    #[arg(long, value_parser = super::pages::Pages::read)]
    pub(crate) pages: Option<super::pages::Pages>,
    /// Password of encrypted documents
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// Documents that are read at the same time; default: one for each processor
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Write to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags<PARSE>,
}

#[derive(Debug, Args)]
pub(crate) struct FillArgs {
    /// The form, a PDF; - reads standard input
    #[arg(value_name = "FORM")]
    pub(crate) form: PathBuf,
    /// What is to be entered: sentences, or lines of label: value
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) instructions: Option<String>,
    /// File with what is to be entered: JSON, a CSV row, or text
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Where the filled form goes
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// JSON file with the fields, as `fields --json` or `templates get --json` print them
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,
    /// Colour of what is written, such as #000080; default: the form's own
    #[arg(long, value_name = "COLOUR")]
    pub(crate) ink: Option<String>,
    /// Make the values part of the pages and remove the interactive fields
    #[arg(long)]
    pub(crate) flatten: bool,
    /// Password of an encrypted form
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// Print the fields with their values and sources as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FieldsArgs {
    /// The form, a PDF; - reads standard input
    #[arg(value_name = "FORM")]
    pub(crate) form: PathBuf,
    /// Write a copy with the boxes and keys drawn on its pages
    #[arg(long, value_name = "FILE")]
    pub(crate) annotate: Option<PathBuf>,
    /// Password of an encrypted form
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// Print the fields as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TemplatesCommand {
    /// Make a template of a form
    Create {
        /// The form, a PDF
        #[arg(value_name = "FORM")]
        form: PathBuf,
        /// Its name; default: the file's name
        #[arg(long)]
        name: Option<String>,
        /// JSON file with the fields; default: those that are found
        #[arg(long, value_name = "FILE")]
        fields: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<CLIENT>,
    },
    /// List the templates, newest first
    List {
        /// Print each template as one line of JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<CLIENT>,
    },
    /// Show the fields of a template
    Get {
        /// Its id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<CLIENT>,
    },
    /// Give a template another name
    Rename {
        /// Its id
        id: String,
        /// The new name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<CLIENT>,
    },
    /// Copy a template
    Duplicate {
        /// Its id
        id: String,
        /// Name of the copy
        #[arg(long)]
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<CLIENT>,
    },
    /// Delete templates
    Delete {
        /// Their ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        flags: Flags<CLIENT>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// Documents, each a job of its own; - reads standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// Metadata, up to 16 pairs
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    pub(crate) metadata: Vec<String>,
    /// Repeating the same submission with the same key gives the same job
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Wait until the jobs have ended
    #[arg(long)]
    pub(crate) wait: bool,
    /// With --wait: longest wait
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print each job as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<CLIENT>,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// Job ids; - reads them from standard input
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Longest wait; without it there is no limit
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print each job as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<CLIENT>,
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// Job ids; - reads them from standard input
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Print each job as one line of JSON, with its response
    #[arg(long)]
    pub(crate) json: bool,
    /// With --json: the request too, documents included
    #[arg(long, requires = "json")]
    pub(crate) with_request: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<CLIENT>,
}

#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// Job id
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print the whole response body as JSON instead of the text
    #[arg(long)]
    pub(crate) json: bool,
    /// Write to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) flags: Flags<CLIENT>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only jobs in this state
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Only jobs of this endpoint
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// Only jobs with this metadata
    #[arg(long = "meta", value_name = "KEY=VALUE")]
    pub(crate) metadata: Vec<String>,
    /// Only jobs whose file name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) filename: Option<String>,
    /// Jobs to list; 0 lists all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
    /// Oldest first
    #[arg(long)]
    pub(crate) oldest: bool,
    /// Print each job as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<CLIENT>,
}

#[derive(Debug, Args)]
pub(crate) struct IdsArgs {
    /// Job ids; - reads them from standard input
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Print each job as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<CLIENT>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key; it is printed once and only its hash is kept
    Create {
        /// A name to tell it by
        #[arg(default_value = "default")]
        name: String,
        /// Whose jobs it sees
        #[arg(long)]
        organization: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<DATA>,
    },
    /// List the keys, without the keys themselves
    List {
        /// Print each key as one line of JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<DATA>,
    },
    /// Make a key worthless
    Revoke {
        /// Its id, name or beginning, as `keys list` shows them, or the key itself
        #[arg(value_name = "KEY")]
        which: String,
        #[command(flatten)]
        flags: Flags<DATA>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) flags: Flags<DOCTOR>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OcrCommand {
    /// Take the models out of a wheel of rapidocr into the data folder
    Import {
        /// The wheel
        #[arg(value_name = "FILE.whl")]
        wheel: PathBuf,
        #[command(flatten)]
        flags: Flags<PARSE>,
    },
    /// Show which engines are there and which one is used
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<PARSE>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show each setting, its value and where that came from
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        flags: Flags<ALL_SCOPES>,
    },
}
