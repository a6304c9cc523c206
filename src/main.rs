//! The binary. Responsible for starting the command-line tool.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlift::run_command_line()
}
