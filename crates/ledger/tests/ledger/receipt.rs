//! What a receipt proves to somebody who has two keys and no server.

use crate::change::{change, changed};
use crate::sample::{Ledger, ORIGIN, cosigner, signer};
use proptest::prelude::*;
use sharewell_ledger::note::{Note, Signer};
use sharewell_ledger::receipt::{LONGEST_RECEIPT, Receipt, ReceiptError, ReceiptRefused, Witness};
use sharewell_ledger::tree::ProofRefused;
use sharewell_ledger::witness::{AddCheckpoint, Seen, consider};

/// The receipt of an entry in a ledger that nobody has witnessed.
fn unwitnessed(ledger: &Ledger, index: u64) -> Receipt {
    let entry = &ledger.entries[usize::try_from(index).unwrap()];
    let proof = ledger.inclusion(index, ledger.size());
    Receipt::for_entry(entry, index, proof, ledger.checkpoint_at(ledger.size())).unwrap()
}

/// The receipt of an entry in a ledger of 21, witnessed once.
fn witnessed_receipt(ledger: &Ledger, index: u64) -> Receipt {
    let mut note = ledger.checkpoint_at(ledger.size());
    let request = AddCheckpoint::new(0, Vec::new(), note.clone()).unwrap();
    let witness = cosigner("witness.example/w1");
    let answer = consider(&request, Some(signer().verifier_key()), Seen::nothing(), &witness, 1_790_000_500).unwrap();
    note.add(answer.cosignature).unwrap();
    let entry = &ledger.entries[usize::try_from(index).unwrap()];
    Receipt::for_entry(entry, index, ledger.inclusion(index, ledger.size()), note).unwrap()
}

#[test]
fn a_receipt_says_what_was_recorded_when_and_who_has_seen_it() {
    let ledger = Ledger::new(21, 1);
    let (signer, witness, other) = (signer(), cosigner("witness.example/w1"), cosigner("witness.example/other"));
    for index in 0..21 {
        let receipt = witnessed_receipt(&ledger, index);
        let received = Receipt::parse(receipt.to_string().as_bytes()).unwrap();
        assert_eq!(received, receipt);
        let entry = received.extra().unwrap();
        let proved =
            received.verify(entry, signer.verifier_key(), &[witness.verifier_key(), other.verifier_key()]).unwrap();
        assert_eq!(proved.entry, ledger.entries[usize::try_from(index).unwrap()]);
        assert_eq!((proved.origin.as_str(), proved.index, proved.size), (ORIGIN, index, 21));
        assert_eq!(proved.root, ledger.root_at(21));
        assert_eq!(proved.witnesses, [Witness { name: "witness.example/w1".to_owned(), time: 1_790_000_500 }]);
    }
}

#[test]
fn a_receipt_without_a_known_witness_still_proves_the_keepers_word() {
    let ledger = Ledger::new(5, 1);
    let receipt = unwitnessed(&ledger, 4);
    let proved = receipt.verify(receipt.extra().unwrap(), signer().verifier_key(), &[]).unwrap();
    assert_eq!(proved.witnesses, []);
}

#[test]
fn a_receipt_for_another_entry_place_or_ledger_is_refused() {
    let ledger = Ledger::new(21, 1);
    let receipt = witnessed_receipt(&ledger, 3);
    let log = signer();
    let log = log.verifier_key();
    let neighbour = ledger.entries[4].to_bytes();
    assert_eq!(receipt.verify(&neighbour, log, &[]), Err(ReceiptRefused::Proof(ProofRefused::OtherRoot)));
    assert!(matches!(receipt.verify(b"no entry", log, &[]), Err(ReceiptRefused::Entry(_))));
    let stranger = Signer::from_seed("stranger.example", &[5; 32]).unwrap();
    let entry = ledger.entries[3].to_bytes();
    assert!(matches!(receipt.verify(&entry, stranger.verifier_key(), &[]), Err(ReceiptRefused::Checkpoint(_))));
    let moved = receipt.to_string().replace("index 3\n", "index 2\n");
    assert!(matches!(
        Receipt::parse(moved.as_bytes()).unwrap().verify(&entry, log, &[]),
        Err(ReceiptRefused::Proof(_))
    ));
    let outside = receipt.to_string().replace("index 3\n", "index 21\n");
    assert_eq!(
        Receipt::parse(outside.as_bytes()).unwrap().verify(&entry, log, &[]),
        Err(ReceiptRefused::Proof(ProofRefused::OutsideTree))
    );
    let fork = Ledger::new(21, 2);
    assert!(matches!(unwitnessed(&fork, 3).verify(&entry, log, &[]), Err(ReceiptRefused::Proof(_))));
}

#[test]
fn a_receipt_is_read_strictly() {
    let good = witnessed_receipt(&Ledger::new(21, 1), 3).to_string();
    for (from, to, error) in [
        ("proof@v1", "proof@v2", ReceiptError::FirstLine),
        ("extra ", "extra !", ReceiptError::Extra),
        ("extra ", "extra  ", ReceiptError::Extra),
        ("index 3", "index 03", ReceiptError::Index),
        ("index 3\n", "", ReceiptError::Index),
        ("index 3\n", "index 3\nindex 3\n", ReceiptError::Proof),
        ("extra ", "extra AAAA\nextra ", ReceiptError::Index),
    ] {
        assert_eq!(Receipt::parse(good.replacen(from, to, 1).as_bytes()), Err(error), "{from:?} → {to:?}");
    }
    let (head, checkpoint) = good.split_once("\n\n").unwrap();
    assert_eq!(Receipt::parse(head.as_bytes()), Err(ReceiptError::NoCheckpoint));
    assert!(matches!(Receipt::parse(format!("{head}\n\nx\n").as_bytes()), Err(ReceiptError::Checkpoint(_))));
    let hash = head.lines().last().unwrap();
    let long = format!("{head}\n{}\n{checkpoint}", format!("{hash}\n").repeat(64));
    assert_eq!(Receipt::parse(long.as_bytes()), Err(ReceiptError::Proof));
    let huge_extra = good.replacen("extra ", &format!("extra {}", "AAAA".repeat(6_000)), 1);
    assert_eq!(Receipt::parse(huge_extra.as_bytes()), Err(ReceiptError::Extra));
    assert_eq!(Receipt::parse(&vec![b'x'; LONGEST_RECEIPT + 1]), Err(ReceiptError::TooLong));
    let without_extra: String = good.split_inclusive('\n').filter(|line| !line.starts_with("extra ")).collect();
    let parsed = Receipt::parse(without_extra.as_bytes()).unwrap();
    assert_eq!((parsed.extra(), parsed.to_string()), (None, without_extra));
}

#[test]
fn a_receipt_of_a_ledger_of_one_has_no_hashes() {
    let receipt = unwitnessed(&Ledger::new(1, 1), 0);
    assert!(receipt.proof().is_empty());
    let parsed = Receipt::parse(receipt.to_string().as_bytes()).unwrap();
    assert!(parsed.verify(parsed.extra().unwrap(), signer().verifier_key(), &[]).is_ok());
}

proptest! {
    #[test]
    fn any_receipt_is_read_as_itself_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), headed: bool) {
        let bytes = if headed { [b"c2sp.org/tlog-proof@v1\n".as_slice(), &bytes].concat() } else { bytes };
        if let Ok(receipt) = Receipt::parse(&bytes) {
            prop_assert_eq!(receipt.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn a_changed_receipt_proves_nothing_else(changes in prop::collection::vec(change(), 1..4)) {
        let ledger = Ledger::new(21, 1);
        let receipt = witnessed_receipt(&ledger, 13);
        let signer = signer();
        let entry = ledger.entries[13].to_bytes();
        let proved = receipt.verify(&entry, signer.verifier_key(), &[]).unwrap();
        let bytes = changed(receipt.to_string().as_bytes(), &changes);
        if let Ok(parsed) = Receipt::parse(&bytes) {
            prop_assert_eq!(parsed.to_string().into_bytes(), bytes);
            if let Ok(other) = parsed.verify(&entry, signer.verifier_key(), &[]) {
                prop_assert_eq!(other, proved);
            }
            let carried = parsed.extra().map(<[u8]>::to_vec).unwrap_or_default();
            if let Ok(other) = parsed.verify(&carried, signer.verifier_key(), &[]) {
                prop_assert_eq!(other.entry, ledger.entries[13]);
            }
        }
    }
}

#[test]
fn a_note_that_is_no_checkpoint_makes_no_receipt_good() {
    let ledger = Ledger::new(2, 1);
    let note = Note::sign("a text of another kind\n", &signer()).unwrap();
    let receipt = Receipt::for_entry(&ledger.entries[0], 0, ledger.inclusion(0, 2), note).unwrap();
    assert!(matches!(
        receipt.verify(receipt.extra().unwrap(), signer().verifier_key(), &[]),
        Err(ReceiptRefused::Checkpoint(_))
    ));
}
