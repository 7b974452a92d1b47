//! The fonts are fetched, never committed; without them the compiler would only name a missing file.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=fonts");
    if !Path::new("fonts/SourceSans3_400Regular.ttf").exists() {
        println!("cargo::error=the fonts of PDF records are not here yet: run `make assets` first");
    }
}
