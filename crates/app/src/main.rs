//! The program `sharewell`. Everything it can do is in the library, where it is tested.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    sharewell::cli::run()
}
