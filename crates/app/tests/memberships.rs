//! Memberships: invited by a link, joined, suspended, left with their work handed on.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use casework::{Member, MemberId, Membership, MembershipStep, NewDraft, Role};
use house::{House, PASSWORD, member};
use http_body_util::BodyExt;
use sharewell::AppError;
use sharewell::actions::{self, Actor, HandOver, LINK_SECONDS};
use store::{Reading, StoreError, Writing};
use tower::ServiceExt;

const NEW: &str = "orchid thimble quarry";

fn fields(error: &AppError) -> Vec<&str> {
    match error {
        AppError::Invalid(problems) => problems.iter().map(|problem| problem.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

async fn invited(house: &House, email: &str, role: Role) -> actions::GivenLink {
    actions::invite_colleague(&house.app, &lately(house), member(email, &[role])).await.unwrap()
}

/// The administrator, who has just proved who they are.
fn lately(house: &House) -> Actor {
    Actor { confirmed_at: Some(house.app.clock.now()), ..house.school.clone() }
}

async fn signs_in(house: &House, email: &str, password: &str) -> Result<actions::Entered, AppError> {
    actions::sign_in(&house.app, email, password, None, &house::device()).await
}

async fn found(house: &House, id: MemberId) -> Member {
    actions::member_record(&house.app, &house.school, id).await.unwrap().member
}

#[tokio::test]
async fn who_is_invited_sets_a_password_and_is_in() {
    let house = House::new().await;
    let link = invited(&house, "nurse@fernbank.example", Role::Practitioner).await;
    assert_eq!(link.member.membership, Membership::Invited);
    assert!(signs_in(&house, "nurse@fernbank.example", NEW).await.is_err());
    let code = link.code.text();
    let welcome = actions::open_link(&house.app, &code).await.unwrap();
    assert_eq!((welcome.organisation.name.as_str(), welcome.member.id), ("Fernbank Primary", link.member.id));
    for wrong in ["short", "password1234"] {
        assert_eq!(fields(&actions::use_link(&house.app, &code, wrong).await.unwrap_err()), ["password"]);
    }
    let pasted = format!("https://sharewell.example.org/link#{code}");
    let joined = actions::use_link(&house.app, &pasted, NEW).await.unwrap();
    assert_eq!(joined.membership, Membership::Active);
    assert_eq!(joined.step.unwrap().by, Some(link.member.id));
    signs_in(&house, "nurse@fernbank.example", NEW).await.unwrap();
}

#[tokio::test]
async fn links_that_were_used_ended_or_taken_back_or_never_were_are_answered_alike() {
    let house = House::new().await;
    let used = invited(&house, "used@fernbank.example", Role::Practitioner).await;
    actions::use_link(&house.app, &used.code.text(), NEW).await.unwrap();
    let renewed = invited(&house, "renewed@fernbank.example", Role::Practitioner).await;
    let newer = actions::give_link(&house.app, &house.school, renewed.member.id).await.unwrap();
    let withdrawn = invited(&house, "withdrawn@fernbank.example", Role::Practitioner).await;
    actions::withdraw_invitation(&house.app, &house.school, withdrawn.member.id).await.unwrap();
    let ended = invited(&house, "ended@fernbank.example", Role::Practitioner).await;
    house.app.clock.put_forward(LINK_SECONDS - 1);
    actions::open_link(&house.app, &ended.code.text()).await.unwrap();
    actions::open_link(&house.app, &newer.code.text()).await.unwrap();
    house.app.clock.put_forward(1);
    let nowhere = format!("{}.{}", house.school.member.id, "0".repeat(64));
    let unknown = format!("{}.{}", house.school.organisation.id, "0".repeat(64));
    let mut answers = Vec::new();
    for code in [&used, &renewed, &withdrawn, &ended].map(|link| link.code.text()).iter().chain([&nowhere, &unknown]) {
        let body = serde_urlencoded::to_string([("code", code)]).unwrap();
        for (address, more) in [("/link", ""), ("/link/password", "&password=orchid+thimble+quarry")] {
            let request = Request::post(address)
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("{body}{more}")));
            let answer = house.router().oneshot(request.unwrap()).await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
            answers.push(answer.into_body().collect().await.unwrap().to_bytes());
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert!(!String::from_utf8_lossy(&answers[0]).contains(&unknown));
}

#[tokio::test]
async fn what_a_link_carries_is_kept_nowhere() {
    let house = House::new().await;
    let link = invited(&house, "nurse@fernbank.example", Role::Practitioner).await;
    let text = link.code.text();
    let secret = text.split_once('.').unwrap().1;
    let raw: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).unwrap()).collect();
    let mut looked_at = 0;
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            looked_at += bytes.len();
            assert!(!bytes.windows(32).any(|part| part == raw), "{}", path.display());
            assert!(!bytes.windows(64).any(|part| part == secret.as_bytes()), "{}", path.display());
        }
    }
    assert!(looked_at > 100_000);
    assert_eq!(format!("{:?}", link.code), "LinkCode(hidden)");
}

#[tokio::test]
async fn a_new_password_by_link_ends_every_session_and_the_old_password() {
    let house = House::new().await;
    let colleague = house.colleague("head@fernbank.example", Role::Manager).await;
    let before = house.token("head@fernbank.example").await;
    let link = actions::give_link(&house.app, &house.school, colleague.id).await.unwrap();
    actions::actor(&house.app, &before).await.unwrap();
    actions::use_link(&house.app, &link.code.text(), NEW).await.unwrap();
    assert!(matches!(actions::actor(&house.app, &before).await, Err(AppError::SignInFirst)));
    assert!(signs_in(&house, "head@fernbank.example", PASSWORD).await.is_err());
    let steps: Vec<MembershipStep> = actions::member_record(&house.app, &house.school, colleague.id)
        .await
        .unwrap()
        .versions
        .iter()
        .filter_map(|version| Some(version.step?.step))
        .collect();
    assert_eq!(steps, [MembershipStep::PasswordLink], "whoever handed it out is on record");
}

#[tokio::test]
async fn a_suspension_ends_every_session_at_once_and_lets_in_again() {
    let house = House::new().await;
    let colleague = house.colleague("head@fernbank.example", Role::Manager).await;
    let tokens = [house.token("head@fernbank.example").await, house.token("head@fernbank.example").await];
    let link = actions::give_link(&house.app, &house.school, colleague.id).await.unwrap();
    let suspended = actions::suspend_member(&house.app, &house.school, colleague.id).await.unwrap();
    assert_eq!(suspended.membership, Membership::Suspended);
    for token in &tokens {
        assert!(matches!(actions::actor(&house.app, token).await, Err(AppError::SignInFirst)));
    }
    assert!(signs_in(&house, "head@fernbank.example", PASSWORD).await.is_err());
    assert!(actions::open_link(&house.app, &link.code.text()).await.is_err(), "nor by a link from before");
    let twice = actions::suspend_member(&house.app, &house.school, colleague.id).await.unwrap_err();
    assert_eq!(fields(&twice), ["membership"]);
    actions::reactivate_member(&house.app, &lately(&house), colleague.id).await.unwrap();
    signs_in(&house, "head@fernbank.example", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn what_changes_who_comes_in_asks_the_administrator_to_prove_again_who_they_are_and_nothing_is_done_before() {
    let house = House::new().await;
    let colleague = house.colleague("head@fernbank.example", Role::Manager).await;
    let adviser = house.colleague("adviser@fernbank.example", Role::Adviser).await;
    let version = house.school.organisation.version;
    let demanded =
        actions::ask_for_second_step(&house.app, &lately(&house), version, casework::SecondStep::Demanded).await;
    let version = demanded.unwrap().version;
    actions::suspend_member(&house.app, &house.school, adviser.id).await.unwrap();
    house.app.clock.put_forward(actions::CONFIRMED_SECONDS);
    let before = actions::members(&house.app, &house.school).await.unwrap();
    let mark = actions::member_mark(&colleague);
    let details = |email: &str, roles: &[Role]| {
        let new = member(email, roles);
        casework::NewMember { name: colleague.name.clone(), role_title: colleague.role_title.clone(), ..new }
    };
    let table = "name,e-mail,job,roles,team\nA B;a.b@fernbank.example;T;manager;".replace(';', ",");
    let officer = casework::OutsideOfficer { name: "Schools’ officer".into(), contact: "01632 960 001".into() };
    let guardian = casework::Responsible { dpo_outside: Some(officer), ..casework::Responsible::default() };
    let (app, late) = (&house.app, &house.school);
    let other = details("other@fernbank.example", &[Role::Manager]);
    let more = details("head@fernbank.example", &[Role::Manager, Role::Administrator]);
    for refused in [
        actions::invite_colleague(app, late, member("new@fernbank.example", &[Role::Manager])).await.map(drop),
        actions::invite_all(app, late, &table).await.map(drop),
        actions::change_member(app, late, colleague.id, &mark, other.clone()).await.map(drop),
        actions::change_member(app, late, colleague.id, &mark, more).await.map(drop),
        actions::reactivate_member(app, late, adviser.id).await.map(drop),
        actions::name_responsible(app, late, version, &guardian).await.map(drop),
        actions::ask_for_second_step(app, late, version, casework::SecondStep::Offered).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AppError::ConfirmFirst)), "{refused:?}");
    }
    assert_eq!(actions::members(app, late).await.unwrap(), before);
    // Whoever proves it goes on. A name or a job opens nothing, and keeping somebody out waits for nothing.
    actions::change_member(app, &lately(&house), colleague.id, &mark, other).await.unwrap();
    actions::name_responsible(app, &lately(&house), version, &guardian).await.unwrap();
    let now = found(&house, colleague.id).await;
    let renamed = casework::NewMember { name: "Ada Lovell".into(), ..details(&now.email, &[Role::Manager]) };
    actions::change_member(app, late, colleague.id, &actions::member_mark(&now), renamed).await.unwrap();
    actions::suspend_member(app, late, colleague.id).await.unwrap();
    // What is wrong is said before anybody is asked.
    let wrong = actions::invite_colleague(app, late, member("nowhere", &[Role::Manager])).await.unwrap_err();
    assert_eq!(fields(&wrong), ["email"]);
}

#[tokio::test]
async fn the_last_administrator_stays_and_nobody_suspends_themselves() {
    let house = House::new().await;
    let me = house.school.member.id;
    let refused = actions::suspend_member(&house.app, &house.school, me).await.unwrap_err();
    assert!(refused.to_string().contains("cannot suspend yourself"), "{refused}");
    let none = HandOver::default();
    assert_eq!(
        fields(&actions::hand_over(&house.app, &house.school, me, &none, true).await.unwrap_err()),
        ["membership"]
    );
    let mine = found(&house, me).await;
    let without = member("teacher@fernbank.example", &[Role::Practitioner]);
    let refused =
        actions::change_member(&house.app, &house.school, me, &actions::member_mark(&mine), without.clone()).await;
    assert_eq!(fields(&refused.unwrap_err()), ["roles"]);
    // An administrator who is not there yet, or is kept out, is none to rely on.
    let second = invited(&house, "second@fernbank.example", Role::Administrator).await;
    let refused =
        actions::change_member(&house.app, &house.school, me, &actions::member_mark(&mine), without.clone()).await;
    assert_eq!(fields(&refused.unwrap_err()), ["roles"]);
    actions::use_link(&house.app, &second.code.text(), NEW).await.unwrap();
    let changed =
        actions::change_member(&house.app, &house.school, me, &actions::member_mark(&mine), without).await.unwrap();
    assert!(!changed.is(Role::Administrator));
    let former = Actor { member: changed, ..house.school.clone() };
    let refused = actions::invite_colleague(&house.app, &former, member("x@fernbank.example", &[Role::Manager])).await;
    assert!(matches!(refused, Err(AppError::NotFound)));
}

#[tokio::test]
async fn two_administrators_cannot_suspend_each_other_at_the_same_moment() {
    let house = House::new().await;
    let other = house.colleague("other@fernbank.example", Role::Administrator).await;
    let theirs = Actor { member: other.clone(), ..house.school.clone() };
    let (one, two) = tokio::join!(
        actions::suspend_member(&house.app, &house.school, other.id),
        actions::suspend_member(&house.app, &theirs, house.school.member.id),
    );
    assert_eq!([one.is_ok(), two.is_ok()].into_iter().filter(|done| *done).count(), 1, "{one:?} {two:?}");
}

#[tokio::test]
async fn who_leaves_hands_their_work_on_first() {
    let house = House::new().await;
    let leaver = house.colleague("nurse@fernbank.example", Role::Practitioner).await;
    let taker = house.colleague("head@fernbank.example", Role::Manager).await;
    let other = house.colleague("deputy@fernbank.example", Role::Practitioner).await;
    let leaving = Actor { member: leaver.clone(), ..house.school.clone() };
    let one = actions::open_matter(&house.app, &leaving, "Missed meals".into()).await.unwrap();
    let two = actions::open_matter(&house.app, &leaving, "Late again".into()).await.unwrap();
    let draft = actions::start_draft(&house.app, &leaving, None, NewDraft::default()).await.unwrap();
    let hand_over = async |over: HandOver| actions::hand_over(&house.app, &house.school, leaver.id, &over, true).await;
    assert_eq!(fields(&hand_over(HandOver::default()).await.unwrap_err()), ["to"]);
    assert_eq!(found(&house, leaver.id).await.membership, Membership::Active);
    // An analyst works with no case, and a leaver takes nothing over.
    let analyst = house.colleague("analyst@fernbank.example", Role::Analyst).await;
    for wrong in [analyst.id, leaver.id] {
        let refused = hand_over(HandOver { everything: Some(wrong), ..HandOver::default() }).await.unwrap_err();
        assert_eq!(fields(&refused).len(), 3, "{refused:?}");
    }
    let over =
        HandOver { everything: Some(taker.id), matters: BTreeMap::from([(two.id, other.id)]), drafts: BTreeMap::new() };
    let left = hand_over(over).await.unwrap();
    assert_eq!(left.membership, Membership::Left);
    let head = Actor { member: taker, ..house.school.clone() };
    let deputy = Actor { member: other, ..house.school.clone() };
    assert_eq!(actions::matter(&house.app, &head, one.id).await.unwrap().matter.title, "Missed meals");
    assert!(actions::matter(&house.app, &head, two.id).await.is_err());
    assert_eq!(actions::matter(&house.app, &deputy, two.id).await.unwrap().matter.title, "Late again");
    actions::draft(&house.app, &head, draft.id).await.unwrap();
    assert!(actions::draft(&house.app, &deputy, draft.id).await.is_err());
    assert!(signs_in(&house, "nurse@fernbank.example", PASSWORD).await.is_err());
    assert!(actions::member_record(&house.app, &house.school, leaver.id).await.unwrap().work.is_empty());
    // The address is free for when they work elsewhere, and they may come back.
    invited(&house, "nurse@fernbank.example", Role::Manager).await;
    let back = actions::give_link(&house.app, &house.school, leaver.id).await;
    assert_eq!(fields(&back.unwrap_err()), ["email"]);
}

async fn conflicted(house: &House, who: &Member, person: casework::PersonId) -> Member {
    let changed = Member { version: who.version + 1, conflicts: [person].into(), ..who.clone() };
    let saved: Result<(), StoreError> = house
        .app
        .store
        .write("test", who.organisation, |mut writing: Writing| {
            let changed = changed.clone();
            async move { writing.save_member(&changed).await }
        })
        .await;
    saved.unwrap();
    changed
}

#[tokio::test]
async fn work_about_somebody_goes_to_nobody_who_must_not_see_them_and_is_not_told_of() {
    let house = House::new().await;
    let leaver = house.colleague("nurse@fernbank.example", Role::Practitioner).await;
    let taker = house.colleague("head@fernbank.example", Role::Manager).await;
    let leaving = Actor { member: leaver.clone(), ..house.school.clone() };
    let matter = actions::open_matter(&house.app, &leaving, "Missed meals".into()).await.unwrap();
    let new = casework::NewPerson { name: "Ottilie Quarrendon".into(), date_of_birth: None, note: String::new() };
    let child = actions::name_person(&house.app, &leaving, matter.id, new).await.unwrap();
    conflicted(&house, &taker, child.id).await;
    let over = HandOver { everything: Some(taker.id), ..HandOver::default() };
    let refused = actions::hand_over(&house.app, &house.school, leaver.id, &over, true).await.unwrap_err();
    assert_eq!(fields(&refused), [format!("matter-{}", matter.id)]);
    // The administrator herself must not see the child: for her there is no work to hand on, and leaving goes through.
    let administrator = conflicted(&house, &house.school.member, child.id).await;
    let administrator = Actor { member: administrator, ..house.school.clone() };
    let record = actions::member_record(&house.app, &administrator, leaver.id).await.unwrap();
    assert!(record.work.is_empty());
    let left = actions::hand_over(&house.app, &administrator, leaver.id, &HandOver::default(), true).await.unwrap();
    assert_eq!(left.membership, Membership::Left);
    // Another administrator finds what is left and hands it on.
    let second = house.colleague("second@fernbank.example", Role::Administrator).await;
    let deputy = house.colleague("deputy@fernbank.example", Role::Practitioner).await;
    let second = Actor { member: second, ..house.school.clone() };
    let left_behind = actions::member_record(&house.app, &second, leaver.id).await.unwrap().work;
    assert_eq!(left_behind.matters.len(), 1);
    let over = HandOver { everything: Some(deputy.id), ..HandOver::default() };
    actions::hand_over(&house.app, &second, leaver.id, &over, false).await.unwrap();
    let deputy = Actor { member: deputy, ..house.school.clone() };
    actions::matter(&house.app, &deputy, matter.id).await.unwrap();
}

#[tokio::test]
async fn another_organisations_members_do_not_exist_and_nobody_else_looks_after_ours() {
    let house = House::new().await;
    let neighbour = house.neighbour().await;
    let colleague = house.colleague("head@fernbank.example", Role::Manager).await;
    let manager = Actor { member: colleague.clone(), ..house.school.clone() };
    for actor in [&neighbour, &manager] {
        for refused in [
            actions::member_record(&house.app, actor, colleague.id).await.map(drop),
            actions::give_link(&house.app, actor, colleague.id).await.map(drop),
            actions::suspend_member(&house.app, actor, colleague.id).await.map(drop),
            actions::withdraw_invitation(&house.app, actor, colleague.id).await.map(drop),
            actions::reactivate_member(&house.app, actor, colleague.id).await.map(drop),
            actions::hand_over(&house.app, actor, colleague.id, &HandOver::default(), true).await.map(drop),
            actions::change_member(&house.app, actor, colleague.id, "", member("x@y.example", &[Role::Manager]))
                .await
                .map(drop),
        ] {
            assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn every_step_is_a_version_and_verify_finds_all_in_order() {
    let house = House::new().await;
    let link = invited(&house, "nurse@fernbank.example", Role::Practitioner).await;
    let id = link.member.id;
    actions::use_link(&house.app, &link.code.text(), NEW).await.unwrap();
    actions::suspend_member(&house.app, &house.school, id).await.unwrap();
    actions::hand_over(&house.app, &house.school, id, &HandOver::default(), true).await.unwrap();
    let record = actions::member_record(&house.app, &house.school, id).await.unwrap();
    let steps: Vec<MembershipStep> = record.versions.iter().map(|version| version.step.unwrap().step).collect();
    assert_eq!(
        steps,
        [MembershipStep::Invited, MembershipStep::Joined, MembershipStep::Suspended, MembershipStep::Left]
    );
    let stored: Result<_, StoreError> = house
        .app
        .store
        .read("test", house.school.organisation.id, |mut reading: Reading| async move { reading.member_link(id).await })
        .await;
    assert_eq!(stored.unwrap(), None);
    actions::tend_ledgers(&house.app).await.unwrap();
    let place = store::Place::under(house.folder.path());
    house.app.store.close().await;
    let verified = store::verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    let findings: Vec<String> =
        verified.iter().flat_map(|one| &one.findings).map(|finding| format!("{finding:?}")).collect();
    assert_eq!(findings, [] as [String; 0]);
}

#[tokio::test]
async fn whoever_is_put_into_a_team_while_suspended_is_in_it_from_when_they_are_let_in_again() {
    let house = House::new().await;
    let nurse = house.colleague("nurse@fernbank.example", Role::Practitioner).await;
    let other = house.colleague("other@fernbank.example", Role::Practitioner).await;
    let (app, school) = (&house.app, &house.school);
    actions::suspend_member(app, school, nurse.id).await.unwrap();
    let made = actions::save_team(app, school, None, "Nurses", &[nurse.id, other.id].into()).await.unwrap();
    assert_eq!((made.since.len(), made.awaited.clone()), (1, [nurse.id].into()));
    app.clock.put_forward(86_400);
    for one in [nurse.id, other.id] {
        if one == other.id {
            actions::suspend_member(app, school, one).await.unwrap();
        }
        actions::reactivate_member(app, &lately(&house), one).await.unwrap();
    }
    let teams = actions::teams_to_administer(app, school).await.unwrap().teams;
    let expected = [(nurse.id, app.clock.now()), (other.id, house::NOW)].into();
    assert_eq!((teams[0].since.clone(), teams[0].awaited.len()), (expected, 0));
}
