//! Unattended matters, on which nobody can work: whoever is involved was suspended, works here or with cases no longer, or must not see somebody whom it
//! is about; or every involvement has ended. A manager hands such a matter on, without reading it (GOV-1).

use std::collections::BTreeSet;

use crate::{
    Action, Circumstances, Declaration, Matter, Member, MemberId, Met, Moment, Resource, Team, TeamId, Wish, may,
    may_now,
};

/// Whether somebody works with cases here now, by their membership and their roles. What they are involved in they may then work on, but for
/// conflicts of interest.
#[must_use]
pub fn works_with_cases(member: &Member) -> bool {
    may(member, Action::StartCasework, Resource::Organisation(member.organisation)).is_ok()
}

/// Whether somebody is involved in a matter at this moment, by assignment, invitation or a team of theirs, whether they may work on it or not.
#[must_use]
pub fn is_involved(member: &Member, matter: &Matter, now: Moment) -> bool {
    let runs = |until: &Moment| now < *until;
    matter.members_until().get(&member.id).is_some_and(runs)
        || matter.teams_until().iter().any(|(team, until)| member.teams.contains(team) && runs(until))
}

/// Whether nobody may work on a matter at this moment. `everybody` are the organisation's members with the teams that they are in.
#[must_use]
pub fn is_unattended(matter: &Matter, everybody: &[Member], now: Moment) -> bool {
    let works = |one: &Member| may(one, Action::WorkOn, Resource::Matter(matter, now)).is_ok();
    !everybody.iter().filter(|one| is_involved(one, matter, now)).any(works)
}

/// Whether somebody who is involved in a matter works with cases, whatever conflicts of interest they have: of those managers alone are told,
/// so that what an administrator may do must not depend on them. `everybody` as for [`is_unattended`].
#[must_use]
pub fn is_with_somebody(matter: &Matter, everybody: &[Member], now: Moment) -> bool {
    everybody.iter().filter(|one| is_involved(one, matter, now)).any(works_with_cases)
}

/// Whether one of these matters is with somebody now ([`is_with_somebody`]), and would be with nobody once these alone are in the team.
#[must_use]
pub fn would_be_unattended(
    team: TeamId,
    members: &BTreeSet<MemberId>,
    matters: &[Matter],
    everybody: &[Member],
    now: Moment,
) -> bool {
    let mut afterwards = everybody.to_vec();
    for one in &mut afterwards {
        if members.contains(&one.id) {
            one.teams.insert(team);
        } else {
            one.teams.remove(&team);
        }
    }
    matters.iter().any(|matter| is_with_somebody(matter, everybody, now) && !is_with_somebody(matter, &afterwards, now))
}

/// Whether this member is told of an unattended matter, and hands it on: a manager who need not stay away from whom it is about.
#[must_use]
pub fn hands_on_unattended(by: &Member, matter: &Matter, now: Moment) -> bool {
    may_now(by, Wish::HandOnUnattended(by.organisation), &Circumstances::plain(now)).is_ok()
        && may(by, Action::HandOn, Resource::Matter(matter, now)).is_ok()
}

/// Those who are involved in a matter at this moment, and those who came out of a team that has it: whoever kept somebody from it does not escape that
/// by taking them out of the team, or by closing it.
#[must_use]
pub fn involved_or_were<'a>(matter: &Matter, everybody: &'a [Member], teams: &[Team], now: Moment) -> Vec<&'a Member> {
    let given = matter.teams_until();
    let has_it = |team: &&Team| given.get(&team.id).is_some_and(|until| now < *until);
    let came_out: BTreeSet<MemberId> =
        teams.iter().filter(has_it).flat_map(|team| &team.left).map(|left| left.member).collect();
    everybody.iter().filter(|one| came_out.contains(&one.id) || is_involved(one, matter, now)).collect()
}

/// Whether somebody may take an unattended matter. Nobody takes it who hands it on themselves, and nobody who declared a conflict of
/// interest in it for a colleague, or said that a colleague's declaration means whom it is about: they could do so to get at the matter.
/// `involved` are those of [`involved_or_were`].
#[must_use]
pub fn may_take_unattended(
    by: &Member,
    matter: &Matter,
    involved: &[&Member],
    declarations: &[Declaration],
    to: &Member,
) -> bool {
    let kept_out_by_them = |member: &&Member| {
        declarations.iter().filter(|one| one.member == member.id).any(|one| {
            let met = member.declared.get(&one.id).into_iter().flatten();
            met.filter(|(person, met)| met.counts() && matter.people.contains(person))
                .any(|(_, met)| one.declared_by == to.id || matches!(met, Met::Same { by, .. } if *by == to.id))
        })
    };
    to.id != by.id && !involved.iter().any(kept_out_by_them)
}

/// Who took it from a member that they work with cases, by a suspension or by other roles; none for whoever does. `versions` are the member's,
/// the oldest first.
#[must_use]
pub fn kept_from_cases_by(versions: &[Member]) -> Option<MemberId> {
    let last = versions.iter().rposition(works_with_cases)?;
    versions.get(last + 1)?.step?.by
}
