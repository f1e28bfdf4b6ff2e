//! The command line: the only place that reads the environment and prints.
//!
//! Owns arguments, configuration, exit codes and manners. Everything it does with jobs
//! goes through the library's public face or over HTTP.

mod args;
mod child;
mod client;
mod config;
mod doctor;
mod exit;
mod failure;
mod forms;
mod help;
mod input;
mod jobs;
mod keys;
mod ocr;
mod output;
mod pages;
mod parse;
mod request;
mod result;
mod run;
mod serve;
mod settings;
mod show;
mod show_config;
mod sink;
mod stream;
mod templates;
mod units;
mod version;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Command, CommandLine, ConfigCommand, KeysCommand, OcrCommand};
use client::Client;
use config::{Config, Environment};
use exit::Exit;
use failure::Failure;
use output::Output;
use settings::{CLIENT, Flags, Scope};

/// Runs the command that was typed.
pub(crate) fn run() -> ExitCode {
    // The panic's own message has been printed by then.
    let ended = catch_unwind(AssertUnwindSafe(typed));
    ended.unwrap_or(Exit::Bug).into()
}

fn typed() -> Exit {
    let typed = match CommandLine::try_parse() {
        Ok(typed) => typed,
        Err(error) => {
            // Help and version go to standard output and are no error.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let environment = config::environment();
    let no_color = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
    let output = Output::new(typed.color, no_color, typed.quiet);
    let session = Session { output, environment };
    session.dispatch(typed.command).unwrap_or_else(|failure| {
        output.fail(&failure);
        failure.exit
    })
}

/// What every command has at hand.
struct Session {
    output: Output,
    environment: Environment,
}

impl Session {
    fn dispatch(&self, command: Command) -> Result<Exit, Failure> {
        let output = &self.output;
        match command {
            Command::Serve(args) => serve::run(output, &self.config(&args.flags)?),
            Command::Run(args) => run::run(output, &self.config(&args.flags)?, &args),
            Command::Parse(args) => parse::run(output, &self.config(&args.flags)?, args),
            Command::Fill(args) => forms::fill(output, &args),
            Command::Fields(args) => forms::fields(output, &args),
            Command::Templates(command) => {
                let client = self.client(command.flags())?;
                templates::run(output, &client, command)
            }
            Command::Submit(args) => jobs::submit(output, &self.client(&args.flags)?, &args),
            Command::Wait(args) => jobs::wait(output, &self.client(&args.flags)?, args),
            Command::Get(args) => jobs::get(output, &self.client(&args.flags)?, args),
            Command::Result(args) => jobs::result(output, &self.client(&args.flags)?, &args),
            Command::List(args) => jobs::list(output, &self.client(&args.flags)?, &args),
            Command::Cancel(args) => jobs::each(output, &self.client(&args.flags)?, "cancel", args),
            Command::Retry(args) => jobs::each(output, &self.client(&args.flags)?, "retry", args),
            Command::Keys(command) => self.keys(command),
            Command::Ocr(OcrCommand::Import { wheel, flags }) => {
                ocr::import(output, &self.config(&flags)?, &wheel)
            }
            Command::Ocr(OcrCommand::Status { json, flags }) => {
                ocr::status(output, &self.config(&flags)?, json)
            }
            Command::Doctor(args) => doctor::run(output, &self.config(&args.flags)?, args.json),
            Command::Config(ConfigCommand::Show { json, flags }) => {
                show_config::run(output, &self.config(&flags)?, json)
            }
            Command::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(
                    shell,
                    &mut CommandLine::command(),
                    "docspool",
                    &mut script,
                );
                output.document(&String::from_utf8_lossy(&script))?;
                Ok(Exit::Done)
            }
            Command::Version(args) => version::run(output, args.json),
            Command::Child { memory, ocr } => child::run(memory, ocr::from_arguments(ocr)),
        }
    }

    fn keys(&self, command: KeysCommand) -> Result<Exit, Failure> {
        let output = &self.output;
        match command {
            KeysCommand::Create { name, organization, json, flags } => {
                let config = self.config(&flags)?;
                keys::create(output, &config, &name, organization.as_deref(), json)
            }
            KeysCommand::List { json, flags } => keys::list(output, &self.config(&flags)?, json),
            KeysCommand::Revoke { which, flags } => {
                keys::revoke(output, &self.config(&flags)?, &which)
            }
        }
    }

    fn client(&self, flags: &Flags<CLIENT>) -> Result<Client, Failure> {
        self.config(flags).map(|config| Client::new(&config))
    }

    fn config<const SCOPE: Scope>(&self, flags: &Flags<SCOPE>) -> Result<Config, Failure> {
        let config = Config::resolve(flags, &self.environment)?;
        for warning in &config.warnings {
            self.output.warn(warning);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }
}
