//! Many members at once, from a table: read, looked at row by row, and invited all together or not at all.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use casework::{
    LONGEST_LINE, Member, MemberId, Membership, NewMember, Problem, Refused, Role, RoleSet, Team, too_long,
};
use guidance::source::did_you_mean;
use store::{LinkCode, MemberLink, Reading, StoreError, Writing};

use self::table::{Row, read};
pub use self::table::{decoded, neutral};
use super::membership::{administers, new_link};
use super::often::{Often, not_too_often};
use super::{Actor, GivenLink, confirmed_lately};
use crate::events::Event;
use crate::{App, AppError, FieldProblem};

/// The most rows that are taken at once.
pub const MOST_ROWS: usize = 2_000;

/// A row of the table as it was read, with everything that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The line of the file in which it begins, from 1.
    pub line: u64,
    /// Name, e-mail address, job, roles and team, as they were written.
    pub cells: [String; 5],
    /// What is to be put right; empty when it may be invited.
    pub problems: Vec<String>,
    new: NewMember,
    team: Option<casework::TeamId>,
}

/// A role in words, and the words by which a table may call it.
fn names(role: Role) -> &'static [&'static str] {
    match role {
        Role::Practitioner => &["practitioner", "decides on cases"],
        Role::Manager => &["manager", "manages"],
        Role::Adviser => &["adviser", "advisor", "advises"],
        Role::Analyst => &["analyst", "analyses"],
        Role::Administrator => &["administrator", "admin", "administers"],
    }
}

/// Reads a table and looks at every row. Nothing is kept.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `text` when it is no table that can be read.
pub async fn look_at_table(app: &App, actor: &Actor, text: &str) -> Result<Vec<ImportRow>, AppError> {
    administers(actor)?;
    not_too_often(app, actor, Often::Table).await?;
    let rows = read(text).map_err(|message| AppError::field("text", message))?;
    if rows.len() > MOST_ROWS {
        let message = format!("Send at most 2,000 rows at once; there are {}.", rows.len());
        return Err(AppError::field("text", message));
    }
    let known: Result<_, AppError> = app
        .store
        .read("look_at_table", actor.organisation.id, |mut reading: Reading| async move {
            Ok((reading.members().await?, reading.teams().await?))
        })
        .await;
    let (everybody, teams) = known?;
    looked_at(app, actor, rows, &everybody, &teams)
}

fn looked_at(
    app: &App,
    actor: &Actor,
    rows: Vec<Row>,
    everybody: &[Member],
    teams: &[Team],
) -> Result<Vec<ImportRow>, AppError> {
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    let mut looked_at = Vec::with_capacity(rows.len());
    let now = app.clock.now();
    for Row { line, cells, more } in rows {
        let mut problems = Vec::new();
        if more {
            problems.push("This row has more cells than the first line names.".to_owned());
        }
        let [name, email, role_title, roles, team] = &cells;
        problems.extend([name, email, role_title].iter().filter_map(|cell| too_long(cell, LONGEST_LINE)));
        let (roles, unknown) = roles_in(roles);
        let no_roles_known = !unknown.is_empty();
        problems.extend(unknown);
        let new = NewMember { name: name.clone(), role_title: role_title.clone(), email: email.clone(), roles };
        if let Err(Refused::Problems(found)) =
            casework::invite(&actor.member, app.clock.id(MemberId::new)?, new.clone(), now)
        {
            // A role that is unknown has been said already.
            let said = |problem: &&casework::MemberProblem| !(no_roles_known && problem.field() == "roles");
            problems.extend(found.iter().filter(said).map(ToString::to_string));
        }
        let address = casework::normal_email(email);
        if let Some(first) = met.get(&address).filter(|_| !address.is_empty()) {
            problems.push(format!("The same e-mail address stands in line {first}."));
        } else {
            met.insert(address.clone(), line);
        }
        problems.extend(known_already(&address, everybody));
        let (team, unknown) = team_in(team, teams);
        problems.extend(unknown);
        looked_at.push(ImportRow { line, cells, problems, new, team });
    }
    Ok(looked_at)
}

fn known_already(address: &str, everybody: &[Member]) -> Option<String> {
    let member = everybody.iter().find(|member| member.email == address)?;
    Some(match member.membership {
        Membership::Left => "They were a member before. Invite them again on their own page.".to_owned(),
        _ => "They are a member already. Take this row out.".to_owned(),
    })
}

/// The roles of a cell, and what is unknown among them.
fn roles_in(cell: &str) -> (RoleSet, Vec<String>) {
    let mut roles = BTreeSet::new();
    let mut unknown = Vec::new();
    let words = cell.split([',', ';', '/', '|', '+', '&', '\n']).map(str::trim).filter(|word| !word.is_empty());
    for word in words {
        let lower = word.to_lowercase();
        if let Some(role) = Role::ALL.iter().find(|role| names(**role).contains(&lower.as_str())) {
            roles.insert(*role);
            continue;
        }
        let near = did_you_mean(&lower, Role::ALL.iter().flat_map(|role| names(*role).iter().copied()));
        let all = Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ");
        let hint = if near.is_empty() { format!(" Use one of: {all}.") } else { near };
        unknown.push(format!("There is no role “{word}”.{hint}"));
    }
    (roles, unknown)
}

fn team_in(cell: &str, teams: &[Team]) -> (Option<casework::TeamId>, Option<String>) {
    let wanted = cell.trim();
    if wanted.is_empty() {
        return (None, None);
    }
    let open = || teams.iter().filter(|team| !team.closed);
    if let Some(team) = open().find(|team| team.name.to_lowercase() == wanted.to_lowercase()) {
        return (Some(team.id), None);
    }
    let near = did_you_mean(wanted, open().map(|team| team.name.as_str()));
    let hint = if near.is_empty() { " Make it first, or leave the cell empty.".to_owned() } else { near };
    (None, Some(format!("There is no team “{wanted}”.{hint}")))
}

/// Invites everybody in a table in one transaction: all of them, or nobody.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `text` when a row needs something still; `ConfirmFirst`.
pub async fn invite_all(app: &App, actor: &Actor, text: &str) -> Result<Vec<GivenLink>, AppError> {
    let rows = look_at_table(app, actor, text).await?;
    if rows.is_empty() || rows.iter().any(|row| !row.problems.is_empty()) {
        return Err(AppError::field("text", "Put right what stands beside the rows first. Nobody was invited."));
    }
    confirmed_lately(app, actor)?;
    let now = app.clock.now();
    let mut invited: Vec<(u64, Member, Option<casework::TeamId>, LinkCode, MemberLink)> =
        Vec::with_capacity(rows.len());
    for row in rows {
        let member = casework::invite(&actor.member, app.clock.id(MemberId::new)?, row.new, now)?;
        let (code, link) = new_link(app, actor)?;
        invited.push((row.line, member, row.team, code, link));
    }
    let all = &invited;
    let saved: Result<(), AppError> = app
        .store
        .write("invite_all", actor.organisation.id, |mut writing: Writing| async move {
            writing.meet_at_members().await?;
            for (line, member, _, code, link) in all {
                writing.save_member(member).await.map_err(|error| taken(*line, error))?;
                writing.give_link(code, member.id, *link).await?;
            }
            join_teams(&mut writing, all.iter().filter_map(|(_, member, team, ..)| Some((member.id, (*team)?))), now)
                .await
        })
        .await;
    saved?;
    for (_, member, ..) in &invited {
        Event::MemberInvited.happened_to(member.id);
    }
    Ok(invited
        .into_iter()
        .map(|(_, member, _, code, link)| GivenLink { member, code, ends_at: link.ends_at })
        .collect())
}

fn taken(line: u64, error: StoreError) -> AppError {
    match error {
        StoreError::EmailTaken => {
            let message = format!("The e-mail address in line {line} cannot be used. Nobody was invited.");
            AppError::Invalid(vec![FieldProblem { field: "text".to_owned(), message }])
        }
        other => other.into(),
    }
}

async fn join_teams(
    writing: &mut Writing,
    joining: impl Iterator<Item = (MemberId, casework::TeamId)>,
    now: casework::Moment,
) -> Result<(), AppError> {
    let mut by_team: BTreeMap<casework::TeamId, BTreeSet<MemberId>> = BTreeMap::new();
    for (member, team) in joining {
        by_team.entry(team).or_default().insert(member);
    }
    for (id, members) in by_team {
        let team = writing.team(id).await?.filter(|team| !team.closed).ok_or(AppError::Conflict)?;
        writing.save_team(&casework::invite_to_team(&team, &members, now)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_known_by_several_words_and_others_are_answered_with_the_nearest() {
        let (roles, unknown) = roles_in("Practitioner; MANAGES / admin");
        assert_eq!(roles, BTreeSet::from([Role::Practitioner, Role::Manager, Role::Administrator]));
        assert_eq!(unknown, [] as [String; 0]);
        let (roles, unknown) = roles_in("practicioner, manager");
        assert_eq!(roles, BTreeSet::from([Role::Manager]));
        assert_eq!(unknown, ["There is no role “practicioner”. Did you mean `practitioner`?"]);
        let (_, unknown) = roles_in("zzz");
        assert!(unknown[0].contains("Use one of: practitioner, manager"), "{unknown:?}");
    }
}
