//! Examples that stand below the help of each command.

/// Below the help of the program itself.
pub(crate) fn top() -> String {
    format!("{TOP}\n\n{}", super::exit::Exit::table().trim_end())
}

const TOP: &str = "\
Examples:
  docspool run invoice.pdf                 one document in, its text out
  docspool serve                           the server, on http://127.0.0.1:8787
  docspool submit *.pdf | docspool wait -  many documents through the server

Data goes to standard output, talk to standard error.";

pub(crate) const SERVE: &str = "\
Examples:
  docspool serve
  docspool serve --listen 127.0.0.1:0 --data-dir ./data --workers 4
  docspool keys create office && docspool serve --listen 0.0.0.0:8787

SIGTERM or SIGINT stops accepting, lets running jobs end for --grace and hands the rest back
to the queue; a second signal ends at once.";

pub(crate) const RUN: &str = "\
Examples:
  docspool run invoice.pdf
  docspool run invoice.pdf --json | jq .usage
  docspool run *.pdf --json > all.jsonl
  docspool run scan.pdf --data-dir ./kept    keeps the job in a data folder
  docspool run invoice.pdf --endpoint extract --schema invoice-schema.json
  docspool run letter.pdf --endpoint classify --category invoice --category other='all else'
  docspool run bundle.pdf --endpoint split --subdocument invoice --subdocument contract
  docspool run samples/*.pdf --endpoint schema > schema.json";

pub(crate) const PARSE: &str = "\
Examples:
  docspool parse report.pdf --pages 1-3
  docspool parse report.pdf --format markdown
  docspool parse report.pdf --format json | jq -r '.pages[0]'
  docspool parse *.pdf --format json -o all.jsonl
  curl -s https://example.org/a.pdf | docspool parse -";

pub(crate) const OCR: &str = "\
Examples:
  pip download --no-deps rapidocr==3.10.0
  docspool ocr import rapidocr-3.10.0-py3-none-any.whl
  docspool ocr status

Nothing is ever fetched while documents are read. Without models, tesseract is used where it
is on the PATH.";

pub(crate) const FILL: &str = "\
Examples:
  docspool fill form.pdf --data data.json -o filled.pdf
  docspool fill form.pdf -i 'My name is Ada Byron, born 10 December 1815.' -o filled.pdf
  docspool fill form.pdf --data row.csv --flatten --ink '#000080' -o filled.pdf

Prints each filled field's key and value; what no field takes is a warning.";

pub(crate) const FIELDS: &str = "\
Examples:
  docspool fields form.pdf
  docspool fields form.pdf --annotate boxes.pdf
  docspool fields form.pdf --json > fields.json";

pub(crate) const TEMPLATES: &str = "\
Examples:
  docspool templates create form.pdf --name 'Change of address'
  docspool templates list --json | jq -r .id
  docspool templates get edittplt_01J…";

pub(crate) const SUBMIT: &str = "\
Examples:
  docspool submit invoice.pdf --wait
  docspool submit *.pdf --meta batch=7 | docspool wait - --timeout 10m
  docspool submit invoice.pdf --endpoint extract --schema invoice-schema.json";

pub(crate) const WAIT: &str = "\
Prints each job's id and state as it ends. The exit code is 0 when all have completed, 1 when
one has not, 6 when time was up.";

pub(crate) const LIST: &str = "\
Examples:
  docspool list --status failed
  docspool list --meta batch=7 --limit 0 --json | jq -r .id | docspool cancel -";

pub(crate) const KEYS: &str = "\
While there is no key, the server takes any and listens on loopback only. Keys are kept,
hashed, in the data folder; a running server notices a change within a second.";
