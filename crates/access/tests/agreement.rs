//! Cedar and the plain rules answer alike, a million times, and each forbidding rule outweighs everything.
#![allow(
    missing_docs,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail; it uses a part of what it shares"
)]

mod cases;
mod naive;

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use cases::{Case, Chance};
use sharewell_access as access;
use sharewell_access::{Answer, Asks, Membership, OrganisationId, Policy, Question, Role, built_in};

const CASES: u64 = 1_000_000;

fn policy() -> &'static Policy {
    built_in().unwrap()
}

/// The made-up case of this number.
fn case(number: u64) -> Case {
    Case::by(&mut Chance(number.wrapping_mul(0x2545_f491_4f6c_dd1d)))
}

/// Whether both answer alike, and how often each rule decided.
fn agreed(numbers: impl Iterator<Item = u64>) -> BTreeMap<String, u64> {
    let mut decided = BTreeMap::new();
    for number in numbers {
        let case = case(number);
        let question = case.question();
        let answer = policy().ask(&question);
        assert_eq!(answer.is_permitted(), naive::may(&question), "case {number}: {answer:?} to {question:?}");
        let by = match answer {
            Answer::Permitted(rule) | Answer::Forbidden(rule) => rule.id.clone(),
            Answer::NothingPermits => "nothing permits".to_owned(),
            Answer::Unanswered(fault) => panic!("case {number}: {fault}"),
        };
        *decided.entry(by).or_insert(0) += 1;
    }
    decided
}

#[test]
fn the_policy_and_the_plain_rules_agree_on_a_million_cases() {
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let decided: BTreeMap<String, u64> = thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| scope.spawn(move || agreed((0..CASES).filter(move |number| number % threads == part))))
            .collect();
        let mut whole = BTreeMap::new();
        for part in parts {
            for (rule, times) in part.join().unwrap() {
                *whole.entry(rule).or_insert(0) += times;
            }
        }
        whole
    });
    assert_eq!(decided.values().sum::<u64>(), CASES);
    println!("{decided:#?}");
    for rule in policy().rules() {
        let times = decided.get(&rule.id).copied().unwrap_or(0);
        assert!(times >= 200, "{} decided {times} cases of a million: too few to say anything about it", rule.id);
    }
}

#[test]
fn what_a_question_tells_is_what_the_schema_says_that_it_tells() {
    for number in 0..5_000 {
        let case = case(number);
        let question = case.question();
        assert_eq!(policy().ask_strictly(&question), policy().ask(&question), "case {number}");
    }
}

/// Every case that is permitted, changed in one respect, is forbidden.
fn forbids(what: &str, change: impl Fn(&mut Case) -> bool) {
    let (mut permitted, mut changed) = (0, 0);
    for number in 0..25_000 {
        let mut case = case(number);
        if !policy().ask(&case.question()).is_permitted() {
            continue;
        }
        permitted += 1;
        if !change(&mut case) {
            continue;
        }
        changed += 1;
        let answer = policy().ask(&case.question());
        assert!(matches!(answer, Answer::Forbidden(_)), "{what}: case {number}: {answer:?}");
    }
    assert!(permitted > 3_000 && changed > 200, "{what}: {changed} of {permitted}");
}

fn shows_people(question: &Question<'_>) -> bool {
    naive::shows_people(question.asks.action())
}

#[test]
fn no_permission_survives_when_the_membership_is_not_active() {
    for membership in [Membership::Invited, Membership::Suspended, Membership::Left] {
        forbids("membership", |case| {
            case.member.membership = membership;
            true
        });
    }
}

#[test]
fn no_permission_survives_in_another_organisation() {
    forbids("organisation", |case| {
        let had = naive::owner(case.question().asks).is_some();
        case.member.organisation = OrganisationId(cases::uuid(199));
        had
    });
}

#[test]
fn no_permission_survives_a_conflict_of_interest_not_even_in_an_emergency() {
    forbids("conflict", |case| {
        let about = naive::about(case.question().asks);
        case.member.conflicts.extend(about.iter().take(1).copied());
        !about.is_empty()
    });
    let mut emergencies = 0;
    for number in 0..25_000 {
        let mut case = case(number);
        let by_emergency =
            matches!(policy().ask(&case.question()), Answer::Permitted(rule) if rule.id.starts_with("emergency-"));
        let about = naive::about(case.question().asks);
        if by_emergency && !about.is_empty() {
            emergencies += 1;
            case.member.conflicts.extend(about);
            let answer = policy().ask(&case.question());
            assert!(matches!(answer, Answer::Forbidden(rule) if rule.id == "conflict-of-interest"), "{answer:?}");
        }
    }
    assert!(emergencies > 10, "{emergencies}");
}

#[test]
fn an_analyst_never_sees_a_person_whatever_other_roles_they_have() {
    forbids("analyst", |case| {
        case.member.roles.insert(Role::Analyst);
        shows_people(&case.question())
    });
}

#[test]
fn an_administrator_sees_no_case() {
    forbids("administrator", |case| {
        case.member.roles = BTreeSet::from([Role::Administrator]);
        naive::is_case_content(case.question().asks.action())
    });
}

#[test]
fn an_emergency_opens_nothing_that_is_not_for_reading() {
    for number in 0..25_000 {
        let case = case(number);
        let question = case.question();
        let answer = policy().ask(&question);
        if matches!(answer, Answer::Permitted(rule) if rule.id.starts_with("emergency-")) {
            let word = question.asks.action().word();
            assert!(["read_matter", "read_record", "read_person"].contains(&word), "{word}");
        }
    }
}

#[test]
fn a_protected_address_is_never_read_without_a_reason_or_by_a_team_or_in_an_emergency() {
    for number in 0..80_000 {
        let case = case(number);
        let question = case.question();
        let reads_address = matches!(question.asks, Asks::Person(access::PersonAction::ReadAddress, _));
        if reads_address && policy().ask(&question).is_permitted() {
            assert!(case.reason_stated);
            let own = access::By::Assignment(case.member.id);
            assert!(case.person.involvement.iter().any(|one| one.by == own && one.until.micros() > cases::NOW));
        }
    }
}

#[test]
fn what_was_asked_a_moment_ago_is_answered_as_if_it_were_asked_for_the_first_time() {
    // Few cases, asked again and again in turn, so that most answers are remembered ones.
    for number in 0..20_000u64 {
        let case = case(number * number % 23);
        let question = case.question();
        assert_eq!(policy().ask(&question).is_permitted(), naive::may(&question), "case {number}: {question:?}");
    }
}
