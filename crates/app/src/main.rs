//! The program `sharewell`. Everything it can do is in the library, where it is tested.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    sharewell::cli::run()
}
