//! The cases in `trees.toml`, which another verifier is tested by.

use serde::Deserialize;
use sharewell_ledger::tree::{
    Frontier, Hash, empty_root, leaf_hash, root_of_hashes, verify_consistency, verify_inclusion,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trees {
    leaves: Vec<String>,
    roots: Vec<String>,
    inclusion: Vec<Inclusion>,
    consistency: Vec<Consistency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inclusion {
    why: String,
    accept: bool,
    index: u64,
    size: u64,
    leaf: String,
    root: String,
    proof: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency {
    why: String,
    accept: bool,
    old: u64,
    new: u64,
    old_root: String,
    new_root: String,
    proof: Vec<String>,
}

fn trees() -> Trees {
    toml::from_str(include_str!("trees.toml")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

impl Trees {
    fn leaf_hashes(&self) -> Vec<Hash> {
        self.leaves.iter().map(|leaf| leaf_hash(&bytes(leaf))).collect()
    }

    fn hash(&self, name: &str) -> Hash {
        let (name, bit) = name.split_once(", bit ").map_or((name, None), |(name, bit)| (name, Some(bit)));
        let words: Vec<&str> = name.split(' ').collect();
        let number = |at: usize| words[at].parse::<usize>().unwrap();
        let leaves = self.leaf_hashes();
        let mut hash = match words[0] {
            "leaf" => leaves[number(1)],
            "node" => {
                let (width, index) = (1 << number(1), number(2));
                root_of_hashes(leaves[index * width..(index + 1) * width].iter().copied())
            }
            "root" => Hash(bytes(&self.roots[number(1)]).try_into().unwrap()),
            "other" => leaf_hash(name.as_bytes()),
            _ => panic!("what is {name}?"),
        };
        if let Some(bit) = bit.map(|bit| bit.parse::<usize>().unwrap()) {
            hash.0[bit / 8] ^= 1 << (bit % 8);
        }
        hash
    }

    fn proof(&self, names: &[String]) -> Vec<Hash> {
        names.iter().map(|name| self.hash(name)).collect()
    }
}

#[test]
fn the_roots_of_the_eight_standard_leaves_are_right() {
    let trees = trees();
    assert_eq!(trees.hash("root 0"), empty_root());
    let mut frontier = Frontier::new();
    assert_eq!((trees.leaves.len(), trees.roots.len()), (8, 9));
    for (size, leaf) in trees.leaf_hashes().into_iter().enumerate() {
        frontier.push(leaf, &mut |_, _| ());
        assert_eq!(frontier.root(), trees.hash(&format!("root {}", size + 1)));
    }
}

#[test]
fn every_inclusion_case_is_decided_as_written() {
    let trees = trees();
    for case in &trees.inclusion {
        let (leaf, root) = (trees.hash(&case.leaf), trees.hash(&case.root));
        let decided = verify_inclusion(&leaf, case.index, case.size, &trees.proof(&case.proof), &root);
        assert_eq!(decided.is_ok(), case.accept, "leaf {} of {}: {}: {decided:?}", case.index, case.size, case.why);
    }
    assert_eq!(trees.inclusion.iter().filter(|case| case.accept).count(), 6);
    assert!(trees.inclusion.len() >= 90);
}

#[test]
fn every_consistency_case_is_decided_as_written() {
    let trees = trees();
    for case in &trees.consistency {
        let (old_root, new_root) = (trees.hash(&case.old_root), trees.hash(&case.new_root));
        let decided = verify_consistency(case.old, &old_root, case.new, &new_root, &trees.proof(&case.proof));
        assert_eq!(decided.is_ok(), case.accept, "from {} to {}: {}: {decided:?}", case.old, case.new, case.why);
    }
    assert_eq!(trees.consistency.iter().filter(|case| case.accept).count(), 6);
    assert!(trees.consistency.len() >= 90);
}
