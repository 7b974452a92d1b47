//! Invented organisations, members and people, and a store in a folder of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use casework::{
    AdviceTaken, AdviceText, Choice, DecidedItem, Decision, DecisionId, Draft, DraftId, ItemEntry, ItemId, Judgement,
    Matter, MatterId, Member, MemberId, Moment, NewDecision, NewDraft, NewMatter, NewMember, NewOrganisation,
    NewPerson, Organisation, OrganisationId, OwnDecision, PackRef, Person, PersonId, Pieces, Profile, Proved,
    Recipient, Role, SecondStep, SessionId, Standing, Told, Verdict,
};
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};
use sharewell_store::{
    Database, KeptPack, NewSession, Place, Randomness, Reading, SessionToken, Store, StoreError, Writing, pack_digest,
};
use tempfile::TempDir;

pub const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

pub fn today() -> Date {
    date(2026, 11, 23)
}

/// Bytes that never repeat within a test run; a test needs no secrets.
pub fn unique<const N: usize>() -> [u8; N] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut bytes = [0; N];
    let mut state = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for byte in &mut bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[0];
    }
    bytes
}

pub fn randomness() -> Randomness {
    Randomness::new(|bytes| {
        for chunk in bytes.chunks_mut(32) {
            let fresh: [u8; 32] = unique();
            chunk.copy_from_slice(&fresh[..chunk.len()]);
        }
        Ok(())
    })
}

/// Which database a house is built on.
pub trait Ground {
    fn database(folder: &Path) -> Database;
}

/// A file in the house's own folder.
pub struct OnSqlite;

impl Ground for OnSqlite {
    fn database(folder: &Path) -> Database {
        Place::under(folder).database
    }
}

/// A new database of a real server.
pub struct OnPostgres;

impl Ground for OnPostgres {
    fn database(_: &Path) -> Database {
        Database::Server(test_postgres::Server::shared().database().parse().unwrap())
    }
}

/// A store in a folder of its own.
pub type House = HouseOn<OnSqlite>;

pub struct HouseOn<G> {
    pub folder: TempDir,
    pub store: Store,
    place: Place,
    ground: PhantomData<G>,
}

impl<G: Ground> HouseOn<G> {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let place = Place { database: G::database(folder.path()), ..Place::under(folder.path()) };
        let store = Store::create(&place, randomness(), NOW).await.unwrap();
        store.keep_pack(&kept_pack(), NOW).await.unwrap();
        store.keep_wording(WORDING, NOW).await.unwrap();
        Self { folder, store, place, ground: PhantomData }
    }

    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// Closes the store and opens it again, as after a restart.
    pub async fn restart(self) -> Self {
        self.store.close().await;
        let store = Store::open(&self.place, randomness(), NOW).await.unwrap();
        Self { store, ..self }
    }

    /// The same in another place, restored from a backup that is taken now.
    pub async fn restored(self) -> Self {
        let file = |name| self.folder.path().join(name);
        let (data, keys) = (file("records"), file("keys of records"));
        self.store.back_up(&data, &keys).await.unwrap();
        self.store.close().await;
        let place = Place { database: G::database(&file("restored")), ..Place::under(&file("restored")) };
        Store::restore(&data, &keys, &place, "Ada Lovell", randomness(), NOW).await.unwrap();
        let store = Store::open(&place, randomness(), NOW).await.unwrap();
        Self { store, place, ..self }
    }

    pub async fn school(&self) -> (Organisation, Member) {
        self.organisation("Fernbank Primary", "school-maintained", "teacher").await
    }

    pub async fn organisation(&self, name: &str, body: &str, who: &str) -> (Organisation, Member) {
        let new = NewOrganisation {
            name: name.into(),
            body: body.into(),
            partnership: "Cheshire East".into(),
            profile: Profile::default(),
            second_step: SecondStep::Offered,
        };
        let organisation = casework::found_organisation(OrganisationId::new(NOW, unique()), new, NOW).unwrap();
        self.store.found_organisation(&organisation).await.unwrap();
        let member = member(organisation.id, who);
        self.write(organisation.id, async |w| w.save_member(&member).await).await.unwrap();
        (organisation, member)
    }

    /// Writes with work that borrows its transaction: lighter to write, where nothing moves between threads.
    pub async fn write<T>(
        &self,
        organisation: OrganisationId,
        work: impl AsyncFn(&mut Writing) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let work = &work;
        self.store.write("test", organisation, |mut writing| async move { work(&mut writing).await }).await
    }

    pub async fn read<T>(
        &self,
        organisation: OrganisationId,
        work: impl AsyncFn(&mut Reading) -> Result<T, StoreError>,
    ) -> T {
        let work = &work;
        self.store.read("test", organisation, |mut reading| async move { work(&mut reading).await }).await.unwrap()
    }

    /// A session of a member that ends in an hour, or after ten minutes in which nothing is done.
    pub async fn signed_in(&self, member: &Member) -> SessionToken {
        let token = SessionToken::new(member.organisation, unique());
        let new = NewSession {
            id: SessionId::new(NOW, unique()),
            member: member.id,
            proved: Proved::Password,
            browser: "Firefox on Windows".into(),
            started_at: NOW,
            idle_until: NOW.plus_seconds(600),
            ends_at: NOW.plus_seconds(3600),
        };
        self.write(member.organisation, async |w| w.start_session(&token, &new).await).await.unwrap();
        token
    }

    /// A matter about one child, saved.
    pub async fn matter(&self, member: &Member) -> (Matter, Person) {
        let person = person(member, "Ottilie Quarrendon");
        let matter = matter(member, "Ottilie: often hungry", &[&person]);
        self.write(member.organisation, async |w| {
            w.save_person(&person).await?;
            w.save_matter(&matter).await
        })
        .await
        .unwrap();
        (matter, person)
    }
}

pub fn member(organisation: OrganisationId, who: &str) -> Member {
    let new = NewMember {
        name: format!("Wilhelmina {who}"),
        role_title: "Designated safeguarding lead".into(),
        email: format!("{who}.{}@fernbank.example", u64::from_le_bytes(unique())),
        roles: BTreeSet::from([Role::Practitioner]),
    };
    casework::admit_member(organisation, MemberId::new(NOW, unique()), new, NOW).unwrap()
}

pub fn person(member: &Member, name: &str) -> Person {
    let new = NewPerson { name: name.into(), date_of_birth: Some(date(2019, 2, 3)), note: "Year 2".into() };
    casework::register_person(member, PersonId::new(NOW, unique()), new, NOW).unwrap()
}

pub fn matter(member: &Member, title: &str, people: &[&Person]) -> Matter {
    let new = NewMatter { title: title.into(), people: people.iter().map(|person| person.id).collect() };
    casework::open_matter(member, MatterId::new(NOW, unique()), new, NOW).unwrap()
}

pub fn entry(text: &str) -> ItemEntry {
    ItemEntry {
        text: text.into(),
        standing: Some(Standing::Fact),
        source: "Seen at registration".into(),
        ..ItemEntry::default()
    }
}

pub fn draft(member: &Member, matter: Option<&Matter>) -> Draft {
    let new = NewDraft {
        answers: BTreeMap::from([("consent".into(), vec!["unsure".into()])]),
        texts: BTreeMap::from([("recipient_name".into(), "Duty social worker".into())]),
        items: Vec::new(),
    };
    casework::start_draft(member, DraftId::new(NOW, unique()), matter, new, NOW).unwrap()
}

/// The guidance that decisions rest on, kept in every house.
pub fn kept_pack() -> KeptPack {
    let files = BTreeMap::from([("pack.toml".to_owned(), b"id = \"pan-cheshire\"\n".to_vec())]);
    let pack = PackRef { id: "pan-cheshire".into(), version: "1".into(), digest: pack_digest(&files) };
    KeptPack { pack, files }
}

/// The words of that guidance.
pub const WORDING: &str = "\"Do not share yet.\"{\"verdict\":\"share\",\"title\":\"Share what is needed.\"";

/// An advice that is kept without the words that it shares with others.
pub fn advice_in_pieces() -> AdviceText {
    let digest: [u8; 32] = Sha256::digest(WORDING).into();
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let from = WORDING.find('{').unwrap();
    let shared = [0, u32::try_from(from).unwrap(), u32::try_from(WORDING.len() - from).unwrap()];
    let own = ",\"items\":[\"Often hungry\"]}".into();
    AdviceText::in_pieces(Pieces { wording: hex, own, fixed: vec![shared] }, &Arc::from(WORDING)).unwrap()
}

pub fn new_decision(items: &[&casework::Item]) -> NewDecision {
    NewDecision {
        about: "Ottilie’s lunches".into(),
        people: BTreeSet::new(),
        items: items
            .iter()
            .map(|item| DecidedItem {
                item: item.id,
                entry: item.entry.clone(),
                judgement: Judgement::In,
                reason: "Bears on neglect".into(),
            })
            .collect(),
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
            judged_on: today(),
            urgent: false,
            interferes: false,
            facts: "{\"consent\":[\"refused\"]}".into(),
            document: advice_in_pieces(),
        },
        article_8: None,
        requester_discussion: String::new(),
        advice_sought: String::new(),
        told: Some(Told::Yes { words: "Told at the gate".into() }),
        look_again_on: Some(date(2026, 12, 1)),
        acts_done: Vec::new(),
    }
}

pub fn item(member: &Member, matter: &Matter, text: &str) -> casework::Item {
    casework::add_item(member, matter, ItemId::new(NOW, unique()), BTreeSet::new(), entry(text), NOW).unwrap()
}

pub fn decision(member: &Member, matter: &Matter, items: &[&casework::Item]) -> Decision {
    let id = DecisionId::new(NOW, unique());
    casework::record_decision(member, matter, None, id, new_decision(items), NOW, today()).unwrap()
}
