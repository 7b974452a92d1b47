//! Declared conflicts of interest: not found everywhere, whether somebody is known now or named later; nobody is told who is known; and no
//! matter is left without anybody unnoticed.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;
#[path = "house/pages.rs"]
mod pages;

use axum::http::StatusCode;
use casework::{Declaration, Member, PersonId, Role};
use house::{House, told_by_a_child};
use pages::{Shown, page};
use serde_json::{Value, json};
use sharewell::actions::{self, Actor, Involve};
use store::{Reading, StoreError, verify};

const TEACHER: &str = "teacher@fernbank.example";
const AUNT: &str = "aunt@fernbank.example";
const MANAGER: &str = "manager@fernbank.example";
const NOWHERE: &str = "0193a5c0-0000-7000-8000-000000000000";

/// A decision about somebody; its id, its matter's and theirs.
async fn recorded(house: &House, token: &str, person: Value) -> (String, String, PersonId) {
    let decision = json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what was said",
        "purpose": "To protect a child",
        "people": [person],
        "choice": "share",
        "reasons": "There are marks.",
    });
    let recorded = house.send("POST", "/api/v1/decisions", Some(token), Some(decision)).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let person = text(&recorded.json["people"][0]["id"]).parse().unwrap();
    (text(&recorded.json["id"]), text(&recorded.json["matter"]), person)
}

fn ottilie() -> Value {
    json!({ "name": "Ottilie Quarrendon", "date_of_birth": "2016-02-03" })
}

async fn member(house: &House, of: &Member) -> Member {
    let id = of.id;
    let read: Result<_, StoreError> = house
        .app
        .store
        .read("member", house.school.organisation.id, |mut r: Reading| async move { r.member(id).await })
        .await;
    read.unwrap().unwrap()
}

async fn declarations(house: &House) -> Vec<Declaration> {
    let read: Result<_, StoreError> = house
        .app
        .store
        .read("declarations", house.school.organisation.id, |mut r: Reading| async move { r.declarations().await })
        .await;
    read.unwrap()
}

/// A colleague's own declaration, on the page.
async fn declares(house: &House, email: &str, name: &str, born: &str) -> Shown {
    let fields = [("name", name), ("born-year", born), ("relation", "family"), ("street", "Mill Lane")];
    let token = house.token(email).await;
    let done = page(house, &token, "/account/conflicts", Some(&fields)).await;
    assert_eq!(done.location, "/account/conflicts?done=declared", "{}", done.html);
    page(house, &token, &done.location, None).await
}

async fn invited(house: &House, matter: &str, whom: &Member) {
    let terms = casework::Terms { until: None, why: "She helps".into() };
    let matter = matter.parse().unwrap();
    actions::involve(&house.app, &house.school, matter, Involve::Invite(whom.id), &terms).await.unwrap();
}

/// Every address that would show something about the decision, the matter or the person.
fn addresses(decision: &str, matter: &str, person: PersonId) -> Vec<String> {
    [
        format!("/matters/{matter}"),
        format!("/matters/{matter}/involve"),
        format!("/decisions/{decision}"),
        format!("/decisions/{decision}/record.pdf"),
        format!("/decisions/{decision}/record.json"),
        format!("/decisions/{decision}/receipt"),
        format!("/decisions/{decision}/replay"),
        format!("/people/{person}"),
        format!("/people/{person}/readers"),
        format!("/api/v1/decisions/{decision}"),
        format!("/api/v1/decisions/{decision}/receipt"),
        format!("/api/v1/people/{person}"),
        format!("/api/v1/people/{person}/readers"),
    ]
    .into()
}

/// Nothing of it is found by whoever has this token: each address answers as it does for an id that nobody has, and no list shows it.
async fn nothing_is_found(house: &House, email: &str, of: (&str, &str, PersonId)) {
    let token = house.token(email).await;
    let nobody = addresses(NOWHERE, NOWHERE, NOWHERE.parse().unwrap());
    for (address, nowhere) in addresses(of.0, of.1, of.2).iter().zip(&nobody) {
        let (hidden, missing) = (page(house, &token, address, None).await, page(house, &token, nowhere, None).await);
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{address}");
        assert_eq!(hidden.html.replace(&of.2.to_string(), NOWHERE), missing.html, "{address}");
    }
    for list in ["/", "/matters"] {
        let shown = page(house, &token, list, None).await;
        assert!(!shown.html.contains("Telling social care") && !shown.html.contains(of.1), "{list}");
    }
    assert!(page(house, &token, "/matters", None).await.html.contains("ask your duty manager"));
    let asked = [("name", "Ottilie Quarrendon"), ("born", "2016"), ("reason", "I want to know.")];
    let found = page(house, &token, "/people", Some(&asked)).await;
    assert!(found.html.contains("If you expected someone, ask your duty manager."), "{}", found.html);
}

#[tokio::test]
async fn a_declared_person_is_not_found_anywhere_and_nobody_is_told_whether_they_are_known() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (decision, matter, person) = recorded(&house, &token, ottilie()).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    invited(&house, &matter, &aunt).await;
    let own = house.token(AUNT).await;
    assert_eq!(page(&house, &own, &format!("/matters/{matter}"), None).await.status, StatusCode::OK);
    let known = declares(&house, AUNT, "QUARRENDON, Ottilie", "2016").await;
    house.colleague("uncle@fernbank.example", Role::Practitioner).await;
    let unknown = declares(&house, "uncle@fernbank.example", "QUARRENDON, Ottilia", "1931").await;
    let same = |html: &str| html.replace("Ottilia", "Ottilie").replace("1931", "2016");
    assert_eq!((known.status, same(&known.html)), (unknown.status, same(&unknown.html)));
    nothing_is_found(&house, AUNT, (&decision, &matter, person)).await;
    // Who did not declare her goes on.
    assert_eq!(page(&house, &token, &format!("/matters/{matter}"), None).await.status, StatusCode::OK);
    let checked = verify(
        &store::Place::under(house.folder.path()).database,
        Some(&store::Place::under(house.folder.path()).keys),
        |_| {},
    )
    .await;
    assert!(checked.unwrap().iter().all(|one| one.findings.is_empty()));
}

#[tokio::test]
async fn somebody_who_is_named_only_later_is_not_found_either() {
    let house = House::new().await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    declares(&house, AUNT, "Ottilie Quarrendon", "2016").await;
    assert!(member(&house, &aunt).await.conflicts.is_empty());
    let token = house.token(TEACHER).await;
    // In a decision's record, and on a matter that she is involved in already.
    let (decision, matter, person) = recorded(&house, &token, ottilie()).await;
    assert_eq!(member(&house, &aunt).await.conflicts, [person].into());
    nothing_is_found(&house, AUNT, (&decision, &matter, person)).await;
    let (_, other, _) = recorded(&house, &token, json!({ "name": "Jay Field" })).await;
    invited(&house, &other, &aunt).await;
    let own = house.token(AUNT).await;
    assert_eq!(page(&house, &own, &format!("/matters/{other}"), None).await.status, StatusCode::OK);
    let named = [
        ("name", "Ottilie  quarrendon"),
        ("date_of_birth-day", "3"),
        ("date_of_birth-month", "2"),
        ("date_of_birth-year", "2016"),
    ];
    page(&house, &token, &format!("/matters/{other}/people"), Some(&named)).await;
    assert_eq!(page(&house, &own, &format!("/matters/{other}"), None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_administrator_learns_from_no_members_page_that_a_declaration_met_somebody() {
    let house = House::new().await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    let nurse = house.colleague("nurse@fernbank.example", Role::Practitioner).await;
    house.colleague(MANAGER, Role::Manager).await;
    declares(&house, TEACHER, "Ottilie Quarrendon", "").await;
    declares(&house, AUNT, "Ottilie Quarrendon", "").await;
    let token = house.token(TEACHER).await;
    let own = format!("/organisation/members/{}", house.school.member.id);
    let pages = [own.clone(), format!("/organisation/members/{}", aunt.id)];
    let shown = async |address: &str| page(&house, &token, address, None).await;
    let before = [shown(&pages[0]).await.html, shown(&pages[1]).await.html];
    assert!(before[0].contains("name=\"seen\""), "{}", before[0]);
    let (_, _, person) = recorded(&house, &house.token(&nurse.email).await, ottilie()).await;
    assert_eq!(member(&house, &house.school.member).await.conflicts, [person].into());
    let after = [shown(&pages[0]).await.html, shown(&pages[1]).await.html];
    assert!(before == after, "{}", after[0]);
    // Nor that there was somebody for a manager to decide about.
    let boss = house.token(MANAGER).await;
    let declaration = declarations(&house).await.into_iter().find(|one| one.member == house.school.member.id).unwrap();
    let decide = format!("/conflicts/{}/{}/decide", house.school.member.id, declaration.id);
    let person = person.to_string();
    let decided = page(&house, &boss, &decide, Some(&[("person", person.as_str()), ("same", "yes")])).await;
    assert_eq!(decided.location, "/conflicts?done=decided");
    assert!(shown(&own).await.html == before[0]);
}

#[tokio::test]
async fn who_is_perhaps_meant_goes_to_a_manager_and_whoever_is_at_work_goes_on_until_then() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (_, matter, person) = recorded(&house, &token, ottilie()).await;
    let (aunt, manager) =
        (house.colleague(AUNT, Role::Practitioner).await, house.colleague(MANAGER, Role::Manager).await);
    let uncle = house.colleague("uncle@fernbank.example", Role::Practitioner).await;
    invited(&house, &matter, &aunt).await;
    declares(&house, AUNT, "Ottilie Quarrendon", "").await;
    declares(&house, "uncle@fernbank.example", "Ottilie Quarrendon", "").await;
    assert!(member(&house, &aunt).await.conflicts.is_empty(), "she is working on it");
    assert_eq!(member(&house, &uncle).await.conflicts, [person].into(), "he is not");
    let boss = house.token(MANAGER).await;
    assert!(page(&house, &boss, "/", None).await.html.contains("Conflicts of interest: 2 to decide"));
    let waiting = page(&house, &boss, "/conflicts", None).await.html;
    assert!(waiting.contains("Decide this first") && waiting.contains("born 3 February 2016"), "{waiting}");
    // Nobody but a manager sees or decides it; the one it is about neither.
    for email in [AUNT, TEACHER] {
        let other = house.token(email).await;
        for address in ["/conflicts".to_owned(), format!("/conflicts/{}", aunt.id)] {
            assert_eq!(page(&house, &other, &address, None).await.status, StatusCode::NOT_FOUND, "{email} {address}");
        }
    }
    let all = declarations(&house).await;
    let of = |whose: &Member| all.iter().find(|one| one.member == whose.id).unwrap().id;
    let person = person.to_string();
    for (whose, same) in [(&aunt, "yes"), (&uncle, "no")] {
        let decide = format!("/conflicts/{}/{}/decide", whose.id, of(whose));
        let fields = [("person", person.as_str()), ("same", same)];
        let other = house.token(TEACHER).await;
        assert_eq!(page(&house, &other, &decide, Some(&fields)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(page(&house, &boss, &decide, Some(&fields)).await.location, "/conflicts?done=decided");
        assert_eq!(page(&house, &boss, &decide, Some(&fields)).await.status, StatusCode::NOT_FOUND, "said once");
    }
    assert_eq!(member(&house, &aunt).await.conflicts.len(), 1);
    assert!(member(&house, &uncle).await.conflicts.is_empty());
    // That the manager was shown her is kept.
    let person = person.parse().unwrap();
    let read: Result<_, StoreError> = house
        .app
        .store
        .read("views", house.school.organisation.id, |mut r: Reading| async move { r.views_of(person, 10, 0).await })
        .await;
    assert!(read.unwrap().iter().any(|one| one.view.reader == manager.id));
}

#[tokio::test]
async fn a_matter_that_is_left_without_anybody_is_handed_on_by_a_manager_who_need_not_read_it() {
    let house = House::new().await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    house.colleague(MANAGER, Role::Manager).await;
    let (_, matter, _) = recorded(&house, &house.token(AUNT).await, ottilie()).await;
    let boss = house.token(MANAGER).await;
    assert!(!page(&house, &boss, "/matters/unattended", None).await.html.contains(&matter));
    declares(&house, AUNT, "Ottilie Quarrendon", "2016").await;
    let list = page(&house, &boss, "/matters/unattended", None).await.html;
    let address = format!("/matters/unattended/{matter}");
    assert!(list.contains(&address) && !list.contains("Telling social care"), "{list}");
    let form = page(&house, &boss, &address, None).await.html;
    assert!(!form.contains(&aunt.id.to_string()), "she cannot take it");
    let nobody = page(&house, &boss, &address, Some(&[("to", "")])).await;
    assert!(nobody.status == StatusCode::UNPROCESSABLE_ENTITY && nobody.html.contains("Choose who takes this matter."));
    let teacher = house.school.member.id.to_string();
    let done = page(&house, &boss, &address, Some(&[("to", &teacher)])).await;
    assert_eq!(done.location, "/matters/unattended?done=handed-on", "{}", done.html);
    let token = house.token(TEACHER).await;
    assert_eq!(page(&house, &token, &format!("/matters/{matter}"), None).await.status, StatusCode::OK);
    assert_eq!(page(&house, &boss, &address, None).await.status, StatusCode::NOT_FOUND, "somebody works on it now");
}

#[tokio::test]
async fn whoever_leaves_a_matter_alone_by_a_conflict_they_set_neither_takes_it_nor_is_it_theirs_to_hand_to_themselves()
{
    let house = House::new().await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    let (_, matter, _) = recorded(&house, &house.token(AUNT).await, ottilie()).await;
    let setter = house.colleague(MANAGER, Role::Manager).await;
    let other = house.colleague("other@fernbank.example", Role::Manager).await;
    let (boss, second) = (house.token(MANAGER).await, house.token("other@fernbank.example").await);
    let set = [("name", "Ottilie Quarrendon"), ("born-year", "2016"), ("relation", "family"), ("why", "Her niece")];
    page(&house, &boss, &format!("/conflicts/{}", aunt.id), Some(&set)).await;
    let address = format!("/matters/unattended/{matter}");
    let (setter, other) = (setter.id.to_string(), other.id.to_string());
    for (token, to, says) in [
        (&boss, &setter, "ask another manager to hand it to you"),
        (&second, &other, "ask another manager to hand it to you"),
        (&second, &setter, "This cannot be handed to them."),
    ] {
        let refused = page(&house, token, &address, Some(&[("to", to)])).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.html.contains(says), "{}", refused.html);
        assert!(!page(&house, token, &address, None).await.html.contains(to.as_str()));
    }
    let refused =
        house.send("POST", &format!("/api/v1{address}/hand-on"), Some(&boss), Some(json!({ "to": setter }))).await;
    assert_eq!((refused.status, refused.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/to"]));
    // To the other manager it may go, from whom set it.
    let done = page(&house, &boss, &address, Some(&[("to", &other)])).await;
    assert_eq!(done.location, "/matters/unattended?done=handed-on", "{}", done.html);
}

#[tokio::test]
async fn where_nobody_can_take_a_matter_from_a_manager_the_page_says_what_to_do() {
    let house = House::new().await;
    house.colleague(MANAGER, Role::Manager).await;
    let (_, matter, _) = recorded(&house, &house.token(TEACHER).await, ottilie()).await;
    declares(&house, TEACHER, "Ottilie Quarrendon", "2016").await;
    let boss = house.token(MANAGER).await;
    let shown = page(&house, &boss, &format!("/matters/unattended/{matter}"), None).await.html;
    assert!(shown.contains("Ask another manager to hand it on today"), "{shown}");
}

#[tokio::test]
async fn what_no_manager_decides_counts_after_three_working_days_and_an_administrator_is_told_that_nobody_can() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (_, matter, person) = recorded(&house, &token, ottilie()).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    invited(&house, &matter, &aunt).await;
    let nobody = "Nobody here may look after some conflict of interest.";
    assert!(!page(&house, &token, "/", None).await.html.contains(nobody));
    declares(&house, AUNT, "Ottilie Quarrendon", "").await;
    let told = page(&house, &token, "/", None).await.html;
    assert!(told.contains(nobody) && !told.contains(AUNT), "{told}");
    assert!(!page(&house, &house.token(AUNT).await, "/", None).await.html.contains(nobody), "she administers nothing");
    actions::tend_conflicts(&house.app).await.unwrap();
    assert!(member(&house, &aunt).await.conflicts.is_empty());
    house.app.clock.put_forward(7 * 24 * 60 * 60);
    actions::tend_conflicts(&house.app).await.unwrap();
    let counted = member(&house, &aunt).await;
    assert_eq!(counted.conflicts, [person].into());
    // Once is enough, and a manager may decide still.
    actions::tend_conflicts(&house.app).await.unwrap();
    assert_eq!(member(&house, &aunt).await.version, counted.version);
    house.colleague(MANAGER, Role::Manager).await;
    let boss = house.token(MANAGER).await;
    assert!(
        page(&house, &boss, "/conflicts", None).await.html.contains("Until you say, they do not find this person.")
    );
    assert!(!page(&house, &house.token(TEACHER).await, "/", None).await.html.contains(nobody));
}

#[tokio::test]
async fn a_declaration_that_missed_somebody_who_was_named_at_the_same_moment_meets_them_within_the_hour() {
    let house = House::new().await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    declares(&house, AUNT, "Ottilie Quarrendon", "2016").await;
    let (_, _, person) = recorded(&house, &house.token(TEACHER).await, ottilie()).await;
    // As after two transactions that did not see each other, and a program that ended before it looked again.
    let mut missed = member(&house, &aunt).await;
    missed.version += 1;
    missed.conflicts.clear();
    missed.declared.values_mut().for_each(std::collections::BTreeMap::clear);
    let saved: Result<(), StoreError> = house
        .app
        .store
        .write("missed", house.school.organisation.id, |mut w: store::Writing| {
            let missed = missed.clone();
            async move { w.save_member(&missed).await }
        })
        .await;
    saved.unwrap();
    actions::tend_conflicts(&house.app).await.unwrap();
    assert_eq!(member(&house, &aunt).await.conflicts, [person].into());
}

#[tokio::test]
async fn whoever_names_somebody_they_declared_is_asked_to_leave_it_to_a_colleague_and_nothing_is_kept() {
    let house = House::new().await;
    house.colleague(AUNT, Role::Practitioner).await;
    declares(&house, AUNT, "Ottilie Quarrendon", "2016").await;
    let own = house.token(AUNT).await;
    let quick = json!({
        "about": "A neighbour asked", "choice": "do-not-share", "reasons": "Not hers to know.", "people": [ottilie()],
    });
    let refused = house.send("POST", "/api/v1/decisions/not-sharing", Some(&own), Some(quick)).await;
    assert_eq!((refused.status, refused.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/people"]));
    assert!(refused.json["errors"][0]["detail"].as_str().unwrap().contains("Ask a colleague or your duty manager"));
    assert!(page(&house, &own, "/matters", None).await.html.contains("Matters will be listed here"));
}

#[tokio::test]
async fn a_manager_sets_and_lifts_and_what_was_declared_is_gone_and_the_history_names_nobody() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (decision, matter, person) = recorded(&house, &token, ottilie()).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    invited(&house, &matter, &aunt).await;
    house.colleague(MANAGER, Role::Manager).await;
    let boss = house.token(MANAGER).await;
    let hers = format!("/conflicts/{}", aunt.id);
    let set = [("name", "Ottilie Quarrendon"), ("born-year", "2016"), ("relation", "family")];
    let unsaid = page(&house, &boss, &hers, Some(&set)).await;
    assert!(unsaid.status == StatusCode::UNPROCESSABLE_ENTITY && unsaid.html.contains("Say why."), "{}", unsaid.html);
    let why = [set[0], set[1], set[2], ("why", "Her sister’s child")];
    assert_eq!(page(&house, &boss, &hers, Some(&why)).await.location, format!("{hers}?done=declared"));
    nothing_is_found(&house, AUNT, (&decision, &matter, person)).await;
    // The aunt is not shown what a manager set for her.
    let own = house.token(AUNT).await;
    assert!(!page(&house, &own, "/account/conflicts", None).await.html.contains("Ottilie"));
    let lift = format!("{hers}/{}", declarations(&house).await[0].id);
    assert!(page(&house, &boss, &lift, None).await.html.contains("Ottilie Quarrendon"));
    for (who, status) in [(&own, StatusCode::NOT_FOUND), (&token, StatusCode::NOT_FOUND)] {
        assert_eq!(page(&house, who, &lift, Some(&[("why", "I say so")])).await.status, status);
    }
    house.app.clock.put_forward(60);
    let unsaid = page(&house, &boss, &lift, Some(&[("why", " ")])).await;
    assert!(unsaid.html.contains("Say why it no longer holds."), "{}", unsaid.html);
    let done = page(&house, &boss, &lift, Some(&[("why", "They no longer live together")])).await;
    assert_eq!(done.location, format!("{hers}?done=lifted"), "{}", done.html);
    assert_eq!(declarations(&house).await, []);
    assert_eq!(page(&house, &own, &format!("/matters/{matter}"), None).await.status, StatusCode::OK);
    assert!(page(&house, &boss, &hers, None).await.html.contains("They no longer live together"));
    let history = page(&house, &token, &format!("/organisation/members/{}", aunt.id), None).await.html;
    assert_eq!(history.matches("Conflicts of interest changed by Wilhelmina Throssell").count(), 2, "{history}");
    assert!(!history.contains("Ottilie") && !history.contains("live together"));
}

#[tokio::test]
async fn a_manager_who_must_not_see_somebody_does_not_judge_about_them() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (_, _, person) = recorded(&house, &token, ottilie()).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    house.colleague(MANAGER, Role::Manager).await;
    house.colleague("other@fernbank.example", Role::Manager).await;
    declares(&house, AUNT, "Ottilie Quarrendon", "").await;
    declares(&house, MANAGER, "Ottilie Quarrendon", "2016").await;
    let id = declarations(&house).await.iter().find(|one| one.member == aunt.id).unwrap().id;
    let decide = format!("/api/v1/conflicts/members/{}/{id}/decide", aunt.id);
    let boss = house.token(MANAGER).await;
    let waiting = house.send("GET", "/api/v1/conflicts/waiting", Some(&boss), None).await;
    assert_eq!(waiting.json, json!({ "matches": [] }));
    assert_eq!(
        house.send("GET", &format!("/api/v1/conflicts/members/{}", aunt.id), Some(&boss), None).await.json,
        json!([])
    );
    let sent = json!({ "person": person.to_string(), "same": true });
    let refused = house.send("POST", &decide, Some(&boss), Some(sent.clone())).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let lift = format!("/api/v1/conflicts/members/{}/{id}/lift", aunt.id);
    let why = json!({ "why": "I say so" });
    assert_eq!(house.send("POST", &lift, Some(&boss), Some(why.clone())).await.status, StatusCode::NOT_FOUND);
    let other = house.token("other@fernbank.example").await;
    let waiting = house.send("GET", "/api/v1/conflicts/waiting", Some(&other), None).await;
    assert_eq!(waiting.json["matches"][0]["person"], json!(person.to_string()));
    assert_eq!(house.send("POST", &decide, Some(&other), Some(sent)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.send("POST", &lift, Some(&other), Some(why)).await.status, StatusCode::NO_CONTENT);
    // Over the API one declares and reads one's own in the same way.
    let own = house.token(AUNT).await;
    let new = json!({ "name": "Jay Field", "born": "2015-04-09", "relation": "neighbour", "street": "Mill Lane" });
    assert_eq!(house.send("POST", "/api/v1/conflicts", Some(&own), Some(new)).await.status, StatusCode::NO_CONTENT);
    let read = house.send("GET", "/api/v1/conflicts", Some(&own), None).await;
    assert_eq!((&read.json[0]["born"], &read.json[0]["street"]), (&json!("2015-04-09"), &json!("Mill Lane")));
    let wrong = json!({ "name": " ", "born": "then", "relation": "friend" });
    let refused = house.send("POST", "/api/v1/conflicts", Some(&own), Some(wrong)).await;
    assert_eq!(refused.pointers(), ["/name", "/born", "/relation"]);
}

#[tokio::test]
async fn what_another_organisation_declares_and_knows_is_nothing_here() {
    let house = House::new().await;
    let doctor = house.neighbour().await;
    let token = house.token(TEACHER).await;
    let (_, _, person) = recorded(&house, &token, ottilie()).await;
    let new = casework::NewDeclaration {
        name: "Ottilie Quarrendon".into(),
        born: "2016".into(),
        relation: Some(casework::Relation::Family),
        ..casework::NewDeclaration::default()
    };
    actions::declare_conflict(&house.app, &doctor, doctor.member.id, &new).await.unwrap();
    assert_eq!(declarations(&house).await, []);
    let stranger = Actor { member: doctor.member.clone(), ..doctor.clone() };
    let refused = actions::declare_conflict(&house.app, &stranger, house.school.member.id, &new).await;
    assert!(matches!(refused, Err(sharewell::AppError::NotFound)));
    assert!(!member(&house, &house.school.member).await.conflicts.contains(&person));
}

#[tokio::test]
async fn a_manager_who_sets_conflicts_for_colleagues_to_find_people_stands_out_and_is_stopped() {
    let house = House::new().await;
    let (_, _, person) = recorded(&house, &house.token(TEACHER).await, ottilie()).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    let manager = house.colleague(MANAGER, Role::Manager).await;
    let boss = house.token(MANAGER).await;
    let set = [("name", "Ottilie Quarrendon"), ("relation", "family"), ("why", "Her niece")];
    page(&house, &boss, &format!("/conflicts/{}", aunt.id), Some(&set)).await;
    // Whether they look at the list or not: how many wait there tells them that she is known.
    let read: Result<_, StoreError> = house
        .app
        .store
        .read("views", house.school.organisation.id, |mut r: Reading| async move { r.views_of(person, 10, 0).await })
        .await;
    let views = read.unwrap();
    let why = |reader: &Member| views.iter().find(|one| one.view.reader == reader.id).map(|one| one.view.why.clone());
    assert_eq!(why(&manager), Some(casework::Why::SetConflict));
    assert!(page(&house, &boss, "/", None).await.html.contains("Conflicts of interest: 1 to decide"));
    assert!(page(&house, &boss, "/conflicts", None).await.html.contains("Is this the same person?"));
    house.colleague("adviser@fernbank.example", Role::Adviser).await;
    let adviser = house.token("adviser@fernbank.example").await;
    let unusual = page(&house, &adviser, "/oversight/reading", None).await.html;
    assert!(unusual.contains("The reader set a conflict of interest for a colleague"), "{unusual}");
    // As often as somebody may look people up, and no oftener; one's own are declared all the same.
    let actor = Actor { member: manager.clone(), ..house.school.clone() };
    let new = |n: usize| casework::NewDeclaration {
        name: format!("Nobody {n} Field"),
        relation: Some(casework::Relation::Other),
        why: "Kin".into(),
        ..casework::NewDeclaration::default()
    };
    let now = house.app.clock.now();
    for _ in 0..118 {
        let again =
            house.app.store.count_use(manager.id, "look-up", now, now.plus_seconds(60 * 60), 120).await.unwrap();
        assert_eq!(again, None);
    }
    actions::declare_conflict(&house.app, &actor, aunt.id, &new(1)).await.unwrap();
    let stopped = actions::declare_conflict(&house.app, &actor, aunt.id, &new(2)).await;
    assert!(matches!(stopped, Err(sharewell::AppError::TooOften(..))), "{stopped:?}");
    assert_eq!(declarations(&house).await.len(), 2);
    actions::declare_conflict(&house.app, &actor, manager.id, &new(0)).await.unwrap();
}

#[tokio::test]
async fn a_namesake_whom_one_must_not_see_hides_nobody_else() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    recorded(&house, &token, ottilie()).await;
    let (_, _, other) =
        recorded(&house, &token, json!({ "name": "Ottilie Quarrendon", "date_of_birth": "2016-11-20" })).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    // Both are perhaps the one whom she declared; a manager says which it is.
    declares(&house, AUNT, "Ottilie Quarrendon", "").await;
    house.colleague(MANAGER, Role::Manager).await;
    let boss = house.token(MANAGER).await;
    let decide = format!("/conflicts/{}/{}/decide", aunt.id, declarations(&house).await[0].id);
    page(&house, &boss, &decide, Some(&[("person", &other.to_string()), ("same", "no")])).await;
    let own = house.token(AUNT).await;
    let asked = [("name", "Ottilie Quarrendon"), ("born", "2016"), ("reason", "She rang the school.")];
    let found = page(&house, &own, "/people", Some(&asked)).await;
    assert!(!found.html.contains("If you expected someone"), "{}", found.html);
    // The teacher, who may see both, is asked for more than a year.
    let both = page(&house, &token, "/people", Some(&asked)).await;
    assert!(both.html.contains("If you expected someone"), "{}", both.html);
}

#[tokio::test]
async fn an_invitation_and_what_a_team_is_given_end_after_three_months_unless_another_day_is_chosen() {
    let house = House::new().await;
    let token = house.token(TEACHER).await;
    let (_, matter, _) = recorded(&house, &token, ottilie()).await;
    let aunt = house.colleague(AUNT, Role::Practitioner).await;
    let address = format!("/matters/{matter}/involve");
    let form = page(&house, &token, &address, None).await.html;
    let filled = jiff::ToSpan::months(3);
    let day = house.app.clock.today().checked_add(filled).unwrap();
    let (date, month, year) = (day.day().to_string(), day.month().to_string(), day.year().to_string());
    for (field, value) in [("until-day", &date), ("until-month", &month), ("until-year", &year)] {
        let shown = form.split(&format!("name=\"{field}\"")).nth(1).unwrap_or_default();
        assert!(shown.split('>').next().unwrap().contains(&format!("value=\"{value}\"")), "{field}: {form}");
    }
    let filled = [("until-day", date.as_str()), ("until-month", &month), ("until-year", &year)];
    let aunts = aunt.id.to_string();
    for (way, ends) in [("invite", true), ("assign", false)] {
        let whom = [("way", way), ("name", aunt.name.as_str()), ("member", aunts.as_str()), ("why", "She helps")];
        let fields: Vec<(&str, &str)> = whom.into_iter().chain(filled).collect();
        let done = page(&house, &token, &address, Some(&fields)).await;
        assert!(done.location.ends_with("?done=opened"), "{}", done.html);
        let id: casework::MatterId = matter.parse().unwrap();
        let kept = actions::matter(&house.app, &house.school, id).await.unwrap().matter;
        let last = kept.involved.last().unwrap();
        assert_eq!(last.until.is_some(), ends, "{way}");
        if ends {
            assert_eq!(last.until, sharewell::clock::end_of(day), "{way}");
        }
    }
}

#[test]
fn people_are_saved_in_one_place_so_that_nobody_is_named_past_the_declarations() {
    let actions = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut savers = Vec::new();
    let mut folders = vec![actions];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if std::fs::read_to_string(&entry).is_ok_and(|text| text.contains(".save_person(")) {
                savers.push(entry.file_name().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(savers, ["conflicts.rs"]);
}
