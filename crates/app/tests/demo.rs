//! The invented story: who is in it, and that it says what the guidance says.
#![allow(missing_docs, clippy::unwrap_used, reason = "what a test prepares may fail the test")]

use std::sync::Arc;

use casework::{Choice, Role};
use sharewell::actions::{self, Actor};
use sharewell::config::Config;
use sharewell::device::Device;
use sharewell::packs::LoadedPack;
use sharewell::{App, AppError, clock, demo};

async fn opened() -> (tempfile::TempDir, Arc<App>) {
    let folder = tempfile::tempdir().unwrap();
    let app = demo::open(LoadedPack::built_in().unwrap(), Config::plain(&folder.path().join("story"))).await.unwrap();
    (folder, app)
}

/// Signs in by one press as the member with this job.
async fn as_the(app: &App, job: &str) -> Actor {
    let everybody = actions::demo_members(app).await.unwrap();
    let one = everybody.iter().find(|one| one.member.role_title.contains(job)).unwrap();
    actions::sign_in_as(app, one.member.id, &Device::unknown()).await.unwrap().actor
}

#[tokio::test]
async fn the_four_partnerships_and_every_role_are_there() {
    let (_folder, app) = opened().await;
    let everybody = actions::demo_members(&app).await.unwrap();
    for job in [
        "eacher",
        "Health visitor",
        "Social worker",
        "Police officer",
        "Caldicott",
        "Information governance",
        "analyst",
    ] {
        assert!(everybody.iter().any(|one| one.member.role_title.contains(job)), "{job}");
    }
    for role in Role::ALL {
        assert!(everybody.iter().any(|one| one.member.is(*role)), "{role}");
    }
    assert!(everybody.iter().all(|one| one.member.email.ends_with(".example")));
}

#[tokio::test]
async fn the_social_worker_declared_a_neighbour_and_her_reading_waits_for_an_adviser() {
    let (_folder, app) = opened().await;
    let worker = as_the(&app, "Social worker").await;
    assert_eq!(actions::own_declarations(&app, &worker).await.unwrap().len(), 1);
    let adviser = as_the(&app, "Information governance").await;
    let reading = actions::unusual_reading(&app, &adviser, Some(casework::Sign::OwnStreet), 0).await.unwrap();
    assert_eq!(reading.views.len(), 1, "{:?}", reading.waiting);
    assert_eq!(reading.views[0].viewed.view.reader, worker.member.id);
    // A manager is there to lift it.
    assert!(actions::judges_conflicts(&app, &as_the(&app, "Duty manager").await));
}

#[tokio::test]
async fn each_has_something_to_see_and_the_teacher_something_to_finish() {
    let (_folder, app) = opened().await;
    let teacher = as_the(&app, "Teacher").await;
    let decisions = actions::decisions(&app, &teacher).await.unwrap();
    assert_eq!(
        decisions.iter().map(|decision| decision.own.choice).collect::<Vec<_>>(),
        [Choice::DoNotShare, Choice::Share]
    );
    let drafts = actions::drafts(&app, &teacher).await.unwrap();
    assert_eq!(drafts.len(), 1);
    assert!(
        drafts[0].last_page.as_deref().is_some_and(|page| app.pack().question(page).is_some()),
        "the draft opens where it was left"
    );
    let shared = actions::decision(&app, &teacher, decisions[1].id).await.unwrap();
    assert_eq!(shared.advice.unwrap().verdict.id(), "share");
    assert_eq!(shared.people.len(), 2);

    let visitor = as_the(&app, "Health visitor").await;
    let hers = actions::decisions(&app, &visitor).await.unwrap();
    let refused = actions::decision(&app, &visitor, hers[0].id).await.unwrap();
    assert_eq!(refused.advice.unwrap().verdict.id(), "do-not-share");
    let guardian = as_the(&app, "Caldicott").await;
    assert_eq!(actions::decision(&app, &guardian, hers[0].id).await.unwrap().decision, hers[0]);
    assert!(matches!(actions::decision(&app, &teacher, hers[0].id).await, Err(AppError::NotFound)));

    let worker = as_the(&app, "Social worker").await;
    let against = &actions::decisions(&app, &worker).await.unwrap()[0];
    assert_eq!(against.advice.as_ref().unwrap().verdict.word(), "share");
    assert!(against.own.departing.is_some(), "a decision against the advice says why");
}

#[tokio::test]
async fn the_numbers_shown_are_kept_free_for_drama() {
    let (_folder, app) = opened().await;
    let doors = actions::front_doors(&app, None).await.unwrap();
    assert!(!doors.is_empty());
    // Ofcom keeps 01632 960000 to 960999 free for drama.
    assert!(doors.iter().all(|door| door.phone.starts_with("01632 960")), "{doors:?}");
}

#[tokio::test]
async fn an_emergency_access_of_last_night_waits_for_somebody_else_to_look_at_it() {
    let (_folder, app) = opened().await;
    let adviser = as_the(&app, "Information governance").await;
    let waiting = actions::waiting(&app, &adviser).await.unwrap();
    assert_eq!(waiting.count(), 1);
    let taken = &waiting.emergencies[0];
    assert_eq!(taken.holder.as_ref().unwrap().role_title, "Emergency duty officer");
    let began = clock::in_london(taken.access.begins);
    assert_eq!((began.hour(), began.minute(), began.date()), (2, 12, app.clock.today().yesterday().unwrap()));
    let record = actions::emergency(&app, &adviser, taken.access.id).await.unwrap();
    assert_eq!((record.people.len(), record.seen.len()), (3, 2), "what was looked at is there to be seen");
    let night = as_the(&app, "Emergency duty").await;
    assert!(actions::matters(&app, &night).await.unwrap().is_empty(), "nothing else is open to them");
    let visitor = as_the(&app, "Health visitor").await;
    assert!(matches!(actions::oversight(&app, &visitor).await, Err(AppError::NotFound)));
    let guardian = as_the(&app, "Caldicott").await;
    assert_eq!(actions::confidential_decisions(&app, &guardian, None).await.unwrap().decisions.len(), 1);
}

#[tokio::test]
async fn whatever_was_decided_was_decided_by_day() {
    let (_folder, app) = opened().await;
    for job in ["Teacher", "Health visitor", "Social worker"] {
        let actor = as_the(&app, job).await;
        for decision in actions::decisions(&app, &actor).await.unwrap() {
            let hour = clock::in_london(decision.recorded_at).hour();
            assert!((8..18).contains(&hour), "{job}: {hour}");
        }
    }
}
