//! Go's `golang.org/x/mod/sumdb/note` and `tlog`, which others wrote for another ledger, come to the same answers.
//!
//! `tools/setup` installs Go and these packages from the distribution; no network is used here. Without them this test
//! fails: what strangers must be able to check, this must have checked.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

#[path = "../ledger/sample.rs"]
mod sample;

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sample::{Ledger, cosigner, exported, signer, witnessed};
use serde::{Deserialize, Serialize};
use sharewell_ledger::export::verify as verify_export;
use sharewell_ledger::key::VerifierKey;
use sharewell_ledger::note::{Note, Signer};
use sharewell_ledger::receipt::Receipt;
use sharewell_ledger::tree::{Hash, verify_consistency, verify_inclusion};

const SIZE: u64 = 33;
const WITNESS: &str = "witness.example/w1";
const TEXT: &str = "ledger.north-council.example/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
/// Where Debian installs Go packages.
const GO_PACKAGES: &str = "/usr/share/gocode";

#[derive(Serialize)]
struct Cases {
    log_key: String,
    log_secret: String,
    witness_key: String,
    entries: Vec<String>,
    receipts: Vec<ReceiptCase>,
    growth: Vec<GrowthCase>,
    notes: Vec<String>,
    text: &'static str,
}

#[derive(Serialize)]
struct ReceiptCase {
    text: String,
    /// In base64, as Go reads bytes.
    entry: String,
}

#[derive(Serialize)]
struct GrowthCase {
    #[serde(rename = "Old")]
    old: u64,
    #[serde(rename = "New")]
    new: u64,
    #[serde(rename = "OldRoot")]
    old_root: String,
    #[serde(rename = "NewRoot")]
    new_root: String,
    #[serde(rename = "Proof")]
    proof: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    receipts: Vec<String>,
    growth: Vec<String>,
    notes: Vec<String>,
    roots: Vec<String>,
    inclusion: Vec<Vec<String>>,
    grown_from: Vec<Vec<String>>,
    signed: String,
    own_key: String,
    own_secret: String,
    own_signed: String,
}

/// What Go is asked, what Sharewell says to the same, and what Go answers.
struct Compared {
    ledger: Ledger,
    receipts: Vec<(&'static str, bool)>,
    growth: Vec<bool>,
    notes: Vec<bool>,
    answers: Answers,
}

fn compared() -> &'static Compared {
    static COMPARED: OnceLock<Compared> = OnceLock::new();
    COMPARED.get_or_init(|| {
        let ledger = Ledger::new(SIZE, 1);
        let (receipts, said_of_receipts): (Vec<_>, Vec<_>) = receipts(&ledger).into_iter().unzip();
        let (growth, said_of_growth): (Vec<_>, Vec<_>) = growth(&ledger).into_iter().unzip();
        let (notes, said_of_notes): (Vec<_>, Vec<_>) = notes().into_iter().unzip();
        let cases = Cases {
            log_key: signer().verifier_key().to_string(),
            log_secret: signer().to_text().to_string(),
            witness_key: cosigner(WITNESS).verifier_key().to_string(),
            entries: ledger.entries.iter().map(|entry| base64(&entry.to_bytes())).collect(),
            receipts,
            growth,
            notes,
            text: TEXT,
        };
        let answers = ask_go(&serde_json::to_vec(&cases).unwrap());
        Compared { ledger, receipts: said_of_receipts, growth: said_of_growth, notes: said_of_notes, answers }
    })
}

fn ask_go(cases: &[u8]) -> Answers {
    let mut child = Command::new(built())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("the Go program cannot be started: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(cases).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the Go program failed; it says why above");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The Go program, compiled once.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = folder.join("ledger-foreign-check");
    let compiled = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/check.go"))
        .env("GO111MODULE", "off")
        .env("GOPATH", env::var_os("GOPATH").unwrap_or_else(|| GO_PACKAGES.into()))
        .env("GOCACHE", folder.join("go-cache"))
        .env("CGO_ENABLED", "0")
        .status();
    match compiled {
        Ok(status) if status.success() => program,
        Ok(_) => {
            panic!("the Go program does not compile: are golang-go and golang-golang-x-mod-dev there? Run tools/setup")
        }
        Err(error) => {
            panic!("Go is needed ({error}): run tools/setup, or apt-get install golang-go golang-golang-x-mod-dev")
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

/// Receipts as they should be and altered, and whether they are right here.
fn receipts(ledger: &Ledger) -> Vec<(ReceiptCase, (&'static str, bool))> {
    let mut cases = Vec::new();
    for size in 1..=SIZE {
        let checkpoint = witnessed(ledger, size, WITNESS);
        for index in [0, size / 2, size - 1] {
            let entry = &ledger.entries[usize::try_from(index).unwrap()];
            let proof = ledger.inclusion(index, size);
            let text = Receipt::for_entry(entry, index, proof, checkpoint.clone()).unwrap().to_string();
            cases.push((text, "as it should be", entry.to_bytes().to_vec()));
        }
    }
    let entry = ledger.entries[20].to_bytes().to_vec();
    let receipt =
        Receipt::for_entry(&ledger.entries[20], 20, ledger.inclusion(20, SIZE), witnessed(ledger, SIZE, WITNESS))
            .unwrap();
    let text = receipt.to_string();
    let own_line = receipt.checkpoint().signatures()[0].to_string();
    let witness_line = receipt.checkpoint().signatures()[1].to_string();
    let older_line = ledger.checkpoint_at(SIZE - 1).signatures()[0].to_string();
    let first_hash = format!("{}\n", receipt.proof()[0]);
    let root = ledger.root_at(SIZE).to_string();
    let mut altered_entry = entry.clone();
    altered_entry[30] ^= 1;
    let later_time = witness_line.replacen("AAA", "AAB", 1);
    assert_ne!(later_time, witness_line);
    let other_root = ledger.root_at(SIZE - 1).to_string();
    cases.push((text.clone(), "another entry", altered_entry));
    for (why, from, to) in [
        ("another position", "index 20\n", "index 21\n"),
        ("a position outside", "index 20\n", "index 33\n"),
        ("a hash less", first_hash.as_str(), ""),
        ("a hash twice", &first_hash, &first_hash.repeat(2)),
        ("another hash", &first_hash, &format!("{other_root}\n")),
        ("another root", &root, &other_root),
        ("another size", "\n33\n", "\n34\n"),
        ("another ledger", "\n\nledger.north", "\n\nledger.south"),
        ("not signed by the ledger", &own_line, ""),
        ("another signature", &own_line, &older_line),
        ("another time of the witness", &witness_line, &later_time),
        ("no checkpoint", "\n\n", "\n"),
    ] {
        assert_ne!(from, to, "{why}");
        assert!(text.contains(from), "{why}");
        cases.push((text.replacen(from, to, 1), why, entry.clone()));
    }
    cases
        .into_iter()
        .map(|(text, why, entry)| {
            let right = receipt_is_right(&text, &entry);
            (ReceiptCase { text, entry: base64(&entry) }, (why, right))
        })
        .collect()
}

fn receipt_is_right(text: &str, entry: &[u8]) -> bool {
    Receipt::parse(text.as_bytes()).is_ok_and(|receipt| {
        receipt.verify(entry, signer().verifier_key(), &[cosigner(WITNESS).verifier_key()]).is_ok()
    })
}

/// Every growth of the ledger up to its size, and each altered; and whether it is right here.
fn growth(ledger: &Ledger) -> Vec<(GrowthCase, bool)> {
    let mut cases = Vec::new();
    for new in 1..=SIZE {
        for old in 1..=new {
            let (old_root, new_root, proof) = (ledger.root_at(old), ledger.root_at(new), ledger.consistency(old, new));
            let mut altered = proof.clone();
            match altered.last_mut() {
                Some(hash) => hash.0[31] ^= 0x80,
                None => altered.push(old_root),
            }
            cases.push(growth_case(old, old_root, new, new_root, &altered));
            cases.push(growth_case(old, Hash([old_root.0[0]; 32]), new, new_root, &proof));
            cases.push(growth_case(old, old_root, new, new_root, &proof));
        }
    }
    cases
}

fn growth_case(old: u64, old_root: Hash, new: u64, new_root: Hash, proof: &[Hash]) -> (GrowthCase, bool) {
    let right = verify_consistency(old, &old_root, new, &new_root, proof).is_ok();
    let (old_root, new_root) = (old_root.to_string(), new_root.to_string());
    (GrowthCase { old, new, old_root, new_root, proof: proof.iter().map(Hash::to_string).collect() }, right)
}

/// Notes as they should be and altered, and whether they are right here.
fn notes() -> Vec<(String, bool)> {
    let signer = signer();
    let stranger = Signer::from_seed("stranger.example", &[5; 32]).unwrap();
    let mut two = Note::sign("a text\n\nof two parts — with a dash\n", &signer).unwrap();
    two.add(Note::sign(two.text(), &stranger).unwrap().signatures()[0].clone()).unwrap();
    let good = two.to_string();
    let by_stranger = Note::sign("a text\n", &stranger).unwrap().to_string();
    let texts = [
        good.clone(),
        good.replace("two parts", "three parts"),
        good.replace("two parts", "two\u{7}parts"),
        good.replace("\n\n\u{2014}", "\n\u{2014}"),
        good.replacen("\u{2014} ledger.", "\u{2014} Ledger.", 1),
        good.replacen('\u{2014}', "-", 2),
        format!("{good}\n"),
        good.trim_end().to_owned(),
        by_stranger,
        good.replace("two parts", "two\u{2028}parts"),
    ];
    texts
        .into_iter()
        .map(|text| {
            let parsed = Note::parse(text.as_bytes());
            let right = parsed.is_ok_and(|note| note.verify(&[signer.verifier_key()]).is_ok());
            (text, right)
        })
        .collect()
}

#[test]
fn go_believes_our_receipts_and_none_that_is_altered() {
    let compared = compared();
    assert_eq!(compared.answers.receipts.len(), compared.receipts.len());
    for ((why, right), go) in compared.receipts.iter().zip(&compared.answers.receipts) {
        assert_eq!(*right, go.is_empty(), "{why}: Go says {go:?}");
        assert_eq!(*right, *why == "as it should be", "{why}");
    }
    assert_eq!(compared.receipts.iter().filter(|(_, right)| *right).count(), 99);
    assert_eq!(compared.receipts.iter().filter(|(_, right)| !*right).count(), 13);
}

#[test]
fn go_believes_our_proofs_of_growth_and_none_that_is_altered() {
    let compared = compared();
    assert_eq!(compared.answers.growth.len(), compared.growth.len());
    for (number, (right, go)) in compared.growth.iter().zip(&compared.answers.growth).enumerate() {
        assert_eq!(*right, go.is_empty(), "Go says {go:?}");
        assert_eq!(*right, number % 3 == 2, "only each third is as it was made");
    }
}

#[test]
fn go_believes_our_notes_and_none_that_is_altered() {
    let compared = compared();
    let go: Vec<bool> = compared.answers.notes.iter().map(String::is_empty).collect();
    assert_eq!(go, compared.notes);
    assert_eq!(go.iter().filter(|right| **right).count(), 1);
}

#[test]
fn we_believe_the_tree_and_the_proofs_that_go_makes() {
    let Compared { ledger, answers, .. } = compared();
    let hash = |text: &String| Hash::from_base64(text).unwrap();
    let root = ledger.root_at(SIZE);
    assert_eq!((ledger.size(), answers.roots.len()), (SIZE, ledger.entries.len() + 1));
    for (size, go_root) in (0..).zip(&answers.roots) {
        assert_eq!(hash(go_root), ledger.root_at(size));
    }
    for ((index, entry), proof) in (0..).zip(&ledger.entries).zip(&answers.inclusion) {
        let proof: Vec<Hash> = proof.iter().map(hash).collect();
        assert_eq!(verify_inclusion(&entry.leaf_hash(), index, SIZE, &proof, &root), Ok(()));
        assert_eq!(proof, ledger.inclusion(index, SIZE));
    }
    for (old, proof) in (1..).zip(&answers.grown_from) {
        let proof: Vec<Hash> = proof.iter().map(hash).collect();
        assert_eq!(verify_consistency(old, &ledger.root_at(old), SIZE, &root, &proof), Ok(()));
    }
    assert_eq!((answers.inclusion.len(), answers.grown_from.len()), (33, 33));
}

#[test]
fn we_believe_the_notes_that_go_signs() {
    let Compared { answers, .. } = compared();
    let signer = signer();
    let note = Note::parse(answers.signed.as_bytes()).unwrap();
    assert_eq!(note, Note::sign(TEXT, &signer).unwrap(), "the same key makes the same note");
    let go_key = VerifierKey::parse(&answers.own_key).unwrap();
    let go_note = Note::parse(answers.own_signed.as_bytes()).unwrap();
    assert_eq!(go_note.verify(&[&go_key]).unwrap()[0].key, &go_key);
    assert_eq!(Signer::parse(&answers.own_secret).unwrap().verifier_key(), &go_key);
    let altered = answers.own_signed.replacen("\n0\n", "\n1\n", 1);
    assert!(Note::parse(altered.as_bytes()).unwrap().verify(&[&go_key]).is_err());
}

#[test]
fn a_stranger_checks_a_receipt_by_hand_as_the_ledgers_page_describes() {
    let ledger = Ledger::new(SIZE, 1);
    let receipt =
        Receipt::for_entry(&ledger.entries[7], 7, ledger.inclusion(7, SIZE), witnessed(&ledger, SIZE, WITNESS))
            .unwrap();
    let check = |name: &str, text: &str| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, text).unwrap();
        Command::new(built())
            .arg(file)
            .arg(signer().verifier_key().to_string())
            .arg(cosigner(WITNESS).verifier_key().to_string())
            .output()
            .unwrap()
    };
    let good = check("good.tlog-proof", &receipt.to_string());
    assert_eq!(
        String::from_utf8(good.stdout).unwrap(),
        "entry 00000000000000000000000000000007 is at position 7 (from 0) of 33 in ledger.north-council.example/1\n\
         recorded 2026-09-21T14:13:27Z, as its keeper says\n\
         seen by witness.example/w1 on 2026-09-21T14:21:40Z\n"
    );
    let altered = check("altered.tlog-proof", &receipt.to_string().replace("index 7\n", "index 8\n"));
    assert!(!altered.status.success());
    assert!(String::from_utf8(altered.stderr).unwrap().starts_with("refused: "));
}

#[test]
fn a_stranger_checks_a_whole_ledger_by_hand_and_finds_whatever_was_changed() {
    let ledger = Ledger::new(SIZE, 1);
    let notes = [ledger.checkpoint_at(20), witnessed(&ledger, SIZE, WITNESS)];
    let good = exported(&ledger, &notes);
    let check = |name: &str, text: &str| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, text).unwrap();
        let mut go = Command::new(built());
        go.arg(file).arg(signer().verifier_key().to_string()).arg(cosigner(WITNESS).verifier_key().to_string());
        go.output().unwrap()
    };
    let held = check("good.ledger", &good);
    assert_eq!(
        String::from_utf8(held.stdout).unwrap(),
        "33 entries of ledger.north-council.example/1, all under 2 checkpoints\n\
         seen by witness.example/w1 on 2026-09-21T14:21:40Z\n",
        "{}",
        String::from_utf8_lossy(&held.stderr)
    );
    let ours = |text: &str| {
        let keys = [cosigner(WITNESS)];
        let found = verify_export(text.as_bytes(), signer().verifier_key(), &[keys[0].verifier_key()], &mut |_| {});
        found.is_ok_and(|found| found.findings.is_empty())
    };
    let lines: Vec<&str> = good.lines().collect();
    let (own, last) = (lines[7], lines.len() - 1);
    let witness_line = *lines.iter().rfind(|line| line.contains(WITNESS)).unwrap();
    for (why, text) in [
        ("an entry less", good.replacen(&format!("{}\n", lines[last]), "", 1).replace("entries 33", "entries 32")),
        ("another entry", good.replacen(lines[last], lines[last - 1], 1)),
        ("two entries changed places", {
            let mut swapped = lines.clone();
            swapped.swap(last, last - 3);
            swapped.join("\n") + "\n"
        }),
        ("an entry more", format!("{}{}\n", good.replace("entries 33", "entries 34"), lines[last])),
        ("another root", good.replacen(&ledger.root_at(20).to_string(), &ledger.root_at(19).to_string(), 1)),
        ("not signed by the ledger", good.replacen(own, witness_line, 1)),
        ("a witness of another checkpoint", good.replacen(own, &format!("{own}\n{witness_line}"), 1)),
    ] {
        assert_ne!(text, good, "{why}");
        assert!(!ours(&text), "{why}");
        let refused = check("altered.ledger", &text);
        assert!(!refused.status.success(), "{why}: {}", String::from_utf8_lossy(&refused.stdout));
        assert!(String::from_utf8(refused.stderr).unwrap().starts_with("refused: "), "{why}");
    }
}
