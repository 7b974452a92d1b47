//! What members do, through the actions that every way in uses, on a real store.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;

use std::collections::BTreeMap;

use casework::{Choice, Correction, InvolvedBy, NewDraft, NewPerson, Role, YesNo};
use house::{House, PASSWORD, found, told_by_a_child};
use jiff::civil::date;
use sharewell::AppError;
use sharewell::actions::{
    self, Actor, Basis, IDLE_SECONDS, Involve, LONGEST_SECONDS, OnMatter, RecordDecision, RecordNotSharing, Whom,
};

fn sharing(basis: Basis) -> RecordDecision {
    RecordDecision {
        basis,
        matter: OnMatter::New { title: String::new() },
        people: vec![Whom::New(NewPerson { name: "Ottilie Quarrendon".into(), ..NewPerson::default() })],
        about: "Telling social care what Ottilie said".into(),
        purpose: "To protect a child".into(),
        choice: Choice::Share,
        reasons: "She was plain and there are marks.".into(),
        departing: None,
        items: BTreeMap::new(),
        recipient: None,
        article_8: None,
        requester_discussion: String::new(),
        advice_sought: String::new(),
        told: None,
        look_again_on: None,
        acts_done: Vec::new(),
        corrects: None,
        id: None,
    }
}

fn not_sharing() -> RecordNotSharing {
    RecordNotSharing {
        matter: OnMatter::New { title: String::new() },
        people: Vec::new(),
        about: "A list of families, asked for by a caller".into(),
        choice: Choice::DoNotShare,
        reasons: "He would not say what it is for.".into(),
        requester: None,
        requester_discussion: String::new(),
        look_again_on: None,
        corrects: None,
        id: None,
    }
}

fn fields(error: AppError) -> Vec<String> {
    match error {
        AppError::Invalid(problems) => problems.into_iter().map(|problem| problem.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_recorded_decision_reads_back_with_its_advice_and_survives_a_restart() {
    let house = House::new().await;
    let recorded =
        actions::record_decision(&house.app, &house.school, sharing(Basis::Case(told_by_a_child()))).await.unwrap();
    let read = actions::decision(&house.app, &house.school, recorded.id).await.unwrap();
    assert_eq!(read.decision, recorded);
    assert_eq!(read.advice.as_ref().unwrap().verdict.id(), "share");
    assert_eq!(read.people[0].name, "Ottilie Quarrendon");
    assert_eq!(read.matter.title, "Telling social care what Ottilie said");
    assert_eq!(read.decision.items[0].judgement, casework::Judgement::In);
    assert!(house.app.store.pack(&house.app.pack().digest).await.unwrap().is_some());

    house.app.store.close().await;
    let config = house.app.config.clone();
    let again =
        sharewell::App::open(house::pack(), house.app.clock.clone(), sharewell::Mode::Live, config).await.unwrap();
    assert_eq!(actions::decision(&again, &house.school, recorded.id).await.unwrap().decision, recorded);
}

#[tokio::test]
async fn the_organisation_answers_once_for_everybody() {
    let house = House::new().await;
    let profile = casework::Profile { policy_document: Some(YesNo::Yes), ..casework::Profile::default() };
    let school = &house.school.organisation;
    let changed =
        actions::answer_profile(&house.app, &house.school, school.version, &school.body, profile).await.unwrap();
    let actor = Actor { organisation: changed, ..house.school.clone() };
    let draft = actions::start_draft(&house.app, &actor, None, NewDraft::default()).await.unwrap();
    let advised = actions::advise_on_draft(&house.app, &actor, &draft).unwrap();
    assert_eq!(advised.document.facts["discloser_kind"].list(), ["school-maintained"]);
    assert_eq!(advised.document.facts["policy_document"].list(), ["yes"]);
}

#[tokio::test]
async fn a_recorded_draft_is_gone_and_cannot_be_recorded_twice() {
    let house = House::new().await;
    let new = actions::new_draft(&house.app, &told_by_a_child()).unwrap();
    let draft = actions::start_draft(&house.app, &house.school, None, new).await.unwrap();
    let basis = Basis::Draft(draft.id, draft.version);
    actions::record_decision(&house.app, &house.school, sharing(basis.clone())).await.unwrap();
    assert!(actions::drafts(&house.app, &house.school).await.unwrap().is_empty());
    let twice = actions::record_decision(&house.app, &house.school, sharing(basis)).await;
    assert!(matches!(twice, Err(AppError::NotFound)));
}

#[tokio::test]
async fn a_draft_saved_in_another_tab_is_not_overwritten_nor_recorded() {
    let house = House::new().await;
    let new = actions::new_draft(&house.app, &told_by_a_child()).unwrap();
    let draft = actions::start_draft(&house.app, &house.school, None, new).await.unwrap();
    let notes = |draft: &mut casework::Draft| draft.notes.push_str("second tab");
    actions::save_draft(&house.app, &house.school, draft.id, draft.version, notes).await.unwrap();
    let late = actions::save_draft(&house.app, &house.school, draft.id, draft.version, |_| ()).await;
    assert!(matches!(late, Err(AppError::Conflict)));
    let recorded =
        actions::record_decision(&house.app, &house.school, sharing(Basis::Draft(draft.id, draft.version))).await;
    assert!(matches!(recorded, Err(AppError::Conflict)));
}

#[tokio::test]
async fn a_decision_that_is_refused_leaves_nothing_behind() {
    let house = House::new().await;
    let command = RecordDecision { reasons: String::new(), ..sharing(Basis::Case(told_by_a_child())) };
    let refused = actions::record_decision(&house.app, &house.school, command).await.unwrap_err();
    assert_eq!(fields(refused), ["reasons"]);
    assert!(actions::matters(&house.app, &house.school).await.unwrap().is_empty());
    assert!(actions::decisions(&house.app, &house.school).await.unwrap().is_empty());
}

#[tokio::test]
async fn deciding_against_the_advice_needs_a_reason_for_that() {
    let house = House::new().await;
    let against = RecordDecision { choice: Choice::DoNotShare, ..sharing(Basis::Case(told_by_a_child())) };
    let refused = actions::record_decision(&house.app, &house.school, against.clone()).await.unwrap_err();
    assert_eq!(fields(refused), ["departing"]);
    let reasoned = RecordDecision { departing: Some("Social care rang me about this first.".into()), ..against };
    actions::record_decision(&house.app, &house.school, reasoned).await.unwrap();
}

#[tokio::test]
async fn not_sharing_takes_two_lines() {
    let house = House::new().await;
    let recorded = actions::record_not_sharing(&house.app, &house.school, not_sharing()).await.unwrap();
    let read = actions::decision(&house.app, &house.school, recorded.id).await.unwrap();
    assert!(read.advice.is_none() && read.people.is_empty());
    let empty = RecordNotSharing { about: String::new(), reasons: String::new(), ..not_sharing() };
    assert!(actions::record_not_sharing(&house.app, &house.school, empty).await.is_err());
}

#[tokio::test]
async fn a_correction_is_a_new_record_and_both_stay() {
    let house = House::new().await;
    let earlier =
        actions::record_decision(&house.app, &house.school, sharing(Basis::Case(told_by_a_child()))).await.unwrap();
    let draft = actions::start_correction(&house.app, &house.school, earlier.id).await.unwrap();
    assert_eq!(draft.answers["child_disclosed"], ["yes"]);
    let without_why = RecordDecision {
        matter: OnMatter::Existing(earlier.matter),
        people: Vec::new(),
        corrects: Some(Correction { decision: earlier.id, why: String::new() }),
        ..sharing(Basis::Draft(draft.id, draft.version))
    };
    let refused = actions::record_decision(&house.app, &house.school, without_why.clone()).await.unwrap_err();
    assert_eq!(fields(refused), ["why"]);
    let corrects = Some(Correction { decision: earlier.id, why: "The day was wrong.".into() });
    let later =
        actions::record_decision(&house.app, &house.school, RecordDecision { corrects, ..without_why }).await.unwrap();

    let old = actions::decision(&house.app, &house.school, earlier.id).await.unwrap();
    assert_eq!(old.decision, earlier);
    assert_eq!(old.corrected_by, std::slice::from_ref(&later));
    assert_eq!(actions::decision(&house.app, &house.school, later.id).await.unwrap().corrects, Some(earlier.clone()));
    let matter = actions::matter(&house.app, &house.school, earlier.matter).await.unwrap();
    assert_eq!(matter.items.len(), 1, "an item that stayed as it was is not added twice");
    assert!(!later.texts.contains_key(actions::CORRECTS));
}

#[tokio::test]
async fn what_another_organisation_holds_does_not_exist() {
    let house = House::new().await;
    let neighbour = house.neighbour().await;
    let recorded =
        actions::record_decision(&house.app, &house.school, sharing(Basis::Case(told_by_a_child()))).await.unwrap();
    let draft = actions::start_draft(&house.app, &house.school, None, NewDraft::default()).await.unwrap();
    let on_theirs = RecordNotSharing { matter: OnMatter::Existing(recorded.matter), ..not_sharing() };
    let about_theirs =
        RecordNotSharing { people: vec![Whom::Known(*recorded.people.first().unwrap())], ..not_sharing() };
    let correcting_theirs =
        RecordNotSharing { corrects: Some(Correction { decision: recorded.id, why: "Wrong".into() }), ..not_sharing() };
    for refused in [
        actions::decision(&house.app, &neighbour, recorded.id).await.map(drop),
        actions::matter(&house.app, &neighbour, recorded.matter).await.map(drop),
        actions::draft(&house.app, &neighbour, draft.id).await.map(drop),
        actions::discard_draft(&house.app, &neighbour, draft.id).await,
        actions::start_correction(&house.app, &neighbour, recorded.id).await.map(drop),
        actions::replay(&house.app, &neighbour, recorded.id).await.map(drop),
        actions::record_not_sharing(&house.app, &neighbour, on_theirs).await.map(drop),
        actions::record_not_sharing(&house.app, &neighbour, about_theirs).await.map(drop),
        actions::record_not_sharing(&house.app, &neighbour, correcting_theirs).await.map(drop),
        actions::involve(&house.app, &neighbour, recorded.matter, Involve::Invite(neighbour.member.id), &because())
            .await
            .map(drop),
        actions::set_password(&house.app, &neighbour, house.school.member.id, PASSWORD).await,
    ] {
        assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");
    }
}

fn because() -> casework::Terms {
    casework::Terms { until: None, why: "She leads on safeguarding".into() }
}

#[tokio::test]
async fn a_colleague_who_is_not_involved_finds_nothing_until_invited() {
    let house = House::new().await;
    let colleague = house.colleague("head@fernbank.example", Role::Manager).await;
    let actor = Actor { member: colleague, ..house.school.clone() };
    let recorded = actions::record_not_sharing(&house.app, &house.school, not_sharing()).await.unwrap();
    assert!(matches!(actions::decision(&house.app, &actor, recorded.id).await, Err(AppError::NotFound)));
    let invited = Involve::Invite(actor.member.id);
    actions::involve(&house.app, &house.school, recorded.matter, invited, &because()).await.unwrap();
    assert_eq!(actions::decision(&house.app, &actor, recorded.id).await.unwrap().decision, recorded);
}

#[tokio::test]
async fn an_invitation_is_not_made_longer_by_the_invited_nor_outlived_by_what_they_began_to_correct() {
    let house = House::new().await;
    let colleague = house.colleague("head@fernbank.example", Role::Manager).await;
    let actor = Actor { member: colleague, ..house.school.clone() };
    let (app, by) = (&house.app, InvolvedBy::Invitation(actor.member.id));
    let recorded = actions::record_not_sharing(app, &house.school, not_sharing()).await.unwrap();
    let matter = recorded.matter;
    actions::involve(app, &house.school, matter, Involve::Invite(actor.member.id), &because()).await.unwrap();
    for whom in [Involve::Assign(actor.member.id), Involve::Invite(actor.member.id)] {
        let longer = actions::involve(app, &actor, matter, whom, &because()).await;
        assert!(matches!(longer, Err(AppError::NotFound)), "{whom:?}: {longer:?}");
    }
    assert!(matches!(actions::matter_to_open(app, &actor, matter).await, Err(AppError::NotFound)));
    let others = actions::end_involvement(app, &actor, matter, InvolvedBy::Assignment(house.school.member.id)).await;
    assert!(matches!(others, Err(AppError::NotFound)), "{others:?}");
    let draft = actions::start_correction(app, &actor, recorded.id).await.unwrap();
    let own = actions::start_draft(app, &actor, Some(matter), NewDraft::default()).await.unwrap();
    assert_eq!(actions::drafts(app, &actor).await.unwrap().len(), 2);
    actions::end_involvement(app, &house.school, matter, by).await.unwrap();
    // What was recorded is closed with the matter; what they wrote themselves stays theirs.
    for refused in [
        actions::draft(app, &actor, draft.id).await.map(drop),
        actions::save_draft(app, &actor, draft.id, draft.version, |_| {}).await.map(drop),
        actions::discard_draft(app, &actor, draft.id).await,
    ] {
        assert!(matches!(refused, Err(AppError::NotFound)), "{refused:?}");
    }
    let left: Vec<_> = actions::drafts(app, &actor).await.unwrap().into_iter().map(|draft| draft.id).collect();
    assert_eq!(left, [own.id]);
}

#[tokio::test]
async fn only_an_administrator_changes_members_and_settings() {
    let house = House::new().await;
    let analyst =
        Actor { member: house.colleague("analyst@fernbank.example", Role::Analyst).await, ..house.school.clone() };
    let admitted =
        actions::admit_member(&house.app, &analyst, house::member("new@fernbank.example", &[Role::Manager]), None)
            .await;
    assert!(matches!(admitted, Err(AppError::NotFound)));
    let organisation = &house.school.organisation;
    let changed =
        actions::answer_profile(&house.app, &analyst, organisation.version, "gp", casework::Profile::default()).await;
    assert!(matches!(changed, Err(AppError::NotFound)));
    assert!(matches!(actions::contacts(&house.app, &analyst).await, Err(AppError::NotFound)));
    assert!(matches!(
        actions::start_draft(&house.app, &analyst, None, NewDraft::default()).await,
        Err(AppError::NotFound)
    ));
}

#[tokio::test]
async fn settings_changed_since_they_were_read_are_a_conflict() {
    let house = House::new().await;
    let procedure = || casework::Procedure {
        title: "Our duty rota".into(),
        text: "Ring the head first.".into(),
        link: None,
        owner: "The head".into(),
        review_on: date(2027, 9, 1),
    };
    let version = house.school.organisation.version;
    let step = house.app.pack().questions[0].id.clone();
    let changed = actions::attach_procedure(&house.app, &house.school, version, &step, procedure()).await.unwrap();
    assert_eq!(changed.procedures[&step].title, "Our duty rota");
    let late = actions::attach_procedure(&house.app, &house.school, version, &step, procedure()).await;
    assert!(matches!(late, Err(AppError::Conflict)));
    let nowhere = actions::attach_procedure(&house.app, &house.school, version + 1, "no-such-step", procedure()).await;
    assert_eq!(fields(nowhere.unwrap_err()), ["step"]);
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_twelve_hours() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    house.app.clock.put_forward(IDLE_SECONDS - 1);
    actions::actor(&house.app, &token).await.unwrap();
    house.app.clock.put_forward(IDLE_SECONDS - 1);
    actions::actor(&house.app, &token).await.unwrap();
    house.app.clock.put_forward(IDLE_SECONDS);
    assert!(matches!(actions::actor(&house.app, &token).await, Err(AppError::SignInFirst)));

    let token = house.token("teacher@fernbank.example").await;
    for _ in 0..LONGEST_SECONDS / (IDLE_SECONDS / 2) - 1 {
        house.app.clock.put_forward(IDLE_SECONDS / 2);
        actions::actor(&house.app, &token).await.unwrap();
    }
    house.app.clock.put_forward(IDLE_SECONDS / 2);
    assert!(matches!(actions::actor(&house.app, &token).await, Err(AppError::SignInFirst)));
}

#[tokio::test]
async fn a_session_ended_or_made_up_is_none() {
    let house = House::new().await;
    let token = house.token("teacher@fernbank.example").await;
    let other = house.token("teacher@fernbank.example").await;
    actions::sign_out(&house.app, &token).await.unwrap();
    assert!(matches!(actions::actor(&house.app, &token).await, Err(AppError::SignInFirst)));
    actions::actor(&house.app, &other).await.unwrap();
    for made_up in ["", "x", "..", &format!("{}.{}", house.school.organisation.id, "0".repeat(64))] {
        assert!(matches!(actions::actor(&house.app, made_up).await, Err(AppError::SignInFirst)), "{made_up}");
    }
    actions::set_password(&house.app, &house.school, house.school.member.id, "another gravel lantern").await.unwrap();
    assert!(matches!(actions::actor(&house.app, &other).await, Err(AppError::SignInFirst)));
}

#[tokio::test]
async fn guessing_closes_an_account_for_a_while_whether_it_exists_or_not() {
    let house = House::new().await;
    for email in ["teacher@fernbank.example", "nobody@fernbank.example"] {
        for _ in 0..actions::MOST_FAILURES {
            assert_eq!(
                fields(
                    actions::sign_in(&house.app, email, "wrong wrong wrong", None, &house::device()).await.unwrap_err()
                ),
                ["password"]
            );
        }
        let closed = actions::sign_in(&house.app, email, PASSWORD, None, &house::device()).await.unwrap_err();
        assert!(closed.to_string().contains("too many attempts"), "{closed}");
    }
    house.app.clock.put_forward(actions::FAILURE_COUNTS_SECONDS);
    actions::sign_in(&house.app, "teacher@fernbank.example", PASSWORD, None, &house::device()).await.unwrap();
}

#[tokio::test]
async fn a_password_on_the_installations_list_of_stolen_ones_is_not_taken() {
    let house = House::new().await;
    let mine = house.school.member.id;
    let set = async |password| actions::set_password(&house.app, &house.school, mine, password).await;
    set("correct horse battery staple").await.unwrap();
    // The SHA-1 of these four words, between two of others.
    let list = "0000000A1D4B746FAA3FD526FF6D5BC8052FDB38:16\r\nABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:2\r\nFFFFFFFEE791CBAC0F6305CAF0CEE06BBE131160:4\r\n";
    let path = house.folder.path().join("breached-passwords.txt");
    std::fs::write(&path, list).unwrap();
    assert_eq!(fields(set("correct horse battery staple").await.unwrap_err()), ["password"]);
    set("another gravel lantern").await.unwrap();
    std::fs::write(&path, "a list of another kind").unwrap();
    assert!(matches!(set("lantern gravel another").await, Err(AppError::Internal(_))));
}

#[tokio::test]
async fn one_press_signs_in_in_the_demo_only() {
    let house = House::new().await;
    assert!(matches!(
        actions::sign_in_as(&house.app, house.school.member.id, &house::device()).await,
        Err(AppError::NotFound)
    ));
    assert!(matches!(actions::demo_members(&house.app).await, Err(AppError::NotFound)));
}

#[tokio::test]
async fn a_decision_replayed_under_its_own_pack_and_day_is_the_same_again() {
    let house = House::new().await;
    let recorded =
        actions::record_decision(&house.app, &house.school, sharing(Basis::Case(told_by_a_child()))).await.unwrap();
    house.app.clock.put_forward(400 * 24 * 60 * 60);
    let replay = actions::replay(&house.app, &house.school, recorded.id).await.unwrap();
    assert_eq!(replay.same_again, Some(true));
    assert_eq!(replay.then, recorded.recorded_on);
    assert!(replay.pack_changed.unwrap().is_nothing());
    assert_eq!(replay.today_view.unwrap().on, house.app.clock.today());
}

#[tokio::test]
async fn an_organisation_needs_a_kind_of_body_that_the_guidance_knows() {
    let house = House::new().await;
    let new = casework::NewOrganisation {
        name: "Misspelt".into(),
        body: "school-maintaned".into(),
        partnership: String::new(),
        profile: casework::Profile::default(),
        second_step: casework::SecondStep::Offered,
    };
    let member = house::member("x@misspelt.example", &[Role::Administrator]);
    let refused = actions::found_organisation(&house.app, new, member, PASSWORD).await.unwrap_err();
    assert!(refused.to_string().contains("Did you mean `school-maintained`?"), "{refused}");
    found(&house.app, "Spelt", "school-maintained", "x@spelt.example").await;
}
