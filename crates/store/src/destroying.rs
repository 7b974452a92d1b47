//! Destroying what is kept about a person: the one path on which anything recorded is deleted (RET-2).
//!
//! Their key goes, and with it every record that was sealed for nobody else: its versions, its keys, what is derived from
//! it. Records about others too live on with them. A certificate stays, sealed for the organisation, and a line on the list
//! of destructions beside the keys. Then the pages that held it are wiped from the database's files.

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    DecisionId, DestroyRefused, Destruction, DestructionId, DraftId, Existed, ExistedVersion, Ground, HoldId, ItemId,
    LegalHold, MatterId, Member, MemberId, Moment, NewDestruction, OrganisationId, PersonId, Recovery, may_destroy,
};
use uuid::Uuid;

use crate::certificates::other;
use crate::destructions::{DestructionList, Grounds, Intended, Listed, Outcome};
use crate::keyring::hex;
use crate::leaves::unsigned;
use crate::records::{before, stored};
use crate::seal::{Holder, Kind, Spot};
use crate::sql::{Param, Statement};
use crate::statements::{
    ADD_DESTRUCTION, ADD_HOLD, ADD_RECOVERY, ALL_DRAFTS, CHANGE_HOLD, DELETE_RECORD_KEYS, DESTROY_ADDRESS,
    DESTROY_CORRECTED, DESTROY_DECISION, DESTROY_DECISION_ITEMS, DESTROY_DECISION_PEOPLE, DESTROY_DRAFT,
    DESTROY_EMERGENCY, DESTROY_HELD, DESTROY_IN_DECISIONS, DESTROY_IN_ITEMS, DESTROY_IN_MATTERS, DESTROY_IN_VIEWS,
    DESTROY_ITEM, DESTROY_ITEM_IN_DECISIONS, DESTROY_ITEM_PEOPLE, DESTROY_MATTER, DESTROY_MATTER_MEMBERS,
    DESTROY_MATTER_PEOPLE, DESTROY_MATTER_TEAMS, DESTROY_PERSON, DESTROY_VERSIONS, DESTROY_VIEW, DESTROY_VIEW_PEOPLE,
    DESTRUCTIONS, HELD_BY, HOLDER_KEY, HOLDS, LIVING_HOLDERS, MATTERS_ABOUT, MEET_AT_ORGANISATION, PERSON_KEPT,
    RECOVERIES, VERSIONS_OF,
};
use crate::{KeyError, Reading, Store, StoreError, Writing};

/// Why a person was not destroyed.
#[derive(Debug, thiserror::Error)]
pub enum DestroyError {
    /// There is nobody of this id.
    #[error("the organisation keeps nobody of this id: perhaps they were destroyed before")]
    NobodyThere,
    /// Something was recorded or destroyed since whoever asks was shown what would go.
    #[error("what is kept about this person has changed since it was looked at")]
    Changed,
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] DestroyRefused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destroyed {
    /// The certificate.
    pub certificate: Destruction,
    /// Whether the database's files hold no trace any more. False while somebody's long read keeps the old pages, which are
    /// wiped at the next start at the latest; and on a server, which keeps old pages by rules of its own.
    pub wiped: bool,
}

/// What would go if a person were destroyed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goes {
    /// Every record that is about nobody else who is still held.
    pub existing: Vec<Existed>,
    /// How many records would live on, because they are about others too.
    pub lives_on: u64,
    /// How many drafts would go with them.
    pub drafts: u64,
    /// The matters that the person is in.
    pub matters: Vec<MatterId>,
}

impl Goes {
    /// A mark that is another one as soon as anything more, or anything else, would go: recorded things are only ever added to. That
    /// somebody looked at the person meanwhile, be it to see what would go, changes nothing of what is decided.
    pub fn mark(&self) -> String {
        let kept = || self.existing.iter().filter(|record| record.kind != Kind::View.word());
        let versions: usize = kept().map(|record| record.versions.len()).sum();
        format!("{}-{versions}-{}-{}", kept().count(), self.lives_on, self.drafts)
    }
}

/// What goes: the keys' holders, and the records that have no other.
#[derive(Default)]
struct Dying {
    holders: Vec<Holder>,
    records: Vec<(Kind, Uuid)>,
    live_on: u64,
}

impl Dying {
    fn of(&self, kind: Kind) -> impl Iterator<Item = Uuid> {
        self.records.iter().filter(move |(of, _)| *of == kind).map(|&(_, id)| id)
    }
}

/// What the database holds of a person on the list.
struct Trace {
    /// Whether anything is left that was sealed for them.
    left: bool,
    /// Whether their key is.
    key: bool,
}

/// Says on the list what came of a destruction. Where the list cannot be written, what is to be told stays as it is: the database says the same
/// at the next start, and of a backup the missing key does ([`Store::destroy_without_key`]).
fn say_what_came_of_it(list: &DestructionList, certificate: DestructionId, done: bool) {
    if let Err(error) = list.close(certificate, done) {
        tracing::error!(%error, %certificate, done, "what came of a destruction could not be listed: that is done at the next start");
    }
}

impl Store {
    /// Destroys what the member's organisation keeps about a person, if the rules allow it. It cannot be undone: whoever
    /// calls this has asked first.
    pub async fn destroy_person(&self, member: &Member, new: &NewDestruction) -> Result<Destroyed, DestroyError> {
        self.destroy_person_seen(member, new, None).await
    }

    /// The same, if what goes is still what whoever asks was shown: `seen` is the [`Goes::mark`] of that.
    pub async fn destroy_person_seen(
        &self,
        member: &Member,
        new: &NewDestruction,
        seen: Option<&str>,
    ) -> Result<Destroyed, DestroyError> {
        let (store, member, new) = (self.clone(), member.clone(), new.clone());
        let seen = seen.map(str::to_owned);
        // On a task of its own: a caller that goes away must not leave the list without the word of what came of it.
        let destroying = tokio::spawn(async move { store.destroy_and_list(&member, &new, seen.as_deref()).await });
        destroying.await.map_err(|_| StoreError::CutShort)?
    }

    async fn destroy_and_list(
        &self,
        member: &Member,
        new: &NewDestruction,
        seen: Option<&str>,
    ) -> Result<Destroyed, DestroyError> {
        let organisation = member.organisation;
        let now = self.inner.clock.now();
        let list = &self.destruction_list(organisation);
        let committed = self
            .write("destroy_person", organisation, |mut writing: Writing| async move {
                writing.meet_holds_and_destructions().await?;
                let matters = writing.matter_ids_about(new.person).await?;
                let holds = writing.legal_holds().await?;
                may_destroy(member, organisation, new, &matters, &holds)?;
                let place = [Param::Id(organisation.uuid()), Param::Id(new.person.uuid())];
                if writing.open.row(PERSON_KEPT, &place).await?.is_none() {
                    return Err(DestroyError::NobodyThere);
                }
                if let Some(seen) = seen {
                    let goes = writing.would_go(new.person).await?;
                    if goes.is_none_or(|goes| goes.mark() != seen) {
                        return Err(DestroyError::Changed);
                    }
                }
                let certificate = writing.destroy(new, member.id, now, None).await?;
                // Last, and before the commit: nothing is destroyed that a restore could undo.
                let intended = Intended {
                    decided_at: now,
                    person: new.person,
                    certificate: new.id,
                    asked_by: member.id,
                    grounds: Some(Grounds { ground: certificate.ground, rule: certificate.rule.clone() }),
                };
                list.intend(&intended, self.inner.randomness.bytes()?)?;
                Ok(certificate)
            })
            .await;
        let done = match &committed {
            Ok(_) => Some(true),
            Err(DestroyError::Store(StoreError::Unsure(_))) => None,
            // Asked for once more, under the same certificate, it may have been done before.
            Err(_) => self.certified(organisation).await.ok().map(|certified| certified.contains(&new.id)),
        };
        // Where nobody knows, the next start does.
        if let Some(done) = done {
            say_what_came_of_it(list, new.id, done);
        }
        let certificate = committed?;
        let wiped = self.wipe().await.unwrap_or_else(|error| {
            tracing::error!(%error, "destroyed, and old pages of the database are still to be wiped: that is done at the next start");
            false
        });
        Ok(Destroyed { certificate, wiped })
    }

    /// Destroys again whatever the list of destructions names as done and the database still holds, as after a restore. What was
    /// intended, and of which the list does not know what came, was done where the database holds its certificate; where not, it was not, and
    /// stays undone: it was never told as done, and a legal hold may have been placed since. Refuses a list that was altered, or that lacks a
    /// destruction which the database certifies.
    pub(crate) async fn destroy_again(&self, organisation: OrganisationId) -> Result<u64, StoreError> {
        let list = self.destruction_list(organisation);
        // Before the list: another copy of the program may destroy somebody at this moment, and lists them before it commits.
        let certified = self.certified(organisation).await?;
        let listed = list.read()?;
        if certified.iter().any(|id| !listed.iter().any(|line| line.intended.certificate == *id)) {
            return Err(KeyError::ListCut(list.file().to_owned()).into());
        }
        let (done, open): (Vec<_>, Vec<_>) = listed.into_iter().partition(|line| line.outcome == Outcome::Done);
        if !open.is_empty() {
            // Once more, for what was committed since it was looked at first.
            let certified = self.certified(organisation).await?;
            for Intended { certificate, .. } in open.iter().map(|line| &line.intended) {
                say_what_came_of_it(&list, *certificate, certified.contains(certificate));
            }
        }
        let mut again = 0;
        let traces = self.traces(organisation, &done).await?;
        for (line, _) in done.iter().zip(traces).filter(|(_, trace)| trace.left || trace.key) {
            self.destroy_listed(organisation, &line.intended).await?;
            again += 1;
        }
        if !(done.is_empty() && open.is_empty()) {
            self.wipe().await?;
        }
        Ok(again)
    }

    /// Finishes in a restored database what was destroyed and never told as done: the list names it as intended, and the restored keys lack the
    /// person's. Only a destruction that was committed takes a key away, so that it was done after these records were backed
    /// up. Where the key is there the destruction may never have been done, and the person stays.
    pub(crate) async fn destroy_without_key(&self, organisation: OrganisationId) -> Result<(), StoreError> {
        let list = self.destruction_list(organisation);
        let listed = list.read()?;
        // Of several for one person the last can have taken the key; then nothing is left for the others.
        for line in listed.iter().rev().filter(|line| line.outcome != Outcome::Done) {
            let traces = self.traces(organisation, std::slice::from_ref(line)).await?;
            if traces.iter().any(|trace| trace.left && !trace.key) {
                self.destroy_listed(organisation, &line.intended).await?;
                say_what_came_of_it(&list, line.intended.certificate, true);
            }
        }
        Ok(())
    }

    async fn certified(&self, organisation: OrganisationId) -> Result<BTreeSet<DestructionId>, StoreError> {
        let of = [Param::Id(organisation.uuid())];
        let certified = |mut reading: Reading| async move {
            let rows = reading.open.rows(DESTRUCTIONS, &of).await?;
            rows.iter().map(|row| row.id(0).map(DestructionId::from_uuid)).collect()
        };
        self.read("certified", organisation, certified).await
    }

    /// What is left of each person.
    async fn traces(&self, organisation: OrganisationId, listed: &[Listed]) -> Result<Vec<Trace>, StoreError> {
        let look = |mut reading: Reading| async move {
            let mut traces = Vec::with_capacity(listed.len());
            for line in listed {
                traces.push(reading.trace_of(line.intended.person).await?);
            }
            Ok(traces)
        };
        self.read("traces", organisation, look).await
    }

    /// Destroys once more what the list says was destroyed: on the ground and under the rule of then, where the list has them.
    async fn destroy_listed(&self, organisation: OrganisationId, listed: &Intended) -> Result<(), StoreError> {
        let (ground, rule) = match &listed.grounds {
            Some(grounds) => (grounds.ground, grounds.rule.clone()),
            None => (Ground::EarlierDestruction, "It had been destroyed before the backup was restored.".to_owned()),
        };
        let new = &NewDestruction { id: listed.certificate, person: listed.person, ground, rule };
        let again_at = Some(self.inner.clock.now());
        self.write("destroy_again", organisation, |mut writing: Writing| async move {
            writing.destroy(new, listed.asked_by, listed.decided_at, again_at).await
        })
        .await
        .map(drop)
    }

    fn destruction_list(&self, organisation: OrganisationId) -> DestructionList {
        DestructionList::of(self.inner.keys.folder(), self.inner.keys.installation(), organisation)
    }
}

impl Reading {
    /// The certificates of destruction, the newest first.
    pub async fn destructions(&mut self) -> Result<Vec<Destruction>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(DESTRUCTIONS, &[organisation]).await
    }

    /// A certificate of destruction.
    pub async fn destruction(&mut self, id: DestructionId) -> Result<Option<Destruction>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The legal holds, those released too, in the order placed.
    pub async fn legal_holds(&mut self) -> Result<Vec<LegalHold>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(HOLDS, &[organisation]).await
    }

    /// A legal hold.
    pub async fn legal_hold(&mut self, id: HoldId) -> Result<Option<LegalHold>, StoreError> {
        self.latest(id.uuid()).await
    }

    /// The recoveries from a backup, the newest first.
    pub async fn recoveries(&mut self) -> Result<Vec<Recovery>, StoreError> {
        let organisation = Param::Id(self.organisation.uuid());
        self.latest_of(RECOVERIES, &[organisation]).await
    }

    /// What would go if the person were destroyed now; `None` where the organisation keeps nobody of this id.
    pub async fn would_go(&mut self, person: PersonId) -> Result<Option<Goes>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(person.uuid())];
        if self.open.row(PERSON_KEPT, &place).await?.is_none() {
            return Ok(None);
        }
        let dying = self.dying_with(person).await?;
        let mut existing = Vec::new();
        for &(kind, id) in dying.records.iter().filter(|(kind, _)| *kind != Kind::Draft) {
            existing.push(self.existed(kind, id).await?);
        }
        let drafts = u64::try_from(dying.of(Kind::Draft).count()).unwrap_or(u64::MAX);
        let matters = self.matter_ids_about(person).await?;
        Ok(Some(Goes { existing, lives_on: dying.live_on, drafts, matters }))
    }

    async fn matter_ids_about(&mut self, person: PersonId) -> Result<Vec<MatterId>, StoreError> {
        let place = [Param::Id(self.organisation.uuid()), Param::Id(person.uuid())];
        let rows = self.open.rows(MATTERS_ABOUT, &place).await?;
        rows.iter().map(|row| row.id(0).map(MatterId::from_uuid)).collect()
    }

    async fn trace_of(&mut self, person: PersonId) -> Result<Trace, StoreError> {
        let (of, id, kind) =
            (Param::Id(self.organisation.uuid()), Param::Id(person.uuid()), Param::Text(Kind::Person.word()));
        Ok(Trace {
            left: self.open.row(PERSON_KEPT, &[of, id]).await?.is_some()
                || self.open.row(HELD_BY, &[of, kind, id]).await?.is_some(),
            key: self.open.row(HOLDER_KEY, &[of, kind, id]).await?.is_some(),
        })
    }

    /// What dies with a person. A matter that dies takes its own key along, which it had while it was about nobody yet, and
    /// so what is held by that key alone.
    async fn dying_with(&mut self, person: PersonId) -> Result<Dying, StoreError> {
        let of = Param::Id(self.organisation.uuid());
        let mut dying = Dying { holders: vec![Holder { kind: Kind::Person, id: person.uuid() }], ..Dying::default() };
        let mut next = 0;
        while let Some(&holder) = dying.holders.get(next) {
            next += 1;
            for row in self.open.rows(HELD_BY, &[of, Param::Text(holder.kind.word()), Param::Id(holder.id)]).await? {
                let (kind, id) = (kind_of(&row.text(0)?)?, row.id(1)?);
                if dying.records.contains(&(kind, id)) {
                    continue;
                }
                let mut lives = false;
                for other in self.open.rows(LIVING_HOLDERS, &[of, Param::Text(kind.word()), Param::Id(id)]).await? {
                    let other = Holder { kind: kind_of(&other.text(0)?)?, id: other.id(1)? };
                    lives |= !dying.holders.contains(&other);
                }
                if lives {
                    continue;
                }
                dying.records.push((kind, id));
                let own = Holder { kind, id };
                if matches!(kind, Kind::Matter | Kind::Draft) && !dying.holders.contains(&own) {
                    dying.holders.push(own);
                }
            }
        }
        let place = [of, Param::Text(Kind::Person.word()), Param::Id(person.uuid())];
        for row in self.open.rows(HELD_BY, &place).await? {
            let held = (kind_of(&row.text(0)?)?, row.id(1)?);
            dying.live_on += u64::from(held.0 != Kind::View && !dying.records.contains(&held));
        }
        // A draft names its matter inside the seal.
        for row in self.open.rows(ALL_DRAFTS, &[of]).await? {
            let id = row.id(0)?;
            let Some(draft) = self.draft(DraftId::from_uuid(id)).await? else { continue };
            let on_it = draft.matter.is_some_and(|matter| dying.records.contains(&(Kind::Matter, matter.uuid())));
            if on_it && !dying.records.contains(&(Kind::Draft, id)) {
                dying.records.push((Kind::Draft, id));
                dying.holders.push(Holder { kind: Kind::Draft, id });
            }
        }
        Ok(dying)
    }

    /// What the certificate says of a record.
    async fn existed(&mut self, kind: Kind, id: Uuid) -> Result<Existed, StoreError> {
        let organisation = self.organisation;
        let place = [Param::Id(organisation.uuid()), Param::Text(kind.word()), Param::Id(id)];
        let mut versions = Vec::new();
        for row in self.open.rows(VERSIONS_OF, &place).await? {
            let version = unsigned(row.int(0)?)?;
            let spot = Spot::Version { organisation, kind, id, version };
            versions.push(ExistedVersion {
                version,
                leaf: row.id(1)?,
                recorded_at: Moment::from_micros(row.int(2)?),
                stored_sha256: hex(&ledger::entry::stored_digest(&spot.bytes(), &row.bytes(3)?)),
            });
        }
        Ok(Existed { kind: kind.word().to_owned(), id, versions, others: BTreeSet::new() })
    }

    /// Everybody whom the matter is about that a record is, or is on: whoever must not see one of them is not told either that it went.
    async fn on_matter_about(
        &mut self,
        kind: Kind,
        id: Uuid,
        known: &mut BTreeMap<MatterId, BTreeSet<PersonId>>,
    ) -> Result<BTreeSet<PersonId>, StoreError> {
        let matter = match kind {
            Kind::Matter => Some(MatterId::from_uuid(id)),
            Kind::Decision => self.decision(DecisionId::from_uuid(id)).await?.map(|decision| decision.matter),
            Kind::Item => self.item(ItemId::from_uuid(id)).await?.map(|item| item.matter),
            _ => None,
        };
        let Some(matter) = matter else { return Ok(BTreeSet::new()) };
        if let Some(people) = known.get(&matter) {
            return Ok(people.clone());
        }
        let people = self.matter(matter).await?.map(|matter| matter.people).unwrap_or_default();
        known.insert(matter, people.clone());
        Ok(people)
    }
}

fn kind_of(word: &str) -> Result<Kind, StoreError> {
    if word == Kind::Draft.word() {
        return Ok(Kind::Draft);
    }
    Kind::of_record(word).ok_or(StoreError::Malformed("kind"))
}

impl Writing {
    /// Lets holds and destructions of an organisation meet at one row, so that of two at the same moment the later is done
    /// again and sees the earlier: neither changes a row that the other reads.
    async fn meet_holds_and_destructions(&mut self) -> Result<(), StoreError> {
        let of = Param::Id(self.organisation.uuid());
        self.open.run_one(MEET_AT_ORGANISATION, &[of]).await
    }

    /// Keeps a legal hold whose version is one more than that stored (1: new).
    pub async fn save_hold(&mut self, hold: &LegalHold) -> Result<(), StoreError> {
        self.check_organisation(hold.organisation)?;
        self.meet_holds_and_destructions().await?;
        let (of, id) = (Param::Id(hold.organisation.uuid()), Param::Id(hold.id.uuid()));
        let version = Param::Int(stored(hold.version)?);
        match before(hold.version)? {
            0 => self.open.run_one(ADD_HOLD, &[of, id, version]).await?,
            earlier => self.move_on(CHANGE_HOLD, &[of, id, version, Param::Int(earlier)]).await?,
        }
        self.add_version(hold).await
    }

    /// Keeps that a backup was restored.
    pub async fn add_recovery(&mut self, recovery: &Recovery) -> Result<(), StoreError> {
        self.check_organisation(recovery.organisation)?;
        let row = [
            Param::Id(recovery.organisation.uuid()),
            Param::Id(recovery.id.uuid()),
            Param::Int(recovery.restored_at.micros()),
        ];
        self.open.run_one(ADD_RECOVERY, &row).await?;
        self.add_version(recovery).await
    }

    /// Deletes what dies with the person, and adds the certificate.
    async fn destroy(
        &mut self,
        new: &NewDestruction,
        asked_by: MemberId,
        decided_at: Moment,
        again_at: Option<Moment>,
    ) -> Result<Destruction, StoreError> {
        let dying = self.dying_with(new.person).await?;
        let mut certificate = Destruction {
            id: new.id,
            organisation: self.organisation,
            person: new.person,
            ground: new.ground,
            rule: new.rule.trim().to_owned(),
            asked_by,
            decided_at,
            again_at,
            existed: Vec::new(),
            lived_on: dying.live_on,
            drafts: u64::try_from(dying.of(Kind::Draft).count()).unwrap_or(u64::MAX),
        };
        let mut known = BTreeMap::new();
        for &(kind, id) in dying.records.iter().filter(|(kind, _)| *kind != Kind::Draft) {
            let mut existed = self.existed(kind, id).await?;
            let people = self.on_matter_about(kind, id, &mut known).await?;
            let others = people.into_iter().filter(|person| *person != new.person);
            existed.others = others.map(|person| other(new.id, id, person)).collect();
            certificate.existed.push(existed);
        }
        self.delete_derived(&dying, new.person).await?;
        for existed in &certificate.existed {
            let place = [Param::Id(self.organisation.uuid()), Param::Text(&existed.kind), Param::Id(existed.id)];
            let changed = self.open.run(DESTROY_VERSIONS, &place).await?;
            let expected = u64::try_from(existed.versions.len()).unwrap_or(u64::MAX);
            if changed != expected {
                // A version that the certificate does not name must not go.
                return Err(StoreError::RowCount { statement: DESTROY_VERSIONS.name, changed, expected });
            }
        }
        self.delete_keys(&dying).await?;
        let row = [
            Param::Id(self.organisation.uuid()),
            Param::Id(new.id.uuid()),
            Param::Id(new.person.uuid()),
            Param::Int(decided_at.micros()),
        ];
        self.open.run_one(ADD_DESTRUCTION, &row).await?;
        self.name_what_went(&certificate).await?;
        self.add_version(&certificate).await?;
        Ok(certificate)
    }

    async fn delete_derived(&mut self, dying: &Dying, person: PersonId) -> Result<(), StoreError> {
        let of = Param::Id(self.organisation.uuid());
        let links = [DESTROY_IN_MATTERS, DESTROY_IN_ITEMS, DESTROY_IN_DECISIONS, DESTROY_IN_VIEWS, DESTROY_ADDRESS];
        self.run_all(&links, of, std::iter::once(person.uuid())).await?;
        self.run_all(&[DESTROY_VIEW_PEOPLE, DESTROY_VIEW], of, dying.of(Kind::View)).await?;
        self.run_all(&[DESTROY_EMERGENCY], of, dying.of(Kind::Emergency)).await?;
        let decision = [DESTROY_DECISION_PEOPLE, DESTROY_DECISION_ITEMS, DESTROY_CORRECTED, DESTROY_DECISION];
        self.run_all(&decision, of, dying.of(Kind::Decision)).await?;
        let item = [DESTROY_ITEM_PEOPLE, DESTROY_ITEM_IN_DECISIONS, DESTROY_ITEM];
        self.run_all(&item, of, dying.of(Kind::Item)).await?;
        let matter = [DESTROY_MATTER_PEOPLE, DESTROY_MATTER_MEMBERS, DESTROY_MATTER_TEAMS, DESTROY_MATTER];
        self.run_all(&matter, of, dying.of(Kind::Matter)).await?;
        self.run_all(&[DESTROY_DRAFT], of, dying.of(Kind::Draft)).await?;
        self.run_all(&[DESTROY_PERSON], of, std::iter::once(person.uuid())).await
    }

    async fn run_all(
        &mut self,
        statements: &[Statement],
        of: Param<'_>,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<(), StoreError> {
        for id in ids {
            for &statement in statements {
                self.open.run(statement, &[of, Param::Id(id)]).await?;
            }
        }
        Ok(())
    }

    async fn delete_keys(&mut self, dying: &Dying) -> Result<(), StoreError> {
        let of = Param::Id(self.organisation.uuid());
        for &(kind, id) in &dying.records {
            self.open.run(DELETE_RECORD_KEYS, &[of, Param::Text(kind.word()), Param::Id(id)]).await?;
        }
        for holder in &dying.holders {
            let place = [of, Param::Text(holder.kind.word()), Param::Id(holder.id)];
            self.open.run(DESTROY_HELD, &place).await?;
            self.delete_holder_key(*holder).await?;
        }
        Ok(())
    }
}
