//! Looking for canaries in bytes, however they may be written there.

use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// What is sung by everybody who stays.
pub const LIVING: [&str; 9] = [
    "Zephyrine",
    "Quillfeather",
    "17 Umbrellathorn",
    "01632 960417",
    "1987-06-05",
    "5 June 1987",
    "marmalade lighthouse",
    "philomena.tattersnipe@hidden.example",
    "plum-lantern-zygote",
];

/// What is sung by the person who is destroyed.
pub const DESTROYED: [&str; 6] =
    ["Barnabasque", "Wrenthorpe", "4 Gooseberrynook", "01632 960733", "1991-04-09", "cobalt teapot"];

/// One of the ways in which a canary may be written.
pub struct Spelling {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// Every way in which a word is looked for.
pub fn spellings(word: &str) -> Vec<Spelling> {
    let mut all = Vec::new();
    for text in [word.to_owned(), word.to_lowercase(), word.to_uppercase()] {
        let mut add = |name, bytes: Vec<u8>| all.push(Spelling { name, bytes });
        add("UTF-8", text.clone().into_bytes());
        add("UTF-16LE", text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        add("UTF-16BE", text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        let hex: String = text.bytes().flat_map(digits).collect();
        add("hexadecimal", hex.to_uppercase().into_bytes());
        add("hexadecimal", hex.into_bytes());
        for space in ["+", "%20"] {
            let form = serde_urlencoded::to_string([("", &text)]).unwrap()[1..].replace('+', space);
            add("percent-encoded", form.into_bytes());
        }
        let every: String =
            text.bytes().flat_map(|byte| ['%'].into_iter().chain(digits(byte))).collect::<String>().to_uppercase();
        add("percent-encoded", every.to_lowercase().into_bytes());
        add("percent-encoded", every.into_bytes());
        for before in 0..3 {
            add("base64", within_base64(&STANDARD, before, &text));
            add("base64", within_base64(&URL_SAFE, before, &text));
        }
    }
    all
}

/// The letters of base64 that a text gives wherever it stands after `before` other bytes (or three more, or six …).
fn within_base64(engine: &impl Engine, before: usize, text: &str) -> Vec<u8> {
    let bytes = [&[0; 3][..before], text.as_bytes()].concat();
    let written = engine.encode(&bytes);
    let whole = bytes.len() * 8 / 6;
    written.as_bytes()[(before * 8).div_ceil(6)..whole].to_vec()
}

/// A byte's two hexadecimal digits.
fn digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap())
}

/// Looks for many words at once.
pub struct Search {
    finder: AhoCorasick,
    names: Vec<String>,
    /// The words without white space: where a line breaks in a PDF is its reader's guess.
    letters: Vec<String>,
}

/// The text of a PDF's pages without white space, and what else is in it as it lies there unpacked: titles, links, descriptions. A
/// PDF's streams are compressed, so that its bytes alone show nothing.
fn read_pdf(bytes: &[u8]) -> (String, Vec<u8>) {
    let document = lopdf::Document::load_mem(bytes).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    let text = document.extract_text(&pages).unwrap();
    let letters = text.chars().filter(|character| !character.is_whitespace()).collect();
    let mut unpacked = Vec::new();
    let mut open: Vec<&lopdf::Object> = document.objects.values().collect();
    while let Some(object) = open.pop() {
        match object {
            lopdf::Object::String(bytes, _) | lopdf::Object::Name(bytes) => {
                unpacked.extend_from_slice(bytes);
                unpacked.push(0);
            }
            lopdf::Object::Array(all) => open.extend(all),
            lopdf::Object::Dictionary(all) => open.extend(all.iter().map(|(_, value)| value)),
            lopdf::Object::Stream(stream) => {
                open.extend(stream.dict.iter().map(|(_, value)| value));
                unpacked.extend(stream.decompressed_content().unwrap_or_else(|_| stream.content.clone()));
            }
            _ => {}
        }
    }
    (letters, unpacked)
}

impl Search {
    pub fn for_words(words: &[&str]) -> Self {
        let (mut names, mut patterns) = (Vec::new(), Vec::new());
        for word in words {
            for spelling in spellings(word) {
                names.push(format!("“{word}” as {}", spelling.name));
                patterns.push(spelling.bytes);
            }
        }
        let letters = words.iter().map(|word| word.replace(' ', "")).collect();
        Self { finder: AhoCorasick::new(patterns).unwrap(), names, letters }
    }

    pub fn everybody() -> Self {
        Self::for_words(&[&LIVING[..], &DESTROYED[..]].concat())
    }

    /// What is found in bytes, each once; a PDF is read as its readers read it, too.
    pub fn within(&self, bytes: &[u8]) -> Vec<&str> {
        let named = |bytes: &[u8]| -> Vec<&str> {
            self.finder.find_iter(bytes).map(|at| self.names[at.pattern().as_usize()].as_str()).collect()
        };
        let mut found = named(bytes);
        if bytes.starts_with(b"%PDF-") {
            let (letters, unpacked) = read_pdf(bytes);
            found.extend(named(&unpacked));
            found.extend(self.letters.iter().map(String::as_str).filter(|word| letters.contains(word)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What is found in the files under a folder, and how many bytes were looked through.
    pub fn under(&self, folder: &Path) -> (Vec<String>, u64) {
        let (mut found, mut looked_at) = (Vec::new(), 0);
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                let (below, bytes) = self.under(&path);
                found.extend(below);
                looked_at += bytes;
            } else if kind.is_file() {
                // A running database may take a file away in between.
                let Ok(bytes) = fs::read(&path) else { continue };
                looked_at += bytes.len() as u64;
                found.extend(self.within(&bytes).into_iter().map(|what| format!("{what} in {}", path.display())));
            }
        }
        (found, looked_at)
    }

    /// What is found in the files that this process has open, also those that were deleted already, as temporary files are.
    pub fn open_files(&self) -> Vec<String> {
        self.open_files_of(std::process::id())
    }

    /// The same of another process.
    pub fn open_files_of(&self, process: u32) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(format!("/proc/{process}/fd")).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let named = fs::read_link(&path).unwrap_or_else(|_| PathBuf::from("closed"));
            if fs::metadata(&path).is_ok_and(|about| about.is_file()) {
                let Ok(bytes) = fs::read(&path) else { continue };
                found.extend(self.within(&bytes).into_iter().map(|what| format!("{what} in {}", named.display())));
            }
        }
        found
    }
}
