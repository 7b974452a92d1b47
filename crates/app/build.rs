//! Tells cargo that the program carries the pack, the templates and the assets inside itself, so that a file added to one of these
//! folders builds it anew.

fn main() {
    for folder in ["../../packs/pan-cheshire", "templates", "assets/build"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
