//! Small changes to bytes, for trying parsers with what is almost right.

use proptest::prelude::*;

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
