//! The same rules a second time, written from the requirements as plain ifs and without Cedar. The access matrix of the program expects
//! what stands here, too.

use crate::access::{
    Action, Asks, At, By, ColleagueAction, DisposalAction, DraftAction, EmergencyAccess, EmergencyAction, Involvement,
    MatterAction, Member, MemberId, Membership, OrganisationId, PersonAction, PersonId, Question, RecordAction, Role,
    WorkplaceAction,
};

const MINUTE: i64 = 60 * 1_000_000;

/// Whether the member may do it.
pub fn may(question: &Question<'_>) -> bool {
    let Question { member, asks, circumstances } = *question;
    let now = circumstances.at;
    // Suspended, left and invited members see nothing (GOV-1).
    if member.membership != Membership::Active {
        return false;
    }
    // Each organisation is its own controller (ACC-1).
    if owner(asks).is_some_and(|owner| owner != member.organisation) {
        return false;
    }
    // People whom the member must not see are not found, whatever else holds (ACC-3).
    for person in about(asks) {
        if member.conflicts.contains(&person) {
            return false;
        }
    }
    // An administrator sees no case content and an analyst sees no person (ACC-1, GOV-3).
    if is_case_content(asks.action()) && !works_with_cases(member) {
        return false;
    }
    if shows_people(asks.action()) && member.roles.contains(&Role::Analyst) {
        return false;
    }
    let fresh = match circumstances.signed_in_again {
        Some(then) => then <= now && now.micros() - then.micros() < 10 * MINUTE,
        None => false,
    };
    let emergency = circumstances.emergency.filter(|taken| holds(taken, member.id, now));
    let manager = member.roles.contains(&Role::Manager);
    let adviser = member.roles.contains(&Role::Adviser);
    let administrator = member.roles.contains(&Role::Administrator);
    let analyst = member.roles.contains(&Role::Analyst);
    match asks {
        Asks::Workplace(action, _) => match action {
            WorkplaceAction::StartCasework | WorkplaceAction::FindPeople => works_with_cases(member),
            WorkplaceAction::SeeColleagues => true,
            WorkplaceAction::ChangeSettings | WorkplaceAction::ManageMembers => administrator,
            // Who comes in to cases is changed by somebody who has just proved who they are (ACC-1).
            WorkplaceAction::AddToTeam => administrator && fresh,
            WorkplaceAction::ReadUnusualViews => adviser,
            WorkplaceAction::ReadConfidentialDecisions => adviser && member.guardian,
            WorkplaceAction::Oversee => manager || adviser,
            WorkplaceAction::HandOnUnattended => manager,
        },
        Asks::Colleague(ColleagueAction::DeclareConflict, whose) => whose.id == member.id || (manager && !analyst),
        Asks::Colleague(ColleagueAction::LiftConflict, whose) => manager && !analyst && whose.id != member.id,
        Asks::Matter(action, matter) => match action {
            MatterAction::Read => {
                involved(member, &matter.involvement, now) || emergency.is_some_and(|taken| taken.matter == matter.id)
            }
            MatterAction::WorkOn => involved(member, &matter.involvement, now),
            MatterAction::HandOn => manager || administrator,
            MatterAction::BeginEmergency => circumstances.reason_stated && fresh,
        },
        Asks::Record(action, record) => {
            let involved = involved(member, &record.matter.involvement, now);
            match action {
                RecordAction::Read => {
                    involved
                        || emergency.is_some_and(|taken| taken.matter == record.matter.id)
                        || (adviser && member.guardian && record.confidential)
                }
                RecordAction::Correct => involved,
            }
        }
        Asks::Draft(DraftAction::Read | DraftAction::Write, draft) => draft.writer == member.id,
        Asks::Person(action, person) => {
            let assigned = assigned(member, &person.involvement, now);
            let invited = invited(member, &person.involvement, now);
            let involved = involved(member, &person.involvement, now);
            match action {
                PersonAction::Read => {
                    involved
                        || circumstances.reason_stated
                        || emergency.is_some_and(|taken| taken.people.contains(&person.id))
                }
                PersonAction::ReadReaders => involved || adviser,
                PersonAction::ReadAddress => assigned && circumstances.reason_stated,
                PersonAction::ProtectAddress => involved,
                PersonAction::ReleaseAddress => {
                    (manager || adviser) && (assigned || invited) && circumstances.reason_stated && fresh
                }
            }
        }
        Asks::Disposal(DisposalAction::Destroy | DisposalAction::PlaceHold | DisposalAction::ReleaseHold, _) => {
            manager || administrator
        }
        Asks::MarkView(view) => adviser && view.reader != member.id,
        Asks::Emergency(action, taken) => {
            let own = taken.holder == member.id;
            match action {
                EmergencyAction::Read => own || manager || adviser,
                EmergencyAction::Review => !own && (manager || adviser),
            }
        }
        Asks::ReadStatistics(partnership) => {
            member.roles.contains(&Role::Analyst) && member.partnerships.contains(&partnership)
        }
    }
}

/// Whose it is; the numbers of a partnership are no single organisation's.
pub fn owner(asks: Asks<'_>) -> Option<OrganisationId> {
    match asks {
        Asks::Workplace(_, organisation) => Some(organisation),
        Asks::Colleague(_, whose) => Some(whose.organisation),
        Asks::Matter(_, matter) => Some(matter.organisation),
        Asks::Record(_, record) => Some(record.matter.organisation),
        Asks::Draft(_, draft) => Some(draft.organisation),
        Asks::Person(_, person) => Some(person.organisation),
        Asks::Disposal(_, disposal) => Some(disposal.organisation),
        Asks::MarkView(view) => Some(view.organisation),
        Asks::Emergency(_, taken) => Some(taken.organisation),
        Asks::ReadStatistics(_) => None,
    }
}

/// Whom it is about.
pub fn about(asks: Asks<'_>) -> Vec<PersonId> {
    match asks {
        Asks::Workplace(..) | Asks::Colleague(..) | Asks::ReadStatistics(_) => Vec::new(),
        Asks::Matter(_, matter) => matter.people.iter().copied().collect(),
        Asks::Record(_, record) => record.matter.people.iter().copied().collect(),
        Asks::Draft(_, draft) => draft.people.iter().copied().collect(),
        Asks::Person(_, person) => vec![person.id],
        Asks::Disposal(_, disposal) => disposal.people.iter().copied().collect(),
        Asks::MarkView(view) => vec![view.person],
        Asks::Emergency(_, taken) => taken.people.iter().copied().collect(),
    }
}

/// Whether it shows or changes what a case says.
pub fn is_case_content(action: Action) -> bool {
    match action {
        Action::Workplace(action) => matches!(action, WorkplaceAction::StartCasework | WorkplaceAction::FindPeople),
        Action::Matter(action) => action != MatterAction::HandOn,
        Action::Record(_) | Action::Draft(_) | Action::Person(_) | Action::MarkView | Action::Emergency(_) => true,
        Action::Colleague(_) | Action::Disposal(_) | Action::ReadStatistics => false,
    }
}

/// Whether it shows or touches what is about people.
pub fn shows_people(action: Action) -> bool {
    match action {
        Action::Workplace(action) => matches!(
            action,
            WorkplaceAction::StartCasework
                | WorkplaceAction::FindPeople
                | WorkplaceAction::ReadUnusualViews
                | WorkplaceAction::HandOnUnattended
        ),
        Action::Colleague(_) | Action::ReadStatistics => false,
        _ => true,
    }
}

pub fn works_with_cases(member: &Member) -> bool {
    member.roles.contains(&Role::Practitioner)
        || member.roles.contains(&Role::Manager)
        || member.roles.contains(&Role::Adviser)
}

/// One matter, one member, at most 60 minutes, from the first moment to before the last (ACC-2).
fn holds(taken: &EmergencyAccess, member: MemberId, now: At) -> bool {
    taken.holder == member
        && now >= taken.begins
        && now < taken.ends
        && taken.ends.micros() - taken.begins.micros() <= 60 * MINUTE
}

pub fn involved(member: &Member, involvement: &[Involvement], now: At) -> bool {
    for one in involvement {
        let theirs = match one.by {
            By::Assignment(id) | By::Invitation(id) => id == member.id,
            By::Team(team) => member.teams.contains(&team),
        };
        if theirs && now < one.until {
            return true;
        }
    }
    false
}

fn assigned(member: &Member, involvement: &[Involvement], now: At) -> bool {
    involvement.iter().any(|one| one.by == By::Assignment(member.id) && now < one.until)
}

fn invited(member: &Member, involvement: &[Involvement], now: At) -> bool {
    involvement.iter().any(|one| one.by == By::Invitation(member.id) && now < one.until)
}
