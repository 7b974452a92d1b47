//! A ledger of an invented organisation, for the tests.

use std::collections::HashMap;

use proptest::prelude::*;
use sharewell_ledger::checkpoint::Checkpoint;
use sharewell_ledger::cosignature::Cosigner;
use sharewell_ledger::entry::Entry;
use sharewell_ledger::note::{Note, Signer};
use sharewell_ledger::receipt::Receipt;
use sharewell_ledger::tree::{Frontier, Hash, Node, consistency_proof, inclusion_proof, root_from};

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

    pub fn receipt(&self, index: u64) -> Receipt {
        let proof = self.inclusion(index, self.size());
        let entry = &self.entries[usize::try_from(index).unwrap()];
        Receipt::for_entry(entry, index, proof, self.checkpoint_at(self.size())).unwrap()
    }
}

/// A small change to bytes, so that what comes out is still almost what a parser expects.
#[derive(Debug, Clone)]
pub enum Change {
    Set(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index),
    Repeat(prop::sample::Index, prop::sample::Index),
}

pub fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let bytes = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b" ".to_vec()),
        Just(b"0".to_vec()),
        any::<[u8; 2]>().prop_map(|two| two.to_vec())
    ];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        at().prop_map(Change::Remove),
        (at(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        at().prop_map(Change::Cut),
        (at(), at()).prop_map(|(one, other)| Change::Repeat(one, other)),
    ]
}

pub fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    changes.iter().fold(bytes.to_vec(), |mut bytes, change| {
        if bytes.is_empty() {
            return bytes;
        }
        match change {
            Change::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Change::Remove(at) => {
                bytes.remove(at.index(bytes.len()));
            }
            Change::Insert(at, inserted) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, inserted.iter().copied());
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Change::Repeat(one, other) => {
                let (one, other) = (one.index(bytes.len()), other.index(bytes.len()));
                let part = bytes[one.min(other)..one.max(other)].to_vec();
                bytes.splice(one..one, part);
            }
        }
        bytes
    })
}
