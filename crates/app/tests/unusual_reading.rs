//! The list of unusual reading: a snooper is on it, an adviser marks it, never their own, and what they must not see waits for another.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;
#[path = "house/pages.rs"]
mod pages;

use axum::http::StatusCode;
use casework::{Member, Moment, PersonId, Role, Seen, View, ViewId, Why};
use house::House;
use pages::page;
use serde_json::{Value, json};
use sharewell::actions::{self, Actor};
use store::{Reading, StoreError, Writing, verify};

const TEACHER: &str = "teacher@fernbank.example";
const GUARDIAN: &str = "guardian@fernbank.example";
const SNOOPER: &str = "snooper@fernbank.example";

/// Somebody is known here, recorded by a colleague of another name; everybody else in the house is called Throssell.
async fn known(house: &House, name: &str) -> PersonId {
    let email = format!("{}@fernbank.example", name.to_lowercase().replace(' ', "."));
    let colleague =
        casework::NewMember { name: "Ada Lovell".into(), ..crate::house::member(&email, &[Role::Practitioner]) };
    actions::admit_member(&house.app, &house.school, colleague, Some(crate::house::PASSWORD)).await.unwrap();
    let token = house.token(&email).await;
    let quick = json!({
        "about": "A neighbour asked", "choice": "do-not-share", "reasons": "Not hers to know.",
        "people": [{ "name": name, "date_of_birth": "2016-02-03" }],
    });
    let recorded = house.send("POST", "/api/v1/decisions/not-sharing", Some(&token), Some(quick)).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    recorded.json["people"][0]["id"].as_str().unwrap().parse().unwrap()
}

/// The snooper looks somebody up for a reason; the id of the view.
async fn snooped(house: &House, name: &str) -> ViewId {
    let token = house.token(SNOOPER).await;
    let asked = [("name", name), ("born", "2016"), ("reason", "I want to know where she lives.")];
    let opened = page(house, &token, "/people", Some(&asked)).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.html);
    let since = Moment::from_micros(0);
    let read: Result<_, StoreError> = house
        .app
        .store
        .read("views", house.school.organisation.id, |mut r: Reading| async move { r.views_since(since, 1).await })
        .await;
    read.unwrap()[0].view.id
}

async fn list(house: &House, email: &str) -> Value {
    let token = house.token(email).await;
    let answered = house.send("GET", "/api/v1/unusual-reading", Some(&token), None).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.json);
    answered.json
}

#[tokio::test]
async fn a_seeded_snooper_is_on_the_list_and_an_adviser_marks_it_with_what_they_found() {
    let house = House::new().await;
    house.colleague(SNOOPER, Role::Practitioner).await;
    house.colleague(GUARDIAN, Role::Adviser).await;
    let person = known(&house, "Ottilie Throssell").await;
    let view = snooped(&house, "Ottilie Throssell").await;
    let found = list(&house, GUARDIAN).await;
    assert_eq!(found["views"][0]["signs"], json!(["own-surname", "stated-reason"]));
    assert_eq!(found["views"][0]["people"], json!([person.to_string()]));
    assert_eq!((&found["waiting"], &found["waiting_by_sign"]["own-surname"]), (&json!(1), &json!(1)));
    // On the page, with the sign in words; and nobody else has such a page.
    let guardian = house.token(GUARDIAN).await;
    let address = format!("/oversight/reading/{view}");
    let shown = page(&house, &guardian, "/oversight/reading", None).await.html;
    assert!(shown.contains("The person has the reader’s surname") && shown.contains(&address), "{shown}");
    let one = page(&house, &guardian, &address, None).await.html;
    assert!(one.contains("I want to know where she lives."), "{one}");
    for email in [TEACHER, SNOOPER] {
        let other = house.token(email).await;
        for address in ["/oversight/reading", &address, "/api/v1/unusual-reading"] {
            assert_eq!(page(&house, &other, address, None).await.status, StatusCode::NOT_FOUND, "{email} {address}");
        }
        let refused = page(&house, &other, &address, Some(&[("note", "Fine")])).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{email}");
    }
    let unsaid = page(&house, &guardian, &address, Some(&[("note", " ")])).await;
    assert!(unsaid.html.contains("Say what you found, in a line."), "{}", unsaid.html);
    let done = page(&house, &guardian, &address, Some(&[("note", "She could not say why")])).await;
    assert_eq!(done.location, "/oversight/reading?done=yes", "{}", done.html);
    let found = list(&house, GUARDIAN).await;
    assert_eq!(
        (&found["waiting"], &found["views"][0]["looked_at"][0]["note"]),
        (&json!(0), &json!("She could not say why"))
    );
    // What was found before stays beside what is found later.
    page(&house, &guardian, &address, Some(&[("note", "She was asked to")])).await;
    let shown = page(&house, &guardian, &address, None).await.html;
    let said = ["She could not say why", "She was asked to"].map(|note| shown.find(note));
    assert!(said[0].is_some() && said[0] < said[1], "{shown}");
    // The mark is a version in the ledger, and the list itself is a view.
    let read: Result<_, StoreError> = house
        .app
        .store
        .read("views", house.school.organisation.id, |mut r: Reading| async move { r.views_of(person, 50, 0).await })
        .await;
    let views = read.unwrap();
    assert!(views.iter().any(|one| one.view.seen == Seen::Oversight && one.view.why == Why::Oversight));
    assert_eq!(views.iter().find(|one| one.view.id == view).unwrap().view.version, 3);
    let place = store::Place::under(house.folder.path());
    let checked = verify(&place.database, Some(&place.keys), |_| {}).await.unwrap();
    assert!(checked.iter().all(|one| one.findings.is_empty()), "{:?}", checked[0].findings);
}

#[tokio::test]
async fn nobody_sees_or_marks_their_own_and_what_an_adviser_must_not_see_waits_for_another() {
    let house = House::new().await;
    house.colleague(SNOOPER, Role::Adviser).await;
    let guardian = house.colleague(GUARDIAN, Role::Adviser).await;
    house.colleague("other@fernbank.example", Role::Adviser).await;
    let person = known(&house, "Ottilie Throssell").await;
    let view = snooped(&house, "Ottilie Throssell").await;
    assert_eq!(list(&house, SNOOPER).await["views"], json!([]), "their own");
    let new = casework::NewDeclaration {
        name: "Ottilie Throssell".into(),
        born: "2016".into(),
        relation: Some(casework::Relation::Family),
        ..casework::NewDeclaration::default()
    };
    let actor = Actor { member: guardian.clone(), ..house.school.clone() };
    actions::declare_conflict(&house.app, &actor, guardian.id, &new).await.unwrap();
    assert_eq!(list(&house, GUARDIAN).await["views"], json!([]), "about somebody whom they must not see");
    let mark = format!("/api/v1/unusual-reading/{view}/looked-at");
    let note = json!({ "note": "It is fine" });
    for email in [SNOOPER, GUARDIAN] {
        let token = house.token(email).await;
        let refused = house.send("POST", &mark, Some(&token), Some(note.clone())).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{email}");
        let one = house.send("GET", &format!("/api/v1/unusual-reading/{view}"), Some(&token), None).await;
        assert_eq!(one.status, StatusCode::NOT_FOUND, "{email}");
    }
    let other = house.token("other@fernbank.example").await;
    assert_eq!(list(&house, "other@fernbank.example").await["views"][0]["people"], json!([person.to_string()]));
    assert_eq!(house.send("POST", &mark, Some(&other), Some(note)).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn administrators_are_told_while_fewer_than_two_look_over_reading() {
    let house = House::new().await;
    let home = async || {
        let token = house.token(TEACHER).await;
        page(&house, &token, "/", None).await.html
    };
    assert!(home().await.contains("Nobody here looks over unusual reading."));
    let adviser = house.colleague(GUARDIAN, Role::Adviser).await;
    assert!(home().await.contains("Only one colleague looks over unusual reading"));
    house.colleague("other@fernbank.example", Role::Adviser).await;
    assert!(!home().await.contains("looks over unusual reading"));
    let actor = Actor { member: adviser, ..house.school.clone() };
    assert_eq!(actions::look_over_reading(&house.app, &actor).await.unwrap(), None);
}

#[tokio::test]
async fn the_list_is_filtered_by_sign_and_pages_and_says_what_has_not_been_looked_at_first() {
    let house = House::new().await;
    house.colleague(SNOOPER, Role::Practitioner).await;
    house.colleague(GUARDIAN, Role::Adviser).await;
    known(&house, "Ottilie Throssell").await;
    known(&house, "Jay Field").await;
    let first = snooped(&house, "Ottilie Throssell").await;
    for _ in 0..26 {
        snooped(&house, "Jay Field").await;
    }
    let token = house.token(GUARDIAN).await;
    let get = async |query: &str| {
        house.send("GET", &format!("/api/v1/unusual-reading{query}"), Some(&token), None).await.json
    };
    let all = get("").await;
    assert_eq!((all["views"].as_array().unwrap().len(), &all["more"], &all["waiting"]), (25, &json!(true), &json!(27)));
    let rest = get("?page=1").await;
    assert_eq!((rest["views"].as_array().unwrap().len(), &rest["more"]), (2, &json!(false)));
    let named = get("?sign=own-surname").await;
    assert_eq!(named["views"].as_array().unwrap().len(), 1);
    assert_eq!(
        house.send("GET", "/api/v1/unusual-reading?sign=none", Some(&token), None).await.status,
        StatusCode::NOT_FOUND
    );
    let mark = format!("/api/v1/unusual-reading/{first}/looked-at");
    house.send("POST", &mark, Some(&token), Some(json!({ "note": "A namesake" }))).await;
    let rest = get("?page=1").await;
    assert_eq!(rest["views"][1]["view"]["id"], json!(first.to_string()), "what was looked at comes last");
    let page = page(&house, &token, "/oversight/reading?sign=own-surname", None).await.html;
    assert!(page.contains("A namesake") && page.contains("26 not looked at yet"), "{page}");
}

/// Views of one reader, put straight into the store: one in thirty for a stated reason.
async fn many(house: &House, reader: &Member, people: &[PersonId], count: u64) {
    let now = house.app.clock.now();
    let (mut left, mut n) = (count, 0_u64);
    while left > 0 {
        let batch = left.min(2_000);
        let views: Vec<View> = (0..batch)
            .map(|_| {
                n += 1;
                let at = now.plus_seconds(-i64::try_from(n * 20).unwrap());
                let mut random = [0; 10];
                random[..8].copy_from_slice(&n.to_be_bytes());
                View {
                    id: ViewId::new(at, random),
                    organisation: reader.organisation,
                    version: 1,
                    reader: reader.id,
                    people: [people[usize::try_from(n).unwrap() % people.len()]].into(),
                    seen: Seen::Person(people[0]),
                    why: if n % 30 == 0 { Why::Stated("A call".into()) } else { Why::OwnDraft },
                    first_at: at,
                    looked_at: None,
                    earlier: Vec::new(),
                }
            })
            .collect();
        let views = &views;
        let written: Result<(), StoreError> = house
            .app
            .store
            .write("many", reader.organisation, |mut writing: Writing| async move {
                for view in views {
                    writing.note_view(view).await?;
                }
                Ok(())
            })
            .await;
        written.unwrap();
        left -= batch;
    }
}

#[tokio::test]
async fn a_page_of_the_list_of_many_views_is_one_page() {
    let count = 2_000;
    let house = House::new().await;
    let guardian = house.colleague(GUARDIAN, Role::Adviser).await;
    let reader = house.colleague(SNOOPER, Role::Practitioner).await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(known(&house, &format!("Jay Field{n}")).await);
    }
    many(&house, &reader, &people, count).await;
    let actor = Actor { member: guardian, ..house.school.clone() };
    let found = actions::unusual_reading(&house.app, &actor, None, 0).await.unwrap();
    assert!(found.waiting_in_all > actions::UNUSUAL_ON_A_PAGE, "{}", found.waiting_in_all);
    let mut shown = Vec::new();
    for page in 0.. {
        let found = actions::unusual_reading(&house.app, &actor, None, page).await.unwrap();
        let full = found.views.len() == actions::UNUSUAL_ON_A_PAGE;
        assert!(full || !found.more, "page {page} has {}", found.views.len());
        shown.extend(found.views.iter().map(|one| one.viewed.view.id));
        if !found.more {
            break;
        }
    }
    assert_eq!(shown.len(), found.waiting_in_all, "every one on one page");
    shown.sort_unstable();
    shown.dedup();
    assert_eq!(shown.len(), found.waiting_in_all, "and on no other");
}

#[tokio::test]
async fn an_address_that_is_protected_gives_no_sign_nor_does_a_street_that_somebody_else_declared() {
    let house = House::new().await;
    let snooper = house.colleague(SNOOPER, Role::Practitioner).await;
    let manager = house.colleague("manager@fernbank.example", Role::Manager).await;
    house.colleague(GUARDIAN, Role::Adviser).await;
    let street = |street: &str| casework::NewDeclaration {
        name: "Somebody Else".into(),
        born: "1980".into(),
        relation: Some(casework::Relation::Neighbour),
        street: street.into(),
        why: "She said so".into(),
        ..casework::NewDeclaration::default()
    };
    let own = Actor { member: snooper.clone(), ..house.school.clone() };
    actions::declare_conflict(&house.app, &own, snooper.id, &street("Mill Lane")).await.unwrap();
    let set = Actor { member: manager, ..house.school.clone() };
    actions::declare_conflict(&house.app, &set, snooper.id, &street("Quarry Road")).await.unwrap();
    for (name, lines, protected, stands_out) in [
        ("Jay Field", "3 Mill Lane", false, true),
        ("Ida Brook", "4 Mill Lane", true, false),
        ("Noor Hill", "5 Quarry Road", false, false),
    ] {
        let person = known(&house, name).await;
        let address = casework::Address {
            organisation: house.school.organisation.id,
            person,
            version: 1,
            lines: lines.into(),
            protected,
            because: String::new(),
            by: house.school.member.id,
            at: house.app.clock.now(),
        };
        let address = &address;
        let saved: Result<(), StoreError> = house
            .app
            .store
            .write("address", address.organisation, |mut w: Writing| async move { w.save_address(address).await })
            .await;
        saved.unwrap();
        // The newest view is told by its time.
        house.app.clock.put_forward(1);
        let view = snooped(&house, name).await;
        let found = list(&house, GUARDIAN).await;
        let views = found["views"].as_array().unwrap();
        let hers = views.iter().find(|one| one["view"]["id"] == json!(view.to_string())).unwrap();
        assert_eq!(hers["signs"].as_array().unwrap().contains(&json!("own-street")), stands_out, "{name}: {hers}");
    }
}

#[tokio::test]
async fn whoever_came_into_a_team_by_a_table_days_ago_and_in_by_a_link_an_hour_ago_was_on_its_matters_for_an_hour() {
    let house = House::new().await;
    house.colleague(GUARDIAN, Role::Adviser).await;
    let (app, day) = (&house.app, 24 * 60 * 60);
    let lately = || Actor { confirmed_at: Some(app.clock.now()), ..house.school.clone() };
    let team = actions::save_team(app, &lately(), None, "Nurses", &[].into()).await.unwrap();
    let matter = actions::open_matter(app, &house.school, "Missed meals".into()).await.unwrap();
    let ottilie = casework::NewPerson { name: "Ottilie Quarrendon".into(), ..casework::NewPerson::default() };
    actions::name_person(app, &house.school, matter.id, ottilie).await.unwrap();
    let table = format!("name,e-mail,job,roles,team\nAda Lovell,{SNOOPER},Nurse,practitioner,Nurses\n");
    let links = actions::invite_all(app, &lately(), &table).await.unwrap();
    let colleague = links[0].member.id;
    let terms = casework::Terms { until: None, why: "They visit".into() };
    let filled = actions::teams_to_administer(app, &house.school).await.unwrap().teams.remove(0);
    assert_eq!((filled.since.len(), filled.awaited.clone()), (0, [colleague].into()));
    actions::involve(app, &house.school, matter.id, actions::Involve::Team(team.id), &terms).await.unwrap();
    // They come in two days later, read, and are taken out of the team within the hour.
    app.clock.put_forward(2 * day);
    actions::use_link(app, &links[0].code.text(), house::PASSWORD).await.unwrap();
    let came = actions::teams_to_administer(app, &house.school).await.unwrap().teams.remove(0);
    assert_eq!((came.since.get(&colleague), came.awaited.len()), (Some(&app.clock.now()), 0));
    app.clock.put_forward(600);
    let own = house.token(SNOOPER).await;
    assert_eq!(page(&house, &own, &format!("/matters/{}", matter.id), None).await.status, StatusCode::OK);
    app.clock.put_forward(600);
    actions::save_team(app, &lately(), Some((team.id, came.version)), "Nurses", &[].into()).await.unwrap();
    app.clock.put_forward(60);
    let found = list(&house, GUARDIAN).await;
    assert_eq!(found["views"][0]["signs"], json!(["brief-involvement"]), "{found}");
}
