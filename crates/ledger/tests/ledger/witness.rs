//! A witness that sees a ledger grow, and refuses whatever is not growth (C2SP tlog-witness, add-checkpoint).

use crate::change::{change, changed};
use crate::sample::{Ledger, cosigner, signer};
use proptest::prelude::*;
use sharewell_ledger::checkpoint::Checkpoint;
use sharewell_ledger::note::{Note, NoteError, Signer};
use sharewell_ledger::tree::{Hash, empty_root};
use sharewell_ledger::witness::{
    AddCheckpoint, AnswerError, LONGEST_REQUEST, Refusal, Seen, Witnessed, consider, take_answer,
};

const NOW: u64 = 1_790_000_500;

fn ask(request: &AddCheckpoint, seen: Seen) -> Result<Witnessed, Refusal> {
    let received = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
    assert_eq!(&received, request);
    consider(&received, Some(signer().verifier_key()), seen, &cosigner("witness.example/w1"), NOW)
}

fn growth(ledger: &Ledger, old: u64, new: u64) -> AddCheckpoint {
    AddCheckpoint::new(old, ledger.consistency(old, new), ledger.checkpoint_at(new)).unwrap()
}

#[test]
fn a_witness_follows_a_ledger_as_it_grows() {
    let ledger = Ledger::new(40, 1);
    let mut seen = Seen::nothing();
    for (old, new) in [(0, 1), (1, 1), (1, 7), (7, 8), (8, 40), (40, 40)] {
        let request = growth(&ledger, old, new);
        let answer = ask(&request, seen).unwrap();
        assert_eq!(answer.seen, Seen { size: new, root: ledger.root_at(new) });
        let witness = cosigner("witness.example/w1");
        let (note, time) =
            take_answer(request.note(), answer.cosignature.to_string().as_bytes(), witness.verifier_key()).unwrap();
        assert_eq!((time, note.signatures().len()), (NOW, 2));
        seen = answer.seen;
    }
}

#[test]
fn an_empty_ledger_can_be_witnessed() {
    let ledger = Ledger::new(0, 1);
    assert_eq!(ask(&growth(&ledger, 0, 0), Seen::nothing()).unwrap().seen, Seen::nothing());
    let signer = signer();
    let other_root = Checkpoint::new(signer.verifier_key(), 0, Hash([1; 32])).sign(&signer).unwrap();
    let request = AddCheckpoint::new(0, Vec::new(), other_root).unwrap();
    assert_eq!(ask(&request, Seen::nothing()), Err(Refusal::NotProved));
}

#[test]
fn a_fork_and_a_roll_back_are_refused() {
    let (ledger, fork) = (Ledger::new(40, 1), Ledger::new(40, 2));
    let seen = Seen { size: 8, root: ledger.root_at(8) };
    assert_eq!(ask(&growth(&fork, 8, 40), seen), Err(Refusal::NotProved), "another history of the same ledger");
    assert_eq!(ask(&growth(&fork, 8, 8), seen), Err(Refusal::NotProved), "another ledger of the same size");
    assert_eq!(ask(&growth(&ledger, 5, 7), seen), Err(Refusal::OtherSize { seen: 8 }), "an older state");
    let shrunk = AddCheckpoint::new(8, Vec::new(), ledger.checkpoint_at(7)).unwrap();
    assert_eq!(ask(&shrunk, seen), Err(Refusal::Malformed));
}

#[test]
fn who_starts_again_from_nothing_is_told_the_size_seen_last() {
    let ledger = Ledger::new(40, 1);
    let seen = Seen { size: 8, root: ledger.root_at(8) };
    let refusal = ask(&growth(&ledger, 0, 40), seen).unwrap_err();
    assert_eq!((refusal.status(), refusal.body()), (409, "8\n".to_owned()));
}

#[test]
fn a_proof_where_none_is_needed_is_refused() {
    let ledger = Ledger::new(9, 1);
    let request = AddCheckpoint::new(0, vec![empty_root()], ledger.checkpoint_at(9)).unwrap();
    assert_eq!(ask(&request, Seen::nothing()).map_err(Refusal::status), Err(422));
    let seen = Seen { size: 9, root: ledger.root_at(9) };
    let request = AddCheckpoint::new(9, vec![empty_root()], ledger.checkpoint_at(9)).unwrap();
    assert_eq!(ask(&request, seen), Err(Refusal::NotProved));
}

#[test]
fn only_a_watched_ledger_under_its_own_signature_is_cosigned() {
    let ledger = Ledger::new(9, 1);
    let witness = cosigner("witness.example/w1");
    let request = growth(&ledger, 0, 9);
    let consider = |request: &AddCheckpoint, log: &Signer| {
        consider(request, Some(log.verifier_key()), Seen::nothing(), &witness, NOW).map_err(Refusal::status)
    };
    let (other, impostor) = (
        Signer::from_seed("other.example", &[2; 32]).unwrap(),
        Signer::from_seed(crate::sample::ORIGIN, &[3; 32]).unwrap(),
    );
    assert_eq!(consider(&request, &other), Err(404));
    assert_eq!(consider(&request, &impostor), Err(403), "no signature of a known key");
    let altered = request.to_string().replacen("\n9\n", "\n10\n", 1);
    assert_eq!(consider(&AddCheckpoint::parse(altered.as_bytes()).unwrap(), &signer()), Err(403), "a wrong signature");
    let unknown = sharewell_ledger::witness::consider(&request, None, Seen::nothing(), &witness, NOW);
    assert_eq!(unknown.map_err(Refusal::status), Err(404));
}

#[test]
fn a_witness_without_a_clock_does_not_sign() {
    let request = growth(&Ledger::new(9, 1), 0, 9);
    for time in [0, u64::MAX] {
        let witness = cosigner("witness.example/w1");
        let answer = consider(&request, Some(signer().verifier_key()), Seen::nothing(), &witness, time);
        assert_eq!(answer, Err(Refusal::NoTime));
    }
}

#[test]
fn an_answer_of_another_witness_is_not_taken() {
    let ledger = Ledger::new(9, 1);
    let request = growth(&ledger, 0, 9);
    let line = ask(&request, Seen::nothing()).unwrap().cosignature.to_string();
    let witness = cosigner("witness.example/w1");
    let other = cosigner("witness.example/two");
    assert!(matches!(
        take_answer(request.note(), line.as_bytes(), other.verifier_key()),
        Err(AnswerError::NotVerified(_))
    ));
    let of_older = ledger.checkpoint_at(8);
    assert!(matches!(
        take_answer(&of_older, line.as_bytes(), witness.verifier_key()),
        Err(AnswerError::NotVerified(_))
    ));
    for malformed in ["", "\n", "ok\n", line.trim_end(), &format!("{line}\n")] {
        let answer = take_answer(request.note(), malformed.as_bytes(), witness.verifier_key());
        assert!(matches!(answer, Err(AnswerError::Malformed(_))), "{malformed:?}");
    }
    let among_others = format!("\u{2014} third.example AAAAAAA=\n{line}");
    let (note, _) = take_answer(request.note(), among_others.as_bytes(), witness.verifier_key()).unwrap();
    assert!(note.signatures().iter().all(|line| line.name() != "third.example"), "what is not asked for is not kept");
    let not_plain = format!("\u{2014} third\u{1}.example AAAAAAA=\n{line}");
    let answer = take_answer(request.note(), not_plain.as_bytes(), witness.verifier_key());
    assert_eq!(answer, Err(AnswerError::Malformed(NoteError::NotText)));
}

#[test]
fn a_request_is_read_strictly() {
    let good = growth(&Ledger::new(40, 1), 8, 40).to_string();
    for (from, to) in [
        ("old 8", "old 08"),
        ("old 8", "old  8"),
        ("old 8", "old -8"),
        ("old 8", "old"),
        ("old 8", "Old 8"),
        ("old 8\n", ""),
        ("=\n", "==\n"),
        ("\n\n", "\n"),
        ("old 8\n", "old 8\r\n"),
    ] {
        let refused = AddCheckpoint::parse(good.replacen(from, to, 1).as_bytes());
        assert_eq!(refused.map_err(Refusal::status), Err(400), "{from:?} → {to:?}");
    }
    let lines = |count: usize| {
        format!(
            "old 8\n{}\n{}",
            format!("{}\n", empty_root()).repeat(count),
            Note::sign(&Checkpoint::new(signer().verifier_key(), 40, empty_root()).to_text(), &signer()).unwrap()
        )
    };
    assert!(AddCheckpoint::parse(lines(63).as_bytes()).is_ok());
    assert_eq!(AddCheckpoint::parse(lines(64).as_bytes()), Err(Refusal::Malformed));
    assert_eq!(AddCheckpoint::parse(&vec![b'x'; LONGEST_REQUEST + 1]), Err(Refusal::Malformed));
}

proptest! {
    #[test]
    fn any_request_is_read_as_itself_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(request) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(request.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn a_changed_request_never_moves_a_witness_elsewhere(changes in prop::collection::vec(change(), 1..4)) {
        let ledger = Ledger::new(13, 1);
        let bytes = changed(growth(&ledger, 6, 13).to_string().as_bytes(), &changes);
        let seen = Seen { size: 6, root: ledger.root_at(6) };
        if let Ok(request) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(request.to_string().into_bytes(), bytes);
            if let Ok(answer) = ask(&request, seen) {
                prop_assert_eq!(answer.seen, Seen { size: 13, root: ledger.root_at(13) });
            }
        }
    }
}
