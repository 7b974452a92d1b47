//! Entries of the ledger: their layout, and what ties them to what is recorded and stored.

use std::fmt::Write;

use proptest::prelude::*;
use sharewell_ledger::entry::{ENTRY_LENGTH, Entry, EntryError, meaning, stored_digest};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[test]
fn an_entry_lies_as_documented() {
    let entry = Entry { id: [0xAA; 16], recorded_at: -2, meaning: [0xBB; 32], stored: [0xCC; 32] };
    let expected = ["01", &"aa".repeat(16), "fffffffffffffffe", &"bb".repeat(32), &"cc".repeat(32)].concat();
    assert_eq!(hex(&entry.to_bytes()), expected);
    assert_eq!(entry.leaf_hash(), sharewell_ledger::tree::leaf_hash(&entry.to_bytes()));
}

#[test]
fn other_lengths_and_other_versions_are_refused() {
    let bytes = Entry { id: [1; 16], recorded_at: 1, meaning: [2; 32], stored: [3; 32] }.to_bytes();
    assert_eq!(Entry::parse(&bytes[1..]), Err(EntryError::Length(ENTRY_LENGTH - 1)));
    assert_eq!(Entry::parse(&[bytes.as_slice(), &[0]].concat()), Err(EntryError::Length(ENTRY_LENGTH + 1)));
    let mut later = bytes;
    later[0] = 2;
    assert_eq!(Entry::parse(&later), Err(EntryError::Version(2)));
}

#[test]
fn the_meaning_is_hmac_sha256() {
    // RFC 4231, test case 1: a key of 20 bytes 0x0b, which HMAC fills up with zeros.
    let mut salt = [0; 32];
    salt[..20].fill(0x0b);
    assert_eq!(hex(&meaning(&salt, b"Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

#[test]
fn the_stored_digest_is_sha256_of_both_parts_after_their_lengths() {
    // printf '\0\0\0\0\0\0\0\2ad\0\0\0\0\0\0\0\6sealed' | sha256sum
    assert_eq!(
        hex(&stored_digest(b"ad", b"sealed")),
        "aed64b6c72fdb959191cdd473d26ec5a0b7344cee6735263bf6d5df97efd7f38"
    );
    assert_ne!(stored_digest(b"ads", b"ealed"), stored_digest(b"ad", b"sealed"));
    assert_ne!(stored_digest(b"", b"x"), stored_digest(b"x", b""));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(id: [u8; 16], recorded_at: i64, meaning: [u8; 32], stored: [u8; 32]) {
        let entry = Entry { id, recorded_at, meaning, stored };
        prop_assert_eq!(Entry::parse(&entry.to_bytes()), Ok(entry));
    }

    #[test]
    fn any_bytes_are_read_as_themselves_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..200), first: bool) {
        if first {
            bytes.resize(ENTRY_LENGTH, 7);
            bytes[0] = 1;
        }
        match Entry::parse(&bytes) {
            Ok(entry) => prop_assert_eq!(entry.to_bytes().to_vec(), bytes),
            Err(EntryError::Length(length)) => prop_assert_eq!(length, bytes.len()),
            Err(EntryError::Version(version)) => prop_assert!(version != 1),
        }
    }
}
