//! Who was shown what: kept once and counted, gone with whom it was about, and missed by `verify` when somebody takes it away.

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    Address, DestructionId, EmergencyAccess, EmergencyId, Ground, Mail, MailId, Matter, Member, MemberId, Moment,
    NewDestruction, NewMember, Notice, Outcome, Person, Review, Role, Seen, Team, TeamId, View, ViewId, WasInvolved,
    Why, hour_of,
};
use sharewell_store::{Finding, verify, view_id};
use sqlx::{Connection, SqliteConnection};

use crate::common::{House, NOW, unique};

fn view(member: &Member, matter: &Matter, at: Moment) -> View {
    let mut view = View {
        id: ViewId::new(at, unique()),
        organisation: member.organisation,
        version: 1,
        reader: member.id,
        people: matter.people.clone(),
        seen: Seen::Matter(matter.id),
        why: Why::Involved(matter.id),
        first_at: at,
        looked_at: None,
        earlier: Vec::new(),
    };
    view.id = view_id(&view).unwrap();
    view
}

async fn seen(house: &House, person: &Person) -> Vec<(View, u64)> {
    let found = house.read(person.organisation, async |r| r.views_of(person.id, 100, 0).await).await;
    found.into_iter().map(|viewed| (viewed.view, viewed.times)).collect()
}

#[tokio::test]
async fn the_same_view_within_an_hour_is_kept_once_and_counted() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let begins = hour_of(NOW);
    let (first, last) = (view(&teacher, &matter, begins), view(&teacher, &matter, begins.plus_seconds(3_599)));
    let next = view(&teacher, &matter, begins.plus_seconds(3_600));
    assert_eq!(first.id, last.id, "up to the end of the hour it is one");
    assert_ne!(first.id, next.id, "at the hour another begins");
    house
        .write(school.id, async |w| {
            for one in [&first, &last, &next] {
                w.note_view(one).await?;
            }
            w.count_views(first.id, 5).await
        })
        .await
        .unwrap();
    assert_eq!(seen(&house, &child).await, [(next.clone(), 1), (first.clone(), 7)]);
    let since = async |at| house.read(school.id, async |r| r.views_since(at, 10).await).await.len();
    assert_eq!((since(begins).await, since(begins.plus_seconds(1)).await), (2, 1));
    let marked = View { version: 2, ..first.clone() };
    house.write(school.id, async |w| w.save_view(&marked).await).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.view(first.id).await).await.unwrap().times, 7);
    let findings = verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert!(findings[0].findings.is_empty(), "{:?}", findings[0].findings);
}

#[tokio::test]
async fn whoever_runs_the_database_cannot_take_a_view_away_unseen() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let view = view(&teacher, &matter, NOW);
    house.write(school.id, async |w| w.note_view(&view).await).await.unwrap();
    house.store.sign_ledger(school.id).await.unwrap();
    let place = house.place();
    house.store.close().await;
    let file = place.database.file().unwrap().display().to_string();
    let mut raw = SqliteConnection::connect(&format!("sqlite://{file}")).await.unwrap();
    for statement in [
        "DELETE FROM viewing_person WHERE view_id = $1",
        "DELETE FROM viewing WHERE view_id = $1",
        "DELETE FROM record_key WHERE record_id = $1",
        "DELETE FROM record WHERE record_id = $1",
    ] {
        assert!(sqlx::query(statement).bind(view.id.uuid()).execute(&mut raw).await.unwrap().rows_affected() > 0);
    }
    raw.close().await.unwrap();
    for keys in [None, Some(place.keys.as_path())] {
        let verified = verify(&place.database, keys, |_| {}).await.unwrap();
        let missed = |finding: &Finding| matches!(finding, Finding::RecordMissing { .. });
        assert!(verified[0].findings.iter().any(missed), "{:?}", verified[0].findings);
    }
}

#[tokio::test]
async fn what_is_known_of_who_saw_a_person_and_where_they_live_dies_with_them() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let brother = crate::common::person(&teacher, "Barnaby Quarrendon");
    let both = Matter { people: BTreeSet::from([child.id, brother.id]), version: 2, ..matter.clone() };
    let (alone, together) = (view(&teacher, &matter, NOW), view(&teacher, &both, NOW));
    let address = Address {
        person: child.id,
        organisation: school.id,
        version: 1,
        lines: "1 Mill Lane".into(),
        protected: true,
        because: String::new(),
        by: teacher.id,
        at: NOW,
    };
    let new = NewMember {
        name: "Ada Lovell".into(),
        role_title: "Head".into(),
        email: "head@fernbank.example".into(),
        roles: BTreeSet::from([Role::Manager]),
    };
    let head = casework::admit_member(school.id, MemberId::new(NOW, unique()), new, NOW).unwrap();
    house
        .write(school.id, async |w| {
            w.save_member(&head).await?;
            w.save_person(&brother).await?;
            w.save_matter(&both).await?;
            w.save_address(&address).await?;
            w.note_view(&alone).await?;
            w.note_view(&together).await
        })
        .await
        .unwrap();
    let goes = house.read(school.id, async |r| r.would_go(child.id).await).await.unwrap();
    house
        .write(school.id, async |w| w.note_view(&view(&teacher, &matter, NOW.plus_seconds(7_200))).await)
        .await
        .unwrap();
    let after = house.read(school.id, async |r| r.would_go(child.id).await).await.unwrap();
    assert_eq!(goes.mark(), after.mark(), "that somebody looked changes nothing of what would go");
    let rule = NewDestruction {
        id: DestructionId::new(NOW, unique()),
        person: child.id,
        ground: Ground::RetentionRule,
        rule: "Twenty-five years after birth".into(),
    };
    house.store.destroy_person_seen(&head, &rule, Some(&goes.mark())).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.view(alone.id).await).await, None);
    assert_eq!(house.read(school.id, async |r| r.address(child.id).await).await, None);
    assert_eq!(seen(&house, &child).await, []);
    assert_eq!(seen(&house, &brother).await, [(together, 1)], "what was seen of the other lives on");
    let findings = verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert!(findings[0].findings.is_empty(), "{:?}", findings[0].findings);
}

#[tokio::test]
async fn emergency_access_waits_until_it_is_reviewed_and_dies_with_whom_it_was_about() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let taken = |begins: Moment| EmergencyAccess {
        id: EmergencyId::new(begins, unique()),
        organisation: school.id,
        version: 1,
        matter: matter.id,
        people: matter.people.clone(),
        holder: teacher.id,
        reason: "Her brother rang.".into(),
        begins,
        ends: begins.plus_seconds(3_600),
        ended: None,
        review: None,
        earlier: Vec::new(),
        told: [(teacher.id, begins)].into(),
    };
    let (first, second) = (taken(NOW), taken(NOW.plus_seconds(60)));
    house.write(school.id, async |w| w.save_emergency(&second).await).await.unwrap();
    house.write(school.id, async |w| w.save_emergency(&first).await).await.unwrap();
    let awaiting = async || house.read(school.id, async |r| r.emergencies_awaiting(10).await).await;
    assert_eq!(awaiting().await, [first.clone(), second.clone()], "the oldest first");
    assert_eq!(
        house.read(school.id, async |r| r.emergencies(1, 0).await).await,
        std::slice::from_ref(&second),
        "the newest first"
    );
    let review = |outcome| Review { by: teacher.id, at: NOW, outcome, note: "She had to.".into() };
    let asked = EmergencyAccess { version: 2, review: Some(review(Outcome::AskFurther)), ..first.clone() };
    let found = EmergencyAccess { version: 3, review: Some(review(Outcome::Right)), ..first.clone() };
    house.write(school.id, async |w| w.save_emergency(&asked).await).await.unwrap();
    assert_eq!(awaiting().await, [asked, second.clone()]);
    house.write(school.id, async |w| w.save_emergency(&found).await).await.unwrap();
    assert_eq!(awaiting().await, std::slice::from_ref(&second));
    let of = [NOW, NOW.plus_seconds(3_600)];
    let seen = view(&teacher, &matter, NOW.plus_seconds(3_600));
    house.write(school.id, async |w| w.note_view(&seen).await).await.unwrap();
    let by = house.read(school.id, async |r| r.views_by(teacher.id, of).await).await;
    assert_eq!(by.iter().map(|one| one.view.id).collect::<Vec<_>>(), [seen.id], "both ends count");
    assert!(house.read(school.id, async |r| r.views_by(teacher.id, [NOW, NOW]).await).await.is_empty());
    let clean = async || {
        let verified = verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
        assert!(verified[0].findings.is_empty(), "{:?}", verified[0].findings);
    };
    clean().await;
    let new = NewMember {
        name: "Ada Lovell".into(),
        role_title: "Head".into(),
        email: "head@fernbank.example".into(),
        roles: BTreeSet::from([Role::Manager]),
    };
    let head = casework::admit_member(school.id, MemberId::new(NOW, unique()), new, NOW).unwrap();
    house.write(school.id, async |w| w.save_member(&head).await).await.unwrap();
    let rule = NewDestruction {
        id: DestructionId::new(NOW, unique()),
        person: child.id,
        ground: Ground::RetentionRule,
        rule: "Twenty-five years after birth".into(),
    };
    let goes = house.read(school.id, async |r| r.would_go(child.id).await).await.unwrap();
    house.store.destroy_person_seen(&head, &rule, Some(&goes.mark())).await.unwrap();
    assert_eq!(house.read(school.id, async |r| r.emergencies(10, 0).await).await, []);
    assert_eq!(house.read(school.id, async |r| r.emergency(second.id).await).await, None);
    clean().await;
}

#[tokio::test]
async fn a_notice_is_claimed_by_one_and_comes_again_when_nobody_says_that_it_was_sent() {
    const CLAIM: i64 = 60_000_000;
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let mail = Mail {
        id: MailId::new(NOW, unique()),
        organisation: school.id,
        to: teacher.id,
        notice: Notice::EmergencyBegan,
        about_at: NOW.plus_seconds(-120),
    };
    house.write(school.id, async |w| w.send_mail(&mail, mail.about_at).await).await.unwrap();
    let taken = house.store.take_mail(school.id, NOW, CLAIM).await.unwrap().unwrap();
    assert_eq!((&taken.mail, taken.tries), (&mail, 1));
    assert_eq!(house.store.take_mail(school.id, NOW, CLAIM).await.unwrap(), None, "it is claimed");
    // Whoever claimed it was stopped: its time comes again.
    house.write(school.id, async |w| w.put_off_mail(mail.id, NOW).await).await.unwrap();
    assert_eq!(house.store.take_mail(school.id, NOW, CLAIM).await.unwrap().unwrap().tries, 2);
    house.write(school.id, async |w| w.put_off_mail(mail.id, NOW).await).await.unwrap();
    house.write(school.id, async |w| w.forget_mail(mail.id).await).await.unwrap();
    assert_eq!(house.store.take_mail(school.id, NOW, CLAIM).await.unwrap(), None, "it was sent");
}

#[tokio::test]
async fn views_from_before_are_sorted_by_how_they_were_opened_when_the_program_starts() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let involved = view(&teacher, &matter, NOW);
    let stated = View {
        id: ViewId::new(NOW, unique()),
        seen: Seen::Address(child.id),
        why: Why::Stated("A worker drives there".into()),
        first_at: NOW.plus_seconds(1),
        ..involved.clone()
    };
    house
        .write(school.id, async |w| {
            w.note_view(&involved).await?;
            w.note_view(&stated).await
        })
        .await
        .unwrap();
    let glances =
        async |house: &House| house.read(school.id, async |r| r.glances(NOW, NOW.plus_seconds(60)).await).await;
    let whole = glances(&house).await;
    assert_eq!(whole[0].glance.opened, casework::Opened::Involved(matter.id));
    assert_eq!((whole[1].glance.opened, whole[1].glance.address), (casework::Opened::Stated, true));
    assert_eq!((whole[1].glance.people.as_slice(), whole[1].marked), ([child.id].as_slice(), false));
    let file = house.place().database.file().unwrap().display().to_string();
    let mut raw = SqliteConnection::connect(&format!("sqlite://{file}")).await.unwrap();
    sqlx::query("UPDATE viewing SET opened = '', matter_id = NULL, address = 0").execute(&mut raw).await.unwrap();
    let findings = verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert_eq!(
        findings[0].findings.len(),
        4,
        "two rows missing and two that nobody recorded: {:?}",
        findings[0].findings
    );
    raw.close().await.unwrap();
    let house = house.restart().await;
    assert_eq!(glances(&house).await, whole);
    let findings = verify(&house.place().database, Some(&house.place().keys), |_| {}).await.unwrap();
    assert!(findings[0].findings.is_empty(), "{:?}", findings[0].findings);
    // From afar it is seen that a view was marked.
    let marked = View { version: 2, ..stated.clone() };
    house.write(school.id, async |w| w.save_view(&marked).await).await.unwrap();
    assert!(glances(&house).await[1].marked);
}

#[tokio::test]
async fn involvement_that_ended_lately_is_found_with_its_beginning_and_end() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let other = crate::common::member(school.id, "other");
    let terms = casework::Terms { until: Some(NOW.plus_seconds(100)), why: "She helps".into() };
    let invited = casework::invite_member(&teacher, &matter, &other, &terms, NOW).unwrap();
    house
        .write(school.id, async |w| {
            w.save_member(&other).await?;
            w.save_matter(&invited).await
        })
        .await
        .unwrap();
    let ended = async |now| house.read(school.id, async |r| r.ended_involvement(NOW, now).await).await;
    assert_eq!(ended(NOW.plus_seconds(99)).await, []);
    let expected =
        casework::WasInvolved { member: other.id, matter: matter.id, from: NOW, until: NOW.plus_seconds(100) };
    assert_eq!(ended(NOW.plus_seconds(100)).await, [expected]);
}

#[tokio::test]
async fn whoever_came_out_of_a_team_was_involved_in_its_matters_until_then() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (first, _) = house.matter(&teacher).await;
    let (second, _) = house.matter(&teacher).await;
    let other = crate::common::member(school.id, "other");
    let third = crate::common::member(school.id, "third");
    let (stays, day) = (third.id, 24 * 60 * 60);
    // Before it was kept who came out of a team, nothing was known of when they had come.
    let was = casework::WasInTeam { member: other.id, from: None, until: NOW.plus_seconds(100) };
    let team = Team {
        id: TeamId::new(NOW, unique()),
        organisation: school.id,
        version: 1,
        name: "Nurses".into(),
        members: [stays].into(),
        closed: false,
        since: BTreeMap::new(),
        awaited: BTreeSet::new(),
        left: vec![was],
    };
    let terms = casework::Terms { until: None, why: "They visit".into() };
    let given = casework::give_to_team(&teacher, &first, &team, &terms, NOW).unwrap();
    // The other matter is with the team for some minutes only.
    let lent = casework::give_to_team(&teacher, &second, &team, &terms, NOW).unwrap();
    let by = casework::InvolvedBy::Team(team.id);
    let ended = casework::end_involvement(&teacher, &lent, by, NOW.plus_seconds(200)).unwrap();
    house
        .write(school.id, async |w| {
            w.save_member(&other).await?;
            w.save_member(&third).await?;
            w.save_team(&team).await?;
            w.save_matter(&given).await?;
            w.save_matter(&lent).await?;
            w.save_matter(&ended).await
        })
        .await
        .unwrap();
    let found = async |since, now| house.read(school.id, async |r| r.ended_involvement(since, now).await).await;
    let (from, until) = (NOW, NOW.plus_seconds(100));
    let brief = |matter: &Matter| WasInvolved { member: other.id, matter: matter.id, from, until };
    assert_eq!(found(NOW.plus_seconds(-1), NOW.plus_seconds(99)).await, []);
    let mut both = [brief(&first), brief(&second)];
    both.sort_by_key(|one| one.matter);
    assert_eq!(found(NOW.plus_seconds(-1), NOW.plus_seconds(100)).await, both);
    assert_eq!(
        found(NOW.plus_seconds(100), NOW.plus_seconds(day)).await,
        [WasInvolved { member: stays, matter: second.id, from: NOW, until: NOW.plus_seconds(200) }]
    );
}
