//! What a disk could hold after the power failed at any operation of a recording.

use std::collections::BTreeMap;

use crate::Dice;
use crate::disk::{Change, Image, Operation};

/// One file as the platter has it, and what is on its way there.
#[derive(Clone, Default)]
pub(crate) struct Platter {
    durable: Vec<u8>,
    /// Whether its name would be found after a power loss.
    named: bool,
    exists: bool,
    pending: Vec<Change>,
}

impl Platter {
    pub(crate) fn of(content: Vec<u8>) -> Self {
        Self { durable: content, named: true, exists: true, pending: Vec::new() }
    }

    fn take(&mut self, change: &Change) {
        match change {
            Change::Create => {
                self.exists = true;
                self.pending.push(Change::Truncate(0));
            }
            Change::Delete { synced } => {
                self.exists = false;
                if *synced {
                    *self = Self::default();
                }
            }
            Change::Sync => {
                for change in self.pending.drain(..) {
                    apply(&mut self.durable, &change);
                }
                self.named = self.exists;
            }
            // After a failed sync what was pending has landed or not, and no later sync will tell.
            Change::FailedSync(seed) => self.durable = self.survivor(&mut Dice::new(*seed)),
            Change::Write { .. } | Change::Truncate(_) => self.pending.push(change.clone()),
        }
        if matches!(change, Change::FailedSync(_)) {
            self.pending.clear();
        }
    }

    /// The content after a power loss.
    fn survivor(&self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        // One in eight: nothing unsynced got there. One in eight: all of it. Else each for itself, whole or in sectors.
        let manner = dice.below(8);
        let sector = match manner {
            0 => return content,
            1..=3 => None,
            4 | 5 => Some(512),
            _ => Some(4096),
        };
        let mut order: Vec<&Change> = self.pending.iter().collect();
        if manner != 1 {
            for n in (1..order.len()).rev() {
                order.swap(n, dice.below(n + 1));
            }
        }
        for change in order {
            match (change, sector) {
                (Change::Write { at, bytes }, Some(sector)) => tear(&mut content, *at, bytes, sector, dice),
                _ if manner == 1 || dice.coin() => apply(&mut content, change),
                _ => {}
            }
        }
        content
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => put(content, *at, bytes),
        Change::Truncate(size) => content.resize(*size, 0),
        Change::Create | Change::Delete { .. } | Change::Sync | Change::FailedSync(_) => {}
    }
}

pub(crate) fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

/// Writes those sectors of a write that got there.
fn tear(content: &mut Vec<u8>, at: usize, bytes: &[u8], sector: usize, dice: &mut Dice) {
    let mut from = 0;
    while from < bytes.len() {
        let to = bytes.len().min(from + sector - (at + from) % sector);
        if dice.coin() {
            put(content, at + from, &bytes[from..to]);
        }
        from = to;
    }
}

/// Goes through a recording operation by operation.
#[derive(Clone)]
pub struct Playback {
    files: BTreeMap<String, Platter>,
    operations: std::vec::IntoIter<Operation>,
    done: usize,
}

impl Playback {
    pub(crate) fn new(base: Image, operations: Vec<Operation>) -> Self {
        let files = base.into_iter().map(|(name, content)| (name, Platter::of(content))).collect();
        Self { files, operations: operations.into_iter(), done: 0 }
    }

    /// Plays one more operation; the number played so far, or `None` at the end.
    pub fn step(&mut self) -> Option<usize> {
        let operation = self.operations.next()?;
        self.files.entry(operation.file).or_default().take(&operation.change);
        self.done += 1;
        Some(self.done)
    }

    /// Plays the rest.
    #[must_use]
    pub fn to_the_end(mut self) -> Self {
        while self.step().is_some() {}
        self
    }

    /// What the disk holds if the power fails now. The same seed gives the same.
    pub fn power_loss(&self, seed: u64) -> Image {
        let mut dice = Dice::new(seed);
        let mut image = Image::new();
        for (name, file) in &self.files {
            let there = if file.exists == file.named { file.named } else { dice.coin() };
            if there {
                image.insert(name.clone(), file.survivor(&mut dice));
            }
        }
        image
    }
}
