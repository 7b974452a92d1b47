//! Matters on which nobody can work: managers are told, whatever left them so, and hand them on without reading them; whoever suspends or
//! changes roles is told how many there are; and whoever comes back finds theirs again.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

mod house;
#[path = "house/pages.rs"]
mod pages;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use casework::{
    InvolvedBy, Matter, MatterId, Member, MemberId, Membership, NewMember, NewPerson, PersonId, Role, Terms,
};
use house::{House, PASSWORD, member};
use pages::page;
use serde_json::json;
use sharewell::actions::{self, Actor, Involve, Unattended};

const TITLE: &str = "Missed meals at the Quarrendons’";
const TEACHER: &str = "teacher@fernbank.example";
const NURSE: &str = "nurse@fernbank.example";
const MANAGER: &str = "manager@fernbank.example";
const TOLD: &str = "1 matter on which nobody can work: hand it on";

/// A nurse whose matter it is, and a manager.
struct Case {
    house: House,
    nurse: Member,
    boss: String,
    matter: MatterId,
    person: PersonId,
}

fn as_member(house: &House, member: &Member) -> Actor {
    Actor { member: member.clone(), ..house.school.clone() }
}

/// The administrator, who has just proved who they are.
fn lately(house: &House) -> Actor {
    Actor { confirmed_at: Some(house.app.clock.now()), ..house.school.clone() }
}

fn terms(until: Option<casework::Moment>) -> Terms {
    Terms { until, why: "They see the children".into() }
}

impl Case {
    async fn new() -> Self {
        let house = House::new().await;
        let nurse = house.colleague(NURSE, Role::Practitioner).await;
        house.colleague(MANAGER, Role::Manager).await;
        let boss = house.token(MANAGER).await;
        let theirs = as_member(&house, &nurse);
        let matter = actions::open_matter(&house.app, &theirs, TITLE.into()).await.unwrap().id;
        let ottilie = NewPerson { name: "Ottilie Quarrendon".into(), ..NewPerson::default() };
        let person = actions::name_person(&house.app, &theirs, matter, ottilie).await.unwrap().id;
        Self { house, nurse, boss, matter, person }
    }

    fn address(&self) -> String {
        format!("/matters/unattended/{}", self.matter)
    }

    /// Whether the manager is told, on their first page and in the list, without a word of what it is about.
    async fn told(&self) -> bool {
        let first = page(&self.house, &self.boss, "/", None).await.html;
        let list = page(&self.house, &self.boss, "/matters/unattended", None).await.html;
        for html in [&first, &list] {
            assert!(!html.contains("Quarrendon") && !html.contains("Missed meals"), "{html}");
        }
        assert_eq!(first.contains(TOLD), list.contains(&self.address()), "{first} {list}");
        let api = self.house.send("GET", "/api/v1/matters/unattended", Some(&self.boss), None).await.json;
        let matters: Vec<&str> = api.as_array().unwrap().iter().filter_map(|one| one["matter"].as_str()).collect();
        assert_eq!(first.contains(TOLD), matters == [self.matter.to_string()], "{api}");
        first.contains(TOLD)
    }

    async fn hand_to(&self, to: MemberId) -> pages::Shown {
        page(&self.house, &self.boss, &self.address(), Some(&[("to", &to.to_string())])).await
    }

    async fn opens(&self, email: &str) -> bool {
        let token = self.house.token(email).await;
        page(&self.house, &token, &format!("/matters/{}", self.matter), None).await.status == StatusCode::OK
    }

    /// What an administrator is told on the page of a colleague.
    async fn on_the_page_of(&self, of: MemberId) -> (Unattended, String) {
        let record = actions::member_record(&self.house.app, &self.house.school, of).await.unwrap();
        let token = self.house.token(TEACHER).await;
        let html = page(&self.house, &token, &format!("/organisation/members/{of}"), None).await.html;
        assert!(!html.contains("Quarrendon") && !html.contains(&self.matter.to_string()), "{html}");
        (record.unattended, html)
    }

    /// Sets that a colleague must not see whom the matter is about.
    async fn keep_apart(&self, email: &'static str) {
        let person = self.person;
        self.change(email, |one| one.conflicts = [person].into()).await;
    }

    async fn change(&self, email: &'static str, change: impl Fn(&mut Member) + Clone + Send) {
        let kept: Result<(), store::StoreError> = self
            .house
            .app
            .store
            .write("changed", self.house.school.organisation.id, |mut writing: store::Writing| {
                let change = change.clone();
                async move {
                    let members = writing.members().await?;
                    let mut one = members.into_iter().find(|one| one.email == email).unwrap();
                    one.version += 1;
                    change(&mut one);
                    writing.save_member(&one).await
                }
            })
            .await;
        kept.unwrap();
    }

    async fn with_roles(&self, roles: &[Role]) -> Member {
        let now = actions::member_record(&self.house.app, &self.house.school, self.nurse.id).await.unwrap().member;
        let new = NewMember {
            name: now.name.clone(),
            role_title: now.role_title.clone(),
            email: now.email.clone(),
            roles: roles.iter().copied().collect(),
        };
        let mark = actions::member_mark(&now);
        actions::change_member(&self.house.app, &lately(&self.house), now.id, &mark, new).await.unwrap()
    }
}

#[tokio::test]
async fn a_suspension_that_leaves_a_matter_with_nobody_is_told_and_who_comes_back_finds_it_again() {
    let case = Case::new().await;
    let deputy = case.house.colleague("deputy@fernbank.example", Role::Practitioner).await;
    let (app, school) = (&case.house.app, &case.house.school);
    assert!(!case.told().await);
    assert_eq!(case.on_the_page_of(case.nurse.id).await.0, Unattended::default());
    actions::suspend_member(app, school, case.nurse.id).await.unwrap();
    assert!(case.told().await);
    let (counted, html) = case.on_the_page_of(case.nurse.id).await;
    assert_eq!(counted, Unattended { with_managers: 1, without: 0 });
    assert!(html.contains("Nobody can work on 1 matter that they are involved in. Managers are told"), "{html}");
    // Whoever suspended the nurse does not take it while somebody else can: neither offered nor taken.
    let form = page(&case.house, &case.boss, &case.address(), None).await.html;
    assert!(form.contains(&deputy.id.to_string()) && !form.contains(&school.member.id.to_string()), "{form}");
    let refused = case.hand_to(school.member.id).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.html.contains("This cannot be handed to"));
    assert_eq!(case.hand_to(deputy.id).await.location, "/matters/unattended?done=handed-on");
    assert!(!case.told().await && case.opens("deputy@fernbank.example").await);
    assert_eq!(case.on_the_page_of(case.nurse.id).await.0, Unattended::default());
    actions::reactivate_member(app, &lately(&case.house), case.nurse.id).await.unwrap();
    assert!(case.opens(NURSE).await, "their involvement was never ended");
}

#[tokio::test]
async fn where_nobody_else_works_with_cases_whoever_suspended_a_colleague_may_be_handed_the_matter_by_another() {
    let case = Case::new().await;
    let school = &case.house.school;
    actions::suspend_member(&case.house.app, school, case.nurse.id).await.unwrap();
    assert_eq!(case.hand_to(school.member.id).await.location, "/matters/unattended?done=handed-on");
    assert!(case.opens(TEACHER).await);
}

#[tokio::test]
async fn other_roles_that_leave_a_matter_with_nobody_are_told_to_a_manager_and_to_whoever_changed_them() {
    for roles in [&[Role::Administrator][..], &[Role::Analyst], &[Role::Practitioner, Role::Analyst]] {
        let case = Case::new().await;
        case.with_roles(roles).await;
        assert!(!case.opens(NURSE).await);
        assert!(case.told().await, "{roles:?}");
        assert_eq!(case.on_the_page_of(case.nurse.id).await.0, Unattended { with_managers: 1, without: 0 });
        case.with_roles(&[Role::Practitioner]).await;
        assert!(!case.told().await && case.opens(NURSE).await);
        assert_eq!(case.on_the_page_of(case.nurse.id).await.0, Unattended::default());
    }
}

#[tokio::test]
async fn a_matter_that_somebody_else_still_works_on_is_told_to_nobody_until_their_end_comes() {
    let case = Case::new().await;
    let (app, school) = (&case.house.app, &case.house.school);
    let until = app.clock.now().plus_seconds(600);
    let theirs = as_member(&case.house, &case.nurse);
    let invite = Involve::Invite(school.member.id);
    actions::involve(app, &theirs, case.matter, invite, &terms(Some(until))).await.unwrap();
    actions::suspend_member(app, school, case.nurse.id).await.unwrap();
    assert!(!case.told().await);
    app.clock.put_forward(599);
    assert!(!case.told().await);
    app.clock.put_forward(1);
    assert!(case.told().await, "at the end itself it is over");
}

#[tokio::test]
async fn a_team_without_anybody_who_works_with_cases_leaves_its_matters_to_be_handed_on() {
    let case = Case::new().await;
    let (app, school) = (&case.house.app, &case.house.school);
    let theirs = as_member(&case.house, &case.nurse);
    let other = case.house.colleague("other@fernbank.example", Role::Practitioner).await;
    let in_it = |members: &[MemberId]| -> BTreeSet<MemberId> { members.iter().copied().collect() };
    let team = actions::save_team(app, school, None, "Nurses", &in_it(&[case.nurse.id, other.id])).await.unwrap();
    actions::involve(app, &theirs, case.matter, Involve::Team(team.id), &terms(None)).await.unwrap();
    let own = InvolvedBy::Assignment(case.nurse.id);
    actions::end_involvement(app, &theirs, case.matter, own).await.unwrap();
    actions::suspend_member(app, school, other.id).await.unwrap();
    assert!(!case.told().await);
    // The last one in it who works with cases is not taken out of it, nor is it closed.
    let only = actions::save_team(app, school, Some((team.id, 1)), "Nurses", &in_it(&[other.id])).await;
    assert!(only.unwrap_err().to_string().contains("Nobody could work on some of this team’s matters"));
    assert!(actions::close_team(app, school, team.id).await.is_err());
    actions::suspend_member(app, school, case.nurse.id).await.unwrap();
    assert!(case.told().await);
    assert_eq!(case.on_the_page_of(other.id).await.0, Unattended { with_managers: 1, without: 0 });
    // With nobody already, the team may go; the matter waits on.
    actions::close_team(app, school, team.id).await.unwrap();
    assert!(case.told().await);
}

#[tokio::test]
async fn closing_the_team_does_not_let_whoever_suspended_its_last_member_take_its_matters() {
    let case = Case::new().await;
    let (app, school) = (&case.house.app, &case.house.school);
    let deputy = case.house.colleague("deputy@fernbank.example", Role::Practitioner).await;
    let theirs = as_member(&case.house, &case.nurse);
    let team = actions::save_team(app, school, None, "Nurses", &[case.nurse.id].into()).await.unwrap();
    actions::involve(app, &theirs, case.matter, Involve::Team(team.id), &terms(None)).await.unwrap();
    actions::end_involvement(app, &theirs, case.matter, InvolvedBy::Assignment(case.nurse.id)).await.unwrap();
    actions::suspend_member(app, school, case.nurse.id).await.unwrap();
    actions::close_team(app, school, team.id).await.unwrap();
    let offered = page(&case.house, &case.boss, &case.address(), None).await.html;
    assert!(offered.contains(&deputy.id.to_string()) && !offered.contains(&school.member.id.to_string()), "{offered}");
    let refused = case.hand_to(school.member.id).await;
    assert!(refused.html.contains("This cannot be handed to them"), "{}", refused.html);
    assert_eq!(case.hand_to(deputy.id).await.location, "/matters/unattended?done=handed-on");
}

#[tokio::test]
async fn a_leaver_hands_on_what_their_team_has_when_the_others_in_it_are_kept_out() {
    let case = Case::new().await;
    let (app, school) = (&case.house.app, &case.house.school);
    let theirs = as_member(&case.house, &case.nurse);
    let other = case.house.colleague("other@fernbank.example", Role::Practitioner).await;
    let both = BTreeSet::from([case.nurse.id, other.id]);
    let team = actions::save_team(app, school, None, "Nurses", &both).await.unwrap();
    actions::involve(app, &theirs, case.matter, Involve::Team(team.id), &terms(None)).await.unwrap();
    actions::end_involvement(app, &theirs, case.matter, InvolvedBy::Assignment(case.nurse.id)).await.unwrap();
    let work = async || actions::member_record(app, school, case.nurse.id).await.unwrap().work.matters.len();
    assert_eq!(work().await, 0, "it stays with the team");
    actions::suspend_member(app, school, other.id).await.unwrap();
    assert_eq!(work().await, 1);
}

#[tokio::test]
async fn a_matter_of_which_every_involvement_has_ended_is_handed_on_too() {
    let case = Case::new().await;
    let (house, id) = (&case.house, case.matter);
    let ended: Result<(), store::StoreError> = house
        .app
        .store
        .write("ended", house.school.organisation.id, |mut writing: store::Writing| async move {
            let mut matter: Matter = writing.matter(id).await?.unwrap();
            matter.version += 1;
            matter.involved[0].until = Some(matter.opened_at.plus_seconds(60));
            writing.save_matter(&matter).await
        })
        .await;
    ended.unwrap();
    assert!(!case.told().await);
    house.app.clock.put_forward(60);
    assert!(case.told().await);
    assert_eq!(case.hand_to(case.nurse.id).await.location, "/matters/unattended?done=handed-on");
    assert!(case.opens(NURSE).await);
}

#[tokio::test]
async fn where_no_manager_can_hand_a_matter_on_administrators_are_told_how_many_and_what_to_do() {
    let case = Case::new().await;
    let (app, school) = (&case.house.app, &case.house.school);
    let managers = actions::members(app, school).await.unwrap();
    let manager = managers.iter().find(|one| one.email == MANAGER).unwrap().id;
    actions::suspend_member(app, school, case.nurse.id).await.unwrap();
    let first = async || page(&case.house, &case.house.token(TEACHER).await, "/", None).await.html;
    let nobody = "Nobody here can work on 1 matter, and no manager here can hand it on.";
    assert!(!first().await.contains(nobody));
    actions::suspend_member(app, school, manager).await.unwrap();
    let told = first().await;
    assert!(told.contains(nobody) && !told.contains("Quarrendon"), "{told}");
    let (counted, html) = case.on_the_page_of(case.nurse.id).await;
    assert_eq!(counted, Unattended { with_managers: 0, without: 1 });
    assert!(html.contains("No manager here can hand it on: make one more colleague a manager today."), "{html}");
    // Whoever is made one is told at once, and hands it on.
    actions::admit_member(app, school, member("new@fernbank.example", &[Role::Manager]), Some(PASSWORD)).await.unwrap();
    assert!(!first().await.contains(nobody));
    let boss = case.house.token("new@fernbank.example").await;
    assert!(page(&case.house, &boss, "/", None).await.html.contains(TOLD));
}

#[tokio::test]
async fn an_administrator_is_told_of_no_matter_that_a_conflict_of_interest_left_with_nobody() {
    let case = Case::new().await;
    case.keep_apart(NURSE).await;
    assert!(case.told().await, "managers are");
    let (unattended, html) = case.on_the_page_of(case.nurse.id).await;
    assert_eq!(unattended, Unattended::default());
    assert!(!html.contains("Nobody can work on"), "{html}");
    // Nor by way of a colleague who was suspended, or never came in, and whose team it is as well.
    let (app, school) = (&case.house.app, &case.house.school);
    let other = case.house.colleague("other@fernbank.example", Role::Practitioner).await;
    let both = [case.nurse.id, other.id].into();
    let team = actions::save_team(app, school, None, "Nurses", &both).await.unwrap();
    let id = case.matter;
    let given: Result<(), store::StoreError> = app
        .store
        .write("given", school.organisation.id, |mut writing: store::Writing| async move {
            let mut matter: Matter = writing.matter(id).await?.unwrap();
            matter.version += 1;
            matter.involved[0].by = InvolvedBy::Team(team.id);
            writing.save_matter(&matter).await
        })
        .await;
    given.unwrap();
    for membership in [Membership::Suspended, Membership::Invited] {
        case.change("other@fernbank.example", |one| one.membership = membership).await;
        assert!(case.told().await);
        assert_eq!(case.on_the_page_of(other.id).await.0, Unattended::default(), "{membership:?}");
    }
    // Nor where no manager could hand it on.
    case.change(MANAGER, |one| one.roles = [Role::Practitioner].into()).await;
    let first = page(&case.house, &case.house.token(TEACHER).await, "/", None).await.html;
    assert!(!first.contains("Nobody here can work on"), "{first}");
}

#[tokio::test]
async fn whoever_must_not_see_somebody_is_told_of_no_matter_about_them_not_even_how_many() {
    let case = Case::new().await;
    let house = &case.house;
    actions::suspend_member(&house.app, &house.school, case.nurse.id).await.unwrap();
    for email in [MANAGER, TEACHER] {
        case.keep_apart(email).await;
    }
    assert!(!case.told().await);
    assert_eq!(page(house, &case.boss, &case.address(), None).await.status, StatusCode::NOT_FOUND);
    let sent = json!({ "to": house.school.member.id.to_string() });
    let address = format!("/api/v1/matters/unattended/{}/hand-on", case.matter);
    assert_eq!(house.send("POST", &address, Some(&case.boss), Some(sent)).await.status, StatusCode::NOT_FOUND);
    let teacher = house.token(TEACHER).await;
    let first = page(house, &teacher, "/", None).await.html;
    let theirs = page(house, &teacher, &format!("/organisation/members/{}", case.nurse.id), None).await.html;
    for html in [first, theirs] {
        assert!(!html.contains("Nobody here can work") && !html.contains("Nobody can work on"), "{html}");
    }
}

#[tokio::test]
async fn a_team_goes_whatever_it_has_about_somebody_whom_the_administrator_must_not_see() {
    let case = Case::new().await;
    let (app, school) = (&case.house.app, &case.house.school);
    let theirs = as_member(&case.house, &case.nurse);
    let team = actions::save_team(app, school, None, "Nurses", &[case.nurse.id].into()).await.unwrap();
    actions::involve(app, &theirs, case.matter, Involve::Team(team.id), &terms(None)).await.unwrap();
    actions::end_involvement(app, &theirs, case.matter, InvolvedBy::Assignment(case.nurse.id)).await.unwrap();
    assert!(actions::close_team(app, school, team.id).await.is_err(), "it is needed");
    case.keep_apart(TEACHER).await;
    let apart = Member { conflicts: [case.person].into(), ..school.member.clone() };
    actions::close_team(app, &as_member(&case.house, &apart), team.id).await.unwrap();
    assert!(case.told().await, "managers are");
}
