//! No matter is left without anybody unnoticed, whatever left it so.
#![allow(clippy::unwrap_used, reason = "what a test prepares may fail the test")]

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    InvolvedBy, Involvement, Matter, MatterId, Member, MemberId, Membership, Moment, NewMatter, NewMember,
    OrganisationId, PersonId, Role, Team, TeamId, WasInTeam, is_unattended,
};
use sharewell_casework as casework;

const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

fn member(n: u8, roles: &[Role]) -> Member {
    let new = NewMember {
        name: "Wilhelmina Ashby".into(),
        role_title: "Class teacher".into(),
        email: format!("member{n}@fernbank.example"),
        roles: roles.iter().copied().collect(),
    };
    casework::admit_member(OrganisationId::new(NOW, [1; 10]), MemberId::new(NOW, [n; 10]), new, NOW).unwrap()
}

fn practitioner(n: u8) -> Member {
    member(n, &[Role::Practitioner])
}

fn child() -> PersonId {
    PersonId::new(NOW, [7; 10])
}

fn matter(by: &Member) -> Matter {
    let new = NewMatter { title: "Often hungry".into(), people: [child()].into() };
    casework::open_matter(by, MatterId::new(NOW, [1; 10]), new, NOW).unwrap()
}

fn also(matter: &Matter, by: InvolvedBy, until: Option<Moment>) -> Matter {
    let mut matter = matter.clone();
    matter.involved.push(Involvement { by, until, ..matter.involved[0].clone() });
    matter
}

#[test]
fn a_matter_is_unattended_by_a_suspension_other_roles_and_an_end_as_by_a_conflict_of_interest() {
    let (teacher, colleague) = (practitioner(1), practitioner(2));
    let (theirs, stranger) = (matter(&teacher), practitioner(3));
    assert!(!is_unattended(&theirs, std::slice::from_ref(&teacher), NOW));
    let suspended = Member { membership: Membership::Suspended, ..teacher.clone() };
    let administers = Member { roles: [Role::Administrator].into(), ..teacher.clone() };
    let analyses = Member { roles: [Role::Practitioner, Role::Analyst].into(), ..teacher.clone() };
    let apart = Member { conflicts: [child()].into(), ..teacher.clone() };
    for away in [&suspended, &administers, &analyses, &apart] {
        assert!(is_unattended(&theirs, &[away.clone(), stranger.clone()], NOW), "{away:?}");
        // Whoever was invited goes on until their own end, and at the end itself it is over.
        let day = NOW.plus_seconds(86_400);
        let shared = also(&theirs, InvolvedBy::Invitation(colleague.id), Some(day));
        let both = [away.clone(), colleague.clone()];
        assert!(!is_unattended(&shared, &both, day.plus_seconds(-1)) && is_unattended(&shared, &both, day));
    }
    // Whoever comes back finds it again.
    assert!(!is_unattended(&theirs, &[Member { membership: Membership::Active, ..suspended }], NOW));
    let mut over = theirs;
    over.involved[0].until = Some(NOW);
    assert!(is_unattended(&over, &[teacher], NOW), "every involvement has ended");
}

#[test]
fn a_team_in_which_nobody_works_with_cases_is_nobody() {
    let (teacher, nurse, id) = (practitioner(1), practitioner(2), TeamId::new(NOW, [9; 10]));
    let mut given = also(&matter(&teacher), InvolvedBy::Team(id), None);
    given.involved.remove(0);
    let within = |membership, roles: &[Role]| Member {
        teams: [id].into(),
        membership,
        roles: roles.iter().copied().collect(),
        ..nurse.clone()
    };
    let works = within(Membership::Active, &[Role::Practitioner]);
    assert!(!is_unattended(&given, &[works.clone(), teacher.clone()], NOW));
    for away in [
        within(Membership::Suspended, &[Role::Practitioner]),
        within(Membership::Invited, &[Role::Practitioner]),
        within(Membership::Active, &[Role::Administrator]),
        nurse.clone(),
    ] {
        assert!(is_unattended(&given, &[away, teacher.clone()], NOW));
    }
    // What a team has it has until the end, and at the end itself it is over.
    let day = NOW.plus_seconds(86_400);
    let mut lent = given.clone();
    lent.involved[0].until = Some(day);
    let both = [works.clone(), teacher.clone()];
    assert!(!is_unattended(&lent, &both, day.plus_seconds(-1)) && is_unattended(&lent, &both, day));
    // It keeps somebody who works with cases, as long as it has one; conflicts of interest have no say in that.
    let suspended = Member { id: MemberId::new(NOW, [5; 10]), ..within(Membership::Suspended, &[Role::Practitioner]) };
    let everybody = [works.clone(), suspended.clone(), teacher.clone()];
    let needed = |members: &[MemberId], everybody: &[Member]| {
        let members: BTreeSet<MemberId> = members.iter().copied().collect();
        casework::would_be_unattended(id, &members, std::slice::from_ref(&given), everybody, NOW)
    };
    assert!(needed(&[], &everybody) && needed(&[suspended.id], &everybody));
    assert!(!needed(&[works.id], &everybody) && !needed(&[teacher.id], &everybody));
    assert!(!needed(&[], &[suspended, teacher.clone()]), "it is with nobody already, of which managers are told");
    let lent_when = |now| casework::would_be_unattended(id, &BTreeSet::new(), &[lent.clone()], &both, now);
    assert!(lent_when(day.plus_seconds(-1)) && !lent_when(day), "what it has no more keeps nobody in it");
    let apart = Member { conflicts: [child()].into(), ..works.clone() };
    assert!(!needed(&[apart.id], &[apart.clone(), teacher.clone()]) && needed(&[], &[apart, teacher]));
}

#[test]
fn managers_hand_on_what_is_unattended_unless_they_must_not_see_whom_it_is_about() {
    let matter = matter(&practitioner(1));
    let hands_on = |by: &Member| casework::hands_on_unattended(by, &matter, NOW);
    let manager = member(2, &[Role::Manager]);
    assert!(hands_on(&manager));
    for other in [
        practitioner(3),
        member(4, &[Role::Administrator, Role::Adviser]),
        member(5, &[Role::Manager, Role::Analyst]),
        Member { membership: Membership::Suspended, ..manager.clone() },
        Member { conflicts: [child()].into(), ..manager },
    ] {
        assert!(!hands_on(&other), "{other:?}");
    }
}

#[test]
fn who_kept_a_colleague_from_cases_is_who_suspended_them_or_took_the_role_and_not_who_changed_something_since() {
    let (boss, other) = (member(8, &[Role::Administrator]), member(9, &[Role::Administrator]));
    let teacher = practitioner(1);
    let everybody = [boss.clone(), other.clone(), teacher.clone()];
    assert_eq!(casework::kept_from_cases_by(std::slice::from_ref(&teacher)), None);
    let suspended = casework::suspend(&boss, &teacher, &everybody, NOW).unwrap();
    let details = |roles: &[Role]| NewMember {
        name: "Wilhelmina Vale".into(),
        role_title: "Teacher".into(),
        email: "member1@fernbank.example".into(),
        roles: roles.iter().copied().collect(),
    };
    let renamed = |member: &Member, by: &Member, roles: &[Role]| {
        casework::change_member(by, member, details(roles), &everybody, NOW).unwrap()
    };
    let changed = renamed(&suspended, &other, &[Role::Practitioner]);
    assert_eq!(casework::kept_from_cases_by(&[teacher.clone(), suspended.clone(), changed.clone()]), Some(boss.id));
    let back = casework::reactivate(&other, &changed, NOW).unwrap();
    assert_eq!(casework::kept_from_cases_by(&[teacher.clone(), suspended.clone(), back]), None);
    let analyst = renamed(&teacher, &other, &[Role::Analyst]);
    let married = renamed(&analyst, &boss, &[Role::Analyst]);
    assert_eq!(casework::kept_from_cases_by(&[teacher, analyst, married]), Some(other.id));
}

#[test]
fn who_came_out_of_a_team_that_has_a_matter_counts_as_well() {
    let (teacher, other, id) = (practitioner(1), practitioner(2), TeamId::new(NOW, [9; 10]));
    let everybody = [teacher.clone(), other];
    let left = vec![WasInTeam { member: teacher.id, from: None, until: NOW }];
    let closed = Team {
        id,
        organisation: teacher.organisation,
        version: 2,
        name: "Year 5".into(),
        members: BTreeSet::new(),
        closed: true,
        since: BTreeMap::new(),
        awaited: BTreeSet::new(),
        left,
    };
    let (day, mut given) = (NOW.plus_seconds(86_400), also(&matter(&teacher), InvolvedBy::Team(id), None));
    given.involved.remove(0);
    given.involved[0].until = Some(day);
    let at = |now| casework::involved_or_were(&given, &everybody, std::slice::from_ref(&closed), now);
    assert_eq!(at(NOW), [&teacher]);
    assert!(at(day).is_empty(), "the team has it no more");
}
