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
    let manager = member(2, Role::Manager);
    let lifted = casework::lift(&manager, &teacher, Some(declaration.id), "She moved away", NOW).unwrap();
    assert!(lifted.conflicts.is_empty() && lifted.declared.is_empty());
    assert_eq!((lifted.lifted[0].by, lifted.lifted[0].why.as_str()), (manager.id, "She moved away"));
    assert_eq!(
        casework::lift(&manager, &teacher, Some(declaration.id), " ", NOW),
        Err(Refused::Problems(vec![LiftProblem::WhyMissing]))
    );
    assert!(casework::lift(&teacher, &teacher, Some(declaration.id), "I say so", NOW).is_err());
    let both = Member { roles: [Role::Manager, Role::Practitioner].into(), ..teacher.clone() };
    assert!(casework::lift(&both, &both, Some(declaration.id), "I say so", NOW).is_err());
    // Nor does a manager who must not see the person themselves, by whatever way.
    let apart = Member { conflicts: [ottilie().id].into(), ..manager.clone() };
    assert!(casework::lift(&apart, &teacher, Some(declaration.id), "She moved", NOW).is_err());
    assert!(casework::lift(&manager, &teacher, None, "There is none", NOW).is_err());
    let before = Member { conflicts: [ottilie().id].into(), ..member(1, Role::Practitioner) };
    assert!(casework::lift(&manager, &before, None, "It was a mistake", NOW).unwrap().conflicts.is_empty());
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
    let one = casework::lift(&manager, &teacher, Some(first.id), "Said twice", NOW).unwrap();
    assert_eq!(one.conflicts, BTreeSet::from([ottilie().id]));
    assert!(casework::lift(&manager, &one, Some(second.id), "She moved", NOW).unwrap().conflicts.is_empty());
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
fn a_matter_is_left_alone_when_nobody_involved_may_work_on_it() {
    let teacher = member(1, Role::Practitioner);
    let matter = matter(&teacher, &ottilie());
    let colleague = member(3, Role::Practitioner);
    assert!(!casework::is_left_alone(&matter, &[teacher.clone(), colleague.clone()], NOW));
    let apart = Member { conflicts: [ottilie().id].into(), ..teacher };
    assert!(
        casework::is_left_alone(&matter, &[apart.clone(), colleague.clone()], NOW),
        "the colleague is not involved"
    );
    let mut shared = matter;
    let given = Involvement { by: InvolvedBy::Invitation(colleague.id), ..shared.involved[0].clone() };
    shared.involved.push(given);
    assert!(!casework::is_left_alone(&shared, &[apart.clone(), colleague.clone()], NOW));
    let manager = member(2, Role::Manager);
    shared.involved.pop();
    let handed = casework::hand_on_matter(&manager, &shared, None, &colleague, NOW).unwrap();
    assert!(may(&colleague, Action::WorkOn, Resource::Matter(&handed, NOW)).is_ok());
    assert!(!casework::is_left_alone(&handed, &[apart, colleague], NOW));
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
