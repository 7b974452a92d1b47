//! What may be wrong, in plain words, with where.

use std::fmt;

use uuid::Uuid;

/// A version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What kind of record.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// Which version.
    pub version: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, version {}", self.kind, self.id, self.version)
    }
}

/// Something that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The organisation's own row is gone, but not what belongs to it.
    NoOrganisation,
    /// The key signed a ledger of which nothing is here: the organisation was removed with all that belonged to it, or an older copy of
    /// the database was put back, from before there was one.
    OrganisationGone {
        /// How many entries were signed.
        signed: u64,
    },
    /// A record's stored bytes are not those that were entered.
    RecordAltered(Place),
    /// A record that was entered is gone, and no certificate says that it was destroyed.
    RecordMissing {
        /// The entry's position.
        position: u64,
    },
    /// A record that was never entered.
    RecordNotEntered(Place),
    /// Two records claim one entry.
    EntryClaimedTwice(Place),
    /// An entry's bytes are none, or do not agree with its row.
    EntryAltered {
        /// Its position.
        position: u64,
    },
    /// An entry is gone.
    EntryMissing {
        /// Its position.
        position: u64,
    },
    /// The entries between two checkpoints are not those that were signed.
    TreeDiffers {
        /// The last checkpoint that still agrees covers this many entries.
        after: u64,
        /// The first one that does not.
        size: u64,
    },
    /// A checkpoint cannot be read, or does not say what its row says.
    CheckpointAltered {
        /// How many entries its row says it covers.
        size: i64,
    },
    /// The checkpoint that was signed last is gone.
    CheckpointMissing {
        /// How many entries it covers.
        size: u64,
    },
    /// Checkpoints that were signed before the last are gone.
    CheckpointsMissing {
        /// How many were kept.
        kept: u64,
        /// How many there are.
        found: u64,
        /// How many entries the last of them covers.
        up_to: i64,
    },
    /// A checkpoint is not signed by the organisation's key.
    CheckpointNotSigned {
        /// How many entries it covers.
        size: u64,
    },
    /// A checkpoint covers more entries than there are.
    CutShort {
        /// How many entries were signed.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// The key signed more entries than there are, and not even their checkpoint is here: an older copy was put back.
    RolledBack {
        /// How many entries were signed.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// What the key signed last is another ledger than this one.
    Forked {
        /// How many entries were signed.
        size: u64,
    },
    /// Signatures of a witness are gone.
    CosignaturesMissing {
        /// The name of its key.
        witness: String,
        /// How many were kept.
        kept: u64,
        /// How many there are.
        found: u64,
        /// How many entries the checkpoint covers that it signed last.
        up_to: i64,
    },
    /// A witness saw more entries than there are: an older copy of the database was put back, or its end was cut off.
    WitnessSawMore {
        /// Who witnessed it.
        by: String,
        /// How many entries it saw.
        seen: u64,
        /// How many there are.
        found: u64,
    },
    /// The ledger that a witness saw is not the beginning of this one: it was written anew.
    WitnessSawOther {
        /// Who witnessed it.
        by: String,
        /// How many entries it saw.
        size: u64,
    },
    /// A witness knows the ledger by the name that it got after a restore, and the database is from before.
    WitnessKnowsLaterName {
        /// Who witnessed it.
        by: String,
        /// The name.
        origin: String,
    },
    /// A witness knows the ledger by the name that it had before a restore, and saw what this ledger does not begin with.
    WitnessKnowsEarlierName {
        /// Who witnessed it.
        by: String,
        /// The name.
        origin: String,
        /// How many entries it saw.
        size: u64,
    },
    /// The ledger goes on under another name, as after a restore, and no restore is recorded.
    RenamedWithoutRecovery {
        /// The name.
        origin: String,
    },
    /// The ledger goes on under a name that the restores that are recorded did not give it.
    NotItsName {
        /// The name.
        origin: String,
    },
    /// The ledger was signed under a name that it got after a restore, and the database is from before.
    SignedUnderLaterName {
        /// The name.
        origin: String,
    },
    /// The ledger was signed last under an earlier name than the one it goes on by, and no restore came after that.
    SignedUnderEarlierName {
        /// The name.
        origin: String,
        /// How many entries were signed.
        size: u64,
    },
    /// A witness's kept signature is not its signature of that checkpoint.
    CosignatureAltered {
        /// How many entries the checkpoint covers, as its row says.
        size: i64,
        /// The witness's name.
        witness: String,
    },
    /// What this organisation remembers of a ledger that it witnesses is not what it last cosigned of it.
    WitnessedAltered {
        /// The name of that ledger.
        origin: String,
    },
    /// Where the ledger says that it stands is not where its entries lead.
    HeadDiffers,
    /// A kept root of a subtree is not that of its entries.
    NodeDiffers {
        /// The subtree's height.
        level: i64,
        /// Its position among those of its height.
        position: i64,
    },
    /// A record does not open with its key.
    DoesNotOpen(Place),
    /// A record opens, but says something else than was entered.
    MeaningDiffers(Place),
    /// A record's key is gone, and no certificate says that it was destroyed.
    KeyMissing(Place),
    /// A wrapped key does not open, or belongs to nothing.
    KeyAltered {
        /// What kind of thing it belongs to.
        kind: String,
        /// Its id.
        id: Uuid,
    },
    /// The text of a kept guidance pack is not what its digest says.
    PackAltered {
        /// The digest.
        digest: String,
    },
    /// A decision rests on a guidance pack that is not kept any more.
    PackMissing {
        /// The pack's digest.
        digest: String,
    },
    /// A kept wording is not what its digest says.
    WordingAltered {
        /// The digest.
        digest: String,
    },
    /// The advice of a decision is kept without the words of a wording that is not kept any more.
    WordingMissing {
        /// The wording's digest.
        digest: String,
    },
    /// The database's file is damaged.
    FileDamaged {
        /// What the database says of it.
        what: String,
    },
    /// A derived table has a row that no record says.
    RowNotRecorded {
        /// The table.
        table: &'static str,
        /// The row's ids.
        row: String,
    },
    /// A derived table lacks a row that a record says.
    RowMissing {
        /// The table.
        table: &'static str,
        /// The row's ids.
        row: String,
    },
}

impl Finding {
    /// Whether it came of comparing with what a witness showed.
    #[must_use]
    pub fn is_a_witnesss(&self) -> bool {
        matches!(
            self,
            Self::WitnessSawMore { .. }
                | Self::WitnessSawOther { .. }
                | Self::WitnessKnowsLaterName { .. }
                | Self::WitnessKnowsEarlierName { .. }
        )
    }
}

impl Finding {
    /// What is wrong with a ledger's name, or with what witnesses saw.
    fn say_of_names_and_witnesses(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WitnessSawMore { by, seen, found } => write!(
                f,
                "an older copy of the database was put back, or its end was cut off: {by} witnessed {seen} entries of this \
                 ledger, {found} are here; entries {} to {seen} are missing",
                number(*found)
            ),
            Self::WitnessSawOther { by, size } => write!(
                f,
                "this is another ledger than the one that {by} witnessed: among the first {size} entries at least one was changed, removed \
                 or added, and the rest signed anew"
            ),
            Self::WitnessKnowsLaterName { by, origin } => write!(
                f,
                "an older copy of the database was put back: {by} witnessed this ledger as {origin}, the name that it got after a \
                 restore, and the database is from before"
            ),
            Self::WitnessKnowsEarlierName { by, origin, size } => write!(
                f,
                "{by} witnessed {size} entries of this ledger as {origin}, the name that it had before a restore, and this is not how it \
                 goes on: the backup was older, or entries were changed. If a restore explains it, give the partner the new key (sharewell \
                 witness keys), and verify again"
            ),
            Self::RenamedWithoutRecovery { origin } => {
                write!(f, "the ledger goes on as {origin}, as after a restore, and no restore is recorded")
            }
            Self::NotItsName { origin } => {
                write!(f, "the ledger goes on as {origin}, which is not its name after the restores that are recorded")
            }
            Self::SignedUnderLaterName { origin } => write!(
                f,
                "an older copy of the database was put back: its ledger was signed as {origin}, the name that it got after a restore, and \
                 the database is from before"
            ),
            Self::SignedUnderEarlierName { origin, size } => write!(
                f,
                "the ledger was given another name: {size} entries of it were signed last as {origin}, and no restore that is recorded came \
                 after that; an older copy of the database may have been put back"
            ),
            Self::CosignaturesMissing { witness, kept, found, up_to } => write!(
                f,
                "of the {kept} signatures of {witness} under checkpoints of up to {up_to} entries, {found} are here: others were removed"
            ),
            Self::CosignatureAltered { size, witness } => {
                write!(f, "the signature of {witness} under the checkpoint of {size} entries was changed")
            }
            Self::WitnessedAltered { origin } => {
                write!(f, "what is remembered of the ledger {origin}, which this organisation witnesses, was changed")
            }
            // Said by whoever asks this.
            _ => Ok(()),
        }
    }
}

/// The number by which people know an entry, on its record's page say: the first is 1.
fn number(position: u64) -> u64 {
    position.saturating_add(1)
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrganisation => write!(f, "the organisation was removed, but records of it are left"),
            Self::OrganisationGone { signed } => write!(
                f,
                "the organisation was removed whole: {signed} entries of its ledger were signed, and nothing of it is here; or an older \
                 copy of the database was put back"
            ),
            Self::RecordAltered(place) => write!(f, "{place}: its stored text was changed after it was recorded"),
            Self::RecordMissing { position } => {
                write!(
                    f,
                    "entry {}: its record was removed, and no certificate of destruction names it",
                    number(*position)
                )
            }
            Self::RecordNotEntered(place) => write!(f, "{place}: it was added behind the ledger’s back"),
            Self::EntryClaimedTwice(place) => write!(f, "{place}: it claims the entry of another record"),
            Self::EntryAltered { position } => write!(f, "entry {}: it was changed", number(*position)),
            Self::EntryMissing { position } => write!(f, "entry {}: it was removed", number(*position)),
            Self::TreeDiffers { after, size } => write!(
                f,
                "entries {} to {size}: at least one of them is not the one that was signed with the checkpoint of {size} entries",
                number(*after)
            ),
            Self::CheckpointAltered { size } => write!(f, "the checkpoint of {size} entries was changed"),
            Self::CheckpointMissing { size } => write!(f, "the checkpoint of {size} entries was removed"),
            Self::CheckpointsMissing { kept, found, up_to } => {
                write!(
                    f,
                    "of the {kept} checkpoints of up to {up_to} entries that were kept, {found} are here: others were removed"
                )
            }
            Self::CheckpointNotSigned { size } => {
                write!(f, "the checkpoint of {size} entries is not signed by this organisation’s ledger key")
            }
            Self::CutShort { signed, found } => {
                write!(f, "the ledger was cut short: {signed} entries were signed, {found} are here")
            }
            Self::RolledBack { signed, found } => {
                write!(f, "an older copy of the database was put back: {signed} entries were signed, {found} are here")
            }
            Self::Forked { size } => {
                write!(f, "the first {size} entries are another story than the one that was signed")
            }
            Self::WitnessSawMore { .. }
            | Self::WitnessSawOther { .. }
            | Self::WitnessKnowsLaterName { .. }
            | Self::WitnessKnowsEarlierName { .. }
            | Self::RenamedWithoutRecovery { .. }
            | Self::NotItsName { .. }
            | Self::SignedUnderLaterName { .. }
            | Self::SignedUnderEarlierName { .. }
            | Self::CosignatureAltered { .. }
            | Self::CosignaturesMissing { .. }
            | Self::WitnessedAltered { .. } => self.say_of_names_and_witnesses(f),
            Self::HeadDiffers => write!(f, "where the ledger says that it stands is not where its entries lead"),
            Self::NodeDiffers { level, position } => {
                write!(f, "the kept root {position} of level {level} of the tree was changed")
            }
            Self::DoesNotOpen(place) => write!(f, "{place}: it does not open with its key; it or its key was changed"),
            Self::MeaningDiffers(place) => write!(f, "{place}: it says something else than was entered"),
            Self::KeyMissing(place) => {
                write!(f, "{place}: its key was removed, and no certificate of destruction names it")
            }
            Self::KeyAltered { kind, id } => write!(f, "a key of {kind} {id} was changed, or belongs to nothing"),
            Self::PackAltered { digest } => {
                write!(f, "the guidance that decisions rest on (pack {digest}): its text was changed after it was kept")
            }
            Self::PackMissing { digest } => {
                write!(f, "the guidance that decisions rest on (pack {digest}): it was removed")
            }
            Self::WordingAltered { digest } => {
                write!(
                    f,
                    "the words of advice that decisions share (wording {digest}): they were changed after they were kept"
                )
            }
            Self::WordingMissing { digest } => {
                write!(f, "the words of advice that decisions share (wording {digest}): they were removed")
            }
            Self::FileDamaged { what } => write!(f, "the database’s file is damaged: {what}"),
            Self::RowNotRecorded { table, row } => write!(f, "table {table} has a row that no record says: {row}"),
            Self::RowMissing { table, row } => write!(f, "table {table} lacks a row that a record says: {row}"),
        }
    }
}
