//! Witnessing between installations, on whichever database: what a witness must never do, whoever asks at once, and which copy
//! of the program asks.

use std::collections::BTreeSet;

use casework::Moment;
use ledger::checkpoint::Checkpoint;
use ledger::key::VerifierKey;
use ledger::note::{Note, Signer};
use ledger::tree::{Hash, Node, consistency_proof, leaf_hash, root_of_hashes};
use ledger::witness::{AddCheckpoint, SIZE_MEDIA_TYPE, origin_name, take_answer};
use sharewell_store::{Answered, Pace, Said, Store};

use super::House;
use crate::common::{NOW, randomness};

/// A partner's ledger of which somebody with its key makes two stories.
struct Partner {
    signer: Signer,
    leaves: Vec<Hash>,
}

impl Partner {
    fn new(name: &str, story: &str) -> Self {
        let signer = Signer::from_seed(name, &[9; 32]).unwrap();
        // The first five entries are the same in every story.
        let leaves = (0..12).map(|n| leaf_hash(if n < 5 { format!("{n}") } else { format!("{n} {story}") }.as_bytes()));
        Self { signer, leaves: leaves.collect() }
    }

    fn key(&self) -> VerifierKey {
        self.signer.verifier_key().clone()
    }

    fn hash(&self, node: Node) -> Hash {
        let first = usize::try_from(node.index << node.level).unwrap();
        root_of_hashes(self.leaves[first..first + (1 << node.level)].iter().copied())
    }

    fn checkpoint(&self, size: usize) -> Note {
        let root = root_of_hashes(self.leaves[..size].iter().copied());
        let checkpoint = Checkpoint::new(self.signer.verifier_key(), u64::try_from(size).unwrap(), root);
        checkpoint.sign(&self.signer).unwrap()
    }

    fn asks(&self, old: u64, size: usize) -> String {
        let proof = consistency_proof(old, u64::try_from(size).unwrap(), &|node| Some(self.hash(node))).unwrap();
        AddCheckpoint::new(old, proof, self.checkpoint(size)).unwrap().to_string()
    }
}

/// A second copy of the program where several may run, else the same one.
async fn another_copy(house: &House) -> Store {
    match house.place().database.file() {
        Some(_) => house.store.clone(),
        None => Store::open(&house.place(), randomness(), NOW).await.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_forks_that_arrive_at_once_only_one_is_ever_cosigned() {
    let house = House::new().await;
    let (school, _) = house.school().await;
    let witness = house.store.witness_key(school.id).unwrap();
    let copies = [house.store.clone(), another_copy(&house).await];
    for round in 0..6 {
        let name = format!("partner.example/{round}");
        let stories = [Partner::new(&name, "as it was"), Partner::new(&name, "as somebody would like it")];
        for (old, size) in [(0, 5), (5, 9), (9, 12)] {
            let mut asking = Vec::new();
            for at in 0..8 {
                let (story, copy) = (&stories[at % 2], copies[at / 2 % 2].clone());
                let (body, log, note, witness) =
                    (story.asks(old, size), story.key(), story.checkpoint(size), witness.clone());
                asking.push(tokio::spawn(async move {
                    let answer = copy.witness(school.id, body.as_bytes(), &[log]).await.unwrap();
                    match answer {
                        Ok(line) => {
                            take_answer(&note, line.as_bytes(), &witness).unwrap();
                            Some(note.text().to_owned())
                        }
                        // Whoever comes later is told the new size, or that its story is another.
                        Err(refusal) => {
                            assert!([409, 422].contains(&refusal.status()), "{refusal}");
                            None
                        }
                    }
                }));
            }
            let mut cosigned = BTreeSet::new();
            for one in asking {
                cosigned.extend(one.await.unwrap());
            }
            assert_eq!(cosigned.len(), 1, "one story of {size} entries in round {round}");
            let shown = house.read(school.id, async |r| r.witnessed_note(&origin_name(&name)).await).await.unwrap();
            let shown = Note::parse(shown.as_bytes()).unwrap();
            assert_eq!(Some(shown.text()), cosigned.first().map(String::as_str), "what it shows is what it cosigned");
            let key = stories[0].key();
            let (_, by) = Checkpoint::open(&shown, &key, &[&witness]).unwrap();
            assert_eq!((by.len(), shown.signatures().len()), (1, 2));
        }
    }
}

#[tokio::test]
async fn what_a_witness_refuses_leaves_what_it_saw_as_it_was() {
    let house = House::new().await;
    let (school, _) = house.school().await;
    let (partner, other) = (Partner::new("partner.example/a", "one"), Partner::new("partner.example/a", "two"));
    let keys = [partner.key()];
    let ask = |body: String| {
        let (store, keys) = (house.store.clone(), keys.clone());
        async move { store.witness(school.id, body.as_bytes(), &keys).await.unwrap().map_err(|no| (no.status(), no.body())) }
    };
    assert_eq!(ask("nonsense".into()).await.unwrap_err().0, 400);
    assert_eq!(ask(Partner::new("stranger.example", "one").asks(0, 5)).await.unwrap_err().0, 404);
    ask(partner.asks(0, 9)).await.unwrap();
    let forged = partner.asks(9, 12).replacen("\n12\n", "\n11\n", 1);
    assert_eq!(ask(forged).await.unwrap_err().0, 403);
    let backwards = AddCheckpoint::new(9, Vec::new(), partner.checkpoint(5)).unwrap().to_string();
    assert_eq!(ask(backwards).await.unwrap_err().0, 400);
    assert_eq!(ask(partner.asks(5, 9)).await.unwrap_err(), (409, "9\n".to_owned()));
    assert_eq!(ask(other.asks(9, 12)).await.unwrap_err().0, 422);
    assert_eq!(ask(other.asks(9, 9)).await.unwrap_err().0, 422, "the same size and another root");
    ask(partner.asks(9, 9)).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.witnessed("partner.example/a").await).await.unwrap().0, 9);
    assert_eq!(SIZE_MEDIA_TYPE, "text/x.tlog.size");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_copies_one_asks_a_witness_and_none_while_it_is_known_to_be_up_to_date() {
    let pace = Pace { confirm_after: 60_000_000, since: NOW, claim_for: 30_000_000 };
    let house = House::new().await;
    let (school, _) = house.school().await;
    let partner = Partner::new("partner.example/w", "").key();
    assert_eq!(house.store.due_for(school.id, &partner, pace).await.unwrap(), None, "nothing is signed yet");
    for _ in 0..200 {
        if house.store.sign_ledger(school.id).await.unwrap().is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let copies = [house.store.clone(), another_copy(&house).await];
    let asking: Vec<_> = (0..8)
        .map(|at| {
            let (copy, partner) = (copies[at % 2].clone(), partner.clone());
            tokio::spawn(async move { copy.due_for(school.id, &partner, pace).await.unwrap() })
        })
        .collect();
    let mut due = Vec::new();
    for one in asking {
        due.extend(one.await.unwrap());
    }
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].old, 0);
    let answered = |said, confirmed| Answered { said, confirmed, failures: 0, next_at: NOW };
    let size = due[0].checkpoint.size;
    house.store.keep_answer(school.id, &partner, answered(Said::Cosigned, Some((size, NOW)))).await.unwrap();
    assert_eq!(house.store.due_for(school.id, &partner, pace).await.unwrap(), None, "it has seen all there is");
    let restarted = Pace { since: Moment::from_micros(NOW.micros() + 1), ..pace };
    assert!(
        house.store.due_for(school.id, &partner, restarted).await.unwrap().is_some(),
        "a program that starts asks anew"
    );
    for said in [Said::SawMore(99), Said::SawOther, Said::Unknown, Said::Refused, Said::Nothing] {
        let later = Moment::from_micros(NOW.micros() + 1);
        let kept = Answered { said, confirmed: None, failures: 3, next_at: later };
        house.store.keep_answer(school.id, &partner, kept).await.unwrap();
        let asked = house.read(school.id, async |r| r.asked_witnesses().await).await;
        assert_eq!((asked[0].said, asked[0].seen, asked[0].failures), (said, size, 3));
        assert_eq!(asked[0].confirmed_at, Some(NOW), "what it confirmed before stays");
        assert_eq!(house.store.due_for(school.id, &partner, pace).await.unwrap(), None, "not before its time");
        house.store.keep_answer(school.id, &partner, answered(said, None)).await.unwrap();
        let again = house.store.due_for(school.id, &partner, pace).await.unwrap().unwrap();
        assert_eq!(again.old, size);
    }
}
