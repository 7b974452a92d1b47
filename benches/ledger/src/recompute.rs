//! How long it takes to recompute the root of a ledger of a million entries of 1 KiB: Sharewell, `ct-merkle`, `rs_merkle`,
//! and SHA-256 over the same bytes without any tree.
//!
//! `README.md`, one folder up, says what is compared and how to read it.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use cpu_time::ProcessTime;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use rs_merkle::{Hasher, MerkleTree};
use sha2::{Digest, Sha256};
use sharewell_ledger::tree::{Frontier, Hash, leaf_hash, node_hash, root_of};

type Failure = Box<dyn std::error::Error>;

const ENTRY_LENGTH: usize = 1_024;
/// The parts in which `verify` reads a ledger, since it may not fit into memory.
const PART: usize = 8_192;

/// RFC 6962's hashes for `rs_merkle`, without the allocations that its own way of joining two hashes needs.
#[derive(Clone)]
struct Rfc6962;

impl Hasher for Rfc6962 {
    type Hash = [u8; 32];

    fn hash(entry: &[u8]) -> [u8; 32] {
        leaf_hash(entry).0
    }

    fn concat_and_hash(left: &[u8; 32], right: Option<&[u8; 32]>) -> [u8; 32] {
        right.map_or(*left, |right| node_hash(&Hash(*left), &Hash(*right)).0)
    }
}

struct Contender<'a> {
    name: &'static str,
    /// The root it must come to; none for what makes no tree.
    root: Option<Hash>,
    run: Box<dyn Fn() -> Hash + 'a>,
    /// Wall and CPU seconds of every round.
    took: Vec<[f64; 2]>,
}

fn main() -> Result<(), Failure> {
    let (count, rounds) = (option("--entries", 1_000_000)?, option("--rounds", 5)?);
    let cores = std::thread::available_parallelism()?;
    let bytes = made_up(count * ENTRY_LENGTH);
    let entries: Vec<&[u8]> = bytes.chunks_exact(ENTRY_LENGTH).collect();
    let root = root_of(&entries, cores);
    println!("{count} entries of {ENTRY_LENGTH} bytes, {cores} cores, {rounds} rounds");
    println!("SHA-256 instructions: {}", if has_sha_instructions() { "yes" } else { "no" });

    let mut contenders = contenders(&bytes, &entries, root, cores);
    for round in 0..=rounds {
        for contender in &mut contenders {
            let (came_to, took) = timed(&contender.run);
            if contender.root.is_some_and(|root| root != came_to) {
                return Err(format!("{} comes to another root", contender.name).into());
            }
            // The first round is for warming up.
            if round > 0 {
                contender.took.push(took);
            }
        }
    }
    report(&contenders, count);
    Ok(())
}

/// What a run comes to, and its wall and CPU seconds.
#[expect(clippy::disallowed_methods, reason = "measuring needs a clock; nothing is decided by it")]
fn timed(run: &dyn Fn() -> Hash) -> (Hash, [f64; 2]) {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let came_to = black_box(run());
    (came_to, [wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64()])
}

fn contenders<'a>(bytes: &'a [u8], entries: &'a [&'a [u8]], root: Hash, cores: NonZeroUsize) -> Vec<Contender<'a>> {
    let contender = |name, root, run| Contender { name, root, run, took: Vec::new() };
    vec![
        contender("Sharewell, all cores", Some(root), Box::new(move || root_of(entries, cores))),
        contender(
            "Sharewell, all cores, in parts as verify",
            Some(root),
            Box::new(move || {
                let (mut frontier, mut nodes) = (Frontier::new(), BTreeMap::new());
                for part in entries.chunks(PART) {
                    frontier.extend_noting(part, cores, |level| level % 8 == 0, &mut |node, hash| {
                        nodes.insert(node, hash);
                    });
                }
                black_box(nodes);
                frontier.root()
            }),
        ),
        contender("Sharewell, one core", Some(root), Box::new(move || root_of(entries, NonZeroUsize::MIN))),
        contender("SHA-256 alone, one core", None, Box::new(move || Hash(Sha256::digest(bytes).into()))),
        contender(
            "ct-merkle",
            Some(root),
            Box::new(move || {
                let mut tree = MemoryBackedTree::<Sha256, &[u8]>::new();
                for entry in entries {
                    tree.push(*entry);
                }
                Hash((*tree.root().as_bytes()).into())
            }),
        ),
        contender(
            "rs_merkle",
            Some(root),
            Box::new(move || {
                let leaves: Vec<[u8; 32]> = entries.iter().map(|entry| Rfc6962::hash(entry)).collect();
                rs_root(&leaves)
            }),
        ),
        contender(
            "rs_merkle, leaves hashed on all cores for it",
            Some(root),
            Box::new(move || {
                let share = entries.len().div_ceil(cores.get()).max(1);
                let mut leaves = vec![[0; 32]; entries.len()];
                std::thread::scope(|scope| {
                    for (entries, leaves) in entries.chunks(share).zip(leaves.chunks_mut(share)) {
                        scope.spawn(move || {
                            for (entry, leaf) in entries.iter().zip(leaves) {
                                *leaf = Rfc6962::hash(entry);
                            }
                        });
                    }
                });
                rs_root(&leaves)
            }),
        ),
    ]
}

fn rs_root(leaves: &[[u8; 32]]) -> Hash {
    Hash(MerkleTree::<Rfc6962>::from_leaves(leaves).root().unwrap_or_default())
}

#[expect(clippy::cast_precision_loss, reason = "a rate is read to three digits")]
fn report(contenders: &[Contender<'_>], count: usize) {
    println!("\n{:<46} {:>9} {:>9} {:>9} {:>9} {:>11}", "seconds", "fastest", "median", "slowest", "CPU", "entries/s");
    for contender in contenders {
        let wall = spread(contender.took.iter().map(|took| took[0]));
        let cpu = spread(contender.took.iter().map(|took| took[1]));
        let rate = count as f64 / wall[1];
        println!(
            "{:<46} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {rate:>11.0}",
            contender.name, wall[0], wall[1], wall[2], cpu[1]
        );
    }
    for own in &contenders[..3] {
        println!("\n{}: time against (least, median, most of all rounds; below 1 it is quicker)", own.name);
        for other in &contenders[3..] {
            let ratios = spread(own.took.iter().zip(&other.took).map(|(own, other)| own[0] / other[0]));
            println!("  {:<44} {:>9.2} {:>9.2} {:>9.2}", other.name, ratios[0], ratios[1], ratios[2]);
        }
    }
}

/// The least, the middle and the most.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    [at(0), at(values.len() / 2), at(values.len().saturating_sub(1))]
}

/// Bytes that do not repeat, the same in every run.
fn made_up(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

/// The number after a word on the command line.
fn option(name: &str, otherwise: usize) -> Result<usize, Failure> {
    let mut words = std::env::args().skip_while(|word| word != name);
    match (words.next(), words.next()) {
        (Some(_), Some(number)) => Ok(number.parse::<usize>()?.max(1)),
        (Some(_), None) => Err(format!("{name} needs a number").into()),
        (None, _) => Ok(otherwise),
    }
}

#[cfg(target_arch = "x86_64")]
fn has_sha_instructions() -> bool {
    std::arch::is_x86_feature_detected!("sha")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_sha_instructions() -> bool {
    false
}
