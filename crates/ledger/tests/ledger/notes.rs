//! Keys, notes, checkpoints and cosignatures: what is written is read again, and nothing altered is believed.

use crate::change::{change, changed};
use crate::sample::{Ledger, ORIGIN, cosigner, signer};
use proptest::prelude::*;
use sharewell_ledger::checkpoint::{Checkpoint, CheckpointError, OpenCheckpointError};
use sharewell_ledger::cosignature::Cosigner;
use sharewell_ledger::key::{KeyError, Kind, VerifierKey};
use sharewell_ledger::note::{LONGEST_NOTE, NotVerified, Note, NoteError, Signer};
use sharewell_ledger::tree::empty_root;
use sharewell_ledger::witness::{AddCheckpoint, Seen, consider};

/// A checkpoint of nine entries with a cosignature of `name` at `time`.
fn cosigned(name: &str, time: u64) -> Note {
    let mut note = Ledger::new(9, 1).checkpoint_at(9);
    let request = AddCheckpoint::new(0, Vec::new(), note.clone()).unwrap();
    let answer = consider(&request, Some(signer().verifier_key()), Seen::nothing(), &cosigner(name), time).unwrap();
    note.add(answer.cosignature).unwrap();
    note
}

#[test]
fn the_example_of_the_specification_is_verified() {
    // C2SP signed-note, "Example".
    let key = VerifierKey::parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").unwrap();
    let note = Note::parse(
        "This is an example message.\n\n\u{2014} example.com/foo \
         Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
            .as_bytes(),
    )
    .unwrap();
    assert_eq!(note.verify(&[&key]).unwrap()[0].key, &key);
}

#[test]
fn keys_are_read_as_they_are_written() {
    let signer = signer();
    let public = signer.verifier_key();
    assert_eq!(VerifierKey::parse(&public.to_string()).as_ref(), Ok(public));
    assert_eq!((public.name(), public.kind()), (ORIGIN, Kind::Note));
    let again = Signer::parse(&signer.to_text()).unwrap();
    assert_eq!(again.verifier_key(), public);
    assert_eq!(Note::sign("x\n", &again), Note::sign("x\n", &signer));

    let witness = cosigner("witness.example/w1");
    assert_eq!(witness.verifier_key().kind(), Kind::Cosignature);
    assert_eq!(Cosigner::parse(&witness.to_text()).unwrap().verifier_key(), witness.verifier_key());
    assert_eq!(
        Signer::parse(&witness.to_text()).unwrap_err(),
        KeyError::UnknownKind(4),
        "a witness's key signs no notes"
    );
}

#[test]
fn the_same_key_for_two_purposes_has_two_ids() {
    let as_ledger = Signer::from_seed("one.example", &[1; 32]).unwrap();
    let as_witness = Cosigner::from_seed("one.example", &[1; 32]).unwrap();
    assert_ne!(as_ledger.verifier_key().id(), as_witness.verifier_key().id());
}

#[test]
fn a_private_key_is_never_shown() {
    let signer = signer();
    let secret = signer.to_text();
    let secret = secret.rsplit('+').next().unwrap();
    assert!(!format!("{signer:?}").contains(secret));
    assert!(!signer.verifier_key().to_string().contains(secret));
}

#[test]
fn a_mistyped_or_useless_key_is_refused() {
    let key = signer().verifier_key().to_string();
    assert_eq!(VerifierKey::parse(&key.replace("north", "south")), Err(KeyError::OtherId));
    assert_eq!(VerifierKey::parse("only-a-name"), Err(KeyError::Malformed));
    assert_eq!(VerifierKey::parse(&key.replace("north-", "north ")), Err(KeyError::Name));
    assert_eq!(Signer::from_seed("", &[1; 32]).unwrap_err(), KeyError::Name);
    assert_eq!(Signer::from_seed("two+parts", &[1; 32]).unwrap_err(), KeyError::Name);
    assert_eq!(Signer::from_seed("no\u{a0}space", &[1; 32]).unwrap_err(), KeyError::Name);
    assert_eq!(Signer::parse(&key).unwrap_err(), KeyError::Malformed, "a public key is no private key");
    // Kind 1, then the neutral element of the curve: any signature can be made for it.
    let weak = "weak.example+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(VerifierKey::parse(weak), Err(KeyError::NotAKey));
    assert_eq!(VerifierKey::parse("pq.example+00000000+BgAA"), Err(KeyError::UnknownKind(6)));
}

#[test]
fn signatures_of_strangers_are_kept_and_say_nothing() {
    let stranger = Signer::from_seed("stranger.example", &[5; 32]).unwrap();
    let mut note = Ledger::new(3, 1).checkpoint_at(3);
    note.add(Note::sign(note.text(), &stranger).unwrap().signatures()[0].clone()).unwrap();
    // A kind of signature that is not known here, longer than any Ed25519 signature.
    let text = format!("{note}\u{2014} later.example {}\n", "AAAA".repeat(800));
    let note = Note::parse(text.as_bytes()).unwrap();
    assert_eq!(note.to_string(), text);
    let signer = signer();
    let known = note.verify(&[signer.verifier_key()]).unwrap();
    assert_eq!((known.len(), known[0].key, known[0].time), (1, signer.verifier_key(), None));
    assert_eq!(note.verify(&[]), Err(NotVerified::NoKnownSignature));
    assert_eq!(note.verify(&[cosigner("w.example").verifier_key()]), Err(NotVerified::NoKnownSignature));
}

#[test]
fn a_wrong_signature_under_a_known_name_refuses_the_note() {
    let signer = signer();
    let stranger = Signer::from_seed("stranger.example", &[5; 32]).unwrap();
    let mut note = Note::sign("one\n", &signer).unwrap();
    let other = Note::sign("two\n", &stranger).unwrap();
    note.add(other.signatures()[0].clone()).unwrap();
    let keys = [signer.verifier_key(), stranger.verifier_key()];
    assert_eq!(note.verify(&keys[..1]).unwrap().len(), 1);
    assert_eq!(note.verify(&keys), Err(NotVerified::WrongSignature("stranger.example".to_owned())));
}

#[test]
fn a_note_is_read_strictly() {
    let good = Note::sign("a\n\nb\n", &signer()).unwrap().to_string();
    assert_eq!(Note::parse(good.as_bytes()).unwrap().text(), "a\n\nb\n");
    for (bad, error) in [
        (good.trim_end().to_owned(), NoteError::Shape),
        (format!("{good}\n"), NoteError::Shape),
        (good.replace("a\n", "a\r\n"), NoteError::NotText),
        (good.replace("a\n", "a\t\n"), NoteError::NotText),
        (good.replace('\u{2014}', "-"), NoteError::SignatureLine(1)),
        (good.replace(ORIGIN, ""), NoteError::SignatureLine(1)),
        (good.replace(ORIGIN, "a+b"), NoteError::SignatureLine(1)),
        (good.replace(ORIGIN, "a\u{2003}b"), NoteError::SignatureLine(1)),
        (format!("{good}\u{2014} short.example AAAAAA==\n"), NoteError::SignatureLine(2)),
        (format!("{good}{}", "\u{2014} many.example AAAAAAA=\n".repeat(64)), NoteError::TooManySignatures),
        ("no signature\n".to_owned(), NoteError::Shape),
        (format!("{}{good}", "x".repeat(LONGEST_NOTE)), NoteError::TooLong),
    ] {
        assert_eq!(Note::parse(bad.as_bytes()), Err(error), "{bad:.80}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NotText));
    assert_eq!(Note::sign("no end", &signer()), Err(NoteError::Shape));
}

#[test]
fn sixteen_signatures_are_accepted() {
    let mut note = Note::sign("x\n", &signer()).unwrap();
    for number in 0..15_u8 {
        let other = Signer::from_seed(&format!("w{number}.example"), &[number; 32]).unwrap();
        note.add(Note::sign("x\n", &other).unwrap().signatures()[0].clone()).unwrap();
    }
    let note = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!((note.signatures().len(), note.verify(&[signer().verifier_key()]).is_ok()), (16, true));
}

#[test]
fn a_checkpoint_is_read_strictly() {
    let root = empty_root().to_string();
    let good = format!("ledger.example\n12\n{root}\nfirst\nsecond\n");
    let checkpoint = Checkpoint::parse(&good).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size(), checkpoint.root()), ("ledger.example", 12, empty_root()));
    assert_eq!((checkpoint.extensions().len(), checkpoint.to_text()), (2, good.clone()));
    for (from, to, error) in [
        ("ledger.example", "", CheckpointError::Origin),
        ("12", "012", CheckpointError::Size),
        ("12", "+12", CheckpointError::Size),
        ("12", "", CheckpointError::Size),
        ("12", "-0", CheckpointError::Size),
        ("12", "9223372036854775808", CheckpointError::Size),
        ("=\n", "\n", CheckpointError::Root),
        ("first", "", CheckpointError::Lines),
        ("second\n", "second", CheckpointError::Lines),
        ("second\n", "second\n\n", CheckpointError::Lines),
    ] {
        assert_eq!(Checkpoint::parse(&good.replacen(from, to, 1)), Err(error), "{from:?} → {to:?}");
    }
    assert_eq!(Checkpoint::parse("ledger.example\n0\n"), Err(CheckpointError::Root));
}

#[test]
fn a_checkpoint_counts_only_when_its_own_ledger_has_signed_it() {
    let ledger = Ledger::new(9, 1);
    let (signer, witness) = (signer(), cosigner("witness.example/w1"));
    let note = cosigned("witness.example/w1", 1_790_000_100);
    let (checkpoint, witnesses) = Checkpoint::open(&note, signer.verifier_key(), &[witness.verifier_key()]).unwrap();
    assert_eq!((checkpoint.size(), checkpoint.root()), (9, ledger.root_at(9)));
    assert_eq!((witnesses.len(), witnesses[0].time), (1, Some(1_790_000_100)));

    let own_line = note.signatures()[0].to_string();
    let witnessed_only = Note::parse(note.to_string().replace(&own_line, "").as_bytes()).unwrap();
    assert_eq!(
        Checkpoint::open(&witnessed_only, signer.verifier_key(), &[witness.verifier_key()]),
        Err(OpenCheckpointError::NotByLedger(ORIGIN.to_owned()))
    );
    let of_another = Note::sign(&note.text().replace("north", "south"), &signer).unwrap();
    assert!(matches!(
        Checkpoint::open(&of_another, signer.verifier_key(), &[]),
        Err(OpenCheckpointError::OtherLedger { .. })
    ));
}

#[test]
fn a_cosignature_with_another_time_is_wrong() {
    let note = cosigned("witness.example/w1", 1_790_000_100);
    let later = cosigned("witness.example/w1", 1_790_000_101);
    let witness = cosigner("witness.example/w1");
    let signature = note.signatures()[1].signature();
    assert_eq!((signature.len(), &signature[..8]), (72, 1_790_000_100_u64.to_be_bytes().as_slice()));
    let mut mixed = later.signatures()[1].signature()[..8].to_vec();
    mixed.extend(&signature[8..]);
    assert_ne!(mixed, signature);
    for altered in [mixed.as_slice(), &signature[..71], &signature[8..], &[]] {
        let altered = replaced(&note, altered);
        assert!(
            altered.is_none_or(|note| note.verify(&[witness.verifier_key()]).is_err()),
            "only the signature that was made is right"
        );
    }
    assert!(replaced(&note, signature).unwrap().verify(&[witness.verifier_key()]).is_ok());
}

/// The note with other bytes as its second signature.
fn replaced(note: &Note, signature: &[u8]) -> Option<Note> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let line = &note.signatures()[1];
    let bytes = [line.id().0.as_slice(), signature].concat();
    let other = format!("\u{2014} {} {}\n", line.name(), STANDARD.encode(bytes));
    Note::parse(note.to_string().replace(&line.to_string(), &other).as_bytes()).ok()
}

#[test]
fn a_witness_that_signs_again_replaces_its_line() {
    let mut note = cosigned("witness.example/w1", 1_790_000_100);
    note.add(cosigned("witness.example/w1", 1_790_000_900).signatures()[1].clone()).unwrap();
    assert_eq!(note.signatures().len(), 2);
    assert_eq!(note.verify(&[cosigner("witness.example/w1").verifier_key()]).unwrap()[0].time, Some(1_790_000_900));
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_themselves_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes.clone());
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_text(), text.clone());
        }
        if let Ok(key) = VerifierKey::parse(&text) {
            prop_assert_eq!(key.to_string(), text.clone());
        }
        prop_assert!(Signer::parse(&text).is_err());
    }

    #[test]
    fn a_changed_note_is_refused_or_says_the_same(changes in prop::collection::vec(change(), 1..4)) {
        let note = cosigned("witness.example/w1", 1_790_000_100);
        let (signer, witness) = (signer(), cosigner("witness.example/w1"));
        let keys = [signer.verifier_key(), witness.verifier_key()];
        let bytes = changed(note.to_string().as_bytes(), &changes);
        if let Ok(parsed) = Note::parse(&bytes) {
            prop_assert_eq!(parsed.to_string().into_bytes(), bytes);
            // A change that leaves a known signature standing has touched another line; the text it cannot have touched.
            if parsed.verify(&keys).is_ok() {
                prop_assert_eq!(parsed.text(), note.text());
            }
        }
    }

    #[test]
    fn a_changed_key_is_refused_or_the_same(changes in prop::collection::vec(change(), 1..3)) {
        let signer = signer();
        let text = signer.verifier_key().to_string();
        let bytes = changed(text.as_bytes(), &changes);
        if let Some(key) = std::str::from_utf8(&bytes).ok().and_then(|text| VerifierKey::parse(text).ok()) {
            prop_assert_eq!(key.to_string(), text);
        }
        let secret = changed(signer.to_text().as_bytes(), &changes);
        if let Some(key) = std::str::from_utf8(&secret).ok().and_then(|text| Signer::parse(text).ok()) {
            prop_assert_eq!(key.verifier_key(), signer.verifier_key());
        }
    }
}
