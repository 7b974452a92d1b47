//! Emergency access through pages and API: begun, read by, ended, told, reviewed; and nothing given away on the way.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;
#[path = "house/pages.rs"]
mod pages;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use casework::{Member, MemberId, PersonId, Role, Seen, Why};
use house::{House, told_by_a_child};
use pages::{Shown, page};
use serde_json::{Value, json};
use sharewell::AppError;
use sharewell::actions::{self, Actor};
use store::{Reading, StoreError, Viewed, Writing};

const TEACHER: &str = "teacher@fernbank.example";
const NIGHT: &str = "night@fernbank.example";
const MANAGER: &str = "manager@fernbank.example";
const NOWHERE: &str = "0193a5c0-0000-7000-8000-000000000000";
const REASON: &str = "Her brother rang: she is not at home.";

struct Case {
    house: House,
    /// A practitioner who is involved in nothing, and a manager.
    night: String,
    manager: String,
    decision: String,
    matter: String,
    person: PersonId,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

async fn decided(house: &House, token: &str, people: Value) -> Value {
    let decision = json!({
        "case": serde_json::to_value(told_by_a_child()).unwrap(),
        "about": "Telling social care what was said",
        "purpose": "To protect a child",
        "people": people,
        "choice": "share",
        "reasons": "There are marks.",
    });
    let recorded = house.send("POST", "/api/v1/decisions", Some(token), Some(decision)).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    recorded.json
}

impl Case {
    async fn new() -> Self {
        let house = House::new().await;
        let teacher = house.token(TEACHER).await;
        let ottilie = json!([{ "name": "Ottilie Quarrendon", "date_of_birth": "2016-02-03" }]);
        let recorded = decided(&house, &teacher, ottilie).await;
        house.colleague(NIGHT, Role::Practitioner).await;
        house.colleague(MANAGER, Role::Manager).await;
        let (night, manager) = (house.token(NIGHT).await, house.token(MANAGER).await);
        let person = text(&recorded["people"][0]["id"]).parse().unwrap();
        Self { night, manager, decision: text(&recorded["id"]), matter: text(&recorded["matter"]), person, house }
    }

    async fn begin(&self, token: &str, matter: &str) -> Shown {
        page(&self.house, token, "/emergency-access", Some(&[("matter", matter), ("reason", REASON)])).await
    }

    async fn opens(&self, token: &str, address: &str) -> bool {
        let shown = page(&self.house, token, address, None).await;
        assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&shown.status), "{address}: {}", shown.html);
        shown.status == StatusCode::OK
    }

    /// The one emergency access of the house, as the manager's list links to it.
    async fn access(&self) -> String {
        let list = page(&self.house, &self.manager, "/oversight/emergency", None).await.html;
        let link = list.split("href=\"/oversight/emergency/").nth(1).unwrap_or_else(|| panic!("{list}"));
        link.split('"').next().unwrap().to_owned()
    }

    async fn views(&self) -> Vec<Viewed> {
        let of = self.house.school.organisation.id;
        let read: Result<Vec<Viewed>, StoreError> = self
            .house
            .app
            .store
            .read("views", of, |mut r: Reading| async move { r.views_of(self.person, 100, 0).await })
            .await;
        read.unwrap()
    }

    async fn changed(&self, email: &str, change: impl Fn(&mut Member)) -> MemberId {
        let of = self.house.school.organisation.id;
        let read: Result<Vec<Member>, StoreError> =
            self.house.app.store.read("members", of, |mut r: Reading| async move { r.members().await }).await;
        let mut member = read.unwrap().into_iter().find(|one| one.email == email).unwrap();
        member.version += 1;
        change(&mut member);
        let member = &member;
        let saved: Result<(), StoreError> =
            self.house.app.store.write("member", of, |mut w: Writing| async move { w.save_member(member).await }).await;
        saved.unwrap();
        member.id
    }

    async fn with_conflict(&self, email: &str) {
        self.changed(email, |member| {
            member.conflicts.insert(self.person);
        })
        .await;
    }
}

#[tokio::test]
async fn it_opens_one_matter_to_one_member_to_read_for_an_hour_and_every_view_says_so() {
    let case = Case::new().await;
    let (matter, decision, person) = (
        format!("/matters/{}", case.matter),
        format!("/decisions/{}", case.decision),
        format!("/people/{}", case.person),
    );
    let teacher = case.house.token(TEACHER).await;
    let other = decided(&case.house, &teacher, json!([{ "name": "Barnaby Quarrendon" }])).await;
    let other = format!("/matters/{}", text(&other["matter"]));
    for address in [&matter, &decision, &person, &other] {
        assert!(!case.opens(&case.night, address).await, "{address} is closed before");
    }
    let begun = case.begin(&case.night, &case.matter).await;
    assert_eq!(begun.location, matter, "{}", begun.html);
    let shown = page(&case.house, &case.night, &matter, None).await;
    assert!(
        shown.html.contains("Ottilie Quarrendon") && shown.html.contains("Emergency access until 11:40am"),
        "{}",
        shown.html
    );
    for offered in ["Start a decision on this matter", "Open this matter to somebody", "Name somebody"] {
        assert!(!shown.html.contains(offered), "it is to read: {offered}");
    }
    for part in ["", "/record.pdf", "/record.json", "/replay"] {
        assert!(case.opens(&case.night, &format!("{decision}{part}")).await, "{part}");
    }
    assert!(case.opens(&case.night, &person).await);
    assert!(!case.opens(&case.night, &other).await, "one matter, and no other");
    assert!(!case.opens(&case.manager, &matter).await, "one member, and no other");
    for (address, fields) in [
        (format!("{matter}/people"), vec![("name", "Barnaby")]),
        (format!("{matter}/decide"), vec![]),
        (format!("{matter}/involve"), vec![("way", "invite")]),
        (format!("{matter}/involvement/end"), vec![("by", "assignment:x")]),
        (format!("{decision}/correct"), vec![]),
        (format!("{person}/address"), vec![("address", "1 Mill Lane")]),
        (format!("{person}/address/read"), vec![("reason", REASON)]),
    ] {
        let shown = page(&case.house, &case.night, &address, Some(&fields)).await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{address}");
    }
    let by_emergency =
        case.views().await.into_iter().filter(|one| matches!(one.view.why, Why::Emergency(_))).map(|one| one.view.seen);
    let seen: Vec<Seen> = by_emergency.collect();
    for expected in [
        Seen::Matter(case.matter.parse().unwrap()),
        Seen::Decision(case.decision.parse().unwrap()),
        Seen::Person(case.person),
    ] {
        assert!(seen.contains(&expected), "{seen:?}");
    }
    // To the second. Signing in anew makes it no longer.
    case.house.app.clock.put_forward(3_599);
    let night = case.house.token(NIGHT).await;
    assert!(case.opens(&night, &matter).await);
    case.house.app.clock.put_forward(1);
    for address in [&matter, &decision, &person] {
        assert!(!case.opens(&night, address).await, "{address} is closed after the hour");
    }
}

#[tokio::test]
async fn it_is_ended_by_hand_by_who_has_it_and_is_closed_at_once() {
    let case = Case::new().await;
    let matter = format!("/matters/{}", case.matter);
    case.begin(&case.night, &format!("https://sharewell.example/decisions/{}", case.decision.to_uppercase())).await;
    assert!(case.opens(&case.night, &matter).await, "the address of a decision leads to its matter");
    let end = format!("/emergency-access/{}/end", case.access().await);
    assert_eq!(page(&case.house, &case.manager, &end, Some(&[])).await.status, StatusCode::NOT_FOUND);
    assert!(case.opens(&case.night, &matter).await);
    case.house.app.clock.put_forward(90);
    let ended = page(&case.house, &case.night, &end, Some(&[])).await;
    assert!(!case.opens(&case.night, &matter).await);
    let own = page(&case.house, &case.night, &ended.location, None).await.html;
    assert!(
        own.contains("Your emergency access") && own.contains("ended by hand") && own.contains("1 minute"),
        "{own}"
    );
    assert!(!own.contains("Ottilie Quarrendon"), "the matter is closed to them, and whom it is about with it");
    assert!(!own.contains("Emergency access until"), "the strip is gone");
    assert_eq!(
        page(&case.house, &case.night, &end, Some(&[])).await.location,
        ended.location,
        "once more does nothing"
    );
}

#[tokio::test]
async fn whoever_may_look_at_it_sees_it_on_every_page_at_once_and_the_holder_never_reviews_their_own() {
    let case = Case::new().await;
    let before = page(&case.house, &case.manager, "/", None).await.html;
    assert!(before.contains("/oversight") && !before.contains(" due)"), "{before}");
    assert!(!page(&case.house, &case.night, "/", None).await.html.contains("/oversight\""));
    case.begin(&case.night, &case.matter).await;
    for address in ["/", "/matters", "/guidance", "/oversight"] {
        let shown = page(&case.house, &case.manager, address, None).await.html;
        assert!(shown.contains("(1 due)"), "{address}: {shown}");
    }
    let work = page(&case.house, &case.manager, "/", None).await.html;
    assert!(work.find("Due now: to look at") < work.find("To look at again") && work.contains("Running now"), "{work}");
    // A manager who takes it has it looked at by others.
    case.begin(&case.manager, &case.matter).await;
    let adviser = case.house.colleague("adviser@fernbank.example", Role::Adviser).await;
    let adviser = case.house.token(&adviser.email).await;
    let counted =
        |html: &str| html.split("to look at</span>").next().unwrap().rsplit('(').next().unwrap().chars().next();
    assert_eq!(counted(&page(&case.house, &case.manager, "/", None).await.html), Some('1'));
    assert_eq!(counted(&page(&case.house, &adviser, "/", None).await.html), Some('2'));
    let own = page(&case.house, &case.manager, "/oversight/emergency", None).await.html;
    let managers_own = own.matches("href=\"/oversight/emergency/").count();
    assert_eq!(managers_own, 2, "they see it in the list: {own}");
    for link in own.split("href=\"/oversight/emergency/").skip(1) {
        let access = link.split('"').next().unwrap();
        let review = format!("/oversight/emergency/{access}/review");
        let fields = [("outcome", "ask further"), ("note", "She had to?")];
        let mine = page(&case.house, &case.manager, &format!("/oversight/emergency/{access}"), None).await.html;
        let answer = page(&case.house, &case.manager, &review, Some(&fields)).await;
        if mine.contains("Your emergency access") {
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
        }
    }
    for (email, role) in [("office@fernbank.example", Role::Administrator), ("a@fernbank.example", Role::Analyst)] {
        case.house.colleague(email, role).await;
        let token = case.house.token(email).await;
        for closed in ["/oversight", "/oversight/emergency", "/oversight/decisions", "/emergency-access"] {
            assert!(!case.opens(&token, closed).await, "{role} {closed}");
        }
    }
}

#[tokio::test]
async fn whether_it_was_right_is_said_when_it_is_over_and_not_before() {
    let case = Case::new().await;
    case.begin(&case.night, &case.matter).await;
    let record = format!("/oversight/emergency/{}", case.access().await);
    let review = format!("{record}/review");
    for outcome in ["right", "not right"] {
        let early = page(&case.house, &case.manager, &review, Some(&[("outcome", outcome), ("note", "Yes.")])).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            early.html.contains("This emergency access still runs") && early.html.contains("Yes."),
            "{}",
            early.html
        );
    }
    let asked = page(&case.house, &case.manager, &review, Some(&[("outcome", "ask further"), ("note", "Why?")])).await;
    assert_eq!(asked.location, record);
    case.house.app.clock.put_forward(3_600);
    let manager = case.house.token(MANAGER).await;
    let over = page(&case.house, &manager, &review, Some(&[("outcome", "right"), ("note", "Yes.")])).await;
    assert_eq!(over.location, record, "{}", over.html);
}

#[tokio::test]
async fn what_is_about_nobody_by_name_is_kept_too_when_it_is_opened_in_an_emergency() {
    let case = Case::new().await;
    let teacher = case.house.token(TEACHER).await;
    let quick =
        json!({ "about": "A caller who gave no name", "choice": "do-not-share", "reasons": "Nobody is named." });
    let recorded = case.house.send("POST", "/api/v1/decisions/not-sharing", Some(&teacher), Some(quick)).await.json;
    let (decision, matter) = (text(&recorded["id"]), text(&recorded["matter"]));
    assert_eq!(recorded["people"], json!([]), "{recorded}");
    case.begin(&case.night, &matter).await;
    assert!(case.opens(&case.night, &format!("/matters/{matter}")).await);
    assert!(case.opens(&case.night, &format!("/decisions/{decision}")).await);
    assert!(case.opens(&case.night, &format!("/decisions/{decision}/record.pdf")).await);
    let shown = page(&case.house, &case.manager, &format!("/oversight/emergency/{}", case.access().await), None).await;
    for said in ["A matter", &format!("A recorded decision, {decision}")] {
        assert!(shown.html.contains(said), "{said}: {}", shown.html);
    }
    // It stands out as any other emergency access, of somebody who is not named, and is marked as looked at.
    case.house.colleague("adviser@fernbank.example", Role::Adviser).await;
    let adviser = case.house.token("adviser@fernbank.example").await;
    let list = case.house.send("GET", "/api/v1/unusual-reading", Some(&adviser), None).await.json;
    let view = &list["views"][0];
    assert_eq!((&view["signs"], &view["people"]), (&json!(["emergency"]), &json!([])), "{list}");
    let address = format!("/oversight/reading/{}", text(&view["view"]["id"]));
    assert!(page(&case.house, &adviser, &address, None).await.html.contains("Nobody by name"));
    let mark = page(&case.house, &adviser, &address, Some(&[("note", "It was needed")])).await;
    assert_eq!(mark.location, "/oversight/reading?done=yes");
    let place = case.house.app.config.place();
    for organisation in store::verify(&place.database, Some(&place.keys), |_| {}).await.unwrap() {
        assert!(organisation.findings.is_empty(), "{:?}", organisation.findings);
    }
}

#[tokio::test]
async fn where_nobody_may_look_administrators_see_that_somebody_is_to_be_named() {
    let case = Case::new().await;
    let said = "Emergency access was taken, and nobody here may look at whether it was right";
    case.changed(MANAGER, |member| member.roles = [Role::Practitioner].into()).await;
    let begin = page(&case.house, &case.night, "/emergency-access", None).await.html;
    assert!(begin.contains("Your administrators are told at once, on their first page here."), "{begin}");
    let teacher = case.house.token(TEACHER).await;
    assert!(!page(&case.house, &teacher, "/", None).await.html.contains(said));
    case.begin(&case.night, &case.matter).await;
    let home = page(&case.house, &teacher, "/", None).await.html;
    assert!(home.contains(said) && home.contains("(1 to look at)"), "the teacher administers: {home}");
    assert!(!page(&case.house, &case.night, "/", None).await.html.contains(said));
    case.house.colleague("adviser@fernbank.example", Role::Adviser).await;
    assert!(!page(&case.house, &teacher, "/", None).await.html.contains(said), "somebody is there");
    // Who is alone is not promised that somebody is told.
    case.changed("adviser@fernbank.example", |member| member.roles = [Role::Practitioner].into()).await;
    case.changed(TEACHER, |member| member.roles = [Role::Practitioner].into()).await;
    let alone = page(&case.house, &case.night, "/emergency-access", None).await.html;
    assert!(alone.contains("Nobody here can be told"), "{alone}");
}

#[tokio::test]
async fn the_review_shows_what_was_looked_at_stays_open_while_more_is_asked_and_tells_the_holder_what_was_found() {
    let case = Case::new().await;
    case.begin(&case.night, &case.matter).await;
    page(&case.house, &case.night, &format!("/matters/{}", case.matter), None).await;
    page(&case.house, &case.night, &format!("/decisions/{}", case.decision), None).await;
    let record = format!("/oversight/emergency/{}", case.access().await);
    // The next working day but one.
    case.house.app.clock.put_forward(2 * 86_400);
    let manager = case.house.token(MANAGER).await;
    let list = page(&case.house, &manager, "/oversight", None).await.html;
    assert!(list.contains("1 waits for a review.") && list.contains("1 overdue"), "{list}");
    let shown = page(&case.house, &manager, &record, None).await.html;
    for said in [
        "Wilhelmina Throssell, Designated safeguarding lead",
        REASON,
        "18 November 2026, 10:40am",
        "11:40am",
        "60 minutes",
        "Ottilie Quarrendon, born 3 February 2016",
        "A matter",
        &format!("A recorded decision, {}", case.decision),
        "Review overdue since 19 November 2026",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let kept = case.views().await;
    let looked: Vec<_> = kept.iter().filter(|one| matches!(one.view.seen, Seen::Emergency(_))).collect();
    assert!(looked.len() == 1 && looked[0].view.why == Why::Oversight, "that it was looked at is kept too");
    let review = format!("{record}/review");
    for wrong in [vec![("note", "Why?")], vec![("outcome", "right")], vec![("outcome", "perhaps"), ("note", "Why?")]] {
        assert_eq!(page(&case.house, &manager, &review, Some(&wrong)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let asked = [("outcome", "ask further"), ("note", "Who rang?")];
    assert_eq!(page(&case.house, &manager, &review, Some(&asked)).await.location, record);
    let open = page(&case.house, &manager, "/oversight/emergency", None).await.html;
    assert!(open.contains("More is being asked"), "{open}");
    let found = [("outcome", "not right"), ("note", "A call to the duty manager was enough.")];
    assert_eq!(page(&case.house, &manager, &review, Some(&found)).await.location, record);
    let again = page(&case.house, &manager, &review, Some(&found)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "what was found stays as it was found");
    assert!(page(&case.house, &manager, "/oversight", None).await.html.contains("Nothing waits for you."));
    let night = case.house.token(NIGHT).await;
    assert!(page(&case.house, &night, "/", None).await.html.contains("It was not right"));
    let own = page(&case.house, &night, &record, None).await.html;
    assert!(own.contains("Who rang?") && own.contains("A call to the duty manager was enough."), "{own}");
    let place = case.house.app.config.place();
    for organisation in store::verify(&place.database, Some(&place.keys), |_| {}).await.unwrap() {
        assert!(organisation.findings.is_empty(), "{:?}", organisation.findings);
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_must_not_be_seen_get_the_same_words_and_are_asked_for_proof_before_anything_is_looked_for()
 {
    let case = Case::new().await;
    let neighbour = case.house.neighbour().await;
    let theirs =
        actions::record_not_sharing(&case.house.app, &neighbour, house::told_nothing_to_a_caller()).await.unwrap();
    case.house.colleague("uncle@fernbank.example", Role::Practitioner).await;
    case.with_conflict("uncle@fernbank.example").await;
    let uncle = case.house.token("uncle@fernbank.example").await;
    let theirs = theirs.matter.to_string();
    let plain = |shown: &Shown, id: &str| shown.html.replace(id, "ID");
    // The offer itself: the same below every address.
    let missing = page(&case.house, &uncle, &format!("/matters/{NOWHERE}"), None).await;
    assert!(missing.html.contains("href=\"?emergency-access\""), "{}", missing.html);
    for id in [&case.matter, &theirs] {
        let hidden = page(&case.house, &uncle, &format!("/matters/{id}"), None).await;
        assert_eq!((hidden.status, &hidden.html), (StatusCode::NOT_FOUND, &missing.html));
        let onward = page(&case.house, &uncle, &format!("/matters/{id}?emergency-access"), None).await.location;
        assert_eq!(onward, format!("/emergency-access?matter={id}"));
        let form = page(&case.house, &uncle, &onward, None).await;
        let nowhere = page(&case.house, &uncle, &format!("/emergency-access?matter={NOWHERE}"), None).await;
        assert_eq!(plain(&form, id), plain(&nowhere, NOWHERE));
    }
    for elsewhere in ["/people/0193a5c0-0000-7000-8000-000000000000", "/nowhere", "/retention/holds/1"] {
        assert!(!page(&case.house, &uncle, elsewhere, None).await.html.contains("emergency-access\""), "{elsewhere}");
    }
    for late in [false, true] {
        if late {
            case.house.app.clock.put_forward(601);
        }
        let missing = case.begin(&uncle, NOWHERE).await;
        let expected = if late { "action=\"/sign-in/confirm\"" } else { "ask your duty manager" };
        assert!(missing.html.contains(expected), "{}", missing.html);
        for id in [&case.matter, &theirs, &case.decision] {
            let hidden = case.begin(&uncle, id).await;
            assert_eq!(hidden.status, missing.status);
            if !late {
                assert_eq!(plain(&hidden, id), plain(&missing, NOWHERE));
            }
        }
        // Somebody whom it would be opened to is asked for proof just the same.
        if late {
            assert!(case.begin(&case.night, &case.matter).await.html.contains(expected));
        }
    }
}

#[tokio::test]
async fn from_a_persons_page_one_matter_opens_at_once_and_of_several_one_is_chosen_by_its_days_alone() {
    let case = Case::new().await;
    let look = [("name", "Ottilie Quarrendon"), ("born", "2016"), ("reason", REASON)];
    let opened = page(&case.house, &case.night, "/people", Some(&look)).await.html;
    let onward = format!("/emergency-access?person={}", case.person);
    assert!(
        opened.contains(&onward) && !opened.contains(&case.matter),
        "the page of a person names no matter: {opened}"
    );
    let form = page(&case.house, &case.night, &onward, None).await.html;
    let nobody = page(&case.house, &case.night, &format!("/emergency-access?person={NOWHERE}"), None).await.html;
    assert_eq!(form.replace(&case.person.to_string(), NOWHERE), nobody);
    let person = case.person.to_string();
    let asked = [("person", person.as_str()), ("reason", REASON)];
    let begun = page(&case.house, &case.night, "/emergency-access", Some(&asked)).await;
    assert_eq!(begun.location, format!("/matters/{}", case.matter), "{}", begun.html);
    // A second matter about her.
    case.house.app.clock.put_forward(3_600);
    let actor = &case.house.school;
    let second = actions::open_matter(&case.house.app, actor, "Bruises and a belt".into()).await.unwrap();
    let of = actor.organisation.id;
    let about = casework::add_people(&actor.member, &second, [case.person], case.house.app.clock.now()).unwrap();
    let (about, saved) = (&about, &case.house.app.store);
    let saved: Result<(), StoreError> =
        saved.write("about", of, |mut w: Writing| async move { w.save_matter(about).await }).await;
    saved.unwrap();
    let night = case.house.token(NIGHT).await;
    let choose = page(&case.house, &night, "/emergency-access", Some(&asked)).await;
    assert_eq!(choose.status, StatusCode::OK, "{}", choose.html);
    assert_eq!(choose.html.matches("type=\"radio\"").count(), 2);
    assert!(choose.html.contains("Opened on 18 November 2026"), "{}", choose.html);
    for kept_back in ["Bruises and a belt", "Telling social care", "Ottilie", "Throssell"] {
        let own_name = kept_back == "Throssell";
        assert_eq!(choose.html.matches(kept_back).count(), usize::from(own_name), "{kept_back}: {}", choose.html);
    }
    let unchosen = [asked[0], asked[1], ("choosing", "yes")];
    let unchosen = page(&case.house, &night, "/emergency-access", Some(&unchosen)).await;
    assert!(unchosen.status == StatusCode::UNPROCESSABLE_ENTITY && unchosen.html.contains("Choose one matter."));
    let id = second.id.to_string();
    let chosen = [asked[0], asked[1], ("choosing", "yes"), ("matter", id.as_str())];
    assert_eq!(page(&case.house, &night, "/emergency-access", Some(&chosen)).await.location, format!("/matters/{id}"));
    assert!(!case.opens(&night, &format!("/matters/{}", case.matter)).await, "the other stays closed");
    let why: Vec<_> = case.views().await.into_iter().map(|one| one.view.why).collect();
    assert!(why.iter().filter(|why| **why == Why::Stated(REASON.into())).count() >= 3, "each time is kept: {why:?}");
    // Nobody, somebody unseen, and somebody about whom there is nothing get the same words.
    case.house.colleague("uncle@fernbank.example", Role::Practitioner).await;
    case.with_conflict("uncle@fernbank.example").await;
    let uncle = case.house.token("uncle@fernbank.example").await;
    let unseen = page(&case.house, &uncle, "/emergency-access", Some(&asked)).await;
    let nobody = [("person", NOWHERE), ("reason", REASON)];
    let nobody = page(&case.house, &uncle, "/emergency-access", Some(&nobody)).await;
    assert_eq!(unseen.html.replace(&person, NOWHERE), nobody.html);
    assert!(nobody.html.contains("There is nothing here that could be opened to you."), "{}", nobody.html);
}

#[tokio::test]
async fn a_conflict_of_interest_ends_it_hides_it_and_hides_its_review() {
    let case = Case::new().await;
    case.begin(&case.night, &case.matter).await;
    let access = case.access().await;
    let record = format!("/oversight/emergency/{access}");
    case.with_conflict(NIGHT).await;
    case.with_conflict(MANAGER).await;
    for address in [format!("/matters/{}", case.matter), record.clone()] {
        assert!(!case.opens(&case.night, &address).await, "{address}");
    }
    let strip = page(&case.house, &case.night, "/matters", None).await.html;
    assert!(!strip.contains("Emergency access until"), "{strip}");
    assert!(!case.opens(&case.manager, &record).await);
    let list = page(&case.house, &case.manager, "/oversight/emergency", None).await.html;
    assert!(!list.contains(&access) && !list.contains("to look at</span>"), "{list}");
    let review = [("outcome", "right"), ("note", "She had to.")];
    let reviewed = page(&case.house, &case.manager, &format!("{record}/review"), Some(&review)).await;
    assert_eq!(reviewed.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_guardian_lists_the_decisions_on_confidential_information_names_nobody_in_the_list_and_opens_each() {
    let case = Case::new().await;
    let guardian = case.house.colleague("guardian@fernbank.example", Role::Adviser).await;
    let token = case.house.token("guardian@fernbank.example").await;
    assert!(!case.opens(&token, "/oversight/decisions").await, "an adviser is not the Guardian");
    let mut responsible = case.house.school.organisation.responsible.clone();
    responsible.guardian = Some(guardian.id);
    let version = case.house.school.organisation.version;
    actions::name_responsible(&case.house.app, &case.house.school, version, &responsible).await.unwrap();
    // Some that do not concern confidential information stand between.
    let teacher = case.house.token(TEACHER).await;
    for n in 0..30 {
        case.house.app.clock.put_forward(1);
        let mut open = told_by_a_child();
        if n % 3 == 0 {
            open.facts.insert("confidential".into(), guidance::case::Answers::One("no".into()));
        }
        let decision = json!({
            "case": serde_json::to_value(open).unwrap(), "about": "Telling social care what was said", "purpose": "To protect a child",
            "people": [{ "name": "Ottilie Quarrendon" }], "choice": "share", "reasons": "There are marks.",
        });
        let recorded = case.house.send("POST", "/api/v1/decisions", Some(&teacher), Some(decision)).await;
        assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.json);
    }
    actions::record_not_sharing(&case.house.app, &case.house.school, house::told_nothing_to_a_caller()).await.unwrap();
    case.house.app.clock.put_forward(1);
    assert!(page(&case.house, &token, "/oversight", None).await.html.contains("/oversight/decisions"));
    let first = page(&case.house, &token, "/oversight/decisions", None).await.html;
    let links = |html: &str| html.matches("href=\"/decisions/").count();
    // Twenty of the thirty, the first, and the quick record of not sharing, about which nobody said that it does not.
    assert_eq!((links(&first), first.contains("Older")), (22, false), "{first}");
    assert!(first.contains("Do not share") && !first.contains("Ottilie") && !first.contains("Telling social care"));
    assert_eq!(case.views().await.len(), 0, "the list shows nobody, so nothing is kept");
    let opened = page(&case.house, &token, &format!("/decisions/{}", case.decision), None).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(case.views().await[0].view.why, Why::Guardian);
    for _ in 0..8 {
        case.house.app.clock.put_forward(1);
        decided(&case.house, &teacher, json!([{ "name": "Ottilie Quarrendon" }])).await;
    }
    case.house.app.clock.put_forward(1);
    let first = page(&case.house, &token, "/oversight/decisions", None).await.html;
    let older = first.split("/oversight/decisions?before=").nth(1).unwrap().split('"').next().unwrap();
    assert!(
        older.len() > 60 && older.parse::<uuid::Uuid>().is_err() && !older.contains('.'),
        "it says nothing of the decision it stands at: {older}"
    );
    let second = page(&case.house, &token, &format!("/oversight/decisions?before={older}"), None).await.html;
    assert_eq!((links(&first), links(&second)), (25, 5));
    let ids = |html: &str| -> Vec<String> {
        html.split("href=\"/decisions/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let (first, second) = (ids(&first), ids(&second));
    assert!(first.iter().all(|id| !second.contains(id)), "no decision is shown twice");
}

#[tokio::test]
async fn the_api_begins_lists_shows_ends_and_reviews_it() {
    let case = Case::new().await;
    let api = "/api/v1/emergency-access";
    let send = |method: &'static str, path: String, token: &str, body: Option<Value>| {
        let token = token.to_owned();
        let house = &case.house;
        async move { house.send(method, &path, Some(&token), body).await }
    };
    let asked = json!({ "matter": case.matter, "reason": REASON });
    let begun = send("POST", api.into(), &case.night, Some(asked.clone())).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.json);
    let id = text(&begun.json["id"]);
    assert_eq!((&begun.json["running"], &begun.json["review_by"]), (&json!(true), &json!("2026-11-19")));
    let again = send("POST", api.into(), &case.night, Some(asked.clone())).await;
    assert_eq!((again.status, again.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/matter"]));
    let read = send("GET", format!("/api/v1/decisions/{}", case.decision), &case.night, None).await;
    assert_eq!(read.status, StatusCode::OK);
    let listed = send("GET", api.into(), &case.manager, None).await.json;
    assert_eq!(
        (listed[0]["id"].as_str(), listed[0].get("reason"), listed[0].get("matter")),
        (Some(id.as_str()), None, None)
    );
    assert_eq!(send("GET", api.into(), &case.night, None).await.status, StatusCode::NOT_FOUND);
    let shown = send("GET", format!("{api}/{id}"), &case.manager, None).await.json;
    assert_eq!(shown["access"]["reason"], json!(REASON));
    assert_eq!((&shown["seen"][0]["what"], &shown["seen"][0]["id"]), (&json!("decision"), &json!(case.decision)));
    assert_eq!(send("POST", format!("{api}/{id}/end"), &case.night, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        send("GET", format!("/api/v1/decisions/{}", case.decision), &case.night, None).await.status,
        StatusCode::NOT_FOUND
    );
    let openable = json!({ "person": case.person.to_string(), "reason": REASON });
    let openable = send("POST", format!("{api}/openable"), &case.night, Some(openable)).await.json;
    assert_eq!(openable, json!([{ "matter": case.matter, "opened_on": "2026-11-18", "decided_on": "2026-11-18" }]));
    let review = |outcome: &str| json!({ "outcome": outcome, "note": "She had to." });
    for (who, outcome, status) in [
        (&case.night, "right", StatusCode::NOT_FOUND),
        (&case.manager, "perhaps", StatusCode::UNPROCESSABLE_ENTITY),
        (&case.manager, "right", StatusCode::OK),
    ] {
        assert_eq!(
            send("POST", format!("{api}/{id}/review"), who, Some(review(outcome))).await.status,
            status,
            "{outcome}"
        );
    }
    case.house.app.clock.put_forward(601);
    let late = send("POST", api.into(), &case.night, Some(asked)).await;
    assert_eq!(
        (late.status, late.json["type"].as_str()),
        (StatusCode::FORBIDDEN, Some("urn:sharewell:problem:confirm-first"))
    );
}

#[tokio::test]
async fn whoever_acts_without_having_proved_who_they_are_begins_nothing() {
    let case = Case::new().await;
    let member = case.changed(NIGHT, |_| {}).await;
    let actor = Actor::without_session(
        case.house.school.organisation.clone(),
        Member { id: member, ..case.house.school.member.clone() },
    );
    let refused = actions::begin_emergency(&case.house.app, &actor, &case.matter, REASON).await;
    assert!(matches!(refused, Err(AppError::ConfirmFirst)));
}

#[tokio::test]
async fn many_in_a_row_stand_in_one_line_of_what_is_due_each_on_the_list_and_after_twenty_an_hour_it_waits() {
    let case = Case::new().await;
    let end = async || {
        let home = page(&case.house, &case.night, &format!("/matters/{}", case.matter), None).await;
        let form = home.html.split("action=\"/emergency-access/").nth(1).unwrap_or_else(|| panic!("{}", home.html));
        let address = format!("/emergency-access/{}", form.split('"').next().unwrap());
        assert_eq!(page(&case.house, &case.night, &address, Some(&[])).await.status, StatusCode::SEE_OTHER);
    };
    for number in 1..=casework::MOST_EMERGENCIES {
        assert_eq!(case.begin(&case.night, &case.matter).await.status, StatusCode::SEE_OTHER);
        end().await;
        case.house.app.clock.put_forward(10);
        let more = match number {
            2 => "and once more in the same minute.",
            6 => "and 5 more times in the same minute.",
            7 => "and 6 more times until 10:41am.",
            _ => continue,
        };
        let due = page(&case.house, &case.manager, "/", None).await.html;
        assert!(due.contains(more), "{due}");
    }
    let due = page(&case.house, &case.manager, "/", None).await.html;
    assert_eq!(due.matches("Emergency access of Wilhelmina Throssell").count(), 1, "{due}");
    assert!(due.contains("19 more times until 10:43am"), "{due}");
    let list = page(&case.house, &case.manager, "/oversight/emergency", None).await.html;
    assert_eq!(list.matches("Emergency access of Wilhelmina Throssell").count(), casework::MOST_EMERGENCIES);
    // The line leads to each of them, as the list does.
    let addresses = |html: &str| -> BTreeSet<String> {
        let links = html.split("href=\"/oversight/emergency/").skip(1);
        links.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(addresses(&due), addresses(&list));
    assert_eq!(addresses(&due).len(), casework::MOST_EMERGENCIES);
    // Whatever is asked for, there or not, it waits, in clear words; nothing is begun and nobody else waits.
    for matter in [case.matter.as_str(), NOWHERE] {
        let refused = case.begin(&case.night, matter).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.html);
        for said in ["Very many matters were opened in an emergency", "Wait 57 minutes", "do not wait: ring 999"] {
            assert!(refused.html.contains(said), "{said}: {}", refused.html);
        }
    }
    let sent = json!({ "matter": case.matter, "reason": REASON });
    let refused = case.house.send("POST", "/api/v1/emergency-access", Some(&case.night), Some(sent)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.json["type"], "urn:sharewell:problem:too-often");
    let other = case.house.colleague("other@fernbank.example", Role::Practitioner).await;
    let theirs = case.house.token(&other.email).await;
    assert_eq!(case.begin(&theirs, &case.matter).await.status, StatusCode::SEE_OTHER);
    let due = page(&case.house, &case.manager, "/", None).await.html;
    assert_eq!(due.matches("Emergency access of Wilhelmina Throssell").count(), 2, "somebody else stands apart");
    case.house.app.clock.put_forward(3_600 - 200);
    let again = case.house.token(NIGHT).await;
    assert_eq!(case.begin(&again, &case.matter).await.status, StatusCode::SEE_OTHER);
}
