//! Whoever writes to the database, and has no keys, is taken for nobody else and shown nothing more: rows that decide who somebody is are
//! bound to whom they are for, and rows that lead to a record are not believed against it.

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;
use std::time::{Duration, Instant};

use casework::{
    DecisionId, DraftId, EmergencyAccess, EmergencyId, Matter, Member, Moment, OrganisationId, Seen, Team, TeamId,
    View, ViewId, Why,
};
use sha2::{Digest, Sha256};
use sharewell_store::{Database, KeyError, LinkCode, MemberLink, Place, Reading, SessionToken, Store, StoreError};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::House;
use crate::common::{NOW, decision, draft, item, member, new_decision, person, randomness, today, unique};

const MINE: &str = "four words apart here";
const THEIRS: &str = "lantern otter gravel song";

/// The database in the hands of whoever may write to it.
struct Hand(Database);

impl Hand {
    fn on(house: &House) -> Self {
        Self(house.place().database)
    }

    fn is_file(&self) -> bool {
        matches!(self.0, Database::File(_))
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        if self.is_file() { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") }
    }

    fn id(&self, id: Uuid) -> String {
        if self.is_file() { self.bytes(id.as_bytes()) } else { format!("'{id}'::uuid") }
    }

    /// Runs a statement behind the program's back; how many rows it changed.
    async fn writes(&self, text: impl Into<String>) -> u64 {
        let text = AssertSqlSafe(text.into());
        match &self.0 {
            Database::File(file) => {
                let mut raw = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
                sqlx::raw_sql(text).execute(&mut raw).await.unwrap().rows_affected()
            }
            Database::Server(server) => {
                let name = server.to_string().rsplit('/').next().unwrap().to_owned();
                let mut raw = PgConnection::connect(&test_postgres::Server::shared().url(&name)).await.unwrap();
                sqlx::raw_sql(text).execute(&mut raw).await.unwrap().rows_affected()
            }
        }
    }

    /// Leaves every row of a table without a tag, which the column as it is made does not allow.
    async fn takes_tags_from(&self, table: &str) {
        let bytes = if self.is_file() { "BLOB" } else { "BYTEA" };
        self.writes(format!("ALTER TABLE {table} DROP COLUMN tag")).await;
        self.writes(format!("ALTER TABLE {table} ADD COLUMN tag {bytes}")).await;
    }
}

/// Two of one school: whoever writes to the database, and a colleague.
async fn two(house: &House) -> (OrganisationId, Member, Member) {
    let (school, me) = house.school().await;
    let colleague = member(school.id, "colleague");
    house.write(school.id, async |w| w.save_member(&colleague).await).await.unwrap();
    (school.id, me, colleague)
}

/// Whether a session lets somebody in, by every way that it is asked for.
async fn lets_in(house: &House, token: &SessionToken, members: [&Member; 2], now: Moment) -> bool {
    let found = house
        .read(token.organisation(), async |r| {
            let alone = r.session(token, now).await?.is_some();
            let visited = r.visit(token, now, now).await?.is_some();
            let mut listed = 0;
            for member in members {
                listed += r.sessions_of(member.id, now).await?.len();
            }
            Ok([alone, visited, listed > 0])
        })
        .await;
    assert!(found.iter().all(|one| *one == found[0]), "one way takes it and another does not: {found:?}");
    found[0]
}

#[tokio::test]
async fn a_session_that_was_written_or_changed_behind_the_program_lets_nobody_in() {
    let house = House::new().await;
    let (school, me, colleague) = two(&house).await;
    let (both, hand) = ([&me, &colleague], Hand::on(&house));
    let changes = [
        ("member_id", hand.id(colleague.id.uuid())),
        ("session_id", hand.id(Uuid::from_u128(7))),
        ("proved", "'passkey'".to_owned()),
        ("proved", "'nonsense'".to_owned()),
        ("browser", "'Chrome on Windows'".to_owned()),
        ("started_at", "started_at + 1".to_owned()),
        ("confirmed_at", "confirmed_at + 60000000".to_owned()),
        ("ends_at", "ends_at + 3600000000".to_owned()),
        ("tag", hand.bytes(&[])),
        ("tag", hand.bytes(&[0; 32])),
    ];
    for (column, value) in changes {
        let token = house.signed_in(&me).await;
        assert!(lets_in(&house, &token, both, NOW).await);
        assert_eq!(hand.writes(format!("UPDATE session SET {column} = {value}")).await, 1);
        assert!(!lets_in(&house, &token, both, NOW).await, "{column} = {value}");
        house.write(school, async |w| w.end_session(&token).await).await.unwrap();
    }

    // A colleague's session under a token that one has oneself, and one's own beside it.
    house.signed_in(&colleague).await;
    let secret: [u8; 32] = unique();
    let known = SessionToken::new(school, secret);
    let hash: [u8; 32] = Sha256::digest(secret).into();
    assert_eq!(hand.writes(format!("UPDATE session SET token_hash = {}", hand.bytes(&hash))).await, 1);
    assert!(!lets_in(&house, &known, both, NOW).await);

    house.write(school, async |w| w.end_sessions_of(colleague.id).await).await.unwrap();
    let token = house.signed_in(&me).await;
    assert!(lets_in(&house, &token, both, NOW).await);
    hand.takes_tags_from("session").await;
    assert!(!lets_in(&house, &token, both, NOW).await, "it has no tag at all");
}

#[tokio::test]
async fn a_session_whose_idle_end_is_put_off_behind_the_program_still_ends_when_its_time_is_up() {
    let house = House::new().await;
    let (_, me, colleague) = two(&house).await;
    let (both, hand) = ([&me, &colleague], Hand::on(&house));
    let token = house.signed_in(&me).await;
    hand.writes("UPDATE session SET idle_until = idle_until + 86400000000, seen_at = seen_at + 1").await;
    assert!(lets_in(&house, &token, both, NOW.plus_seconds(3599)).await);
    assert!(!lets_in(&house, &token, both, NOW.plus_seconds(3600)).await);
}

#[tokio::test]
async fn a_link_that_was_written_or_changed_behind_the_program_is_nobodys() {
    let house = House::new().await;
    let (school, me, colleague) = two(&house).await;
    let hand = Hand::on(&house);
    let link = MemberLink { made_at: NOW, ends_at: NOW.plus_seconds(3600) };
    let given = async || {
        house.write(school, async |w| w.end_link(colleague.id).await).await.unwrap();
        let code = LinkCode::new(school, unique());
        house.write(school, async |w| w.give_link(&code, me.id, link).await).await.unwrap();
        code
    };
    let found = async |code: &LinkCode| {
        house
            .read(school, async |r| {
                let listed = [r.member_link(me.id).await?, r.member_link(colleague.id).await?];
                let whose = r.member_of_link(code, NOW).await?;
                assert_eq!(whose.is_some(), listed.iter().any(Option::is_some));
                Ok(whose)
            })
            .await
    };
    let changes = [
        ("member_id", hand.id(colleague.id.uuid())),
        ("made_at", "made_at + 1".to_owned()),
        ("ends_at", "ends_at + 1".to_owned()),
        ("tag", hand.bytes(&[])),
    ];
    for (column, value) in changes {
        let code = given().await;
        assert_eq!(found(&code).await, Some(me.id));
        assert_eq!(hand.writes(format!("UPDATE member_link SET {column} = {value}")).await, 1);
        assert_eq!(found(&code).await, None, "{column} = {value}");
    }

    // The colleague's own link, with a secret that one has oneself.
    given().await;
    house.write(school, async |w| w.end_link(me.id).await).await.unwrap();
    let theirs = LinkCode::new(school, unique());
    house.write(school, async |w| w.give_link(&theirs, colleague.id, link).await).await.unwrap();
    assert_eq!(found(&theirs).await, Some(colleague.id));
    let secret: [u8; 32] = unique();
    let hash: [u8; 32] = Sha256::new().chain_update(b"sharewell 1 member link").chain_update(secret).finalize().into();
    assert_eq!(hand.writes(format!("UPDATE member_link SET secret_hash = {}", hand.bytes(&hash))).await, 1);
    assert_eq!(found(&LinkCode::new(school, secret)).await, None);

    let code = given().await;
    hand.takes_tags_from("member_link").await;
    assert_eq!(found(&code).await, None, "it has no tag at all");
}

async fn with_passwords(house: &House) -> (OrganisationId, Member, Member) {
    let (school, me, colleague) = two(house).await;
    for (one, password) in [(&me, MINE), (&colleague, THEIRS)] {
        let hash = house.store.hash_password(password).await.unwrap();
        house.write(school, async |w| w.set_password(one.id, &hash, NOW).await).await.unwrap();
    }
    (school, me, colleague)
}

async fn signs_in(store: &Store, member: &Member, password: &str) -> bool {
    let found = store.sign_in(&member.email, password).await.unwrap();
    assert!(found.is_none_or(|found| found.member == member.id), "as somebody else");
    found.is_some()
}

#[tokio::test]
async fn ones_own_password_copied_to_a_colleague_lets_nobody_in() {
    let house = House::new().await;
    let (school, me, colleague) = with_passwords(&house).await;
    let hand = Hand::on(&house);
    assert!(signs_in(&house.store, &me, MINE).await && signs_in(&house.store, &colleague, THEIRS).await);
    let (mine, theirs) = (hand.id(me.id.uuid()), hand.id(colleague.id.uuid()));

    // The whole row, and then the hash alone beside the tag that was the colleague's.
    let whole = "hash = m.hash, set_at = m.set_at, tag = m.tag";
    for copied in [whole, "hash = m.hash, set_at = m.set_at", "hash = m.hash"] {
        let statement = format!(
            "UPDATE member_password SET {copied} FROM (SELECT * FROM member_password WHERE member_id = {mine}) AS m WHERE \
             member_password.member_id = {theirs}"
        );
        assert_eq!(hand.writes(statement).await, 1);
        assert!(!signs_in(&house.store, &colleague, MINE).await, "{copied}");
        assert!(!signs_in(&house.store, &colleague, THEIRS).await, "{copied}");
        assert_eq!(house.read(school, async |r| r.password_set_at(colleague.id).await).await, None);
        let hash = house.store.hash_password(THEIRS).await.unwrap();
        house.write(school, async |w| w.set_password(colleague.id, &hash, NOW).await).await.unwrap();
        assert!(signs_in(&house.store, &colleague, THEIRS).await, "another password is as good as ever");
    }

    // One's own address led to the colleague.
    assert_eq!(hand.writes(format!("UPDATE sign_in_name SET member_id = {theirs} WHERE member_id = {mine}")).await, 1);
    assert_eq!(house.store.sign_in(&me.email, MINE).await.unwrap(), None);
    hand.takes_tags_from("member_password").await;
    assert!(!signs_in(&house.store, &colleague, THEIRS).await, "it has no tag at all");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
async fn a_password_that_was_changed_behind_the_program_takes_as_long_as_a_wrong_one() {
    let house = House::new().await;
    let (_, me, colleague) = with_passwords(&house).await;
    let hand = Hand::on(&house);
    let later = format!("UPDATE member_password SET set_at = set_at + 1 WHERE member_id = {}", hand.id(me.id.uuid()));
    assert_eq!(hand.writes(later).await, 1);
    // By turns, so that other work on the machine meets all of them.
    let mut took = [Duration::MAX; 3];
    for _ in 0..5 {
        for (shortest, email) in took.iter_mut().zip([&*colleague.email, &*me.email, "nobody@fernbank.example"]) {
            let begun = Instant::now();
            assert_eq!(house.store.sign_in(email, MINE).await.unwrap(), None);
            *shortest = (*shortest).min(begun.elapsed());
        }
    }
    let [wrong, refused @ ..] = took;
    for refused in refused {
        // Without the hash it takes less than a hundredth.
        assert!(refused > wrong / 4, "{refused:?}, and a wrong password {wrong:?}");
    }
}

#[tokio::test]
async fn changing_the_organisations_key_and_restoring_a_backup_leave_everybody_their_password() {
    let house = House::new().await;
    let (school, me, colleague) = with_passwords(&house).await;
    let token = house.signed_in(&me).await;
    let code = LinkCode::new(school, unique());
    let link = MemberLink { made_at: NOW, ends_at: NOW.plus_seconds(3600) };
    house.write(school, async |w| w.give_link(&code, colleague.id, link).await).await.unwrap();
    house.store.rotate_organisation_key(school, "Ada Lovell").await.unwrap();
    let house = house.restart().await;
    assert!(signs_in(&house.store, &me, MINE).await);
    assert!(lets_in(&house, &token, [&me, &colleague], NOW).await);
    assert_eq!(house.read(school, async |r| r.member_of_link(&code, NOW).await).await, Some(colleague.id));
    let house = house.restored().await;
    assert!(signs_in(&house.store, &me, MINE).await && signs_in(&house.store, &colleague, THEIRS).await);
    assert!(!lets_in(&house, &token, [&me, &colleague], NOW).await, "sessions are in no backup");
}

/// Takes the database back to the schema before rows were bound, as a program of then left it. A migration that comes later undoes its own
/// here first.
async fn before_rows_were_bound(hand: &Hand) {
    for table in ["session", "member_link", "member_password"] {
        hand.writes(format!("ALTER TABLE {table} DROP COLUMN tag")).await;
    }
    assert_eq!(hand.writes("DELETE FROM schema_migration WHERE schema >= 21").await, 1);
    if hand.is_file() {
        hand.writes("PRAGMA user_version = 20").await;
    }
}

#[tokio::test]
async fn an_installation_from_before_keeps_its_passwords_and_ends_its_sessions_and_links() {
    let house = House::new().await;
    let (school, me, colleague) = with_passwords(&house).await;
    let token = house.signed_in(&me).await;
    let code = LinkCode::new(school, unique());
    let link = MemberLink { made_at: NOW, ends_at: NOW.plus_seconds(3600) };
    house.write(school, async |w| w.give_link(&code, colleague.id, link).await).await.unwrap();
    let hand = Hand::on(&house);
    house.store.close().await;
    before_rows_were_bound(&hand).await;
    let database = match house.place().database {
        Database::Server(server) => Database::Server(server.backed_up(true)),
        file @ Database::File(_) => file,
    };
    let place = Place { database, keys: house.place().keys };

    // With other keys nothing is tagged: the right ones would then fit no password any more.
    let other = House::new().await;
    let wrong = Store::open(&Place { keys: other.place().keys, ..place.clone() }, randomness(), NOW).await;
    assert!(matches!(wrong, Err(StoreError::Key(KeyError::Wrong(_)))), "{wrong:?}");

    let store = Store::open(&place, randomness(), NOW).await.unwrap();
    assert!(signs_in(&store, &me, MINE).await && signs_in(&store, &colleague, THEIRS).await);
    assert!(!signs_in(&store, &me, THEIRS).await);
    let held: Result<_, StoreError> = store
        .read("test", school, |mut r: Reading| {
            let (token, code) = (token.clone(), code.clone());
            async move { Ok((r.session(&token, NOW).await?, r.member_of_link(&code, NOW).await?)) }
        })
        .await;
    assert_eq!(held.unwrap(), (None, None));

    // Later starts tag nothing.
    hand.takes_tags_from("member_password").await;
    assert!(!signs_in(&store, &me, MINE).await);
    store.close().await;
    let store = Store::open(&place, randomness(), NOW).await.unwrap();
    assert!(!signs_in(&store, &me, MINE).await);
    let hash = store.hash_password(MINE).await.unwrap();
    let id = me.id;
    let set: Result<(), StoreError> = store
        .write("test", school, |mut w| {
            let hash = hash.clone();
            async move { w.set_password(id, &hash, NOW).await }
        })
        .await;
    set.unwrap();
    assert!(signs_in(&store, &me, MINE).await, "a link for a new password mends it");
}

#[tokio::test]
async fn whoever_puts_themselves_into_a_team_behind_the_program_is_in_none() {
    let house = House::new().await;
    let (school, me, colleague) = two(&house).await;
    let id = TeamId::new(NOW, unique());
    let team = Team {
        id,
        organisation: school,
        version: 1,
        name: "Early help".into(),
        members: [colleague.id].into(),
        closed: false,
        since: BTreeMap::new(),
        awaited: BTreeSet::new(),
        left: Vec::new(),
    };
    house.write(school, async |w| w.save_team(&team).await).await.unwrap();
    let hand = Hand::on(&house);
    let row = [school.uuid(), id.uuid(), me.id.uuid()].map(|id| hand.id(id)).join(", ");
    let text = format!("INSERT INTO team_member (organisation_id, team_id, member_id) VALUES ({row})");
    assert_eq!(hand.writes(text).await, 1);
    let token = house.signed_in(&me).await;
    let theirs = house.signed_in(&colleague).await;
    for _ in 0..2 {
        house
            .read(school, async |r| {
                assert!(r.teams_of(me.id).await?.is_empty());
                assert!(r.visit(&token, NOW, NOW).await?.unwrap().teams.is_empty());
                assert_eq!(r.visit(&theirs, NOW, NOW).await?.unwrap().teams, [id].into());
                Ok(())
            })
            .await;
    }
    let left = Team { version: 2, members: [].into(), ..team.clone() };
    house.write(school, async |w| w.save_team(&left).await).await.unwrap();
    let text = format!("INSERT INTO team_member (organisation_id, team_id, member_id) VALUES ({row})");
    assert_eq!(hand.writes(text).await, 1);
    assert!(house.read(school, async |r| r.visit(&token, NOW, NOW).await).await.unwrap().teams.is_empty());
}

fn view(reader: &Member, matter: &Matter) -> View {
    View {
        id: ViewId::new(NOW, unique()),
        organisation: reader.organisation,
        version: 1,
        reader: reader.id,
        people: matter.people.clone(),
        seen: Seen::Matter(matter.id),
        why: Why::Involved(matter.id),
        first_at: NOW,
        looked_at: None,
        earlier: Vec::new(),
    }
}

fn emergency(holder: &Member, matter: &Matter) -> EmergencyAccess {
    EmergencyAccess {
        id: EmergencyId::new(NOW, unique()),
        organisation: holder.organisation,
        version: 1,
        matter: matter.id,
        people: matter.people.clone(),
        holder: holder.id,
        reason: "Nobody was there".into(),
        begins: NOW,
        ends: NOW.plus_seconds(600),
        ended: None,
        review: None,
        earlier: Vec::new(),
        told: BTreeMap::new(),
    }
}

#[tokio::test]
async fn what_rows_put_elsewhere_is_shown_where_its_own_record_says() {
    let house = House::new().await;
    let (school, me, colleague) = two(&house).await;
    let (mine, child) = house.matter(&me).await;
    let other = person(&colleague, "Bartholomew Finch");
    let theirs = crate::common::matter(&colleague, "Bartholomew: bruises", &[&other]);
    let seen = item(&colleague, &theirs, "A bruise on the arm");
    let decided = decision(&colleague, &theirs, &[&seen]);
    let again = DecisionId::new(NOW, unique());
    let again = casework::record_decision(&colleague, &theirs, None, again, new_decision(&[]), NOW, today()).unwrap();
    let first = decision(&me, &mine, &[]);
    let paper = casework::Draft { id: DraftId::new(NOW, unique()), ..draft(&colleague, Some(&theirs)) };
    let (viewed, access) = (view(&colleague, &theirs), emergency(&colleague, &theirs));
    house
        .write(school, async |w| {
            w.save_person(&other).await?;
            w.save_matter(&theirs).await?;
            w.save_item(&seen).await?;
            w.add_decision(&decided).await?;
            w.add_decision(&again).await?;
            w.add_decision(&first).await?;
            w.save_draft(&paper).await?;
            w.note_view(&viewed).await?;
            w.save_emergency(&access).await
        })
        .await
        .unwrap();

    let hand = Hand::on(&house);
    let [organisation, i, they] = [school.uuid(), me.id.uuid(), colleague.id.uuid()].map(|id| hand.id(id));
    let [my_matter, their_matter] = [mine.id.uuid(), theirs.id.uuid()].map(|id| hand.id(id));
    let [my_child, their_child] = [child.id.uuid(), other.id.uuid()].map(|id| hand.id(id));
    let [mine_first, their_second] = [first.id.uuid(), again.id.uuid()].map(|id| hand.id(id));
    for written in [
        format!("INSERT INTO matter_person VALUES ({organisation}, {my_matter}, {their_child})"),
        format!("INSERT INTO matter_person VALUES ({organisation}, {their_matter}, {my_child})"),
        format!("UPDATE item SET matter_id = {my_matter}"),
        format!("UPDATE decision SET corrects_id = {mine_first} WHERE decision_id = {their_second}"),
        format!("UPDATE decision SET matter_id = {my_matter}, member_id = {i} WHERE member_id = {they}"),
        format!("UPDATE decision_person SET person_id = {my_child}"),
        format!("UPDATE draft SET member_id = {i}"),
        format!("UPDATE viewing SET member_id = {i}"),
        format!("UPDATE viewing_person SET person_id = {my_child}"),
        format!("UPDATE emergency SET member_id = {i}"),
    ] {
        assert!(hand.writes(written.clone()).await > 0, "{written}");
    }
    house
        .read(school, async |r| {
            assert_eq!(r.people_on(&mine).await?, from_ref(&child));
            assert_eq!(r.items_on(mine.id).await?, []);
            assert_eq!(r.decisions_on(mine.id).await?, from_ref(&first));
            assert_eq!(r.corrections_of(first.id).await?, []);
            assert_eq!(r.decisions_by(me.id, 10).await?, from_ref(&first));
            assert_eq!(r.decisions_about(child.id).await?, from_ref(&first));
            assert_eq!(r.drafts_of(me.id).await?, []);
            assert_eq!(r.views_by(me.id, [NOW, NOW.plus_seconds(1)]).await?, []);
            assert_eq!(r.views_of(child.id, 10, 0).await?, []);
            assert_eq!(r.emergencies_of(me.id, NOW.plus_seconds(-1)).await?, []);
            assert_eq!(r.matters_about(child.id).await?, from_ref(&mine));
            assert_eq!(r.matters_of_about(me.id, other.id, NOW).await?, []);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_view_is_kept_or_not_shown_whatever_row_was_put_there_before() {
    let house = House::new().await;
    let (school, me, _) = two(&house).await;
    let (matter, child) = house.matter(&me).await;
    let mut seen = view(&me, &matter);
    seen.id = sharewell_store::view_id(&seen).unwrap();
    let hand = Hand::on(&house);
    let [organisation, id, i] = [school.uuid(), seen.id.uuid(), me.id.uuid()].map(|id| hand.id(id));
    let put = format!(
        "INSERT INTO viewing (organisation_id, view_id, version, member_id, first_at, times, opened, address) VALUES \
         ({organisation}, {id}, 1, {i}, 1, 1, 'involved', 0)"
    );
    assert_eq!(hand.writes(put).await, 1);
    assert!(house.write(school, async |w| w.note_view(&seen).await).await.is_err());
    hand.writes("DELETE FROM viewing").await;
    for times in [1, 2] {
        house.write(school, async |w| w.note_view(&seen).await).await.unwrap();
        let found = house.read(school, async |r| r.views_of(child.id, 10, 0).await).await;
        assert_eq!((found.len(), found[0].times), (1, times));
    }
}
