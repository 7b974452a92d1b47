//! A whole ledger in a file, checked by somebody who has nothing but public keys.

use crate::change::{change, changed};
use crate::sample::{Ledger, ORIGIN, cosigner, exported, signer, witnessed};
use proptest::prelude::*;
use sharewell_ledger::checkpoint::Checkpoint;
use sharewell_ledger::export::{ExportError, ExportFinding, Exported, FIRST_LINE, Reached, newest_checkpoint, verify};
use sharewell_ledger::key::VerifierKey;
use sharewell_ledger::note::{LONGEST_NOTE, Note, Signer};
use sharewell_ledger::receipt::Witness;

const WITNESS: &str = "witness.example/w1";

fn checked(file: &[u8]) -> Result<Exported, ExportError> {
    verify(file, signer().verifier_key(), &[cosigner(WITNESS).verifier_key()], &mut |_| {})
}

/// Every fault in words, whichever kind it is.
fn said(file: &[u8]) -> String {
    match checked(file) {
        Ok(found) => found.findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Err(why) => why.to_string(),
    }
}

fn sample() -> String {
    let ledger = Ledger::new(21, 1);
    let notes = [ledger.checkpoint_at(4), witnessed(&ledger, 9, WITNESS), witnessed(&ledger, 21, WITNESS)];
    exported(&ledger, &notes)
}

#[test]
fn an_export_says_how_much_there_is_how_far_it_is_signed_and_by_whom_it_was_seen() {
    let ledger = Ledger::new(21, 1);
    let mut told = Vec::new();
    let file = sample();
    let key = cosigner(WITNESS);
    let found =
        verify(file.as_bytes(), signer().verifier_key(), &[key.verifier_key()], &mut |at| told.push(at)).unwrap();
    assert_eq!((found.entries, found.checkpoints, found.covered), (21, 3, 21));
    assert_eq!((found.root, found.names.as_slice()), (ledger.root_at(21), [ORIGIN.to_owned()].as_slice()));
    assert_eq!(found.recorded, Some((ledger.entries[0].recorded_at, ledger.entries[20].recorded_at)));
    let witness = Witness { name: WITNESS.to_owned(), time: 1_790_000_500 };
    assert_eq!(found.witnessed, [Reached { witness, size: 21 }]);
    assert_eq!((found.findings, told), (Vec::new(), vec![21]));
    assert_eq!(newest_checkpoint(file.as_bytes()).unwrap(), witnessed(&ledger, 21, WITNESS));
    assert!(file.starts_with(FIRST_LINE) && file.lines().count() == 45);
}

#[test]
fn without_a_witnesss_key_the_keepers_word_is_checked_and_a_witnesss_key_is_no_ledgers() {
    let file = sample();
    let found = verify(file.as_bytes(), signer().verifier_key(), &[], &mut |_| {}).unwrap();
    assert_eq!((found.witnessed, found.findings), (Vec::new(), Vec::new()));
    let witness = cosigner(WITNESS);
    let refused = verify(file.as_bytes(), witness.verifier_key(), &[], &mut |_| {});
    assert!(matches!(refused, Err(ExportError::NotALedgersKey(_))));
    let stranger = Signer::from_seed(ORIGIN, &[5; 32]).unwrap();
    let found = verify(file.as_bytes(), stranger.verifier_key(), &[], &mut |_| {}).unwrap();
    assert_eq!(found.findings.len(), 4, "three checkpoints, and entries under no signature: {:?}", found.findings);
}

#[test]
fn whichever_byte_is_changed_it_is_found_and_said_where() {
    let file = sample();
    let (mut line, mut position) = (1_u64, None);
    for at in 0..file.len() {
        let mut altered = file.clone().into_bytes();
        altered[at] ^= 1;
        let words = said(&altered);
        // A signature under another name or id is nobody's, and counts for nothing: the ledger's own is still there.
        let nobodys =
            file.lines().nth(usize::try_from(line).unwrap() - 1).unwrap().contains(WITNESS) && words.is_empty();
        let named = match position {
            // An entry that still is one is among those between two checkpoints.
            Some(entry) => {
                let between = match entry {
                    0..4 => "entries 1 to 4",
                    4..9 => "entries 5 to 9",
                    _ => "entries 10 to 21",
                };
                words.contains(&format!("entry {}:", entry + 1)) || words.starts_with(between)
            }
            None => words.contains(&format!("line {line}")) || words.contains("an export begins with"),
        };
        // What belongs to a checkpoint is named by the line on which it begins; a line that no longer ends, by the next.
        let near = (line.saturating_sub(6)..=line + 1).any(|line| words.contains(&format!("line {line}")));
        // A wrong number of checkpoints or of entries shows where they end.
        let count = [2, 24].contains(&line) && words.contains("line ");
        assert!(named || near || count || nobodys, "byte {at} on line {line}: {words:?}");
        if file.as_bytes()[at] == b'\n' {
            line += 1;
            position = line.checked_sub(25);
        }
    }
    assert_eq!(file.lines().nth(23), Some("entries 21"), "the first entry stands on line 25");
}

#[test]
fn entries_that_were_removed_added_moved_or_replaced_are_named() {
    let file = sample();
    let lines: Vec<&str> = file.lines().collect();
    let put = |lines: &[&str]| lines.join("\n") + "\n";
    let entry = |at: usize| 24 + at;
    let mut swapped = lines.clone();
    swapped.swap(entry(5), entry(7));
    let words = said(put(&swapped).as_bytes());
    assert!(words.starts_with("entries 5 to 9: at least one of them is not the one that was signed"), "{words}");
    let mut removed = lines.clone();
    removed.remove(entry(12));
    let words = said(put(&removed).as_bytes());
    assert!(
        words.starts_with("the file was cut short: it ends after line 44, where an entry should follow"),
        "{words}"
    );
    removed[23] = "entries 20";
    let words = said(put(&removed).as_bytes());
    assert!(words.contains("the ledger was cut short: 21 entries were signed (line 17), 20 are here"), "{words}");
    let mut added = lines.clone();
    added.push(lines[entry(3)]);
    let words = said(put(&added).as_bytes());
    assert!(words.starts_with("line 46: something was added after the last of 21 entries"), "{words}");
    added[23] = "entries 22";
    assert_eq!(said(put(&added).as_bytes()), "entries 22 to 22: they are under no signature");
    let fork = exported(&Ledger::new(21, 2), &[Ledger::new(21, 1).checkpoint_at(21)]);
    assert!(said(fork.as_bytes()).starts_with("entries 1 to 21: at least one"));
    for at in 0..lines.len() - 1 {
        assert!(checked(put(&lines[..at]).as_bytes()).is_err(), "cut after line {at}");
    }
    for at in 0..file.len() {
        assert!(checked(&file.as_bytes()[..at]).is_err(), "cut after byte {at}");
    }
}

#[test]
fn nothing_that_is_unsigned_passes_for_an_export() {
    let ledger = Ledger::new(3, 1);
    let none = format!("{FIRST_LINE}\ncheckpoints 0\n\nentries 0\n");
    assert!(matches!(checked(none.as_bytes()), Err(ExportError::NothingSigned)));
    assert!(matches!(newest_checkpoint(none.as_bytes()), Err(ExportError::NothingSigned)));
    let other = Checkpoint::new(signer().verifier_key(), 3, ledger.root_at(2)).sign(&signer()).unwrap();
    let found = checked(exported(&ledger, &[other]).as_bytes()).unwrap();
    assert_eq!(found.findings, [ExportFinding::TreeDiffers { line: 4, after: 0, size: 3 }]);
    assert!(matches!(checked(b"something else\n"), Err(ExportError::FirstLine)));
    let long = format!("{FIRST_LINE}\ncheckpoints 1\n\n{}\n", "x".repeat(LONGEST_NOTE + 1));
    assert!(matches!(checked(long.as_bytes()), Err(ExportError::CutShort { line: 4, .. })));
    let lines = format!("{FIRST_LINE}\ncheckpoints 1\n\n{}\n", "xxxxxxx\n".repeat(LONGEST_NOTE / 8 + 1));
    assert!(matches!(checked(lines.as_bytes()), Err(ExportError::Line { .. })));
}

#[test]
fn a_ledger_that_was_taken_up_again_under_another_name_is_one_ledger_under_one_key() {
    let ledger = Ledger::new(9, 1);
    let second = Signer::from_seed(&format!("{ORIGIN}/epoch-2"), &[7; 32]).unwrap();
    let sign = |signer: &Signer, size| -> Note {
        Checkpoint::new(signer.verifier_key(), size, ledger.root_at(size)).sign(signer).unwrap()
    };
    let file = exported(&ledger, &[sign(&signer(), 5), sign(&second, 9)]);
    for key in [signer(), second] {
        let found = verify(file.as_bytes(), key.verifier_key(), &[], &mut |_| {}).unwrap();
        assert_eq!((found.findings, found.covered), (Vec::new(), 9));
        assert_eq!(found.names, [ORIGIN.to_owned(), format!("{ORIGIN}/epoch-2")]);
    }
    let other = Signer::from_seed(&format!("{ORIGIN}/epoch-2"), &[8; 32]).unwrap();
    let file = exported(&ledger, &[sign(&signer(), 5), sign(&other, 9)]);
    let words = said(file.as_bytes());
    assert!(words.starts_with("line 10, the checkpoint of 9 entries: nobody known here has signed this"), "{words}");
    let named: VerifierKey = signer().verifier_key().named("other.example").unwrap();
    assert_eq!(VerifierKey::parse(&named.to_string()).unwrap().name(), "other.example");
    assert!(signer().verifier_key().named("two words").is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_checked_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), headed: bool) {
        let head = format!("{FIRST_LINE}\ncheckpoints 1\n\n");
        let bytes = if headed { [head.as_bytes(), &bytes].concat() } else { bytes };
        prop_assert!(checked(&bytes).is_err());
    }

    #[test]
    fn no_change_makes_another_ledger_of_an_export_that_holds(changes in prop::collection::vec(change(), 1..4)) {
        let file = sample().into_bytes();
        let altered = changed(&file, &changes);
        prop_assume!(altered != file);
        // A signature that stands there twice, or a witness's that does not, makes no other ledger of it.
        if let Ok(found) = checked(&altered)
            && found.findings.is_empty()
        {
            let whole = checked(&file).unwrap();
            prop_assert_eq!((found.entries, found.root, found.covered), (whole.entries, whole.root, whole.covered));
        }
    }
}
