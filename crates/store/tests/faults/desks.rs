//! Three invented members who record at once, and what each of them must find again.

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    AdviceTaken, Choice, Decision, DecisionId, Draft, DraftId, Item, ItemEntry, ItemId, Matter, MatterId, Member,
    MemberId, Moment, NewDecision, NewDraft, NewMatter, NewMember, NewOrganisation, NewPerson, OrganisationId,
    OwnDecision, PackRef, Person, PersonId, Profile, Proved, Recipient, Role, SecondStep, SessionId, Standing, Told,
    Verdict,
};
use jiff::civil::date;
use serde::Serialize;
use sharewell_store::{KeptPack, NewSession, Reading, Session, SessionToken, Store, StoreError, pack_digest};

pub const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

/// How many members record at once. One more only passes by: what that one records, nobody looks at.
pub const DESKS: u8 = 3;

/// Everything a member can find, by what it is and its id.
pub type Held = BTreeMap<String, String>;

/// A member at work.
#[derive(Clone)]
pub struct Desk {
    pub member: Member,
    /// Which recording this is, so that no two make the same records.
    round: u32,
    number: u8,
    papers: Papers,
}

#[derive(Clone, Default)]
struct Papers {
    matter: Option<Matter>,
    draft: Option<Draft>,
    session: Option<Session>,
    done: u8,
    held: Held,
}

/// What one command writes.
#[derive(Default)]
struct Sheet {
    new: Option<(Person, Matter, Decision)>,
    item: Option<Item>,
    save: Option<Draft>,
    throw_away: Option<DraftId>,
    begin: Option<Session>,
    touch: Option<Session>,
    end: Option<Session>,
}

/// Founds two organisations with three members between them, and one who passes by.
pub async fn furnish(store: &Store) -> (Vec<Desk>, Desk) {
    let mut organisations = Vec::new();
    for (n, (name, body)) in [("Fernbank Primary", "school-maintained"), ("Elm Surgery", "gp")].into_iter().enumerate()
    {
        let new = NewOrganisation {
            name: name.into(),
            body: body.into(),
            partnership: "Cheshire East".into(),
            profile: Profile::default(),
            second_step: SecondStep::Offered,
        };
        let id = OrganisationId::new(NOW, [u8::try_from(n).unwrap() + 1; 10]);
        let organisation = casework::found_organisation(id, new, NOW).unwrap();
        store.found_organisation(&organisation).await.unwrap();
        organisations.push(organisation.id);
    }
    let mut desks = Vec::new();
    for number in 0..=DESKS {
        let organisation = organisations[usize::from(number) % 2];
        let new = NewMember {
            name: format!("Wilhelmina Tarn {number}"),
            role_title: "Designated safeguarding lead".into(),
            email: format!("w{number}@fernbank.example"),
            roles: BTreeSet::from([Role::Practitioner]),
        };
        let member = casework::admit_member(organisation, MemberId::new(NOW, [number; 10]), new, NOW).unwrap();
        let saved = &member;
        store.write("test", organisation, |mut w| async move { w.save_member(saved).await }).await.unwrap();
        desks.push(Desk { member, round: 0, number, papers: Papers::default() });
    }
    let passing = desks.pop().unwrap();
    (desks, passing)
}

fn keep(held: &mut Held, kind: &str, id: &impl ToString, record: &impl Serialize) {
    held.insert(format!("{kind} {}", id.to_string()), serde_json::to_string(record).unwrap());
}

/// The guidance that decisions rest on: nothing, here.
pub fn kept_pack() -> KeptPack {
    let files = BTreeMap::new();
    let pack = PackRef { id: "pan-cheshire".into(), version: "1".into(), digest: pack_digest(&files) };
    KeptPack { pack, files }
}

impl Desk {
    /// The same desk in another recording.
    pub fn in_round(&self, round: u32) -> Self {
        Self { round, ..self.clone() }
    }

    /// What is recorded here if everything acknowledged is there.
    pub fn held(&self) -> &Held {
        &self.papers.held
    }

    /// Bytes that no other command of any recording has.
    fn id(&self, n: u8) -> [u8; 10] {
        let mut id = [7; 10];
        id[..2].copy_from_slice(&[self.number, n]);
        id[2..6].copy_from_slice(&self.round.to_le_bytes());
        id
    }

    fn token(&self, visit: u8) -> SessionToken {
        let mut secret = [0; 32];
        secret[..10].copy_from_slice(&self.id(visit));
        SessionToken::new(self.member.organisation, secret)
    }

    /// The desk after its next command, and what that command writes.
    fn next(&self) -> (Self, Sheet) {
        let mut next = self.clone();
        let (papers, member, n) = (&mut next.papers, &self.member, self.papers.done);
        let mut sheet = Sheet::default();
        papers.done += 1;
        match n % 4 {
            0 => {
                let (person, matter, item, decision) = self.records(n);
                keep(&mut papers.held, "person", &person.id, &person);
                keep(&mut papers.held, "matter", &matter.id, &matter);
                keep(&mut papers.held, "item", &item.id, &item);
                keep(&mut papers.held, "decision", &decision.id, &decision);
                papers.matter = Some(matter.clone());
                sheet.item = Some(item);
                sheet.new = Some((person, matter, decision));
            }
            1 => {
                let new =
                    NewDraft { texts: BTreeMap::from([("reasons".into(), "First".into())]), ..NewDraft::default() };
                let id = DraftId::new(NOW, self.id(n));
                let draft = casework::start_draft(member, id, papers.matter.as_ref(), new, NOW).unwrap();
                sheet.save = Some(draft);
                sheet.begin = Some(Session {
                    proved: Proved::Password,
                    browser: "Firefox on Windows".into(),
                    confirmed_at: NOW,
                    id: SessionId::new(NOW, self.id(n)),
                    organisation: member.organisation,
                    member: member.id,
                    started_at: NOW,
                    seen_at: NOW,
                    idle_until: NOW.plus_seconds(600),
                    ends_at: NOW.plus_seconds(6000),
                });
            }
            2 => {
                let draft = papers.draft.as_ref().unwrap();
                let change = |draft: &mut Draft| drop(draft.texts.insert("reasons".into(), "Second thoughts".into()));
                sheet.save = Some(casework::save_draft(member, draft, NOW.plus_seconds(1), change).unwrap());
                let session = papers.session.clone().unwrap();
                sheet.touch =
                    Some(Session { seen_at: NOW.plus_seconds(1), idle_until: NOW.plus_seconds(900), ..session });
            }
            _ => {
                let matter = papers.matter.as_ref().unwrap();
                let item = self.item(matter, n);
                keep(&mut papers.held, "item", &item.id, &item);
                sheet.item = Some(item);
                sheet.throw_away = papers.draft.take().map(|draft| draft.id);
                sheet.end = papers.session.take();
                papers.held.retain(|name, _| !name.starts_with("draft") && !name.starts_with("session"));
            }
        }
        if let Some(draft) = &sheet.save {
            keep(&mut papers.held, "draft", &draft.id, draft);
            papers.draft = Some(draft.clone());
        }
        if let Some(session) = sheet.begin.clone().or(sheet.touch.clone()) {
            papers.held.insert("session".into(), format!("{session:?}"));
            papers.session = Some(session);
        }
        (next, sheet)
    }

    /// What is held here after one command more.
    pub fn held_next(&self) -> Held {
        self.next().0.papers.held
    }

    /// Does the next command. Only when it is acknowledged does the desk move on.
    pub async fn act(&mut self, store: &Store) -> Result<(), StoreError> {
        let (next, sheet) = self.next();
        let visit = self.token(self.papers.done / 4);
        let (sheet, visit) = (&sheet, &visit);
        store
            .write("test", self.member.organisation, |mut w| async move {
                if let Some((person, matter, _)) = &sheet.new {
                    w.save_person(person).await?;
                    w.save_matter(matter).await?;
                }
                if let Some(item) = &sheet.item {
                    w.save_item(item).await?;
                }
                if let Some((_, _, decision)) = &sheet.new {
                    w.add_decision(decision).await?;
                }
                if let Some(draft) = &sheet.save {
                    w.save_draft(draft).await?;
                }
                if let Some(draft) = sheet.throw_away {
                    w.delete_draft(draft).await?;
                }
                if let Some(session) = sheet.begin.clone() {
                    let Session { id, member, proved, browser, started_at, idle_until, ends_at, .. } = session;
                    let new = NewSession { id, member, proved, browser, started_at, idle_until, ends_at };
                    w.start_session(visit, &new).await?;
                }
                if let Some(session) = &sheet.touch {
                    w.touch_session(visit, session.seen_at, session.idle_until).await?;
                }
                if sheet.end.is_some() {
                    w.end_session(visit).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        *self = next;
        Ok(())
    }

    /// Has the desk's organisation sign where its ledger stands; how many entries that are.
    pub async fn sign(&self, store: &Store) -> Result<Option<u64>, StoreError> {
        Ok(store.sign_ledger(self.member.organisation).await?.map(|signed| signed.size))
    }

    /// How many entries the ledger of the desk's organisation has.
    pub async fn entries(&self, store: &Store) -> Result<u64, StoreError> {
        let state = |mut r: Reading| async move { r.ledger_state().await };
        Ok(store.read("test", self.member.organisation, state).await?.size)
    }

    /// What the store holds for this desk.
    pub async fn found(&self, store: &Store) -> Result<Held, StoreError> {
        let visits = [self.token(0), self.token(1)];
        let (visits, member) = (&visits, self.member.id);
        store
            .read("test", self.member.organisation, |mut r| async move {
                let mut held = Held::new();
                for matter in r.matters_of(member, NOW).await? {
                    keep(&mut held, "matter", &matter.id, &matter);
                    for person in r.people_on(&matter).await? {
                        keep(&mut held, "person", &person.id, &person);
                    }
                    for item in r.items_on(matter.id).await? {
                        keep(&mut held, "item", &item.id, &item);
                    }
                    for decision in r.decisions_on(matter.id).await? {
                        keep(&mut held, "decision", &decision.id, &decision);
                    }
                }
                for draft in r.drafts_of(member).await? {
                    keep(&mut held, "draft", &draft.id, &draft);
                }
                for visit in visits {
                    if let Some(session) = r.session(visit, NOW).await? {
                        held.insert("session".into(), format!("{session:?}"));
                    }
                }
                Ok(held)
            })
            .await
    }

    fn item(&self, matter: &Matter, n: u8) -> Item {
        let entry = ItemEntry {
            text: "No lunch again on Tuesday".into(),
            standing: Some(Standing::Fact),
            source: "Seen at registration".into(),
            ..ItemEntry::default()
        };
        let id = ItemId::new(NOW, self.id(n));
        casework::add_item(&self.member, matter, id, BTreeSet::new(), entry, NOW).unwrap()
    }

    fn records(&self, n: u8) -> (Person, Matter, Item, Decision) {
        let member = &self.member;
        let new = NewPerson { name: "Ottilie Quarrendon".into(), date_of_birth: None, note: "Year 2".into() };
        let person = casework::register_person(member, PersonId::new(NOW, self.id(n)), new, NOW).unwrap();
        let new = NewMatter { title: "Ottilie: often hungry".into(), people: BTreeSet::from([person.id]) };
        let matter = casework::open_matter(member, MatterId::new(NOW, self.id(n)), new, NOW).unwrap();
        let item = self.item(&matter, n);
        let new = NewDecision {
            about: "Ottilie’s lunches".into(),
            people: BTreeSet::new(),
            items: Vec::new(),
            recipient: Some(Recipient {
                body: Some("council-children".into()),
                organisation: "Northmere Council".into(),
                name: "Duty social worker".into(),
                role: "Social worker".into(),
            }),
            purpose: "To protect a child from neglect".into(),
            own: OwnDecision { choice: Choice::Share, reasons: "Three signs in one month".into(), departing: None },
            advice: AdviceTaken {
                verdict: Verdict::Share,
                pack: kept_pack().pack,
                judged_on: date(2026, 11, 23),
                urgent: false,
                interferes: false,
                facts: "{}".into(),
                document: "{}".into(),
            },
            article_8: None,
            requester_discussion: String::new(),
            advice_sought: String::new(),
            told: Some(Told::Yes { words: "Told at the gate".into() }),
            look_again_on: None,
            acts_done: Vec::new(),
        };
        let id = DecisionId::new(NOW, self.id(n));
        let decision = casework::record_decision(member, &matter, None, id, new, NOW, date(2026, 11, 23)).unwrap();
        (person, matter, item, decision)
    }
}
