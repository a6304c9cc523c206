//! The binary. Responsible for parsing the command line, running the command and returning its exit
//! code.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlift::process::harden();
    std::panic::set_hook(Box::new(|panic| {
        airlift::render::defect(panic.location());
        std::process::exit(airlift::failure::Exit::Internal.number().into());
    }));
    match airlift::cli::parse(std::env::args_os(), airlift::render::width()) {
        Ok(cli) => airlift::commands::run(cli),
        Err(error) => airlift::render::usage(&error).into(),
    }
}
