//! What the store promises to everything that uses it, whichever database it stands on: `main.rs` runs all of it on both.

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;

use super::House;
use crate::common::{NOW, decision, draft, item, member, new_decision, person, today, unique};
use casework::{
    ContactId, DecisionId, Member, MemberId, NewContact, Organisation, PackRef, PasskeyId, Procedure, Proved,
    ProviderAccount, Role, SessionId, Team, TeamId,
};
use sharewell_store::{
    Attempt, DeviceToken, Guess, KeptPack, NewPasskey, NewSession, Passkey, SessionToken, StoreError,
};

#[tokio::test]
async fn a_whole_matter_is_found_again_after_a_restart() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, child) = house.matter(&teacher).await;
    let hungry = item(&teacher, &matter, "Came without lunch on three days");
    let recorded = decision(&teacher, &matter, &[&hungry]);
    let drafted = draft(&teacher, Some(&matter));
    house
        .write(school.id, async |w| {
            w.save_item(&hungry).await?;
            w.add_decision(&recorded).await?;
            w.save_draft(&drafted).await
        })
        .await
        .unwrap();

    let house = house.restart().await;
    house
        .read(school.id, async |r| {
            assert_eq!(r.organisation().await?.as_ref(), Some(&school));
            assert_eq!(r.members().await?, from_ref(&teacher));
            assert_eq!(r.person(child.id).await?.as_ref(), Some(&child));
            assert_eq!(r.people().await?, from_ref(&child));
            assert_eq!(r.people_on(&matter).await?, from_ref(&child));
            assert_eq!(r.matter(matter.id).await?.as_ref(), Some(&matter));
            assert_eq!(r.matters_of(teacher.id, NOW).await?, from_ref(&matter));
            assert_eq!(r.matters_about(child.id).await?, from_ref(&matter));
            assert_eq!(r.item(hungry.id).await?.as_ref(), Some(&hungry));
            assert_eq!(r.items_on(matter.id).await?, from_ref(&hungry));
            assert_eq!(r.decision(recorded.id).await?.as_ref(), Some(&recorded));
            assert_eq!(r.decisions_on(matter.id).await?, from_ref(&recorded));
            assert_eq!(r.decisions_by(teacher.id, 10).await?, from_ref(&recorded));
            assert_eq!(r.decisions_about(child.id).await?, from_ref(&recorded));
            assert_eq!(r.draft(drafted.id).await?.as_ref(), Some(&drafted));
            assert_eq!(r.drafts_of(teacher.id).await?, from_ref(&drafted));
            Ok(())
        })
        .await;
    assert_eq!(house.store.organisations().await.unwrap(), [school]);
}

#[tokio::test]
async fn a_write_can_run_on_any_thread() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let child = person(&teacher, "Ottilie Quarrendon");
    let store = house.store.clone();
    let task = tokio::spawn(async move {
        let child = &child;
        store
            .write("save_person", school.id, |mut w| async move {
                w.save_person(child).await?;
                w.person(child.id).await
            })
            .await
    });
    let saved: Result<_, StoreError> = task.await.unwrap();
    assert!(saved.unwrap().is_some());
}

#[tokio::test]
async fn a_destroyed_person_is_gone_and_what_is_about_another_too_lives_on() {
    let house = House::new().await;
    let (school, mut teacher) = house.school().await;
    teacher.version += 1;
    teacher.roles.insert(Role::Administrator);
    let (alone, child) = house.matter(&teacher).await;
    let brother = person(&teacher, "Peregrine Quarrendon");
    let both = crate::common::matter(&teacher, "Both children", &[&child, &brother]);
    let (hungry, shared) = (item(&teacher, &alone, "Came without lunch"), item(&teacher, &both, "No coats"));
    let recorded = decision(&teacher, &alone, &[&hungry]);
    let corrected =
        casework::correct_decision(&teacher, &alone, &recorded, decision(&teacher, &alone, &[]), "Wrong day").unwrap();
    house
        .write(school.id, async |w| {
            w.save_member(&teacher).await?;
            w.save_person(&brother).await?;
            w.save_matter(&both).await?;
            w.save_item(&hungry).await?;
            w.save_item(&shared).await?;
            w.add_decision(&recorded).await?;
            w.add_decision(&corrected).await?;
            w.save_draft(&draft(&teacher, Some(&alone))).await
        })
        .await
        .unwrap();
    let new = casework::NewDestruction {
        id: casework::DestructionId::new(NOW, unique()),
        person: child.id,
        ground: casework::Ground::RetentionRule,
        rule: "Twenty-five years after birth".into(),
    };
    let certificate = house.store.destroy_person(&teacher, &new).await.unwrap().certificate;
    assert_eq!((certificate.existed.len(), certificate.lived_on, certificate.drafts), (5, 2, 1));
    let house = house.restart().await;
    let mut invited = both.clone();
    invited.version += 1;
    house.write(school.id, async |w| w.save_matter(&invited).await).await.unwrap();
    house
        .read(school.id, async |r| {
            assert_eq!((r.person(child.id).await?, r.matter(alone.id).await?), (None, None));
            assert!(r.decisions_by(teacher.id, 9).await?.is_empty() && r.drafts_of(teacher.id).await?.is_empty());
            assert!(r.matters_about(child.id).await?.is_empty());
            assert_eq!(r.items_on(both.id).await?, from_ref(&shared));
            assert_eq!(r.matters_about(brother.id).await?, from_ref(&invited));
            assert_eq!(r.destructions().await?, from_ref(&certificate));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn another_organisation_finds_nothing_of_it() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (surgery, _) = house.organisation("Elm Surgery", "gp", "doctor").await;
    let (matter, child) = house.matter(&teacher).await;
    let hungry = item(&teacher, &matter, "Came without lunch");
    let recorded = decision(&teacher, &matter, &[&hungry]);
    let drafted = draft(&teacher, None);
    house
        .write(school.id, async |w| {
            w.save_item(&hungry).await?;
            w.add_decision(&recorded).await?;
            w.save_draft(&drafted).await
        })
        .await
        .unwrap();
    house
        .read(surgery.id, async |r| {
            assert_eq!(r.member(teacher.id).await?, None);
            assert_eq!(r.person(child.id).await?, None);
            assert_eq!(r.matter(matter.id).await?, None);
            assert_eq!(r.item(hungry.id).await?, None);
            assert_eq!(r.decision(recorded.id).await?, None);
            assert_eq!(r.draft(drafted.id).await?, None);
            assert!(r.people().await?.is_empty());
            assert!(r.people_on(&matter).await?.is_empty());
            assert!(r.matters_of(teacher.id, NOW).await?.is_empty());
            assert!(r.matters_about(child.id).await?.is_empty());
            assert!(r.items_on(matter.id).await?.is_empty());
            assert!(r.decisions_on(matter.id).await?.is_empty());
            assert!(r.decisions_by(teacher.id, 10).await?.is_empty());
            assert!(r.decisions_about(child.id).await?.is_empty());
            assert!(r.drafts_of(teacher.id).await?.is_empty());
            Ok(())
        })
        .await;
    let written = house.write(surgery.id, async |w| w.save_person(&child).await).await;
    assert!(matches!(written, Err(StoreError::AnotherOrganisation(_))));
    assert!(!house.write(surgery.id, async |w| w.delete_draft(drafted.id).await).await.unwrap());
    house
        .read(school.id, async |r| {
            assert!(r.draft(drafted.id).await?.is_some());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_decision_can_name_only_what_its_organisation_holds() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let unsaved = item(&teacher, &matter, "Never saved");
    let of_unsaved_item = decision(&teacher, &matter, &[&unsaved]);
    let elsewhere = crate::common::matter(&teacher, "Never saved", &[]);
    let of_unsaved_matter = decision(&teacher, &elsewhere, &[]);
    for recorded in [of_unsaved_item, of_unsaved_matter] {
        let added = house.write(school.id, async |w| w.add_decision(&recorded).await).await;
        assert!(matches!(added, Err(StoreError::UnknownReference)), "{added:?}");
    }
}

#[tokio::test]
async fn a_decision_is_added_once_and_corrected_by_a_later_one() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let first = decision(&teacher, &matter, &[]);
    house.write(school.id, async |w| w.add_decision(&first).await).await.unwrap();
    let twice = house.write(school.id, async |w| w.add_decision(&first).await).await;
    assert!(matches!(twice, Err(StoreError::Exists)));

    let id = DecisionId::new(NOW.plus_seconds(60), unique());
    let again =
        casework::record_decision(&teacher, &matter, None, id, new_decision(&[]), NOW.plus_seconds(60), today())
            .unwrap();
    let corrected = casework::correct_decision(&teacher, &matter, &first, again, "The wrong Friday").unwrap();
    house.write(school.id, async |w| w.add_decision(&corrected).await).await.unwrap();
    house
        .read(school.id, async |r| {
            assert_eq!(r.corrections_of(first.id).await?, from_ref(&corrected));
            assert_eq!(r.decisions_on(matter.id).await?, [corrected.clone(), first.clone()]);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn of_two_changes_to_the_same_version_the_second_is_a_conflict() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    let brother = person(&teacher, "Peregrine Quarrendon");
    let with_brother = casework::add_people(&teacher, &matter, [brother.id], NOW).unwrap();
    house
        .write(school.id, async |w| {
            w.save_person(&brother).await?;
            w.save_matter(&with_brother).await
        })
        .await
        .unwrap();
    let second = house.write(school.id, async |w| w.save_matter(&with_brother).await).await;
    assert!(matches!(second, Err(StoreError::Conflict)));

    let started = draft(&teacher, None);
    house.write(school.id, async |w| w.save_draft(&started).await).await.unwrap();
    let one_tab = casework::save_draft(&teacher, &started, NOW, |d| d.notes = "One tab".into()).unwrap();
    let other_tab = casework::save_draft(&teacher, &started, NOW, |d| d.notes = "Other tab".into()).unwrap();
    house.write(school.id, async |w| w.save_draft(&one_tab).await).await.unwrap();
    let second = house.write(school.id, async |w| w.save_draft(&other_tab).await).await;
    assert!(matches!(second, Err(StoreError::Conflict)));
    house
        .read(school.id, async |r| {
            assert_eq!(r.draft(started.id).await?.unwrap().notes, "One tab");
            let kept = r.matter(matter.id).await?.unwrap();
            assert_eq!(r.people_on(&kept).await?.len(), 2);
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn when_work_fails_nothing_of_it_is_kept() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let child = person(&teacher, "Ottilie Quarrendon");
    let failed: Result<(), StoreError> = house
        .write(school.id, async |w| {
            w.save_person(&child).await?;
            Err(StoreError::Conflict)
        })
        .await;
    assert!(failed.is_err());
    house
        .read(school.id, async |r| {
            assert_eq!(r.person(child.id).await?, None);
            assert!(r.people().await?.is_empty());
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_write_cut_short_keeps_nothing_and_holds_nobody_up() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (child, other) = (person(&teacher, "Ottilie"), person(&teacher, "Peregrine"));
    let child = &child;
    let hanging = house.store.write("hanging", school.id, |mut w| async move {
        w.save_person(child).await?;
        std::future::pending::<Result<(), StoreError>>().await
    });
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), hanging).await.is_err());
    house.write(school.id, async |w| w.save_person(&other).await).await.unwrap();
    house
        .read(school.id, async |r| {
            assert_eq!(r.people().await?, from_ref(&other));
            Ok(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_write_at_once_through_two_programs_and_none_is_lost() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let second = sharewell_store::Store::open(&house.place(), crate::common::randomness(), NOW).await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..40 {
        let store = if n % 2 == 0 { house.store.clone() } else { second.clone() };
        let child = person(&teacher, &format!("Child {n}"));
        tasks.push(tokio::spawn(async move {
            let child = &child;
            store.write("save_person", school.id, |mut w| async move { w.save_person(child).await }).await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let people = house.read(school.id, async |r| r.people().await).await;
    assert_eq!(people.iter().map(|person| &person.name).collect::<BTreeSet<_>>().len(), 40);
}

#[tokio::test]
async fn a_session_holds_until_it_is_idle_too_long_or_its_time_is_up_or_it_is_ended() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (surgery, _) = house.organisation("Elm Surgery", "gp", "doctor").await;
    let token = house.signed_in(&teacher).await;

    let house = house.restart().await;
    let token: SessionToken = token.cookie().parse().unwrap();
    let holds =
        async |seconds| house.read(school.id, async |r| r.session(&token, NOW.plus_seconds(seconds)).await).await;
    let held = holds(599).await.unwrap();
    assert_eq!((held.member, held.proved, held.confirmed_at), (teacher.id, Proved::Password, NOW));
    assert_eq!(held.browser, "Firefox on Windows");
    assert_eq!(holds(600).await, None);
    let later = NOW.plus_seconds(500);
    let touched =
        house.write(school.id, async |w| w.touch_session(&token, later, later.plus_seconds(9999)).await).await;
    assert!(touched.unwrap());
    assert_eq!(holds(700).await.unwrap().seen_at, later);
    assert_eq!(holds(3600).await, None);
    let elsewhere = house.read(surgery.id, async |r| r.session(&token, NOW).await).await;
    assert_eq!(elsewhere, None);
    let guessed = SessionToken::new(school.id, unique());
    assert_eq!(house.read(school.id, async |r| r.session(&guessed, NOW).await).await, None);
    assert!(house.write(school.id, async |w| w.end_session(&token).await).await.unwrap());
    assert_eq!(holds(1).await, None);
}

#[tokio::test]
async fn expired_sessions_are_cleared_and_a_leaver_has_none() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    for idle in [10, 20, 30] {
        let token = SessionToken::new(school.id, unique());
        let new = NewSession {
            id: SessionId::new(NOW, unique()),
            member: teacher.id,
            proved: Proved::Password,
            browser: "Firefox on Windows".into(),
            started_at: NOW,
            idle_until: NOW.plus_seconds(idle),
            ends_at: NOW.plus_seconds(3600),
        };
        house.write(school.id, async |w| w.start_session(&token, &new).await).await.unwrap();
    }
    let cleared = house.write(school.id, async |w| w.end_expired_sessions(NOW.plus_seconds(15)).await).await;
    assert_eq!(cleared.unwrap(), 1);
    assert_eq!(house.write(school.id, async |w| w.end_sessions_of(teacher.id).await).await.unwrap(), 2);
}

#[tokio::test]
async fn a_member_signs_in_with_their_own_address_and_password_only() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let hash = house.store.hash_password("four words apart here").await.unwrap();
    assert!(house.store.hash_password("too short").await.is_err());
    house.write(school.id, async |w| w.set_password(teacher.id, &hash, NOW).await).await.unwrap();
    let house = house.restart().await;
    let shouted = teacher.email.to_uppercase();
    let signed_in = house.store.sign_in(&format!(" {shouted} "), "four words apart here").await.unwrap().unwrap();
    assert_eq!((signed_in.organisation, signed_in.member), (school.id, teacher.id));
    assert_eq!(house.store.sign_in(&teacher.email, "four words apart her").await.unwrap(), None);
    assert_eq!(house.store.sign_in("nobody@fernbank.example", "four words apart here").await.unwrap(), None);
}

#[tokio::test]
async fn an_email_address_belongs_to_one_member_and_moves_with_them() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let mut other = member(school.id, "other");
    other.email.clone_from(&teacher.email);
    let taken = house.write(school.id, async |w| w.save_member(&other).await).await;
    assert!(matches!(taken, Err(StoreError::EmailTaken)));
    let mut moved = teacher.clone();
    moved.version += 1;
    moved.email = "new.address@fernbank.example".into();
    house.write(school.id, async |w| w.save_member(&moved).await).await.unwrap();
    house.write(school.id, async |w| w.save_member(&other).await).await.unwrap();
}

#[tokio::test]
async fn a_team_is_kept_by_version_with_who_is_in_it() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let other = member(school.id, "other");
    let id = TeamId::new(NOW, unique());
    let members = BTreeSet::from([teacher.id, other.id]);
    let team = Team {
        id,
        organisation: school.id,
        version: 1,
        name: "Safeguarding".into(),
        members,
        closed: false,
        since: BTreeMap::new(),
        awaited: BTreeSet::new(),
        left: Vec::new(),
    };
    let smaller = Team { version: 2, members: BTreeSet::from([other.id]), ..team.clone() };
    house
        .write(school.id, async |w| {
            w.save_member(&other).await?;
            w.save_team(&team).await
        })
        .await
        .unwrap();
    assert_eq!(house.read(school.id, async |r| r.teams_of(teacher.id).await).await, BTreeSet::from([id]));
    house.write(school.id, async |w| w.save_team(&smaller).await).await.unwrap();
    let again = house.write(school.id, async |w| w.save_team(&smaller).await).await;
    assert!(matches!(again, Err(StoreError::Conflict)));
    let (surgery, _) = house.organisation("Elm Surgery", "gp", "doctor").await;
    assert_eq!(house.read(surgery.id, async |r| r.team(id).await).await, None);
    let house = house.restart().await;
    house
        .read(school.id, async |r| {
            assert!(r.teams_of(teacher.id).await?.is_empty());
            assert_eq!(r.teams_of(other.id).await?, BTreeSet::from([id]));
            assert_eq!(r.team(id).await?.as_ref(), Some(&smaller));
            assert_eq!(r.teams().await?, from_ref(&smaller));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn settings_procedures_and_contacts_are_kept_by_version() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let mut head = teacher;
    head.roles = BTreeSet::from([Role::Administrator]);
    let procedure = Procedure {
        title: "Who to ring".into(),
        text: "Ring the safeguarding lead first.".into(),
        link: None,
        owner: "Head teacher".into(),
        review_on: today(),
    };
    let changed = casework::attach_procedure(&head, &school, "danger-now", procedure).unwrap();
    let new = NewContact {
        council: "Northmere".into(),
        service: "children-social-care".into(),
        phone: "01632 960 001".into(),
        hours: "all hours".into(),
        source: "Northmere’s website".into(),
        checked_on: today(),
        confirmed: false,
    };
    let unconfirmed =
        casework::record_contact(&head, ContactId::new(NOW, unique()), None, new.clone(), today()).unwrap();
    let confirmed = casework::record_contact(
        &head,
        ContactId::new(NOW, unique()),
        Some(&unconfirmed),
        NewContact { confirmed: true, ..new },
        today(),
    )
    .unwrap();
    house
        .write(school.id, async |w| {
            w.save_organisation(&changed).await?;
            w.save_contact(&unconfirmed).await?;
            w.save_contact(&confirmed).await
        })
        .await
        .unwrap();
    let again = house.write(school.id, async |w| w.save_organisation(&changed).await).await;
    assert!(matches!(again, Err(StoreError::Conflict)));
    house
        .read(school.id, async |r| {
            assert_eq!(r.organisation().await?.as_ref(), Some(&changed));
            assert_eq!(r.contacts().await?, from_ref(&confirmed));
            assert_eq!(r.contact(confirmed.id).await?.as_ref(), Some(&confirmed));
            Ok(())
        })
        .await;
}

#[tokio::test]
async fn a_draft_thrown_away_is_gone() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (matter, _) = house.matter(&teacher).await;
    for drafted in [draft(&teacher, None), draft(&teacher, Some(&matter))] {
        house.write(school.id, async |w| w.save_draft(&drafted).await).await.unwrap();
        assert!(house.write(school.id, async |w| w.delete_draft(drafted.id).await).await.unwrap());
        assert!(!house.write(school.id, async |w| w.delete_draft(drafted.id).await).await.unwrap());
        assert_eq!(house.read(school.id, async |r| r.draft(drafted.id).await).await, None);
        let from_another_tab = casework::save_draft(&teacher, &drafted, NOW, |_| ()).unwrap();
        let saved = house.write(school.id, async |w| w.save_draft(&from_another_tab).await).await;
        assert!(matches!(saved, Err(StoreError::Conflict)));
    }
    assert!(house.read(school.id, async |r| r.drafts_of(teacher.id).await).await.is_empty());
}

#[tokio::test]
async fn a_pack_is_kept_once_by_its_digest() {
    let house = House::new().await;
    let kept = KeptPack {
        pack: PackRef { id: "pan-cheshire".into(), version: "2026.11.23".into(), digest: "sha256:1".into() },
        files: BTreeMap::from([("pack.toml".into(), b"id = 1".to_vec()), ("law/a.toml".into(), vec![0, 255])]),
    };
    assert!(house.store.keep_pack(&kept, NOW).await.unwrap());
    assert!(!house.store.keep_pack(&kept, NOW).await.unwrap());
    let house = house.restart().await;
    assert_eq!(house.store.pack("sha256:1").await.unwrap(), Some(kept));
    assert_eq!(house.store.pack("sha256:2").await.unwrap(), None);
    assert_eq!(house.store.packs().await.unwrap(), [crate::common::kept_pack().pack.digest.as_str(), "sha256:1"]);
}

#[tokio::test]
async fn a_command_that_passes_over_a_failure_is_not_acknowledged_and_leaves_nothing() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (child, other) = (person(&teacher, "Ottilie Quarrendon"), person(&teacher, "Peregrine Oakshott"));
    house.write(school.id, async |w| w.save_person(&child).await).await.unwrap();
    let passed_over = house
        .write(school.id, async |w| {
            w.save_person(&other).await?;
            let again = w.save_person(&child).await;
            assert!(again.is_err(), "it is there already");
            Ok(())
        })
        .await;
    assert!(passed_over.is_err());
    assert_eq!(house.read(school.id, async |r| r.people().await).await, [child]);
}

fn stranger(email: &str) -> Attempt<'_> {
    Attempt { email, guess: Guess::Password, device: None }
}

#[tokio::test]
async fn guesses_of_strangers_and_of_a_known_device_are_counted_apart_and_so_are_codes() {
    let house = House::new().await;
    let (laptop, other) = (DeviceToken::new(unique()), DeviceToken::new(unique()));
    let email = "w.teacher@fernbank.example";
    let until = NOW.plus_seconds(900);
    let begin = async |guess, device: Option<&DeviceToken>, now| {
        house.store.begin_attempt(Attempt { email, guess, device }, now, until, 2).await.unwrap()
    };
    house.store.know_device(&email.to_uppercase(), &laptop, NOW, NOW.plus_seconds(60)).await.unwrap();
    // A device that nobody signed in on is a stranger like any other.
    assert!(begin(Guess::Password, None, NOW).await && begin(Guess::Password, Some(&other), NOW).await);
    assert!(!begin(Guess::Password, None, NOW).await && !begin(Guess::Password, Some(&other), NOW).await);
    for guess in [Guess::Password, Guess::Code] {
        assert!(begin(guess, Some(&laptop), NOW).await && begin(guess, Some(&laptop), NOW).await, "{guess:?}");
        assert!(!begin(guess, Some(&laptop), NOW).await, "{guess:?}");
    }
    // Theirs close nothing to strangers either, and what one forgets the other still counts.
    assert!(begin(Guess::Code, None, NOW).await);
    let mine = Attempt { email, guess: Guess::Password, device: Some(&laptop) };
    house.store.forget_attempts(mine, NOW).await.unwrap();
    assert!(begin(Guess::Password, Some(&laptop), NOW).await && !begin(Guess::Password, None, NOW).await);
    // It is known no longer than it was said, and not when it is forgotten.
    assert!(!begin(Guess::Password, Some(&laptop), NOW.plus_seconds(60)).await);
    house.store.know_device(email, &laptop, NOW, until).await.unwrap();
    house.store.forget_devices(email).await.unwrap();
    assert!(!begin(Guess::Password, Some(&laptop), NOW).await);
}

#[tokio::test]
async fn a_one_time_code_and_a_recovery_code_are_used_once_and_the_secret_is_sealed() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let codes = ["one".to_owned(), "two".to_owned()];
    let none = house.read(school.id, async |r| r.second_step(teacher.id).await).await;
    assert!(none.is_none());
    house
        .write(school.id, async |w| {
            w.set_second_step(teacher.id, &[7; 20], 100, NOW).await?;
            w.set_recovery_codes(teacher.id, &codes).await
        })
        .await
        .unwrap();
    let house = house.restart().await;
    let kept = house.read(school.id, async |r| r.second_step(teacher.id).await).await.unwrap();
    assert_eq!((*kept.secret, kept.last_step, kept.set_at), ([7; 20], 100, NOW));
    let uses = async |step| house.write(school.id, async |w| w.use_step(teacher.id, step).await).await.unwrap();
    assert!(!uses(100).await && uses(101).await && !uses(101).await && !uses(99).await && uses(103).await);
    let recovers =
        async |code: &str| house.write(school.id, async |w| w.use_recovery_code(teacher.id, code).await).await.unwrap();
    assert!(recovers("one").await && !recovers("one").await && !recovers("three").await);
    assert_eq!(house.read(school.id, async |r| r.recovery_codes_left(teacher.id).await).await, 1);
    house.write(school.id, async |w| w.clear_second_step(teacher.id).await).await.unwrap();
    assert!(house.read(school.id, async |r| r.second_step(teacher.id).await).await.is_none());
    assert_eq!(house.read(school.id, async |r| r.recovery_codes_left(teacher.id).await).await, 0);
}

#[tokio::test]
async fn a_passkey_is_found_by_its_credential_for_its_owner_alone_and_its_name_and_check_are_sealed() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let (council, _) = house.organisation("Northmere Council", "local-authority", "tamsin").await;
    let other = member(school.id, "other");
    house.write(school.id, async |w| w.save_member(&other).await).await.unwrap();
    let id = |n| PasskeyId::new(NOW, [n; 10]);
    let new = |n, credential: &'static [u8]| NewPasskey {
        id: id(n),
        name: "Work laptop",
        credential,
        check: "its public key",
    };
    let adds = async |n, credential: &'static [u8]| {
        house.write(school.id, async |w| w.add_passkey(teacher.id, new(n, credential), NOW).await).await.unwrap()
    };
    assert!(adds(1, b"one").await && adds(2, b"two").await && !adds(3, b"one").await, "each is kept once");
    let found = async |of: &Organisation, member: MemberId, credential: &[u8]| {
        house.read(of.id, async |r| r.passkey_with(member, credential).await).await
    };
    let first = found(&school, teacher.id, b"one").await.unwrap();
    assert_eq!((first.id, first.name.as_str(), first.used_at), (id(1), "Work laptop", None));
    assert!(found(&school, teacher.id, b"three").await.is_none());
    assert!(found(&school, other.id, b"one").await.is_none() && found(&council, teacher.id, b"one").await.is_none());
    let later = NOW.plus_seconds(60);
    let used = Passkey { name: "Kitchen laptop".into(), check: "used once".into(), used_at: Some(later), ..first };
    house.write(school.id, async |w| w.change_passkey(teacher.id, &used).await).await.unwrap();
    let renamed = Passkey { name: "Old laptop".into(), used_at: None, ..used };
    house.write(school.id, async |w| w.change_passkey(teacher.id, &renamed).await).await.unwrap();
    let house = house.restart().await;
    let kept = house.read(school.id, async |r| r.passkeys(teacher.id).await).await;
    let shown: Vec<_> = kept.iter().map(|one| (one.name.as_str(), one.check.as_str(), one.used_at)).collect();
    assert_eq!(shown, [("Old laptop", "used once", Some(later)), ("Work laptop", "its public key", None)]);
    let removes =
        async |member: MemberId| house.write(school.id, async |w| w.remove_passkey(member, id(1)).await).await.unwrap();
    assert!(!removes(other.id).await && removes(teacher.id).await && !removes(teacher.id).await);
    assert!(house.write(school.id, async |w| w.change_passkey(teacher.id, &renamed).await).await.is_err());
    assert_eq!(house.write(school.id, async |w| w.clear_passkeys(teacher.id).await).await.unwrap(), 1);
    assert!(house.read(school.id, async |r| r.passkeys(teacher.id).await).await.is_empty());
}

#[tokio::test]
async fn attempts_to_sign_in_are_counted_for_all_copies_and_a_restart_until_they_no_longer_count() {
    let house = House::new().await;
    let second = sharewell_store::Store::open(&house.place(), crate::common::randomness(), NOW).await.unwrap();
    let until = NOW.plus_seconds(900);
    let begin = async |store: &sharewell_store::Store, email: &str, now| {
        store.begin_attempt(stranger(email), now, until, 4).await
    };
    for store in [&house.store, &second, &house.store, &second] {
        assert!(begin(store, "w.teacher@fernbank.example", NOW).await.unwrap());
    }
    assert!(!begin(&second, " W.Teacher@Fernbank.example", NOW).await.unwrap());
    assert!(begin(&second, "another@fernbank.example", NOW).await.unwrap());
    let house = house.restart().await;
    assert!(!begin(&house.store, "w.teacher@fernbank.example", NOW.plus_seconds(899)).await.unwrap());
    second.forget_attempts(stranger("another@fernbank.example"), NOW).await.unwrap();
    assert!(begin(&house.store, "w.teacher@fernbank.example", until).await.unwrap());
}

#[tokio::test]
async fn an_answer_is_taken_once_by_whichever_copy_with_the_form_that_waited_for_it() {
    let house = House::new().await;
    let second = sharewell_store::Store::open(&house.place(), crate::common::randomness(), NOW).await.unwrap();
    let until = NOW.plus_seconds(600);
    assert!(house.store.let_form_wait(b"one", b"sealed", NOW, until).await.unwrap());
    assert!(house.store.let_form_wait(b"late", b"sealed too", NOW, until).await.unwrap());
    assert_eq!(second.take_answer(b"one", NOW, until).await.unwrap().unwrap().form.as_deref(), Some(&b"sealed"[..]));
    assert_eq!(house.store.take_answer(b"one", NOW, until).await.unwrap(), None);
    assert_eq!(second.take_answer(b"other", NOW, until).await.unwrap().unwrap().form, None);
    let house = house.restart().await;
    assert_eq!(house.store.take_answer(b"other", until.plus_seconds(-1), until).await.unwrap(), None);
    house.store.forget_waiting(until).await.unwrap();
    assert_eq!(house.store.take_answer(b"late", until, until).await.unwrap().unwrap().form, None);
    let most = vec![0; sharewell_store::MOST_WAITING / 4];
    for one in 0..4_u8 {
        assert!(house.store.let_form_wait(&[one], &most, NOW, until).await.unwrap());
    }
    assert!(!house.store.let_form_wait(b"more", b"sealed", NOW, until).await.unwrap(), "nobody fills the disk");
}

#[tokio::test]
async fn an_account_at_a_provider_belongs_to_one_member_of_one_organisation() {
    let house = House::new().await;
    let (school, teacher) = house.school().await;
    let account = ProviderAccount { issuer: "https://login.example".into(), subject: "7".into() };
    let linked = casework::link_account(&teacher, account.clone(), NOW).unwrap();
    house.write(school.id, async |w| w.save_member(&linked).await).await.unwrap();
    let found = house.store.member_with_account(school.id, &account).await.unwrap().unwrap();
    assert_eq!((found.organisation, found.member), (school.id, teacher.id));
    assert!(house.store.member_with_email(&teacher.email).await.unwrap().is_some());
    let (elsewhere, _) = house.organisation("Harrow Lane Surgery", "gp", "doctor").await;
    assert_eq!(house.store.member_with_account(elsewhere.id, &account).await.unwrap(), None);
    let mut other = member(school.id, "other");
    other.account = Some(account.clone());
    let taken = house.write(school.id, async |w| w.save_member(&other).await).await;
    assert!(matches!(taken, Err(StoreError::Conflict)), "{taken:?}");
    let forgotten = Member { version: linked.version + 1, account: None, ..linked };
    house.write(school.id, async |w| w.save_member(&forgotten).await).await.unwrap();
    assert_eq!(house.store.member_with_account(school.id, &account).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_made_at_the_same_moment_count_each() {
    let house = House::new().await;
    let mut tasks = Vec::new();
    for _ in 0..12 {
        let store = house.store.clone();
        tasks.push(tokio::spawn(async move {
            store.begin_attempt(stranger("w.teacher@fernbank.example"), NOW, NOW.plus_seconds(900), 5).await
        }));
    }
    let mut begun = 0;
    for task in tasks {
        begun += usize::from(task.await.unwrap().unwrap());
    }
    assert_eq!(begun, 5);
}
