//! Emergency access opens one matter to one member to read for an hour, and nothing else: every field of it counts.
#![allow(missing_docs, clippy::unwrap_used, reason = "what a test prepares may fail the test")]

use std::collections::BTreeMap;

use jiff::civil::date;
use sharewell_casework as casework;

use casework::{
    Circumstances, EmergencyAccess, EmergencyId, EmergencyProblem, GATHERED_SECONDS, Goes, LONGEST_EMERGENCY_SECONDS,
    MOST_EMERGENCIES, Matter, MatterId, Member, MemberId, Membership, Moment, NewMatter, NewMember, OrganisationId,
    Outcome, PersonId, Refused, Review, ReviewProblem, Role, ToldFirst, Way, Wish, admit_member, begin_emergency,
    end_emergency, goes_with, is_told, may_begin_again, may_now, notices, open_matter, review_by, review_emergency,
    tells_of, times_told, told_of, whom_to_tell,
};

/// 2026-11-18 02:12 in London.
const NOW: Moment = Moment::from_micros(1_794_967_920_000_000);

fn bytes(number: u8) -> [u8; 10] {
    [number; 10]
}

fn member(number: u8, roles: &[Role]) -> Member {
    let new = NewMember {
        name: "Wilhelmina Throssell".into(),
        role_title: "Duty social worker".into(),
        email: format!("member{number}@fernbank.example"),
        roles: roles.iter().copied().collect(),
    };
    admit_member(OrganisationId::new(NOW, bytes(1)), MemberId::new(NOW, bytes(number)), new, NOW).unwrap()
}

fn person(number: u8) -> PersonId {
    PersonId::new(NOW, bytes(number))
}

/// A matter about two people that somebody else opened.
fn matter() -> Matter {
    let opener = member(20, &[Role::Practitioner]);
    let new = NewMatter { title: "Missed meals".into(), people: [person(30), person(31)].into() };
    open_matter(&opener, MatterId::new(NOW, bytes(40)), new, NOW).unwrap()
}

/// Somebody who has just proved who they are.
fn proved(at: Moment) -> Circumstances<'static> {
    Circumstances { signed_in_again: Some(at), ..Circumstances::plain(at) }
}

fn begun(holder: &Member) -> EmergencyAccess {
    begin_emergency(holder, EmergencyId::new(NOW, bytes(50)), &matter(), " Her brother rang. ", &proved(NOW)).unwrap()
}

fn reads(holder: &Member, access: &EmergencyAccess, matter: &Matter, at: Moment) -> bool {
    let circumstances = Circumstances { emergencies: std::slice::from_ref(access), ..Circumstances::plain(at) };
    let way = may_now(holder, Wish::ReadMatter(matter), &circumstances);
    assert!(way.is_err() || way == Ok(Way::Emergency(access.id)));
    way.is_ok()
}

#[test]
fn it_opens_the_matter_its_decisions_and_its_people_and_nothing_that_is_not_for_reading() {
    let (holder, matter) = (member(10, &[Role::Practitioner]), matter());
    let access = begun(&holder);
    assert_eq!((access.reason.as_str(), access.ends), ("Her brother rang.", NOW.plus_seconds(3_600)));
    let at = NOW.plus_seconds(60);
    let circumstances = Circumstances { emergencies: std::slice::from_ref(&access), reason_stated: true, ..proved(at) };
    let may = |wish| may_now(&holder, wish, &circumstances);
    assert_eq!(may(Wish::ReadMatter(&matter)), Ok(Way::Emergency(access.id)));
    for confidential in [true, false] {
        let decision = Wish::ReadDecision { matter: &matter, confidential };
        assert_eq!(may(decision), Ok(Way::Emergency(access.id)));
    }
    let plain = Circumstances { reason_stated: false, ..circumstances };
    assert_eq!(may_now(&holder, Wish::ReadPerson(person(30), &[]), &plain), Ok(Way::Emergency(access.id)));
    for closed in [
        Wish::ReadReaders(person(30), &[]),
        Wish::ReadAddress(person(30), &[]),
        Wish::ProtectAddress(person(30), &[]),
        Wish::ReleaseAddress(person(30), &[]),
        Wish::ReviewEmergency(&access),
    ] {
        assert!(may(closed).is_err(), "{closed:?}");
    }
    let works = casework::may(&holder, casework::Action::WorkOn, casework::Resource::Matter(&matter, at));
    assert!(works.is_err());
}

#[test]
fn every_field_of_it_that_is_changed_opens_nothing() {
    let (holder, matter) = (member(10, &[Role::Practitioner]), matter());
    let access = begun(&holder);
    let at = NOW.plus_seconds(60);
    assert!(reads(&holder, &access, &matter, at), "as it was begun it opens the matter");
    let hour = LONGEST_EMERGENCY_SECONDS;
    for (field, changed) in [
        ("organisation", EmergencyAccess { organisation: OrganisationId::new(NOW, bytes(2)), ..access.clone() }),
        ("matter", EmergencyAccess { matter: MatterId::new(NOW, bytes(41)), ..access.clone() }),
        ("holder", EmergencyAccess { holder: MemberId::new(NOW, bytes(11)), ..access.clone() }),
        ("reason", EmergencyAccess { reason: " ".into(), ..access.clone() }),
        ("begins, later", EmergencyAccess { begins: at.plus_seconds(1), ..access.clone() }),
        (
            "begins, earlier than an hour before its end",
            EmergencyAccess { begins: NOW.plus_seconds(-1), ..access.clone() },
        ),
        ("ends, sooner", EmergencyAccess { ends: at, ..access.clone() }),
        ("ends, later than an hour", EmergencyAccess { ends: NOW.plus_seconds(hour + 1), ..access.clone() }),
        ("ended", EmergencyAccess { ended: Some(at), ..access.clone() }),
    ] {
        assert!(!reads(&holder, &changed, &matter, at), "{field}");
    }
    // Whom it is about opens their own pages, and nobody else's.
    let opens = |access: &EmergencyAccess, whom| {
        let circumstances = Circumstances { emergencies: std::slice::from_ref(access), ..Circumstances::plain(at) };
        may_now(&holder, Wish::ReadPerson(whom, &[]), &circumstances).is_ok()
    };
    assert!(opens(&access, person(30)) && !opens(&access, person(32)));
    let others = EmergencyAccess { people: [person(32)].into(), ..access.clone() };
    assert!(!opens(&others, person(30)));
    // Its id, its version and what was found of it open nothing by themselves, and close nothing.
    let review = Review { by: MemberId::new(NOW, bytes(12)), at, outcome: Outcome::NotRight, note: "No.".into() };
    for same in [
        EmergencyAccess { id: EmergencyId::new(NOW, bytes(51)), ..access.clone() },
        EmergencyAccess { version: 9, ..access.clone() },
        EmergencyAccess { review: Some(review), ..access },
    ] {
        assert!(reads(&holder, &same, &matter, at) && !reads(&holder, &same, &matter, NOW.plus_seconds(hour)));
    }
}

#[test]
fn it_is_over_at_the_second_at_which_it_ends() {
    let (holder, matter) = (member(10, &[Role::Practitioner]), matter());
    let access = begun(&holder);
    let micro = |moment: Moment, more: i64| Moment::from_micros(moment.micros() + more);
    for (at, open) in [
        (micro(NOW, -1), false),
        (NOW, true),
        (NOW.plus_seconds(3_599), true),
        (micro(NOW.plus_seconds(3_600), -1), true),
        (NOW.plus_seconds(3_600), false),
        (NOW.plus_seconds(3_601), false),
    ] {
        assert_eq!(reads(&holder, &access, &matter, at), open, "{at:?}");
        assert_eq!(access.runs(at), open);
    }
    let ended = end_emergency(&holder, &access, NOW.plus_seconds(90)).unwrap();
    assert!(
        reads(&holder, &ended, &matter, NOW.plus_seconds(89)) && !reads(&holder, &ended, &matter, NOW.plus_seconds(90))
    );
    assert!(end_emergency(&member(11, &[Role::Manager]), &access, NOW).is_err(), "nobody else ends it");
}

#[test]
fn it_is_begun_for_a_reason_by_who_works_with_cases_has_proved_who_they_are_and_may_see_whom_it_is_about() {
    let (holder, matter) = (member(10, &[Role::Practitioner]), matter());
    let begin = |who: &Member, reason: &str, circumstances: &Circumstances<'_>| {
        begin_emergency(who, EmergencyId::new(NOW, bytes(50)), &matter, reason, circumstances)
    };
    assert!(begin(&holder, "Her brother rang.", &proved(NOW)).is_ok());
    let missing = Err(Refused::Problems(vec![EmergencyProblem::ReasonMissing]));
    assert_eq!(begin(&holder, " \n", &proved(NOW)), missing);
    let late = Circumstances { signed_in_again: Some(NOW.plus_seconds(-600)), ..Circumstances::plain(NOW) };
    let conflict = Member { conflicts: [person(31)].into(), ..holder.clone() };
    let elsewhere = Member { organisation: OrganisationId::new(NOW, bytes(2)), ..holder.clone() };
    let suspended = Member { membership: Membership::Suspended, ..holder.clone() };
    for (why, who, circumstances) in [
        ("ten minutes have passed", holder.clone(), late),
        ("nothing was proved", holder.clone(), Circumstances::plain(NOW)),
        ("a conflict of interest with one of the two", conflict, proved(NOW)),
        ("another organisation", elsewhere, proved(NOW)),
        ("suspended", suspended, proved(NOW)),
        ("an administrator", member(10, &[Role::Administrator]), proved(NOW)),
        ("an analyst who also works with cases", member(10, &[Role::Analyst, Role::Practitioner]), proved(NOW)),
    ] {
        assert!(matches!(begin(&who, "Her brother rang.", &circumstances), Err(Refused::NotFound(_))), "{why}");
    }
    let access = begun(&holder);
    let running = Circumstances { emergencies: std::slice::from_ref(&access), ..proved(NOW) };
    let open = Err(Refused::Problems(vec![EmergencyProblem::AlreadyOpen]));
    assert_eq!(begin(&holder, "Again.", &running), open, "nobody makes an hour two");
    assert_eq!(begin(&member(20, &[Role::Practitioner]), "Mine.", &proved(NOW)), open, "they are involved");
}

#[test]
fn a_conflict_of_interest_that_is_declared_while_it_runs_ends_it() {
    let holder = member(10, &[Role::Practitioner]);
    let access = begun(&holder);
    let closed = Member { conflicts: [person(30)].into(), ..holder };
    assert!(!reads(&closed, &access, &matter(), NOW.plus_seconds(1)));
    assert!(may_now(&closed, Wish::ReadEmergency(&access), &Circumstances::plain(NOW)).is_err());
}

#[test]
fn it_is_reviewed_by_somebody_else_with_a_note_and_asking_further_leaves_it_open() {
    let manager = member(11, &[Role::Manager]);
    let adviser = member(12, &[Role::Adviser]);
    let access = begun(&adviser);
    let review = |who: &Member, access: &EmergencyAccess, outcome, note: &str| {
        review_emergency(who, access, Some(outcome), note, NOW.plus_seconds(90_000))
    };
    assert!(access.awaits_review());
    for who in [adviser.clone(), member(13, &[Role::Practitioner]), member(14, &[Role::Administrator])] {
        assert!(matches!(review(&who, &access, Outcome::Right, "It was."), Err(Refused::NotFound(_))));
    }
    let missing = Err(Refused::Problems(vec![ReviewProblem::NoteMissing]));
    assert_eq!(review(&manager, &access, Outcome::Right, " "), missing);
    let nothing = Err(Refused::Problems(vec![ReviewProblem::OutcomeMissing, ReviewProblem::NoteMissing]));
    assert_eq!(review_emergency(&manager, &access, None, "", NOW.plus_seconds(90_000)), nothing);
    // While it runs, more can be asked and nothing be closed; at its last second the hour is over.
    let at = |outcome, after| review_emergency(&manager, &access, Some(outcome), "Yes.", NOW.plus_seconds(after));
    let runs = Err(Refused::Problems(vec![ReviewProblem::StillRunning]));
    for outcome in [Outcome::Right, Outcome::NotRight] {
        assert_eq!(at(outcome, LONGEST_EMERGENCY_SECONDS - 1), runs);
        assert!(at(outcome, LONGEST_EMERGENCY_SECONDS).is_ok());
    }
    assert!(at(Outcome::AskFurther, 1).is_ok());
    let asked = review(&manager, &access, Outcome::AskFurther, "Who rang?").unwrap();
    assert!(asked.awaits_review() && asked.version == 2);
    let found = review(&manager, &asked, Outcome::Right, "The brother did.").unwrap();
    assert!(!found.awaits_review());
    let said: Vec<_> = found.earlier.iter().chain(&found.review).map(|one| (one.outcome, one.note.as_str())).collect();
    assert_eq!(said, [(Outcome::AskFurther, "Who rang?"), (Outcome::Right, "The brother did.")]);
    let closed = Err(Refused::Problems(vec![ReviewProblem::Closed]));
    assert_eq!(review(&manager, &found, Outcome::NotRight, "No."), closed, "what was found is not found again");
}

#[test]
fn the_review_is_due_on_the_next_day_from_monday_to_friday() {
    for (began, due) in [
        (date(2026, 11, 18), date(2026, 11, 19)),
        (date(2026, 11, 20), date(2026, 11, 23)),
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 22), date(2026, 11, 23)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ] {
        assert_eq!(review_by(began), due, "{began}");
    }
}

#[test]
fn the_guardian_is_told_and_where_none_may_look_those_who_advise_then_those_who_manage_then_who_can_name_one() {
    let holder = member(10, &[Role::Practitioner]);
    let access = begun(&holder);
    let guardian = member(11, &[Role::Adviser]);
    let (adviser, manager) = (member(12, &[Role::Adviser]), member(13, &[Role::Manager]));
    let administrator = member(14, &[Role::Administrator]);
    let told = |members: &[&Member], access: &EmergencyAccess| {
        let members: Vec<Member> = members.iter().copied().cloned().collect();
        whom_to_tell(&members, Some(guardian.id), access)
    };
    let everybody = [&holder, &guardian, &adviser, &manager, &administrator];
    assert_eq!(told(&everybody, &access), (ToldFirst::Guardian, vec![guardian.id]));
    // A Guardian who took it, is suspended, or must not see whom it is about is not the one to look.
    let own = begun(&guardian);
    assert_eq!(told(&everybody, &own), (ToldFirst::Advisers, vec![adviser.id]));
    let suspended = Member { membership: Membership::Suspended, ..guardian.clone() };
    let uncle = Member { conflicts: [person(30)].into(), ..guardian.clone() };
    for away in [&suspended, &uncle] {
        let others = [&holder, away, &adviser, &manager, &administrator];
        assert_eq!(told(&others, &access), (ToldFirst::Advisers, vec![adviser.id]));
        let others = [&holder, away, &manager, &administrator];
        assert_eq!(told(&others, &access), (ToldFirst::Managers, vec![manager.id]));
        let others = [&holder, away, &administrator];
        assert_eq!(told(&others, &access), (ToldFirst::Administrators, vec![administrator.id]));
    }
    assert_eq!(told(&[&holder], &access), (ToldFirst::Administrators, vec![]));
}

#[test]
fn one_that_was_kept_before_reviews_had_predecessors_still_reads() {
    let access = begun(&member(10, &[Role::Practitioner]));
    let mut kept = serde_json::to_value(&access).unwrap();
    assert!(kept.get("earlier").is_none(), "what is empty is not written: {kept}");
    kept.as_object_mut().unwrap().remove("earlier");
    assert_eq!(serde_json::from_value::<EmergencyAccess>(kept).unwrap(), access);
}

/// Emergency access of this holder that began so many seconds after [`NOW`], with the notices of it.
fn noticed(
    holder: &Member,
    after: i64,
    told: &[MemberId],
    lately: &[EmergencyAccess],
) -> (EmergencyAccess, BTreeMap<MemberId, Goes>) {
    let access = EmergencyAccess { begins: NOW.plus_seconds(after), ..begun(holder) };
    let goes = notices(&access, told, lately);
    (told_of(access, &goes, lately), goes)
}

#[test]
fn a_notice_goes_at_once_and_what_the_same_member_begins_within_the_hour_after_it_in_one_more() {
    let (holder, guardian) = (member(10, &[Role::Practitioner]), MemberId::new(NOW, bytes(11)));
    let only = |goes: Goes| BTreeMap::from([(guardian, goes)]);
    let mut lately = Vec::new();
    for (after, expected) in [
        (0, Goes::AtOnce),
        (0, Goes::Gathered(NOW.plus_seconds(GATHERED_SECONDS))),
        (60, Goes::WithOthers),
        (GATHERED_SECONDS - 1, Goes::WithOthers),
        (GATHERED_SECONDS, Goes::AtOnce),
        (GATHERED_SECONDS + 1, Goes::Gathered(NOW.plus_seconds(2 * GATHERED_SECONDS))),
    ] {
        let (access, goes) = noticed(&holder, after, &[guardian], &lately);
        assert_eq!(goes, only(expected), "after {after}");
        lately.push(access);
    }
    let times = |first| times_told(&lately, guardian, first);
    assert_eq!((times(NOW), times(NOW.plus_seconds(GATHERED_SECONDS)), times(NOW.plus_seconds(60))), (4, 2, 0));
    // Nobody else's is counted with it, nor told later for it.
    let (other, adviser) = (member(12, &[Role::Practitioner]), MemberId::new(NOW, bytes(13)));
    assert_eq!(noticed(&other, 61, &[guardian], &lately).1, only(Goes::AtOnce));
    assert_eq!(noticed(&holder, 61, &[adviser], &lately).1, BTreeMap::from([(adviser, Goes::AtOnce)]));
    assert_eq!(times_told(&lately, adviser, NOW), 0);
    // Whoever is told in the guardian's place is told of what began then, and of nothing since.
    let of_adviser: Vec<bool> = lately.iter().map(|one| tells_of(one, adviser, NOW)).collect();
    assert_eq!(of_adviser, [true, true, false, false, false, false]);
    assert!(tells_of(&lately[2], guardian, NOW) && !tells_of(&lately[4], guardian, NOW));
    assert!(
        goes_with(&lately[0], &lately[3]) && !goes_with(&lately[0], &lately[4]) && !goes_with(&lately[3], &lately[0])
    );
    assert!(!goes_with(&lately[0], &noticed(&other, 61, &[guardian], &lately).0));
    // Of what began before it was kept who is told, the moment says it.
    let before = EmergencyAccess { told: BTreeMap::new(), ..lately[0].clone() };
    assert!(is_told(&before, guardian, NOW) && !is_told(&before, guardian, NOW.plus_seconds(1)));
    assert!(serde_json::to_value(&before).unwrap().get("told").is_none());
}

#[test]
fn twenty_within_an_hour_are_begun_and_the_next_when_the_first_of_them_is_an_hour_ago() {
    let holder = member(10, &[Role::Practitioner]);
    let taken = |number: i64| EmergencyAccess { begins: NOW.plus_seconds(60 * number), ..begun(&holder) };
    let many: Vec<EmergencyAccess> = (0..20).map(taken).collect();
    let at = |accesses: &[EmergencyAccess], after| may_begin_again(accesses, NOW.plus_seconds(after));
    assert_eq!(many.len(), MOST_EMERGENCIES);
    assert_eq!(at(&many[1..], 1_200), None);
    assert_eq!(at(&many, 1_200), Some(NOW.plus_seconds(3_600)));
    assert_eq!(at(&many, 3_599), Some(NOW.plus_seconds(3_600)));
    assert_eq!(at(&many, 3_600), None);
}
