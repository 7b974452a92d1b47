//! Teams, for an administrator, and who answers for what in the organisation.

use std::collections::BTreeSet;

use casework::{Member, MemberId, Organisation, Refused, Responsible, Team, TeamId, TeamsNow, would_be_unattended};
use store::{Reading, Writing};

use super::limits::{check_responsible, check_team};
use super::membership::administers;
use super::unattended::{hands_on, with_teams};
use super::{Actor, confirmed_lately};
use crate::{App, AppError, FieldProblem};

/// The teams of an organisation with everybody who may be in one, for an administrator.
#[derive(Debug)]
pub struct Teams {
    /// The teams, in the order they were made; closed ones too.
    pub teams: Vec<Team>,
    /// Everybody of the organisation.
    pub everybody: Vec<Member>,
}

/// The organisation's teams.
///
/// # Errors
/// `NotFound` for anyone but an administrator.
pub async fn teams_to_administer(app: &App, actor: &Actor) -> Result<Teams, AppError> {
    administers(actor)?;
    app.store
        .read("teams_to_administer", actor.organisation.id, |mut reading: Reading| async move {
            Ok(Teams { teams: reading.teams().await?, everybody: reading.members().await? })
        })
        .await
}

/// Makes a team, or changes the one named by its id and the version that was read.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `name` or `members`; `ConfirmFirst` when somebody comes into it: its
/// matters are open to them then.
pub async fn save_team(
    app: &App,
    actor: &Actor,
    earlier: Option<(TeamId, u64)>,
    name: &str,
    members: &BTreeSet<MemberId>,
) -> Result<Team, AppError> {
    administers(actor)?;
    check_team(name)?;
    let (new, now) = (app.clock.id(TeamId::new)?, app.clock.now());
    app.store
        .write("save_team", actor.organisation.id, |mut writing: Writing| async move {
            // Two teams of one name cannot be made at the same moment.
            writing.meet_at_members().await?;
            let (teams, everybody) = (writing.teams().await?, with_teams(&mut writing).await?);
            let signed_in_again = actor.confirmed_at;
            let of = TeamsNow { teams: &teams, everybody: &everybody, at: now, signed_in_again };
            let changed = match earlier {
                Some((id, version)) => {
                    let team = teams.iter().find(|team| team.id == id).ok_or(AppError::NotFound)?;
                    if team.version != version {
                        return Err(AppError::Conflict);
                    }
                    let mut matters = writing.matters_of_team(id, now).await?;
                    matters.retain(|matter| hands_on(actor, matter, now));
                    let needed = would_be_unattended(id, members, &matters, &everybody, now);
                    casework::change_team(&actor.member, team, name, members.clone(), needed, of)
                }
                None => casework::make_team(&actor.member, new, name, members.clone(), of),
            };
            let team = changed.map_err(|refused| match refused {
                Refused::NotFound(denied) if denied.asks_for_proof() => AppError::ConfirmFirst,
                refused => refused.into(),
            })?;
            writing.save_team(&team).await?;
            Ok(team)
        })
        .await
}

/// Closes a team.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `name` when it is closed already, and on `members` while nobody could work on one of its
/// matters any more.
pub async fn close_team(app: &App, actor: &Actor, id: TeamId) -> Result<Team, AppError> {
    administers(actor)?;
    let now = app.clock.now();
    app.store
        .write("close_team", actor.organisation.id, |mut writing: Writing| async move {
            // Nobody else who is involved is suspended at the same moment.
            writing.meet_at_members().await?;
            let (team, everybody) =
                (writing.team(id).await?.ok_or(AppError::NotFound)?, with_teams(&mut writing).await?);
            let mut matters = writing.matters_of_team(id, now).await?;
            matters.retain(|matter| hands_on(actor, matter, now));
            let needed = would_be_unattended(id, &BTreeSet::new(), &matters, &everybody, now);
            let closed = casework::close_team(&actor.member, &team, needed, now)?;
            writing.save_team(&closed).await?;
            Ok(closed)
        })
        .await
}

/// Names who answers for what (CAL-1, GOV-1). `version` is the organisation's version that was read.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `guardian`, `ig_lead`, `dpo`, `dpo_name` or `dpo_contact`;
/// `ConfirmFirst`.
pub async fn name_responsible(
    app: &App,
    actor: &Actor,
    version: u64,
    responsible: &Responsible,
) -> Result<Organisation, AppError> {
    administers(actor)?;
    check_responsible(responsible)?;
    app.store
        .write("name_responsible", actor.organisation.id, |mut writing: Writing| async move {
            let organisation = current(&mut writing, version).await?;
            let everybody = writing.members().await?;
            let changed = casework::name_responsible(&actor.member, &organisation, responsible.clone(), &everybody)?;
            // The Guardian reads what nobody else outside a matter does.
            confirmed_lately(app, actor)?;
            writing.save_organisation(&changed).await?;
            Ok(changed)
        })
        .await
}

/// Says to which partnerships the organisation belongs, and which e-mail domains are secure: one in a line, as people type them.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `domains`.
pub async fn name_partners(
    app: &App,
    actor: &Actor,
    version: u64,
    partnerships: &BTreeSet<String>,
    domains: &str,
) -> Result<Organisation, AppError> {
    administers(actor)?;
    let domains = &secure_domains(domains)?;
    app.store
        .write("name_partners", actor.organisation.id, |mut writing: Writing| async move {
            let organisation = current(&mut writing, version).await?;
            let changed = casework::name_partners(&actor.member, &organisation, partnerships.clone(), domains.clone())?;
            writing.save_organisation(&changed).await?;
            Ok(changed)
        })
        .await
}

async fn current(writing: &mut Writing, version: u64) -> Result<Organisation, AppError> {
    let organisation = writing.organisation().await?.ok_or(AppError::NotFound)?;
    if organisation.version == version { Ok(organisation) } else { Err(AppError::Conflict) }
}

/// The domains of a text, one in a line, in the form in which mail compares them.
fn secure_domains(typed: &str) -> Result<BTreeSet<String>, AppError> {
    let mut domains = BTreeSet::new();
    let mut problems = Vec::new();
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match normal_domain(line) {
            Some(domain) => drop(domains.insert(domain)),
            None => problems.push(FieldProblem {
                field: "domains".to_owned(),
                message: format!(
                    "“{line}” is no e-mail domain. Enter what stands after the @, like nhs.net, one in a line."
                ),
            }),
        }
    }
    if problems.is_empty() { Ok(domains) } else { Err(AppError::Invalid(problems)) }
}

/// A domain in lower case and ASCII (IDNA), whether it was typed with an `@` before it or not; none when it is no domain of the kind that
/// mail is sent to.
fn normal_domain(typed: &str) -> Option<String> {
    let typed = typed.strip_prefix('@').unwrap_or(typed);
    let typed = typed.strip_suffix('.').unwrap_or(typed);
    let ascii = idna::domain_to_ascii_strict(typed).ok()?.to_lowercase();
    let labels: Vec<&str> = ascii.split('.').collect();
    let written = labels.iter().all(|label| !label.is_empty() && label.len() <= 63);
    // An address of four numbers is no domain.
    let named = labels.last().is_some_and(|last| !last.chars().all(|letter| letter.is_ascii_digit()));
    (written && named && labels.len() >= 2 && ascii.len() <= 253).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::normal_domain;

    #[test]
    fn domains_are_kept_as_mail_compares_them() {
        for (typed, kept) in [
            ("NHS.net", "nhs.net"),
            ("@cheshire.police.uk", "cheshire.police.uk"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("halton.gov.uk.", "halton.gov.uk"),
        ] {
            assert_eq!(normal_domain(typed).as_deref(), Some(kept), "{typed}");
        }
        for wrong in
            ["nhs", "a@nhs.net", "nhs..net", "-nhs.net", "10.0.0.1", "nhs net.uk", "*.gov.uk", "", "http://nhs.net"]
        {
            assert_eq!(normal_domain(wrong), None, "{wrong}");
        }
    }
}
