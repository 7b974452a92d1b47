//! Casework in its own words: who may do what, and what a record needs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    Action, AddItemProblem, AdviceTaken, Article8, Choice, CorrectDecisionProblem, DecisionId, Denied, Draft, DraftId,
    DraftItem, Historical, InvolvedBy, InvolvementProblem, ItemEntry, ItemId, Matter, MatterId, MatterProblem, Member,
    MemberId, MemberProblem, Membership, Moment, NewDecision, NewDraft, NewMatter, NewMember, NewOrganisation,
    NewPerson, NotSharing, NotSharingProblem, Organisation, OrganisationId, OrganisationProblem, OwnDecision, PackRef,
    Permission, Person, PersonId, Problem, Procedure, Profile, Recipient, RecordDecisionProblem, Refused, Resource,
    Role, SaveDraftProblem, SecondStep, Standing, Team, TeamId, Terms, Told, Verdict, may,
};
use jiff::civil::{Date, date};
use sharewell_casework as casework;

const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

fn today() -> Date {
    date(2026, 11, 23)
}

fn organisation(n: u8) -> OrganisationId {
    OrganisationId::new(NOW, [n; 10])
}

fn member(n: u8, organisation: OrganisationId, role: Role) -> Member {
    let new = NewMember {
        name: "Wilhelmina Ashby".into(),
        role_title: "Class teacher".into(),
        email: format!("member{n}@fernbank.example"),
        roles: BTreeSet::from([role]),
    };
    casework::admit_member(organisation, MemberId::new(NOW, [n; 10]), new, NOW).unwrap()
}

fn teacher() -> Member {
    member(1, organisation(1), Role::Practitioner)
}

fn child() -> Person {
    let new = NewPerson { name: "Ottilie Quarrendon".into(), ..NewPerson::default() };
    casework::register_person(&teacher(), PersonId::new(NOW, [1; 10]), new, NOW).unwrap()
}

fn matter() -> Matter {
    let new = NewMatter { title: "Often hungry".into(), people: BTreeSet::from([child().id]) };
    casework::open_matter(&teacher(), MatterId::new(NOW, [1; 10]), new, NOW).unwrap()
}

fn draft(matter: Option<&Matter>) -> Draft {
    casework::start_draft(&teacher(), DraftId::new(NOW, [1; 10]), matter, NewDraft::default(), NOW).unwrap()
}

fn new_decision(advised: Verdict, choice: Choice) -> NewDecision {
    NewDecision {
        about: "Ottilie’s lunches".into(),
        people: BTreeSet::new(),
        items: Vec::new(),
        recipient: Some(Recipient { organisation: "Northmere Council".into(), ..Recipient::default() }),
        purpose: "To protect a child from neglect".into(),
        own: OwnDecision { choice, reasons: "Three signs in one month".into(), departing: None },
        advice: AdviceTaken {
            verdict: advised,
            pack: PackRef { id: "pan-cheshire".into(), version: "1".into(), digest: "abc".into() },
            judged_on: today(),
            urgent: false,
            interferes: false,
            facts: "{}".into(),
            document: "{}".into(),
        },
        article_8: None,
        requester_discussion: String::new(),
        advice_sought: String::new(),
        told: Some(Told::Yes { words: "Told at the gate".into() }),
        look_again_on: None,
        acts_done: Vec::new(),
    }
}

fn record(new: NewDecision) -> Result<casework::Decision, Refused<RecordDecisionProblem>> {
    casework::record_decision(&teacher(), &matter(), None, DecisionId::new(NOW, [1; 10]), new, NOW, today())
}

fn problems<T, P>(refused: Result<T, Refused<P>>) -> Vec<P> {
    match refused {
        Err(Refused::Problems(problems)) => problems,
        Err(Refused::NotFound(denied)) => panic!("not found: {denied}"),
        Ok(_) => Vec::new(),
    }
}

fn denied<T, P>(refused: &Result<T, Refused<P>>) -> Option<Denied> {
    match refused {
        Err(Refused::NotFound(denied)) => Some(*denied),
        _ => None,
    }
}

// Who may do what

#[test]
fn a_matter_is_open_to_those_involved_and_to_nobody_else() {
    let matter = matter();
    let colleague = member(2, organisation(1), Role::Practitioner);
    let stranger = member(3, organisation(2), Role::Adviser);
    for action in [Action::Read, Action::WorkOn] {
        assert_eq!(may(&teacher(), action, Resource::Matter(&matter, NOW)), Ok(Permission::Involved));
        assert_eq!(may(&colleague, action, Resource::Matter(&matter, NOW)), Err(Denied::NotInvolved));
        assert_eq!(may(&stranger, action, Resource::Matter(&matter, NOW)), Err(Denied::AnotherOrganisation));
    }
    let joined = casework::invite_member(&teacher(), &matter, &colleague, &terms(None), NOW).unwrap();
    assert_eq!(may(&colleague, Action::Read, Resource::Matter(&joined, NOW)), Ok(Permission::Involved));
    assert_eq!(joined.version, matter.version + 1);
}

#[test]
fn administrators_and_analysts_see_no_case_content_even_when_they_opened_it() {
    let matter = matter();
    for role in [Role::Administrator, Role::Analyst] {
        let outsider = member(1, organisation(1), role);
        assert_eq!(outsider.id, matter.opened_by);
        assert_eq!(may(&outsider, Action::Read, Resource::Matter(&matter, NOW)), Err(Denied::NoCasework));
        assert_eq!(may(&outsider, Action::Read, Resource::Draft(&draft(None))), Err(Denied::NoCasework));
        assert_eq!(
            may(&outsider, Action::StartCasework, Resource::Organisation(organisation(1))),
            Err(Denied::NoCasework)
        );
    }
}

#[test]
fn a_draft_is_its_writers_alone() {
    let colleague = member(2, organisation(1), Role::Manager);
    assert_eq!(may(&colleague, Action::Read, Resource::Draft(&draft(None))), Err(Denied::AnothersDraft));
    let saved = casework::save_draft(&colleague, &draft(None), NOW, |_| ());
    assert_eq!(denied(&saved), Some(Denied::AnothersDraft));
}

#[test]
fn only_an_administrator_changes_settings_and_only_of_their_own_organisation() {
    let head = member(2, organisation(1), Role::Administrator);
    let own = Resource::Organisation(organisation(1));
    assert_eq!(may(&head, Action::ChangeSettings, own), Ok(Permission::Administers));
    assert_eq!(may(&teacher(), Action::ChangeSettings, own), Err(Denied::NotAdministrator));
    assert_eq!(
        may(&head, Action::ManageMembers, Resource::Organisation(organisation(2))),
        Err(Denied::AnotherOrganisation)
    );
    assert_eq!(may(&head, Action::Read, own), Err(Denied::NoSuchAction));
}

#[test]
fn someone_not_involved_can_neither_record_nor_correct() {
    let colleague = member(2, organisation(1), Role::Manager);
    let id = DecisionId::new(NOW, [2; 10]);
    let new = new_decision(Verdict::Share, Choice::Share);
    let recorded = casework::record_decision(&colleague, &matter(), None, id, new.clone(), NOW, today());
    assert_eq!(denied(&recorded), Some(Denied::NotInvolved));
    let earlier = record(new).unwrap();
    let corrected = casework::correct_decision(&colleague, &matter(), &earlier, earlier.clone(), "Wrong day");
    assert_eq!(denied(&corrected), Some(Denied::NotInvolved));
}

#[test]
fn only_members_who_work_with_cases_here_can_be_invited() {
    let mut conflicted = member(2, organisation(1), Role::Practitioner);
    conflicted.conflicts.insert(child().id);
    let mut gone = member(2, organisation(1), Role::Practitioner);
    gone.membership = Membership::Left;
    let analyst = member(2, organisation(1), Role::Analyst);
    for other in [member(2, organisation(2), Role::Practitioner), analyst, conflicted, gone] {
        for involve in [casework::invite_member, casework::assign_member, casework::hand_on] {
            let involved = involve(&teacher(), &matter(), &other, &terms(None), NOW);
            assert_eq!(problems(involved), [InvolvementProblem::MemberElsewhere]);
        }
    }
}

fn terms(until: Option<Moment>) -> Terms {
    Terms { until, why: "She sees the child at the clinic".into() }
}

#[test]
fn at_its_end_an_invitation_is_over() {
    let colleague = member(2, organisation(1), Role::Practitioner);
    let end = NOW.plus_seconds(60);
    let invited = casework::invite_member(&teacher(), &matter(), &colleague, &terms(Some(end)), NOW).unwrap();
    let before = Moment::from_micros(end.micros() - 1);
    for action in [Action::Read, Action::WorkOn] {
        assert_eq!(may(&colleague, action, Resource::Matter(&invited, before)), Ok(Permission::Involved));
        assert_eq!(may(&colleague, action, Resource::Matter(&invited, end)), Err(Denied::NotInvolved));
        assert_eq!(may(&teacher(), action, Resource::Matter(&invited, end)), Ok(Permission::Involved));
    }
    let late = casework::invite_member(&teacher(), &matter(), &colleague, &terms(Some(NOW)), NOW);
    assert_eq!(problems(late), [InvolvementProblem::EndPassed]);
    let unexplained = casework::invite_member(&teacher(), &matter(), &colleague, &Terms::default(), NOW);
    assert_eq!(problems(unexplained), [InvolvementProblem::WhyMissing]);
}

/// A team with this one in it.
fn nurses(id: TeamId, nurse: MemberId) -> Team {
    Team {
        id,
        organisation: organisation(1),
        version: 1,
        name: "Nurses".into(),
        members: [nurse].into(),
        closed: false,
        since: BTreeMap::new(),
        awaited: BTreeSet::new(),
        left: Vec::new(),
    }
}

#[test]
fn who_came_out_of_a_team_is_kept_for_as_long_as_one_looks_back() {
    let administrator = member(1, organisation(1), Role::Administrator);
    let nurses = [2, 3].map(|n| member(n, organisation(1), Role::Practitioner));
    let everybody = [administrator.clone(), nurses[0].clone(), nurses[1].clone()];
    let [first, second] = [nurses[0].id, nurses[1].id];
    let here = |at| casework::TeamsNow { teams: &[], everybody: &everybody, at, signed_in_again: Some(at) };
    let (id, day, at) = (TeamId::new(NOW, [9; 10]), 24 * 60 * 60, |seconds| NOW.plus_seconds(seconds));
    let made = casework::make_team(&administrator, id, "Nurses", [first].into(), here(NOW)).unwrap();
    let with = |team: &Team, members: &[MemberId], now: Moment| {
        let members = members.iter().copied().collect();
        casework::change_team(&administrator, team, "Nurses", members, false, here(now)).unwrap()
    };
    let joined = with(&made, &[first, second], at(day));
    assert_eq!(joined.since, [(first, NOW), (second, at(day))].into());
    let gone = casework::WasInTeam { member: second, from: Some(at(day)), until: at(2 * day) };
    let closed = casework::close_team(&administrator, &joined, false, at(2 * day)).unwrap();
    assert_eq!((closed.left.len(), closed.since.len(), closed.left.contains(&gone)), (2, 0, true));
    assert_eq!(casework::leave_team(&joined, second, at(2 * day)).left, [gone]);
    // Whoever stays while others change keeps their beginning, and what is too old to be looked at goes.
    let left = with(&joined, &[first], at(2 * day));
    assert_eq!(with(&left, &[first], at(31 * day)).left, [gone]);
    let again = with(&left, &[first, second], at(32 * day));
    assert_eq!((again.left.len(), again.since.get(&first)), (0, Some(&NOW)));
    // Of somebody who was in it before that was kept, the end is.
    let earlier = Team { since: BTreeMap::new(), ..joined };
    assert_eq!(casework::leave_team(&earlier, second, at(2 * day)).left[0].from, None);
}

#[test]
fn whoever_is_only_invited_or_suspended_is_in_a_team_from_when_they_come_in() {
    let administrator = member(1, organisation(1), Role::Administrator);
    let nurse = member(2, organisation(1), Role::Practitioner);
    let invited = Member { membership: Membership::Invited, ..member(3, organisation(1), Role::Practitioner) };
    let suspended = Member { membership: Membership::Suspended, ..member(4, organisation(1), Role::Practitioner) };
    let everybody = [administrator.clone(), nurse.clone(), invited.clone(), suspended.clone()];
    let at = |seconds| NOW.plus_seconds(seconds);
    let here = |at| casework::TeamsNow { teams: &[], everybody: &everybody, at, signed_in_again: Some(at) };
    let all = [nurse.id, invited.id, suspended.id].into();
    let team = casework::make_team(&administrator, TeamId::new(NOW, [9; 10]), "Nurses", all, here(NOW)).unwrap();
    assert_eq!(
        (team.since.clone(), team.awaited.clone()),
        ([(nurse.id, NOW)].into(), [invited.id, suspended.id].into())
    );
    // It is the same for those whom a table puts into it.
    let imported =
        casework::invite_to_team(&Team { members: BTreeSet::new(), ..team.clone() }, &[invited.id].into(), NOW);
    assert!(imported.awaited.contains(&invited.id) && !imported.since.contains_key(&invited.id));
    let joined = casework::join(&invited, at(86_400)).unwrap();
    let came = casework::come_in(&team, &joined, at(86_400)).unwrap();
    assert_eq!((came.version, came.since.get(&invited.id)), (team.version + 1, Some(&at(86_400))));
    let back = casework::reactivate(&administrator, &suspended, at(90_000)).unwrap();
    let both = casework::come_in(&came, &back, at(90_000)).unwrap();
    assert_eq!((both.since.get(&suspended.id), both.awaited.len()), (Some(&at(90_000)), 0));
    // Whoever had been in it before a suspension goes on as before, and nobody is put into a team by coming in.
    let nurse_back = Member { step: back.step, ..nurse.clone() };
    assert_eq!(casework::come_in(&both, &nurse_back, at(90_001)), None);
    assert_eq!(casework::come_in(&nurses(TeamId::new(NOW, [8; 10]), nurse.id), &joined, at(1)), None);
    // Of an invitation from before it was kept who is awaited, what the team said is put right.
    let before = Team { since: [(invited.id, NOW)].into(), awaited: BTreeSet::new(), ..team.clone() };
    assert_eq!(casework::come_in(&before, &joined, at(60)).unwrap().since.get(&invited.id), Some(&at(60)));
    // Who goes without ever having come in was never in it; to unusual reading neither.
    assert_eq!(casework::leave_team(&team, invited.id, at(60)).left, []);
    let given = casework::give_to_team(&teacher(), &matter(), &team, &terms(Some(at(600))), NOW).unwrap();
    let was = |team: &Team| -> Vec<(MemberId, Moment)> {
        let ended = casework::ended_involvement(&given, std::slice::from_ref(team), NOW, at(600));
        ended.iter().map(|one| (one.member, one.from)).collect()
    };
    assert_eq!(was(&team), [(nurse.id, NOW)]);
    let came = casework::come_in(&team, &casework::join(&invited, at(300)).unwrap(), at(300)).unwrap();
    assert_eq!(was(&came), [(nurse.id, NOW), (invited.id, at(300))]);
    assert!(serde_json::to_value(&both).unwrap().get("awaited").is_none(), "what is empty is not written");
}

#[test]
fn whoever_puts_somebody_into_a_team_proved_lately_who_they_are_and_nobody_who_takes_somebody_out() {
    let administrator = member(1, organisation(1), Role::Administrator);
    let nurses = [2, 3].map(|n| member(n, organisation(1), Role::Practitioner));
    let everybody = [administrator.clone(), nurses[0].clone(), nurses[1].clone()];
    let now = |seconds: Option<i64>| casework::TeamsNow {
        teams: &[],
        everybody: &everybody,
        at: NOW,
        signed_in_again: seconds.map(|seconds| NOW.plus_seconds(seconds)),
    };
    let id = TeamId::new(NOW, [9; 10]);
    let ids = |of: &[&Member]| -> BTreeSet<MemberId> { of.iter().map(|one| one.id).collect() };
    let made = |proved| casework::make_team(&administrator, id, "Nurses", ids(&[&nurses[0]]), now(proved));
    let team = made(Some(-599)).unwrap();
    let change = |name: &str, members: &[&Member], proved| {
        casework::change_team(&administrator, &team, name, ids(members), false, now(proved))
    };
    let asked = |refused: Result<Team, Refused<casework::TeamProblem>>| {
        assert!(matches!(&refused, Err(Refused::NotFound(denied)) if denied.asks_for_proof()), "{refused:?}");
    };
    for late in [None, Some(-600), Some(1)] {
        asked(made(late));
        asked(change("Nurses", &[&nurses[0], &nurses[1]], late));
        asked(change("Nurses", &[&nurses[1]], late));
        change("Night nurses", &[&nurses[0]], late).unwrap();
        change("Nurses", &[], late).unwrap();
        casework::make_team(&administrator, id, "Nobody yet", BTreeSet::new(), now(late)).unwrap();
        // What is wrong is said first, and whoever administers nothing is asked for nothing.
        assert_eq!(problems(change(" ", &[&nurses[1]], late)), [casework::TeamProblem::NameMissing]);
        let others = casework::make_team(&nurses[0], id, "Ours", ids(&[&nurses[1]]), now(late));
        assert_eq!(others, Err(Refused::NotFound(Denied::NotAdministrator)));
    }
    change("Nurses", &[&nurses[0], &nurses[1]], Some(0)).unwrap();
}

#[test]
fn nobody_opens_cases_to_themselves_as_long_as_somebody_else_can() {
    let [one, other] = [1, 2].map(|n| member(n, organisation(1), Role::Administrator));
    let (both, alone) = ([one.clone(), other.clone()], [one.clone()]);
    let made = |everybody: &[Member]| {
        let here = casework::TeamsNow { teams: &[], everybody, at: NOW, signed_in_again: Some(NOW) };
        casework::make_team(&one, TeamId::new(NOW, [9; 10]), "Nurses", [one.id].into(), here)
    };
    assert_eq!(problems(made(&both)), [casework::TeamProblem::Oneself]);
    made(&alone).unwrap();
    let changed = |everybody: &[Member], roles: &[Role]| {
        let new = NewMember {
            name: one.name.clone(),
            role_title: one.role_title.clone(),
            email: one.email.clone(),
            roles: roles.iter().copied().collect(),
        };
        casework::change_member(&one, &one, new, everybody, NOW)
    };
    let more = [Role::Administrator, Role::Practitioner];
    assert_eq!(problems(changed(&both, &more)), [MemberProblem::OwnRole]);
    changed(&both, &[Role::Administrator]).unwrap();
    changed(&alone, &more).unwrap();
    let [leaver, worker] = [3, 4].map(|n| member(n, organisation(1), Role::Practitioner));
    let both_roles = Member { roles: [Role::Administrator, Role::Practitioner].into_iter().collect(), ..one.clone() };
    let takers = |everybody: &[Member]| -> Vec<MemberId> {
        casework::takers(&both_roles, everybody, leaver.id).into_iter().map(|one| one.id).collect()
    };
    assert_eq!(takers(&[both_roles.clone(), leaver.clone(), other.clone()]), [one.id]);
    assert_eq!(takers(&[both_roles.clone(), leaver.clone(), worker.clone()]), [worker.id]);
}

#[test]
fn those_to_whom_a_matter_is_assigned_say_who_else_is_involved() {
    let [mut guest, colleague] = [2, 3].map(|n| member(n, organisation(1), Role::Practitioner));
    let id = TeamId::new(NOW, [9; 10]);
    let team = nurses(id, guest.id);
    let day = Some(NOW.plus_seconds(60));
    let invited = casework::invite_member(&teacher(), &matter(), &guest, &terms(day), NOW).unwrap();
    let theirs = |matter: &Matter, guest: &Member| {
        [
            casework::invite_member(guest, matter, guest, &terms(None), NOW),
            casework::invite_member(guest, matter, &colleague, &terms(None), NOW),
            casework::assign_member(guest, matter, guest, &terms(None), NOW),
            casework::assign_member(guest, matter, &colleague, &terms(None), NOW),
            casework::hand_on(guest, matter, &colleague, &terms(None), NOW),
            casework::give_to_team(guest, matter, &team, &terms(None), NOW),
        ]
    };
    for refused in theirs(&invited, &guest) {
        assert_eq!(refused, Err(Refused::NotFound(Denied::NotInvolved)));
    }
    let others = casework::end_involvement(&guest, &invited, InvolvedBy::Assignment(teacher().id), NOW);
    assert_eq!(others, Err(Refused::NotFound(Denied::NotInvolved)));
    casework::end_involvement(&guest, &invited, InvolvedBy::Invitation(guest.id), NOW).unwrap();
    // So it is by a team, until the matter is assigned to nobody: then whoever takes it up says so.
    let given = casework::give_to_team(&teacher(), &matter(), &team, &terms(None), NOW).unwrap();
    guest.teams.insert(id);
    for refused in theirs(&given, &guest) {
        assert_eq!(refused, Err(Refused::NotFound(Denied::NotInvolved)));
    }
    let nobodys = casework::end_involvement(&teacher(), &given, InvolvedBy::Assignment(teacher().id), NOW).unwrap();
    let taken = casework::assign_member(&guest, &nobodys, &guest, &terms(None), NOW).unwrap();
    casework::invite_member(&guest, &taken, &colleague, &terms(day), NOW).unwrap();
}

#[test]
fn whoever_is_in_a_team_sees_what_was_given_to_it_and_only_while_they_are_in_it() {
    let mut nurse = member(2, organisation(1), Role::Practitioner);
    let id = TeamId::new(NOW, [9; 10]);
    let team = nurses(id, nurse.id);
    let given = casework::give_to_team(&teacher(), &matter(), &team, &terms(None), NOW).unwrap();
    assert_eq!(may(&nurse, Action::Read, Resource::Matter(&given, NOW)), Err(Denied::NotInvolved));
    nurse.teams.insert(id);
    assert_eq!(may(&nurse, Action::Read, Resource::Matter(&given, NOW)), Ok(Permission::Involved));
    let ended = casework::end_involvement(&teacher(), &given, InvolvedBy::Team(id), NOW).unwrap();
    assert_eq!(may(&nurse, Action::Read, Resource::Matter(&ended, NOW)), Err(Denied::NotInvolved));
    for wrong in [Team { organisation: organisation(2), ..team.clone() }, Team { members: BTreeSet::new(), ..team }] {
        let refused = casework::give_to_team(&teacher(), &matter(), &wrong, &terms(None), NOW);
        assert_eq!(problems(refused), [InvolvementProblem::TeamElsewhere]);
    }
}

#[test]
fn whoever_hands_a_matter_on_no_longer_sees_it_and_somebody_always_does() {
    let colleague = member(2, organisation(1), Role::Practitioner);
    let handed = casework::hand_on(&teacher(), &matter(), &colleague, &terms(None), NOW).unwrap();
    assert_eq!(may(&teacher(), Action::Read, Resource::Matter(&handed, NOW)), Err(Denied::NotInvolved));
    assert_eq!(may(&colleague, Action::WorkOn, Resource::Matter(&handed, NOW)), Ok(Permission::Involved));
    assert_eq!((handed.version, handed.involved[0].ended_by), (2, Some(teacher().id)));
    let last = InvolvedBy::Assignment(colleague.id);
    let alone = casework::end_involvement(&colleague, &handed, last, NOW);
    assert_eq!(problems(alone), [InvolvementProblem::LastInvolved]);
    let again = casework::end_involvement(&colleague, &handed, InvolvedBy::Assignment(teacher().id), NOW);
    assert_eq!(denied(&again), Some(Denied::NotInvolved));
}

#[test]
fn somebody_stays_responsible_for_a_matter_without_an_end() {
    let colleague = member(2, organisation(1), Role::Practitioner);
    let (day, own) = (Some(NOW.plus_seconds(60)), InvolvedBy::Assignment(teacher().id));
    let invited = casework::invite_member(&teacher(), &matter(), &colleague, &terms(day), NOW).unwrap();
    let ended = casework::end_involvement(&teacher(), &invited, own, NOW);
    assert_eq!(problems(ended), [InvolvementProblem::LastWithoutEnd]);
    let handed = casework::hand_on(&teacher(), &matter(), &colleague, &terms(day), NOW);
    assert_eq!(problems(handed), [InvolvementProblem::EndOfTheLast]);
    let oneself = casework::assign_member(&teacher(), &invited, &teacher(), &terms(day), NOW);
    assert_eq!(problems(oneself), [InvolvementProblem::EndOfTheLast]);
    // With somebody else who has no end, each of these may be done.
    let assigned = casework::assign_member(&teacher(), &invited, &colleague, &terms(None), NOW).unwrap();
    casework::end_involvement(&teacher(), &assigned, own, NOW).unwrap();
    casework::assign_member(&teacher(), &assigned, &teacher(), &terms(day), NOW).unwrap();
    // One that nobody has without an end, from before this was asked for, is worked on as it was.
    let mut earlier = invited;
    earlier.involved[0].until = day;
    casework::end_involvement(&teacher(), &earlier, own, NOW).unwrap();
}

#[test]
fn a_matter_from_before_involvement_had_an_end_still_opens() {
    let (opened, colleague) = (matter(), member(2, organisation(1), Role::Practitioner));
    let mut json = serde_json::to_value(&opened).unwrap();
    json["involved"] = serde_json::json!([opened.opened_by, colleague.id]);
    let read: Matter = serde_json::from_value(json).unwrap();
    assert_eq!(read.involved[0], opened.involved[0]);
    assert_eq!((read.involved[1].by, read.involved[1].until), (InvolvedBy::Invitation(colleague.id), None));
    let round: Matter = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
    assert_eq!(round, read);
}

// Recording

#[test]
fn a_decision_that_follows_the_advice_is_recorded_whole() {
    let decision = record(new_decision(Verdict::Share, Choice::ShareSome)).unwrap();
    assert_eq!(decision.people, BTreeSet::from([child().id]));
    assert_eq!((decision.member, decision.member_name.as_str()), (teacher().id, "Wilhelmina Ashby"));
    assert_eq!((decision.recorded_at, decision.recorded_on), (NOW, today()));
    assert_eq!(decision.own.departing, None);
    assert_eq!(decision.corrects, None);
}

#[test]
fn departing_from_the_advice_asks_why() {
    let mut new = new_decision(Verdict::Share, Choice::DoNotShare);
    assert_eq!(problems(record(new.clone())), [RecordDecisionProblem::DepartingMissing]);
    new.own.departing = Some("  ".into());
    assert_eq!(problems(record(new.clone())), [RecordDecisionProblem::DepartingMissing]);
    new.own.departing = Some("The social worker told us already".into());
    assert!(record(new).unwrap().own.departing.is_some());
}

#[test]
fn which_decisions_follow_which_advice() {
    let follows: Vec<_> = Verdict::ALL
        .iter()
        .flat_map(|&verdict| Choice::ALL.iter().map(move |&choice| (verdict, choice)))
        .filter(|&(verdict, choice)| !casework::departs(verdict, choice))
        .collect();
    assert_eq!(
        follows,
        [
            (Verdict::Share, Choice::Share),
            (Verdict::Share, Choice::ShareSome),
            (Verdict::ShareAnonymised, Choice::ShareAnonymised),
            (Verdict::DoNotShare, Choice::DoNotShare),
            (Verdict::DoNotShare, Choice::Delay),
            (Verdict::Advice, Choice::AskAdvice),
            (Verdict::Incomplete, Choice::Delay),
            (Verdict::Incomplete, Choice::AskAdvice),
        ]
    );
}

#[test]
fn sharing_needs_someone_to_receive_it_a_purpose_and_whether_the_person_was_told() {
    let mut new = new_decision(Verdict::Share, Choice::Share);
    new.recipient = Some(Recipient::default());
    new.purpose = " ".into();
    new.told = None;
    assert_eq!(
        problems(record(new.clone())),
        [
            RecordDecisionProblem::RecipientMissing,
            RecordDecisionProblem::PurposeMissing,
            RecordDecisionProblem::ToldMissing
        ]
    );
    new.advice.urgent = true;
    assert!(record(new).is_ok(), "in an emergency the rest is completed afterwards");
}

#[test]
fn not_telling_the_person_needs_a_reason_even_in_an_emergency() {
    let mut new = new_decision(Verdict::Share, Choice::Share);
    new.advice.urgent = true;
    for told in [Told::No { why: String::new() }, Told::Later { why: String::new() }] {
        new.told = Some(told);
        assert_eq!(problems(record(new.clone())), [RecordDecisionProblem::WhyNotToldMissing]);
    }
}

#[test]
fn interfering_with_privacy_needs_article_8_in_their_own_words() {
    let mut new = new_decision(Verdict::Share, Choice::Share);
    new.advice.interferes = true;
    new.article_8 = Some(Article8 { aim: "Protect her health".into(), ..Article8::default() });
    assert_eq!(
        problems(record(new.clone())),
        [RecordDecisionProblem::NecessityMissing, RecordDecisionProblem::ProportionalityMissing]
    );
    new.own.choice = Choice::DoNotShare;
    new.own.departing = Some("Ask first".into());
    assert!(record(new).is_ok(), "not sharing interferes with nothing");
}

#[test]
fn reasons_and_a_line_about_it_are_always_needed() {
    let mut new = new_decision(Verdict::Share, Choice::Share);
    new.advice.urgent = true;
    new.about = String::new();
    new.own.reasons = "\n".into();
    let found = problems(record(new));
    assert_eq!(found, [RecordDecisionProblem::AboutMissing, RecordDecisionProblem::ReasonsMissing]);
    assert_eq!(found.iter().map(Problem::field).collect::<Vec<_>>(), ["about", "reasons"]);
    assert_eq!(found[1].to_string(), "Give your reasons.");
}

#[test]
fn a_decision_is_about_people_of_its_matter_and_from_a_draft_on_it() {
    let mut new = new_decision(Verdict::Share, Choice::Share);
    new.people = BTreeSet::from([PersonId::new(NOW, [9; 10])]);
    assert_eq!(problems(record(new)), [RecordDecisionProblem::PersonElsewhere]);
    let mut elsewhere = draft(Some(&matter()));
    elsewhere.matter = Some(MatterId::new(NOW, [9; 10]));
    let recorded = casework::record_decision(
        &teacher(),
        &matter(),
        Some(&elsewhere),
        DecisionId::new(NOW, [1; 10]),
        new_decision(Verdict::Share, Choice::Share),
        NOW,
        today(),
    );
    assert_eq!(problems(recorded), [RecordDecisionProblem::DraftElsewhere]);
}

#[test]
fn not_sharing_is_recorded_with_a_line_and_the_reasons() {
    let quick = NotSharing {
        about: "A caller asking which families have a social worker".into(),
        choice: Choice::DoNotShare,
        reasons: "No purpose given".into(),
        requester: None,
        requester_discussion: String::new(),
        look_again_on: None,
    };
    let not_sharing =
        |new| casework::record_not_sharing(&teacher(), &matter(), DecisionId::new(NOW, [1; 10]), new, NOW, today());
    assert_eq!(not_sharing(quick.clone()).unwrap().advice, None);
    assert!(not_sharing(NotSharing { choice: Choice::Delay, ..quick.clone() }).is_ok());
    let wrong = NotSharing { choice: Choice::Share, about: String::new(), reasons: String::new(), ..quick };
    assert_eq!(
        problems(not_sharing(wrong)),
        [NotSharingProblem::AboutMissing, NotSharingProblem::Shares, NotSharingProblem::ReasonsMissing]
    );
}

#[test]
fn a_correction_says_why_names_the_earlier_record_and_leaves_it_as_it_was() {
    let earlier = record(new_decision(Verdict::Share, Choice::Share)).unwrap();
    let later = casework::Decision { id: DecisionId::new(NOW, [2; 10]), ..earlier.clone() };
    let correct = |earlier: &casework::Decision, why| {
        casework::correct_decision(&teacher(), &matter(), earlier, later.clone(), why)
    };
    let corrected = correct(&earlier, "The wrong Friday").unwrap();
    assert_eq!(corrected.corrects.unwrap().decision, earlier.id);
    assert_eq!(earlier.corrects, None);
    assert_eq!(problems(correct(&earlier, "")), [CorrectDecisionProblem::WhyMissing]);
    assert_eq!(problems(correct(&later, "Itself")), [CorrectDecisionProblem::EarlierElsewhere]);
    let of_another_matter = casework::Decision { matter: MatterId::new(NOW, [9; 10]), ..earlier };
    assert_eq!(problems(correct(&of_another_matter, "Why")), [CorrectDecisionProblem::EarlierElsewhere]);
}

// Matters, items, drafts, settings

#[test]
fn an_item_says_what_it_is_and_where_it_comes_from() {
    let add = |entry, people| casework::add_item(&teacher(), &matter(), ItemId::new(NOW, [1; 10]), people, entry, NOW);
    let empty = ItemEntry { historical: Some(Historical::WithContext), ..ItemEntry::default() };
    assert_eq!(
        problems(add(empty, BTreeSet::from([PersonId::new(NOW, [9; 10])]))),
        [
            AddItemProblem::TextMissing,
            AddItemProblem::StandingMissing,
            AddItemProblem::SourceMissing,
            AddItemProblem::PersonElsewhere,
            AddItemProblem::ContextMissing
        ]
    );
    let entry = ItemEntry {
        text: "Came without lunch".into(),
        standing: Some(Standing::Fact),
        source: "Register".into(),
        ..ItemEntry::default()
    };
    assert_eq!(add(entry, BTreeSet::new()).unwrap().people, matter().people);
}

#[test]
fn items_of_a_draft_join_the_matter_as_far_as_they_are_said() {
    let entry = |text: &str| ItemEntry { text: text.into(), ..ItemEntry::default() };
    let said = DraftItem { id: ItemId::new(NOW, [1; 10]), entry: entry("Bruises seen today") };
    let empty = DraftItem { id: ItemId::new(NOW, [2; 10]), entry: entry(" ") };
    let drafted = casework::save_draft(&teacher(), &draft(None), NOW, |draft| draft.items = vec![said.clone(), empty]);
    let kept = casework::keep_draft_items(&teacher(), &matter(), &drafted.unwrap(), NOW).unwrap();
    assert_eq!(kept.iter().map(|item| item.id).collect::<Vec<_>>(), [said.id]);
    assert_eq!(kept[0].entry.standing, None);
}

#[test]
fn a_draft_keeps_its_owner_and_moves_on_a_version_with_each_save() {
    let started = draft(Some(&matter()));
    let later = NOW.plus_seconds(5);
    let saved = casework::save_draft(&teacher(), &started, later, |draft| {
        draft.answers = BTreeMap::from([("consent".into(), vec!["unsure".into()])]);
        draft.last_page = Some("consent".into());
        draft.member = MemberId::new(NOW, [9; 10]);
        draft.version = 40;
    })
    .unwrap();
    assert_eq!((saved.member, saved.version, saved.saved_at), (started.member, 2, later));
    assert_eq!(saved.last_page.as_deref(), Some("consent"));
    let twice = DraftItem { id: ItemId::new(NOW, [1; 10]), entry: ItemEntry::default() };
    let saved = casework::save_draft(&teacher(), &started, later, |draft| draft.items = vec![twice.clone(), twice]);
    assert_eq!(problems(saved), [SaveDraftProblem::ItemTwice]);
}

#[test]
fn a_matter_needs_a_title_and_grows_by_people() {
    let untitled = casework::open_matter(&teacher(), MatterId::new(NOW, [2; 10]), NewMatter::default(), NOW);
    assert_eq!(problems(untitled), [MatterProblem::TitleMissing]);
    let grown = casework::add_people(&teacher(), &matter(), [PersonId::new(NOW, [2; 10])], NOW).unwrap();
    assert_eq!((grown.people.len(), grown.version), (2, 2));
}

#[test]
fn a_procedure_has_an_owner_and_words_or_a_secure_link() {
    let new = NewOrganisation {
        name: "Fernbank Primary".into(),
        body: "school-maintained".into(),
        partnership: "Cheshire East".into(),
        profile: Profile::default(),
        second_step: SecondStep::Offered,
    };
    let school: Organisation = casework::found_organisation(organisation(1), new, NOW).unwrap();
    let head = member(2, organisation(1), Role::Administrator);
    let empty =
        Procedure { title: String::new(), text: String::new(), link: None, owner: String::new(), review_on: today() };
    let attach = |procedure| casework::attach_procedure(&head, &school, "danger-now", procedure);
    assert_eq!(
        problems(attach(empty)),
        [OrganisationProblem::TitleMissing, OrganisationProblem::TextOrLinkMissing, OrganisationProblem::OwnerMissing]
    );
    let linked = |link: &str| Procedure {
        title: "Who to ring".into(),
        text: String::new(),
        link: Some(link.into()),
        owner: "Head teacher".into(),
        review_on: today(),
    };
    assert_eq!(problems(attach(linked("javascript:alert(1)"))), [OrganisationProblem::LinkNotSecure]);
    assert!(attach(linked("https://fernbank.example/ring")).unwrap().procedures.contains_key("danger-now"));
}

#[test]
fn a_member_has_a_name_a_job_an_address_and_a_role() {
    let new = NewMember {
        name: " ".into(),
        role_title: String::new(),
        email: "not an address".into(),
        roles: BTreeSet::new(),
    };
    let refused = casework::admit_member(organisation(1), MemberId::new(NOW, [1; 10]), new, NOW);
    assert_eq!(
        problems(refused),
        [
            MemberProblem::NameMissing,
            MemberProblem::RoleTitleMissing,
            MemberProblem::EmailWrong,
            MemberProblem::RolesMissing
        ]
    );
}

// Ids and words

#[test]
fn ids_sort_by_time_and_have_one_spelling() {
    let (early, late) = (MatterId::new(NOW, [255; 10]), MatterId::new(NOW.plus_seconds(1), [0; 10]));
    assert!(early < late);
    assert_eq!(early.uuid().get_version_num(), 7);
    assert_eq!(early.to_string().parse(), Ok(early));
    assert!(early.to_string().to_uppercase().parse::<MatterId>().is_err());
    assert!(early.uuid().simple().to_string().parse::<MatterId>().is_err());
}

#[test]
fn words_are_spelt_as_in_packs_and_forms() {
    for verdict in Verdict::ALL {
        assert_eq!(verdict.word().parse(), Ok(*verdict));
        assert_eq!(serde_json::to_string(verdict).unwrap(), format!("\"{}\"", verdict.word()));
    }
    let unknown = "shared".parse::<Choice>().unwrap_err();
    assert!(unknown.to_string().contains("share-some"), "{unknown}");
}

#[test]
fn a_decision_reads_back_from_its_json_as_it_was() {
    let mut new = new_decision(Verdict::Share, Choice::Share);
    new.advice.facts = "{\"a\":  1}".into();
    let decision = record(new).unwrap();
    let json = serde_json::to_string(&decision).unwrap();
    assert_eq!(serde_json::from_str::<casework::Decision>(&json).unwrap(), decision);
}
