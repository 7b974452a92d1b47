//! With the keys: every key opens, every record opens and means what was entered, and the rows derived from records are
//! those that the records say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use casework::{
    Address, Contact, Decision, Destruction, EmergencyAccess, Item, KeyRotation, LegalHold, Matter, Member, Membership,
    Moment, Organisation, OrganisationId, Person, Recovery, Team, View,
};
use ledger::entry::Entry;
use rayon::prelude::*;
use uuid::Uuid;

use super::{Finding, Leaves, Where, rows_of};
use crate::glances::sorted;
use crate::leaves::salt;
use crate::records::{Sealable, holder_kind};
use crate::seal::{Holder, Key, Kind, Spot, open, unwrap_key};
use crate::sql::{Open, Param, Row, Statement};
use crate::statements::{
    ADDRESS_ROWS, CONTACT_ROWS, DECISION_ITEM_ROWS, DECISION_PERSON_ROWS, DECISION_ROWS, DECLARATION_ROWS,
    DESTROYED_RECORD_ROWS, DESTRUCTION_ROWS, EMERGENCY_ROWS, HOLD_ROWS, HOLDER_KEYS_ALL, ITEM_PERSON_ROWS, ITEM_ROWS,
    MATTER_MEMBER_ROWS, MATTER_PERSON_ROWS, MATTER_ROWS, MATTER_TEAM_ROWS, MEMBER_ROWS, OPERATOR_RESET_ROWS,
    ORGANISATION_COMMITMENT, ORGANISATION_ROW, PERSON_ROWS, RECORD_KEYS_ALL, RECORDS_FROM, RECOVERY_ROWS, SIGN_IN_ROWS,
    TEAM_MEMBER_ROWS, TEAM_ROWS, VIEWING_PERSON_ROWS, VIEWING_ROWS,
};
use crate::{Store, StoreError};

/// How many versions of records are read at a time, and then opened on all cores.
const AT_A_TIME: i64 = 2_000;

/// How many versions of records a core takes at once.
const IN_A_PIECE: usize = 100;

/// A holder, in an order.
type HolderName = (&'static str, Uuid);

/// A record's key as one holder has it; none when it does not open.
type HeldKey = (HolderName, Option<Key>);

/// The digests of what is kept for all organisations, and decisions rest on.
pub(super) struct Kept {
    pub(super) packs: BTreeSet<String>,
    pub(super) wordings: BTreeSet<String>,
}

/// What opens an organisation's records.
struct Keys {
    holders: BTreeMap<HolderName, Key>,
    records: BTreeMap<(String, Uuid), Vec<HeldKey>>,
    findings: Vec<Finding>,
}

/// What comparing meanings came to.
pub(super) struct Compared {
    pub(super) findings: Vec<Finding>,
    /// The leaves of what certificates say was destroyed.
    pub(super) destroyed: BTreeSet<Uuid>,
    /// The epoch of the ledger that each restore says it began.
    pub(super) began: BTreeMap<Uuid, Option<i64>>,
}

pub(super) async fn compare(
    rows: &mut Open,
    store: &Store,
    organisation: OrganisationId,
    leaves: &Leaves,
    kept: &Kept,
    step: &mut impl FnMut(u64),
) -> Result<Compared, StoreError> {
    let mut keys = keys(rows, store, organisation).await?;
    let mut said = Said::default();
    let mut after: (String, Uuid, i64) = (String::new(), Uuid::nil(), i64::MIN);
    loop {
        let bounds = [
            Param::Id(organisation.uuid()),
            Param::Text(&after.0),
            Param::Id(after.1),
            Param::Int(after.2),
            Param::Int(AT_A_TIME),
        ];
        let read = rows.rows(RECORDS_FROM, &bounds).await?;
        let versions: Vec<Version> = read.iter().map(|row| Version::read(row, leaves)).collect::<Result<_, _>>()?;
        if let Some(Version { place, .. }) = versions.last() {
            after = (place.kind.clone(), place.id, place.version);
        }
        let pieces = versions.par_chunks(IN_A_PIECE).map(|piece| in_piece(&keys, organisation, piece));
        for (findings, later) in pieces.collect::<Result<Vec<_>, _>>()? {
            keys.findings.extend(findings);
            said.join(later);
        }
        step(u64::try_from(read.len()).unwrap_or(0));
        if i64::try_from(read.len()).is_ok_and(|count| count < AT_A_TIME) {
            break;
        }
    }
    let mut findings = held_rightly(keys, &said);
    findings.extend(said.packs().difference(&kept.packs).map(|digest| Finding::PackMissing { digest: digest.clone() }));
    let lost = said.wordings();
    let lost = lost.difference(&kept.wordings);
    findings.extend(lost.map(|digest| Finding::WordingMissing { digest: digest.clone() }));
    let expected = said.rows(store);
    for (table, statement, column) in TABLES {
        let found: BTreeSet<String> = rows_of(rows, *statement, organisation)
            .await?
            .iter()
            .map(|row| column.iter().enumerate().map(|(at, kind)| cell(row, at, *kind)).collect::<Result<Vec<_>, _>>())
            .map(|cells| cells.map(|cells| cells.join(" ")))
            .collect::<Result<_, StoreError>>()?;
        let none = BTreeSet::new();
        let wanted = expected.get(table).unwrap_or(&none);
        let extra = found.difference(wanted).map(|row| Finding::RowNotRecorded { table, row: row.clone() });
        let missing = wanted.difference(&found).map(|row| Finding::RowMissing { table, row: row.clone() });
        findings.extend(extra.chain(missing));
    }
    let began = said.recoveries.values().map(|one| (one.id.uuid(), one.epoch)).collect();
    Ok(Compared { findings, destroyed: said.destroyed_leaves(), began })
}

/// A column of a derived table.
#[derive(Debug, Clone, Copy)]
enum Cell {
    Id,
    MaybeId,
    Int,
    Text,
    Bytes,
}

use Cell::{Bytes, Id, Int, MaybeId, Text};

const TABLES: &[(&str, Statement, &[Cell])] = &[
    ("organisation", ORGANISATION_ROW, &[Id, Int]),
    ("member", MEMBER_ROWS, &[Id, Int]),
    ("declaration", DECLARATION_ROWS, &[Id, Id]),
    ("operator_reset", OPERATOR_RESET_ROWS, &[Id, Int]),
    ("team", TEAM_ROWS, &[Id, Int]),
    ("team_member", TEAM_MEMBER_ROWS, &[Id, Id]),
    ("person", PERSON_ROWS, &[Id, Int]),
    ("contact", CONTACT_ROWS, &[Id, Int]),
    ("matter", MATTER_ROWS, &[Id, Int, Int]),
    ("matter_person", MATTER_PERSON_ROWS, &[Id, Id]),
    ("matter_member", MATTER_MEMBER_ROWS, &[Id, Id, Int]),
    ("matter_team", MATTER_TEAM_ROWS, &[Id, Id, Int]),
    ("item", ITEM_ROWS, &[Id, Id, Int, Int]),
    ("item_person", ITEM_PERSON_ROWS, &[Id, Id]),
    ("decision", DECISION_ROWS, &[Id, Id, Id, MaybeId, Int]),
    ("decision_person", DECISION_PERSON_ROWS, &[Id, Id]),
    ("decision_item", DECISION_ITEM_ROWS, &[Id, Id]),
    ("sign_in_name", SIGN_IN_ROWS, &[Id, Bytes]),
    ("destruction", DESTRUCTION_ROWS, &[Id, Id, Int]),
    ("destroyed_record", DESTROYED_RECORD_ROWS, &[Id, Id]),
    ("legal_hold", HOLD_ROWS, &[Id, Int]),
    ("recovery", RECOVERY_ROWS, &[Id]),
    ("viewing", VIEWING_ROWS, &[Id, Int, Id, Int, Text, MaybeId, Int]),
    ("viewing_person", VIEWING_PERSON_ROWS, &[Id, Id]),
    ("person_address", ADDRESS_ROWS, &[Id, Int]),
    ("emergency", EMERGENCY_ROWS, &[Id, Int, Id, Id, Int, Int]),
];

fn cell(row: &Row, at: usize, kind: Cell) -> Result<String, StoreError> {
    Ok(match kind {
        Id => row.id(at)?.to_string(),
        MaybeId => row.maybe_id(at)?.map_or_else(|| "-".to_owned(), |id| id.to_string()),
        Int => row.int(at)?.to_string(),
        Text => row.text(at)?,
        Bytes => hex(&row.bytes(at)?),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn keys(rows: &mut Open, store: &Store, organisation: OrganisationId) -> Result<Keys, StoreError> {
    let commitment = rows.row(ORGANISATION_COMMITMENT, &[Param::Id(organisation.uuid())]).await?;
    let commitment = commitment.ok_or(StoreError::UnknownReference)?.bytes(0)?;
    let organisation_key = store.inner.keys.organisation(organisation, &commitment)?;
    let mut keys = Keys { holders: BTreeMap::new(), records: BTreeMap::new(), findings: Vec::new() };
    for row in rows_of(rows, HOLDER_KEYS_ALL, organisation).await? {
        let (word, id) = (row.text(0)?, row.id(1)?);
        let opened = holder_kind(&word).ok().and_then(|kind| {
            let spot = Spot::HolderKey { organisation, holder: Holder { kind, id } };
            Some((kind, unwrap_key(&organisation_key, &spot, &row.bytes(2).ok()?).ok()?))
        });
        match opened {
            Some((kind, key)) => drop(keys.holders.insert((kind.word(), id), key)),
            None => keys.findings.push(Finding::KeyAltered { kind: word, id }),
        }
    }
    for row in rows_of(rows, RECORD_KEYS_ALL, organisation).await? {
        let (word, id, holder_word, holder_id) = (row.text(0)?, row.id(1)?, row.text(2)?, row.id(3)?);
        // Working papers stand outside the ledger.
        if word == Kind::Draft.word() || word == Kind::Declaration.word() {
            continue;
        }
        let (Some(kind), Ok(held_by)) = (Kind::of_record(&word), holder_kind(&holder_word)) else {
            keys.findings.push(Finding::KeyAltered { kind: word, id });
            continue;
        };
        let holder = Holder { kind: held_by, id: holder_id };
        let key = keys.holders.get(&(held_by.word(), holder_id)).map(|holder_key| {
            let spot = Spot::RecordKey { organisation, kind, id, holder };
            row.bytes(4).ok().and_then(|wrapped| unwrap_key(holder_key, &spot, &wrapped).ok())
        });
        if key.as_ref().is_some_and(Option::is_none) {
            keys.findings.push(Finding::KeyAltered { kind: word.clone(), id });
        }
        keys.records.entry((word, id)).or_default().push(((held_by.word(), holder_id), key.flatten()));
    }
    Ok(keys)
}

/// A version of a record as it is stored, and the entry that stands for it.
struct Version<'a> {
    place: Where,
    sealed: Vec<u8>,
    entered: Option<&'a Entry>,
}

impl<'a> Version<'a> {
    fn read(row: &Row, leaves: &'a Leaves) -> Result<Self, StoreError> {
        let place = Where { kind: row.text(0)?, id: row.id(1)?, version: row.int(2)? };
        let entered = row.maybe_id(4)?.and_then(|leaf| leaves.get(&leaf)).and_then(|leaf| leaf.entry.as_ref());
        Ok(Self { place, sealed: row.bytes(3)?, entered })
    }
}

/// What is wrong with some versions that follow each other, and what they say.
fn in_piece(
    keys: &Keys,
    organisation: OrganisationId,
    piece: &[Version<'_>],
) -> Result<(Vec<Finding>, Said), StoreError> {
    let (mut findings, mut said) = (Vec::new(), Said::default());
    for Version { place, sealed, entered } in piece {
        match read_version(keys, organisation, place, sealed) {
            Ok((key, plain)) => {
                let meaning = ledger::entry::meaning(salt(&key).bytes(), &plain);
                if entered.is_some_and(|entry| entry.meaning != meaning) {
                    findings.push(Finding::MeaningDiffers(place.clone()));
                }
                said.take(place, &plain)?;
            }
            Err(finding) => findings.push(finding),
        }
    }
    Ok((findings, said))
}

fn read_version(
    keys: &Keys,
    organisation: OrganisationId,
    place: &Where,
    sealed: &[u8],
) -> Result<(Key, sealing::Plain), Finding> {
    let held = keys.records.get(&(place.kind.clone(), place.id));
    let key = held.into_iter().flatten().find_map(|(_, key)| key.clone());
    let (Some(key), Some(kind), Ok(version)) = (key, Kind::of_record(&place.kind), u64::try_from(place.version)) else {
        return Err(Finding::KeyMissing(place.clone()));
    };
    let spot = Spot::Version { organisation, kind, id: place.id, version };
    match open(&key, &spot, sealed) {
        Ok(plain) => Ok((key, plain)),
        Err(_) => Err(Finding::DoesNotOpen(place.clone())),
    }
}

/// What the latest version of every record says.
#[derive(Default)]
struct Said {
    organisations: BTreeMap<Uuid, Organisation>,
    members: BTreeMap<Uuid, Member>,
    /// Members to whom whoever runs the installation gave a new way in, and when last. Later versions may tell of another.
    operator_resets: BTreeMap<Uuid, Moment>,
    teams: BTreeMap<Uuid, Team>,
    people: BTreeMap<Uuid, Person>,
    contacts: BTreeMap<Uuid, Contact>,
    matters: BTreeMap<Uuid, Matter>,
    items: BTreeMap<Uuid, Item>,
    decisions: BTreeMap<Uuid, Decision>,
    destructions: BTreeMap<Uuid, Destruction>,
    holds: BTreeMap<Uuid, LegalHold>,
    recoveries: BTreeMap<Uuid, Recovery>,
    views: BTreeMap<Uuid, View>,
    addresses: BTreeMap<Uuid, Address>,
    emergencies: BTreeMap<Uuid, EmergencyAccess>,
    /// No table is derived from these.
    rotations: BTreeMap<Uuid, KeyRotation>,
    holders: BTreeMap<(String, Uuid), (i64, BTreeSet<HolderName>)>,
}

impl Said {
    /// Takes a version; they come in order, so that the last one stays.
    fn take(&mut self, place: &Where, plain: &[u8]) -> Result<(), StoreError> {
        fn read<T: Sealable>(plain: &[u8], into: &mut BTreeMap<Uuid, T>) -> Result<BTreeSet<HolderName>, StoreError> {
            let record: T = serde_json::from_slice(plain).map_err(StoreError::Json)?;
            let holders = record.holders().into_iter().map(|holder| (holder.kind.word(), holder.id)).collect();
            into.insert(record.id(), record);
            Ok(holders)
        }
        let holders = match Kind::of_record(&place.kind) {
            Some(Kind::Organisation) => read(plain, &mut self.organisations)?,
            Some(Kind::Member) => {
                let holders = read(plain, &mut self.members)?;
                let reset = self.members.get(&place.id).and_then(|member| member.reset);
                self.operator_resets.extend(reset.filter(|reset| reset.by.is_none()).map(|reset| (place.id, reset.at)));
                holders
            }
            Some(Kind::Team) => read(plain, &mut self.teams)?,
            Some(Kind::Person) => read(plain, &mut self.people)?,
            Some(Kind::Contact) => read(plain, &mut self.contacts)?,
            Some(Kind::Matter) => read(plain, &mut self.matters)?,
            Some(Kind::Item) => read(plain, &mut self.items)?,
            Some(Kind::Decision) => read(plain, &mut self.decisions)?,
            Some(Kind::Destruction) => read(plain, &mut self.destructions)?,
            Some(Kind::Hold) => read(plain, &mut self.holds)?,
            Some(Kind::Recovery) => read(plain, &mut self.recoveries)?,
            Some(Kind::Rotation) => read(plain, &mut self.rotations)?,
            Some(Kind::View) => read(plain, &mut self.views)?,
            Some(Kind::Address) => read(plain, &mut self.addresses)?,
            Some(Kind::Emergency) => read(plain, &mut self.emergencies)?,
            Some(Kind::Draft | Kind::Declaration) | None => return Ok(()),
        };
        self.holders.insert((place.kind.clone(), place.id), (place.version, holders));
        Ok(())
    }

    /// Takes what later versions say.
    fn join(&mut self, later: Self) {
        // Every field by its name, so that none can be forgotten.
        let Self {
            organisations,
            members,
            operator_resets,
            teams,
            people,
            contacts,
            matters,
            items,
            decisions,
            destructions,
            holds,
            recoveries,
            views,
            addresses,
            emergencies,
            rotations,
            holders,
        } = later;
        self.organisations.extend(organisations);
        self.members.extend(members);
        self.operator_resets.extend(operator_resets);
        self.teams.extend(teams);
        self.people.extend(people);
        self.contacts.extend(contacts);
        self.matters.extend(matters);
        self.items.extend(items);
        self.decisions.extend(decisions);
        self.destructions.extend(destructions);
        self.holds.extend(holds);
        self.recoveries.extend(recoveries);
        self.views.extend(views);
        self.addresses.extend(addresses);
        self.emergencies.extend(emergencies);
        self.rotations.extend(rotations);
        self.holders.extend(holders);
    }

    /// The rows of each derived table that the records call for.
    fn rows(&self, store: &Store) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut rows: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut say = |table: &'static str, row: String| {
            rows.entry(table).or_default().insert(row);
        };
        // A person who was destroyed is in no table any more.
        let here = |person: &casework::PersonId| self.people.contains_key(&person.uuid());
        for one in self.organisations.values() {
            say("organisation", format!("{} {}", one.id, one.version));
        }
        for one in self.members.values() {
            say("member", format!("{} {}", one.id, one.version));
            one.declared.keys().for_each(|id| say("declaration", format!("{id} {}", one.id)));
            if one.membership != Membership::Left {
                let tag = hex(&store.sign_in_tag(&one.email));
                say("sign_in_name", format!("{} {tag}", one.id));
                if let Some(account) = &one.account {
                    say("sign_in_name", format!("{} {}", one.id, hex(&store.account_tag(one.organisation, account))));
                }
            }
        }
        for (id, at) in &self.operator_resets {
            say("operator_reset", format!("{id} {}", at.micros()));
        }
        for one in self.teams.values() {
            say("team", format!("{} {}", one.id, one.version));
            one.members.iter().for_each(|id| say("team_member", format!("{} {id}", one.id)));
        }
        for one in self.people.values() {
            say("person", format!("{} {}", one.id, one.version));
        }
        for one in self.contacts.values() {
            say("contact", format!("{} {}", one.id, one.version));
        }
        for one in self.matters.values() {
            say("matter", format!("{} {} {}", one.id, one.version, one.opened_at.micros()));
            one.people.iter().filter(|id| here(id)).for_each(|id| say("matter_person", format!("{} {id}", one.id)));
            for (id, until) in one.members_until() {
                say("matter_member", format!("{} {id} {}", one.id, until.micros()));
            }
            for (id, until) in one.teams_until() {
                say("matter_team", format!("{} {id} {}", one.id, until.micros()));
            }
        }
        for one in self.items.values() {
            say("item", format!("{} {} {} {}", one.id, one.matter, one.version, one.added_at.micros()));
            one.people.iter().filter(|id| here(id)).for_each(|id| say("item_person", format!("{} {id}", one.id)));
        }
        for one in self.decisions.values() {
            // What was destroyed is not named any more.
            let corrects = one.corrects.as_ref().map(|earlier| earlier.decision);
            let corrects = corrects.filter(|earlier| self.decisions.contains_key(&earlier.uuid()));
            let corrects = corrects.map_or_else(|| "-".to_owned(), |earlier| earlier.to_string());
            let at = one.recorded_at.micros();
            say("decision", format!("{} {} {} {corrects} {at}", one.id, one.matter, one.member));
            one.people.iter().filter(|id| here(id)).for_each(|id| say("decision_person", format!("{} {id}", one.id)));
            let kept = one.items.iter().filter(|judged| self.items.contains_key(&judged.item.uuid()));
            kept.for_each(|judged| say("decision_item", format!("{} {}", one.id, judged.item)));
        }
        for one in self.destructions.values() {
            say("destruction", format!("{} {} {}", one.id, one.person, one.decided_at.micros()));
            one.names().into_iter().for_each(|id| say("destroyed_record", format!("{id} {}", one.id)));
        }
        for one in self.holds.values() {
            say("legal_hold", format!("{} {}", one.id, one.version));
        }
        for one in self.recoveries.values() {
            say("recovery", one.id.to_string());
        }
        for one in self.views.values() {
            let (at, sorted) = (one.first_at.micros(), sorted(one));
            let matter = sorted.matter.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let (opened, address) = (sorted.opened, sorted.address);
            let (id, version, reader) = (one.id, one.version, one.reader);
            say("viewing", format!("{id} {version} {reader} {at} {opened} {matter} {address}"));
            one.people.iter().filter(|id| here(id)).for_each(|id| say("viewing_person", format!("{} {id}", one.id)));
        }
        for one in self.addresses.values() {
            say("person_address", format!("{} {}", one.person, one.version));
        }
        for one in self.emergencies.values() {
            let (at, awaits) = (one.begins.micros(), i64::from(one.awaits_review()));
            say("emergency", format!("{} {} {} {} {at} {awaits}", one.id, one.version, one.matter, one.holder));
        }
        rows
    }

    /// The digests of the guidance that decisions rest on.
    fn packs(&self) -> BTreeSet<String> {
        let taken = self.decisions.values().filter_map(|decision| decision.advice.as_ref());
        taken.map(|taken| taken.pack.digest.clone()).collect()
    }

    /// The wordings without whose words advice is kept.
    fn wordings(&self) -> BTreeSet<String> {
        let taken = self.decisions.values().filter_map(|decision| decision.advice.as_ref());
        taken.filter_map(|taken| taken.document.kept_with().map(str::to_owned)).collect()
    }

    /// The leaves of what certificates say was destroyed.
    fn destroyed_leaves(&self) -> BTreeSet<Uuid> {
        let existed = self.destructions.values().flat_map(|certificate| &certificate.existed);
        existed.flat_map(|record| record.versions.iter().map(|version| version.leaf)).collect()
    }
}

/// Whether each record's key is wrapped for those whom the record is about, and no key belongs to nothing.
fn held_rightly(keys: Keys, said: &Said) -> Vec<Finding> {
    let Keys { holders, records, mut findings } = keys;
    for ((kind, id), held) in &records {
        let Some((_, wanted)) = said.holders.get(&(kind.clone(), *id)) else {
            findings.push(Finding::KeyAltered { kind: kind.clone(), id: *id });
            continue;
        };
        let held: BTreeSet<HolderName> = held.iter().map(|(holder, _)| *holder).collect();
        let there: BTreeSet<HolderName> =
            wanted.iter().filter(|holder| holders.contains_key(*holder)).copied().collect();
        if held.intersection(&there).count() != there.len() || held.iter().any(|holder| !wanted.contains(holder)) {
            findings.push(Finding::KeyAltered { kind: kind.clone(), id: *id });
        }
    }
    let declared: BTreeSet<Uuid> =
        said.members.values().flat_map(|one| one.declared.keys()).map(|declaration| declaration.uuid()).collect();
    for (kind, id) in holders.keys() {
        let belongs = *kind == Kind::Draft.word()
            || (*kind == Kind::Declaration.word() && declared.contains(id))
            || said.holders.contains_key(&((*kind).to_owned(), *id));
        if !belongs {
            findings.push(Finding::KeyAltered { kind: (*kind).to_owned(), id: *id });
        }
    }
    findings.dedup();
    findings
}
