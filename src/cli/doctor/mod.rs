//! `doctor`: looks at the machine and the data folder, and says what to mend.
//!
//! Owns how the findings are shown and which exit code they give. What is looked at stands
//! in [`checks`].

mod checks;

use serde_json::{Value, json};

use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Keep, Output, Paint, escape};

/// How good a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// What was found out about one thing.
#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    text: String,
    /// What mends it; none where nothing needs to be mended.
    fix: Option<String>,
}

impl Finding {
    fn ok(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, text: text.into(), fix: None }
    }

    fn warn(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warn, text: text.into(), fix: Some(fix.into()) }
    }

    fn fail(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, text: text.into(), fix: Some(fix.into()) }
    }
}

pub(crate) fn run(output: &Output, config: &Config, as_json: bool) -> Result<Exit, Failure> {
    let mut worst = Verdict::Ok;
    let mut shown = Vec::new();
    for (name, check) in checks::ALL {
        let finding = check(config);
        worst = worst.max(finding.verdict);
        match as_json {
            true => shown.push(object(name, &finding)),
            // Some checks take a moment: each line appears when it is known.
            false => output.line(&lines(output, name, &finding))?,
        }
    }
    if as_json {
        output.line(&json!({"status": worst.word(), "checks": shown}).to_string())?;
    }
    Ok(if worst == Verdict::Fail { Exit::Failed } else { Exit::Done })
}

fn object(name: &str, finding: &Finding) -> Value {
    let status = finding.verdict.word();
    json!({"name": name, "status": status, "text": finding.text, "fix": finding.fix})
}

fn lines(output: &Output, name: &str, finding: &Finding) -> String {
    let paint = match finding.verdict {
        Verdict::Ok => Paint::Good,
        Verdict::Warn => Paint::Doubtful,
        Verdict::Fail => Paint::Bad,
    };
    let word = output.paint(paint, &format!("{:<4}", finding.verdict.word()));
    let line = format!("{word}  {name:<11}  {}", escape(&finding.text, Keep::Nothing));
    match &finding.fix {
        Some(fix) => format!("{line}\n{:<19}fix: {}", "", escape(fix, Keep::Nothing)),
        None => line,
    }
}
