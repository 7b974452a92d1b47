//! A ledger of an invented organisation, for the tests.

use std::collections::HashMap;

use sharewell_ledger::checkpoint::Checkpoint;
use sharewell_ledger::cosignature::Cosigner;
use sharewell_ledger::entry::Entry;
use sharewell_ledger::export::Writer;
use sharewell_ledger::note::{Note, Signer};
use sharewell_ledger::tree::{Frontier, Hash, Node, consistency_proof, inclusion_proof, root_from};
use sharewell_ledger::witness::{AddCheckpoint, Seen, consider, take_answer};

pub const ORIGIN: &str = "ledger.north-council.example/1";

pub fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub fn cosigner(name: &str) -> Cosigner {
    let mut seed = [9; 32];
    seed[0] = u8::try_from(name.len()).unwrap();
    Cosigner::from_seed(name, &seed).unwrap()
}

pub struct Ledger {
    pub entries: Vec<Entry>,
    nodes: HashMap<Node, Hash>,
}

impl Ledger {
    /// A ledger of so many entries, one a second; `fork` makes another one of the same size.
    pub fn new(size: u64, fork: u8) -> Self {
        let mut frontier = Frontier::new();
        let mut ledger = Self { entries: Vec::new(), nodes: HashMap::new() };
        for number in 0..size {
            let entry = Entry {
                id: u128::from(number).to_be_bytes(),
                recorded_at: 1_790_000_000_000_000 + i64::try_from(number).unwrap() * 1_000_000,
                meaning: [fork; 32],
                stored: [3; 32],
            };
            ledger.nodes.insert(Node { level: 0, index: number }, entry.leaf_hash());
            frontier.push(entry.leaf_hash(), &mut |node, hash| {
                ledger.nodes.insert(node, hash);
            });
            ledger.entries.push(entry);
        }
        ledger
    }

    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    fn hash_of(&self) -> impl Fn(Node) -> Option<Hash> {
        |node| self.nodes.get(&node).copied()
    }

    pub fn root_at(&self, size: u64) -> Hash {
        root_from(size, &self.hash_of()).unwrap()
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(index, size, &self.hash_of()).unwrap()
    }

    pub fn consistency(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency_proof(old, new, &self.hash_of()).unwrap()
    }

    pub fn checkpoint_at(&self, size: u64) -> Note {
        Checkpoint::new(signer().verifier_key(), size, self.root_at(size)).sign(&signer()).unwrap()
    }
}

/// The ledger's checkpoint of this size, with the signature of a witness.
pub fn witnessed(ledger: &Ledger, size: u64, witness: &str) -> Note {
    let request = AddCheckpoint::new(0, Vec::new(), ledger.checkpoint_at(size)).unwrap();
    let witness = cosigner(witness);
    let answer = consider(&request, Some(signer().verifier_key()), Seen::nothing(), &witness, 1_790_000_500).unwrap();
    let line = answer.cosignature.to_string();
    take_answer(request.note(), line.as_bytes(), witness.verifier_key()).unwrap().0
}

/// The whole ledger as a file, under these checkpoints.
pub fn exported(ledger: &Ledger, notes: &[Note]) -> String {
    let mut file = Writer::new(Vec::new(), notes.len() as u64).unwrap();
    for note in notes {
        file.checkpoint(note).unwrap();
    }
    file.entries(ledger.size()).unwrap();
    for entry in &ledger.entries {
        file.entry(entry).unwrap();
    }
    String::from_utf8(file.into_inner()).unwrap()
}
