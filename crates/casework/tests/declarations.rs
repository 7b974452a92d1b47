//! Declared conflicts of interest: whom they meet, who judges them, and that no matter is left without anybody unnoticed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

use std::collections::BTreeSet;

use casework::{
    Action, Declaration, DeclarationId, DeclareProblem, InvolvedBy, Involvement, LiftProblem, Matter, MatterId, Member,
    MemberId, Met, Moment, NewDeclaration, NewMatter, NewMember, NewPerson, OrganisationId, Person, PersonId, Refused,
    Relation, Resource, Role, may,
};
use jiff::civil::{Date, date};
use sharewell_casework as casework;

const NOW: Moment = Moment::from_micros(1_795_000_000_000_000);

fn member(n: u8, role: Role) -> Member {
    let new = NewMember {
        name: "Wilhelmina Ashby".into(),
        role_title: "Class teacher".into(),
        email: format!("member{n}@fernbank.example"),
        roles: BTreeSet::from([role]),
    };
    casework::admit_member(OrganisationId::new(NOW, [1; 10]), MemberId::new(NOW, [n; 10]), new, NOW).unwrap()
}

fn person(n: u8, name: &str, born: Option<Date>) -> Person {
    let new = NewPerson { name: name.into(), date_of_birth: born, ..NewPerson::default() };
    casework::register_person(&member(1, Role::Practitioner), PersonId::new(NOW, [n; 10]), new, NOW).unwrap()
}

fn ottilie() -> Person {
    person(1, "Ottilie Quarrendon", Some(date(1987, 6, 5)))
}

fn new(name: &str, born: &str) -> NewDeclaration {
    NewDeclaration {
        name: name.into(),
        born: born.into(),
        relation: Some(Relation::Neighbour),
        why: "Next door".into(),
        ..NewDeclaration::default()
    }
}

fn declared(by: &Member, whose: &Member, new: &NewDeclaration) -> (Declaration, Member) {
    casework::declare(by, whose, DeclarationId::new(NOW, [9; 10]), new, NOW).unwrap()
}

/// The teacher after declaring, with this person known; and the declaration.
fn met(new: &NewDeclaration, person: &Person, at_work: bool) -> (Declaration, Member) {
    let teacher = member(1, Role::Practitioner);
    let (declaration, teacher) = declared(&teacher, &teacher, new);
    let at_work = if at_work { BTreeSet::from([person.id]) } else { BTreeSet::new() };
    let teacher = casework::meet(&teacher, std::slice::from_ref(&declaration), std::slice::from_ref(person), &at_work);
    (declaration, teacher)
}

fn matter(by: &Member, person: &Person) -> Matter {
    let new = NewMatter { title: "Often hungry".into(), people: BTreeSet::from([person.id]) };
    casework::open_matter(by, MatterId::new(NOW, [1; 10]), new, NOW).unwrap()
}

#[test]
fn whoever_was_surely_meant_is_kept_from_the_member_and_nobody_else_is() {
    let (_, teacher) = met(&new("QUARRENDON Ottilie", "1987"), &ottilie(), false);
    assert_eq!(teacher.conflicts, BTreeSet::from([ottilie().id]));
    assert!(
        casework::open_matter(
            &teacher,
            MatterId::new(NOW, [2; 10]),
            NewMatter { title: "Often hungry".into(), people: BTreeSet::from([ottilie().id]) },
            NOW
        )
        .is_err()
    );
    let (_, teacher) = met(&new("Ottilie Quarrendon", "1950"), &ottilie(), false);
    assert!(teacher.conflicts.is_empty() && teacher.declared.values().all(std::collections::BTreeMap::is_empty));
}

#[test]
fn a_former_surname_is_looked_for_too() {
    let married = NewDeclaration { former_surname: "Quarrendon".into(), ..new("Ottilie Vane", "1987") };
    assert_eq!(met(&married, &ottilie(), false).1.conflicts, BTreeSet::from([ottilie().id]));
    assert!(met(&new("Ottilie Vane", "1987"), &ottilie(), false).1.conflicts.is_empty());
    let both = person(2, "Ottilie Quarrendon Vane", Some(date(1987, 6, 5)));
    assert_eq!(met(&married, &both, false).1.conflicts, BTreeSet::from([both.id]));
}

#[test]
fn whoever_is_perhaps_meant_is_kept_from_the_member_until_a_manager_says() {
    let (declaration, teacher) = met(&new("Ottilie Quarrendon", ""), &ottilie(), false);
    assert_eq!(teacher.declared[&declaration.id][&ottilie().id], Met::Perhaps);
    assert_eq!(teacher.conflicts, BTreeSet::from([ottilie().id]));
    let manager = member(2, Role::Manager);
    let whom = (declaration.id, ottilie().id);
    let same = casework::decide_likeness(&manager, &teacher, whom, true, NOW).unwrap();
    assert_eq!(same.conflicts, BTreeSet::from([ottilie().id]));
    assert_eq!(same.version, teacher.version + 1);
    let another = casework::decide_likeness(&manager, &teacher, whom, false, NOW).unwrap();
    assert!(another.conflicts.is_empty());
    // What was said stays said, whoever is named or changed afterwards; and is said once.
    let again = casework::meet(&another, std::slice::from_ref(&declaration), &[ottilie()], &BTreeSet::new());
    assert!(again.conflicts.is_empty());
    assert!(casework::decide_likeness(&manager, &another, whom, true, NOW).is_err());
    for judge in [&teacher, &member(3, Role::Practitioner), &member(4, Role::Administrator)] {
        assert!(casework::decide_likeness(judge, &teacher, whom, false, NOW).is_err());
    }
}

#[test]
fn whoever_works_with_somebody_who_is_perhaps_meant_goes_on_until_a_manager_says() {
    let (declaration, teacher) = met(&new("Ottilie Quarrendon", ""), &ottilie(), true);
    assert!(teacher.conflicts.is_empty());
    let manager = member(2, Role::Manager);
    let same = casework::decide_likeness(&manager, &teacher, (declaration.id, ottilie().id), true, NOW).unwrap();
    assert_eq!(same.conflicts, BTreeSet::from([ottilie().id]));
    // A sure match counts at once, at work or not.
    assert_eq!(met(&new("Ottilie Quarrendon", "1987"), &ottilie(), true).1.conflicts, BTreeSet::from([ottilie().id]));
}

#[test]
fn a_manager_other_than_the_member_lifts_and_says_why() {
    let (declaration, teacher) = met(&new("Ottilie Quarrendon", "1987"), &ottilie(), false);
    let (manager, declarations) = (member(2, Role::Manager), [declaration.clone()]);
    let lifted =
        casework::lift(&manager, &teacher, Some(declaration.id), &declarations, "She moved away", NOW).unwrap();
    assert!(lifted.conflicts.is_empty() && lifted.declared.is_empty());
    assert_eq!((lifted.lifted[0].by, lifted.lifted[0].why.as_str()), (manager.id, "She moved away"));
    assert_eq!(
        casework::lift(&manager, &teacher, Some(declaration.id), &declarations, " ", NOW),
        Err(Refused::Problems(vec![LiftProblem::WhyMissing]))
    );
    assert!(casework::lift(&teacher, &teacher, Some(declaration.id), &declarations, "I say so", NOW).is_err());
    let both = Member { roles: [Role::Manager, Role::Practitioner].into(), ..teacher.clone() };
    assert!(casework::lift(&both, &both, Some(declaration.id), &declarations, "I say so", NOW).is_err());
    // Nor does a manager who declared the same person: whether or not anybody is known.
    let own = declared(&manager, &manager, &new("Ottilie Quarrendon", "")).0;
    let declarations = [declaration.clone(), own];
    assert!(casework::lift(&manager, &teacher, Some(declaration.id), &declarations, "She moved", NOW).is_err());
    let nobody = Member { conflicts: BTreeSet::new(), declared: casework::Declared::new(), ..teacher.clone() };
    assert!(casework::lift(&manager, &nobody, Some(declaration.id), &declarations, "She moved", NOW).is_err());
    assert!(casework::lift(&manager, &teacher, None, &[], "There is none", NOW).is_err());
    let before = Member { conflicts: [ottilie().id].into(), ..member(1, Role::Practitioner) };
    assert!(casework::lift(&manager, &before, None, &[], "It was a mistake", NOW).unwrap().conflicts.is_empty());
}

#[test]
fn two_declarations_of_one_person_hold_until_both_are_lifted() {
    let (first, teacher) = met(&new("Ottilie Quarrendon", "1987"), &ottilie(), false);
    let manager = member(2, Role::Manager);
    let (second, teacher) = casework::declare(
        &manager,
        &teacher,
        DeclarationId::new(NOW, [8; 10]),
        &new("Ottilie Quarrendon", "1987"),
        NOW,
    )
    .unwrap();
    let teacher = casework::meet(&teacher, std::slice::from_ref(&second), &[ottilie()], &BTreeSet::new());
    let both = [first.clone(), second.clone()];
    let one = casework::lift(&manager, &teacher, Some(first.id), &both, "Said twice", NOW).unwrap();
    assert_eq!(one.conflicts, BTreeSet::from([ottilie().id]));
    assert!(casework::lift(&manager, &one, Some(second.id), &both, "She moved", NOW).unwrap().conflicts.is_empty());
}

#[test]
fn declaring_asks_for_a_name_and_the_connection_and_a_manager_says_why() {
    let (teacher, manager) = (member(1, Role::Practitioner), member(2, Role::Manager));
    let id = DeclarationId::new(NOW, [9; 10]);
    let empty = NewDeclaration { born: "long ago".into(), ..NewDeclaration::default() };
    assert_eq!(
        casework::declare(&teacher, &teacher, id, &empty, NOW),
        Err(Refused::Problems(vec![
            DeclareProblem::NameMissing,
            DeclareProblem::BornWrong,
            DeclareProblem::RelationMissing
        ]))
    );
    let unsaid = NewDeclaration { why: String::new(), ..new("Ottilie Quarrendon", "1987") };
    assert!(casework::declare(&teacher, &teacher, id, &unsaid, NOW).is_ok());
    assert_eq!(
        casework::declare(&manager, &teacher, id, &unsaid, NOW),
        Err(Refused::Problems(vec![DeclareProblem::WhyMissing]))
    );
    let colleague = member(3, Role::Practitioner);
    assert!(matches!(casework::declare(&colleague, &teacher, id, &unsaid, NOW), Err(Refused::NotFound(_))));
}

#[test]
fn whoever_names_somebody_they_declared_themselves_is_noticed_and_for_a_managers_declaration_is_not() {
    let (teacher, manager) = (member(1, Role::Practitioner), member(2, Role::Manager));
    let people = [person(2, "Jay Field", None), ottilie()];
    let own = declared(&teacher, &teacher, &new("Ottilie Quarrendon", "1987")).0;
    assert_eq!(
        casework::declared_by_oneself(&teacher, std::slice::from_ref(&own), &people).map(|one| one.id),
        Some(ottilie().id)
    );
    assert!(casework::declared_by_oneself(&manager, &[own], &people).is_none());
    let set = declared(&manager, &teacher, &new("Ottilie Quarrendon", "1987")).0;
    assert!(casework::declared_by_oneself(&teacher, &[set], &people).is_none());
    let unsure = declared(&teacher, &teacher, &new("Ottilie Quarrendon", "")).0;
    assert!(casework::declared_by_oneself(&teacher, &[unsure], &people).is_none());
}

#[test]
fn a_matter_is_unattended_when_nobody_involved_may_work_on_it() {
    let teacher = member(1, Role::Practitioner);
    let matter = matter(&teacher, &ottilie());
    let colleague = member(3, Role::Practitioner);
    assert!(!casework::is_unattended(&matter, &[teacher.clone(), colleague.clone()], NOW));
    let apart = Member { conflicts: [ottilie().id].into(), ..teacher };
    assert!(
        casework::is_unattended(&matter, &[apart.clone(), colleague.clone()], NOW),
        "the colleague is not involved"
    );
    let mut shared = matter;
    let given = Involvement { by: InvolvedBy::Invitation(colleague.id), ..shared.involved[0].clone() };
    shared.involved.push(given);
    assert!(!casework::is_unattended(&shared, &[apart.clone(), colleague.clone()], NOW));
    let manager = member(2, Role::Manager);
    shared.involved.pop();
    let handed = casework::hand_on_matter(&manager, &shared, None, &colleague, NOW).unwrap();
    assert!(may(&colleague, Action::WorkOn, Resource::Matter(&handed, NOW)).is_ok());
    assert!(!casework::is_unattended(&handed, &[apart, colleague], NOW));
}

#[test]
fn what_a_member_declared_goes_when_they_leave_and_whom_they_must_not_see_stays() {
    let (_, teacher) = met(&new("Ottilie Quarrendon", "1987"), &ottilie(), false);
    let boss = member(4, Role::Administrator);
    let gone = casework::leave(&boss, &teacher, &[boss.clone(), teacher.clone()], NOW).unwrap();
    assert!(gone.declared.is_empty());
    assert_eq!(gone.conflicts, BTreeSet::from([ottilie().id]));
    assert_eq!(gone.earlier_conflicts(), gone.conflicts);
}

#[test]
fn a_member_from_before_there_were_declarations_still_reads() {
    let (_, teacher) = met(&new("Ottilie Quarrendon", "1987"), &ottilie(), false);
    let mut json = serde_json::to_value(&teacher).unwrap();
    let whole: Member = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(whole.declared, teacher.declared);
    json.as_object_mut().unwrap().retain(|field, _| field != "declared" && field != "lifted");
    let before: Member = serde_json::from_value(json).unwrap();
    assert_eq!((before.conflicts, before.declared.len()), (teacher.conflicts, 0));
}

#[test]
fn two_declarations_resemble_each_other_by_their_words_alone() {
    let (teacher, manager) = (member(1, Role::Practitioner), member(2, Role::Manager));
    let of = |whose: &Member, name: &str, born: &str, id: u8| {
        let id = DeclarationId::new(NOW, [id; 10]);
        casework::declare(&manager, whose, id, &new(name, born), NOW).unwrap().0
    };
    let own = of(&manager, "Ottilie Quarrendon", "1987", 7);
    for (name, born, alike) in [
        ("QUARRENDON, Ottilie", "", true),
        ("Ottilie Quarrendon", "1988", true),
        ("Ottilie J Quarrendon", "1987-06-05", true),
        ("Ottilie Quarrendon", "1950", false),
        ("Jay Field", "1987", false),
    ] {
        let theirs = of(&teacher, name, born, 8);
        assert_eq!(theirs.resembles(&own), alike, "{name} {born}");
        assert_eq!(own.resembles(&theirs), alike, "{name} {born}");
        let all = [own.clone(), theirs.clone()];
        assert_eq!(casework::may_look_after(&manager, &theirs, &all, NOW).is_err(), alike, "{name} {born}");
        let other = member(5, Role::Manager);
        assert!(casework::may_look_after(&other, &theirs, &all, NOW).is_ok());
    }
    // What another set for the manager they are not told, so that it hides nothing.
    let set = casework::declare(
        &member(5, Role::Manager),
        &manager,
        DeclarationId::new(NOW, [6; 10]),
        &new("Ottilie Quarrendon", ""),
        NOW,
    );
    let theirs = of(&teacher, "Ottilie Quarrendon", "", 8);
    assert!(casework::may_look_after(&manager, &theirs, &[set.unwrap().0, theirs.clone()], NOW).is_ok());
}

#[test]
fn a_conflict_from_before_stays_when_a_later_declaration_of_the_same_person_is_lifted_or_means_somebody_else() {
    let (manager, teacher) = (member(2, Role::Manager), member(1, Role::Practitioner));
    let before = Member { conflicts: [ottilie().id].into(), ..teacher };
    for (born, lifts) in [("1987", true), ("", true), ("", false)] {
        let (declaration, teacher) = declared(&before, &before, &new("Ottilie Quarrendon", born));
        let all = [declaration.clone()];
        let teacher = casework::meet(&teacher, &all, &[ottilie()], &BTreeSet::new());
        assert_eq!(teacher.earlier_conflicts(), before.conflicts);
        let after = if lifts {
            casework::lift(&manager, &teacher, Some(declaration.id), &all, "She moved", NOW).unwrap()
        } else {
            casework::decide_likeness(&manager, &teacher, (declaration.id, ottilie().id), false, NOW).unwrap()
        };
        assert_eq!((&after.conflicts, after.earlier_conflicts()), (&before.conflicts, before.conflicts.clone()));
        // It is lifted apart, and a declaration that stands holds on.
        let lifted = casework::lift(&manager, &teacher, None, &all, "It was a mistake", NOW).unwrap();
        assert_eq!((lifted.conflicts.len(), lifted.earlier_conflicts().len()), (1, 0));
        let both = casework::lift(&manager, &after, None, &all, "It was a mistake", NOW).unwrap();
        assert!(both.conflicts.is_empty());
    }
    // Whom somebody declared before they left is from before when they come back.
    let (_, teacher) = met(&new("Ottilie Quarrendon", "1987"), &ottilie(), false);
    assert!(teacher.earlier_conflicts().is_empty());
    let boss = member(4, Role::Administrator);
    let gone = casework::leave(&boss, &teacher, &[boss.clone(), teacher.clone()], NOW).unwrap();
    let back = casework::invite_again(&boss, &gone, NOW).unwrap();
    let back = casework::join(&back, NOW).unwrap();
    let (declaration, again) = declared(&back, &back, &new("Ottilie Quarrendon", "1987"));
    let all = [declaration.clone()];
    let again = casework::meet(&again, &all, &[ottilie()], &BTreeSet::new());
    let lifted = casework::lift(&manager, &again, Some(declaration.id), &all, "She moved", NOW).unwrap();
    assert_eq!(lifted.conflicts, [ottilie().id].into());
}

#[test]
fn a_manager_lifts_of_the_conflicts_from_before_those_about_people_whom_they_may_see() {
    let field = person(2, "Jay Field", None);
    let before = Member { conflicts: [ottilie().id, field.id].into(), ..member(1, Role::Practitioner) };
    let apart = Member { conflicts: [ottilie().id].into(), ..member(2, Role::Manager) };
    assert_eq!(casework::earlier_to_lift(&apart, &before, NOW), [field.id].into());
    let lifted = casework::lift(&apart, &before, None, &[], "It was a mistake", NOW).unwrap();
    assert_eq!(lifted.conflicts, [ottilie().id].into());
    assert!(casework::lift(&apart, &lifted, None, &[], "It was a mistake", NOW).is_err());
}

#[test]
fn whoever_set_the_conflict_that_left_a_matter_alone_does_not_take_it_and_nobody_hands_it_to_themselves() {
    let (teacher, colleague) = (member(1, Role::Practitioner), member(3, Role::Practitioner));
    let matter = matter(&teacher, &ottilie());
    let manages = |n| Member { roles: [Role::Manager, Role::Practitioner].into(), ..member(n, Role::Manager) };
    let (setter, other) = (manages(2), manages(5));
    let (set, teacher) = declared(&setter, &teacher, &new("Ottilie Quarrendon", "1987"));
    let all = [set];
    let teacher = casework::meet(&teacher, &all, &[ottilie()], &BTreeSet::new());
    let everybody = [teacher.clone(), colleague.clone(), setter.clone(), other.clone()];
    assert!(casework::is_unattended(&matter, &everybody, NOW));
    let takes = |by: &Member, to: &Member| {
        let involved = casework::involved_or_were(&matter, &everybody, &[], NOW);
        casework::may_take_unattended(by, &matter, &involved, &all, to)
    };
    assert!(takes(&setter, &colleague) && takes(&setter, &other) && takes(&other, &colleague));
    assert!(!takes(&setter, &setter) && !takes(&other, &setter) && !takes(&other, &other));
}

#[test]
fn whoever_said_that_a_declaration_means_them_does_not_take_the_matter_that_it_left_alone() {
    let (declaration, teacher) = met(&new("Ottilie Quarrendon", ""), &ottilie(), true);
    let manages = |n| Member { roles: [Role::Manager, Role::Practitioner].into(), ..member(n, Role::Manager) };
    let (judge, other, boss) = (manages(2), manages(5), manages(6));
    let matter = matter(&teacher, &ottilie());
    let takes = |teacher: &Member, to: &Member| {
        casework::may_take_unattended(&boss, &matter, &[teacher], std::slice::from_ref(&declaration), to)
    };
    assert!(takes(&teacher, &judge));
    let same = casework::decide_likeness(&judge, &teacher, (declaration.id, ottilie().id), true, NOW).unwrap();
    assert!(!takes(&same, &judge) && takes(&same, &other));
}

#[test]
fn what_nobody_decides_counts_after_three_working_days_and_may_be_decided_still() {
    let day = |moment: Moment| casework_day(moment);
    let (declaration, teacher) = met(&new("Ottilie Quarrendon", ""), &ottilie(), true);
    let today =
        |date: Date| casework::count_undecided(&teacher, std::slice::from_ref(&declaration), &[ottilie()], date, day);
    // Declared on a Thursday: Friday, Monday and Tuesday.
    let since = casework_day(NOW);
    let last = casework::decided_by(since);
    assert_eq!(casework::decided_by(date(2026, 11, 19)), date(2026, 11, 24));
    assert!(today(last).conflicts.is_empty());
    let counted = today(last.tomorrow().unwrap());
    assert_eq!(counted.conflicts, [ottilie().id].into());
    let manager = member(2, Role::Manager);
    let another = casework::decide_likeness(&manager, &counted, (declaration.id, ottilie().id), false, NOW).unwrap();
    assert!(another.conflicts.is_empty());
    // What was said is not said again by the days that pass.
    let all = [declaration];
    assert!(casework::count_undecided(&another, &all, &[ottilie()], date(2030, 1, 1), day).conflicts.is_empty());
}

fn casework_day(moment: Moment) -> Date {
    let at = jiff::Timestamp::from_microsecond(moment.micros()).unwrap();
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[test]
fn what_nobody_may_look_after_is_noticed_whether_or_not_anybody_is_known() {
    let (teacher, manager) = (member(1, Role::Practitioner), member(2, Role::Manager));
    let theirs = declared(&teacher, &teacher, &new("Ottilie Quarrendon", "")).0;
    let own = casework::declare(
        &manager,
        &manager,
        DeclarationId::new(NOW, [8; 10]),
        &new("Ottilie Quarrendon", "1987"),
        NOW,
    );
    let own = own.unwrap().0;
    let noticed = |everybody: &[Member], of: &[Declaration]| casework::nobody_looks_after(everybody, of, NOW);
    assert!(!noticed(std::slice::from_ref(&teacher), &[]));
    assert!(noticed(std::slice::from_ref(&teacher), std::slice::from_ref(&theirs)));
    let both = [teacher, manager, member(5, Role::Manager)];
    assert!(!noticed(&both[..2], std::slice::from_ref(&theirs)));
    assert!(noticed(&both[..2], &[theirs.clone(), own.clone()]));
    assert!(!noticed(&both, &[theirs, own]));
}
