//! Organisations, their members and settings: what an administrator does, and what whoever runs the installation does once.

use casework::{
    Action, Contact, ContactId, Member, MemberId, NewContact, NewMember, NewOrganisation, Organisation, OrganisationId,
    Procedure, Profile, Resource, may,
};
use jiff::civil::Date;
use serde::Serialize;
use store::{Reading, Writing};

use super::limits::{check_contact, check_procedure};
use super::{Actor, confirmed_lately, passwords};
use crate::{App, AppError};

/// A way to reach a service, confirmed by somebody: what pages show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrontDoor {
    /// Whose front door it is.
    pub council: String,
    /// The service: `csc` or `asc`, as the pack's acts spell it.
    pub service: String,
    /// The number.
    pub phone: String,
    /// When it is answered.
    pub hours: String,
    /// Where the number comes from.
    pub source: String,
    /// When it was last checked.
    pub checked: Option<Date>,
}

/// Sets an organisation up with its first member, an administrator. This is for whoever runs the installation: nobody is signed in yet.
///
/// # Errors
/// `Invalid` on a field of the organisation or the member, or on `password`.
pub async fn found_organisation(
    app: &App,
    organisation: NewOrganisation,
    administrator: NewMember,
    password: &str,
) -> Result<Actor, AppError> {
    known_body(app, &organisation.body)?;
    let now = app.clock.now();
    let organisation = casework::found_organisation(app.clock.id(OrganisationId::new)?, organisation, now)?;
    let member = casework::admit_member(organisation.id, app.clock.id(MemberId::new)?, administrator, now)?;
    passwords::check(app, password, &[&member.name, &member.email, &organisation.name]).await?;
    let hash = app.store.hash_password(password).await?;
    app.store.found_organisation(&organisation).await?;
    let (admitted, hashed) = (&member, &hash);
    let saved: Result<(), AppError> = app
        .store
        .write("admit_administrator", organisation.id, |mut writing: Writing| async move {
            writing.save_member(admitted).await?;
            Ok(writing.set_password(admitted.id, hashed, now).await?)
        })
        .await;
    saved?;
    // Whoever founds it has just chosen the password.
    Ok(Actor { organisation, member, session: None, confirmed_at: Some(now), emergencies: Vec::new() })
}

/// Admits a member. Without a password they cannot sign in until [`set_password`] gives them one.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Invalid` on `name`, `role_title`, `email`, `roles` or `password`.
pub async fn admit_member(
    app: &App,
    actor: &Actor,
    new: NewMember,
    password: Option<&str>,
) -> Result<Member, AppError> {
    may(&actor.member, Action::ManageMembers, Resource::Organisation(actor.organisation.id))?;
    let now = app.clock.now();
    let member = casework::admit_member(actor.organisation.id, app.clock.id(MemberId::new)?, new, now)?;
    let hash = match password {
        Some(password) => {
            passwords::check(app, password, &[&member.name, &member.email, &actor.organisation.name]).await?;
            Some(app.store.hash_password(password).await?)
        }
        None => None,
    };
    let (admitted, hash) = (&member, &hash);
    let saved: Result<(), AppError> = app
        .store
        .write("admit_member", actor.organisation.id, |mut writing: Writing| async move {
            writing.save_member(admitted).await?;
            if let Some(hash) = hash {
                writing.set_password(admitted.id, hash, now).await?;
            }
            Ok(())
        })
        .await;
    saved?;
    Ok(member)
}

/// Gives a member a new password and ends their sessions. Members do it for themselves, administrators for others.
///
/// # Errors
/// `NotFound`, `ConfirmFirst` for others, or `Invalid` on `password`.
pub async fn set_password(app: &App, actor: &Actor, member: MemberId, password: &str) -> Result<(), AppError> {
    if member != actor.member.id {
        may(&actor.member, Action::ManageMembers, Resource::Organisation(actor.organisation.id))?;
        confirmed_lately(app, actor)?;
    }
    let whose: Result<Member, AppError> = app
        .store
        .read("member", actor.organisation.id, |mut reading: Reading| async move {
            reading.member(member).await?.ok_or(AppError::NotFound)
        })
        .await;
    let whose = whose?;
    passwords::check(app, password, &[&whose.name, &whose.email, &actor.organisation.name]).await?;
    let (now, hash) = (app.clock.now(), app.store.hash_password(password).await?);
    let hash = &hash;
    app.store
        .write("set_password", actor.organisation.id, |mut writing: Writing| async move {
            let member = writing.member(member).await?.ok_or(AppError::NotFound)?;
            writing.set_password(member.id, hash, now).await?;
            writing.end_sessions_of(member.id).await?;
            Ok(())
        })
        .await
}

/// The organisation's members, in the order they joined: everybody may know their colleagues.
///
/// # Errors
/// When the store fails.
pub async fn members(app: &App, actor: &Actor) -> Result<Vec<Member>, AppError> {
    app.store
        .read("members", actor.organisation.id, |mut reading: Reading| async move { Ok(reading.members().await?) })
        .await
}

/// The organisation's members with how their memberships stand, for an administrator.
///
/// # Errors
/// `NotFound` for anyone but an administrator.
pub async fn members_to_administer(app: &App, actor: &Actor) -> Result<Vec<Member>, AppError> {
    may(&actor.member, Action::ManageMembers, Resource::Organisation(actor.organisation.id))?;
    members(app, actor).await
}

/// The organisation's settings, for an administrator.
///
/// # Errors
/// `NotFound` for anyone but an administrator.
pub async fn organisation_to_administer(app: &App, actor: &Actor) -> Result<Organisation, AppError> {
    may(&actor.member, Action::ChangeSettings, Resource::Organisation(actor.organisation.id))?;
    app.store
        .read("organisation", actor.organisation.id, |mut reading: Reading| async move {
            reading.organisation().await?.ok_or(AppError::NotFound)
        })
        .await
}

/// Answers, once for everybody, what the organisation is and has in place. `version` is the organisation's version that was read.
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `body`.
pub async fn answer_profile(
    app: &App,
    actor: &Actor,
    version: u64,
    body: &str,
    profile: Profile,
) -> Result<Organisation, AppError> {
    may(&actor.member, Action::ChangeSettings, Resource::Organisation(actor.organisation.id))?;
    known_body(app, body)?;
    let profile = &profile;
    change(app, actor, version, |organisation| {
        Ok(casework::answer_profile(&actor.member, organisation, body, profile.clone())?)
    })
    .await
}

/// Attaches the organisation's own procedure to a step of the flow (a question's id), in place of an earlier one (GOV-6).
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `step`, `title`, `text`, `link` or `owner`.
pub async fn attach_procedure(
    app: &App,
    actor: &Actor,
    version: u64,
    step: &str,
    procedure: Procedure,
) -> Result<Organisation, AppError> {
    may(&actor.member, Action::ChangeSettings, Resource::Organisation(actor.organisation.id))?;
    if !step.is_empty() && app.pack().question(step).is_none() {
        return Err(AppError::field("step", casework::OrganisationProblem::StepMissing.to_string()));
    }
    check_procedure(&procedure)?;
    let procedure = &procedure;
    change(app, actor, version, |organisation| {
        Ok(casework::attach_procedure(&actor.member, organisation, step, procedure.clone())?)
    })
    .await
}

pub(super) async fn change(
    app: &App,
    actor: &Actor,
    version: u64,
    transition: impl Fn(&Organisation) -> Result<Organisation, AppError>,
) -> Result<Organisation, AppError> {
    let transition = &transition;
    app.store
        .write("change_organisation", actor.organisation.id, |mut writing: Writing| async move {
            let organisation = writing.organisation().await?.ok_or(AppError::NotFound)?;
            if organisation.version != version {
                return Err(AppError::Conflict);
            }
            let changed = transition(&organisation)?;
            writing.save_organisation(&changed).await?;
            Ok(changed)
        })
        .await
}

/// Keeps a front-door number: a new one, or a new version of the one named (LRN-3).
///
/// # Errors
/// `NotFound` for anyone but an administrator; `Conflict`; `Invalid` on `council`, `service`, `phone`, `source` or `checked_on`.
pub async fn record_contact(
    app: &App,
    actor: &Actor,
    earlier: Option<(ContactId, u64)>,
    new: NewContact,
) -> Result<Contact, AppError> {
    may(&actor.member, Action::ChangeSettings, Resource::Organisation(actor.organisation.id))?;
    check_contact(&new)?;
    let (id, new, today) = (app.clock.id(ContactId::new)?, &new, app.clock.today());
    app.store
        .write("record_contact", actor.organisation.id, |mut writing: Writing| async move {
            let earlier = match earlier {
                Some((id, version)) => {
                    let contact = writing.contact(id).await?.ok_or(AppError::NotFound)?;
                    if contact.version != version {
                        return Err(AppError::Conflict);
                    }
                    Some(contact)
                }
                None => None,
            };
            let contact = casework::record_contact(&actor.member, id, earlier.as_ref(), new.clone(), today)?;
            writing.save_contact(&contact).await?;
            Ok(contact)
        })
        .await
}

/// The front-door numbers that the organisation keeps, confirmed or not: for its administrator.
///
/// # Errors
/// `NotFound` for anyone but an administrator.
pub async fn contacts(app: &App, actor: &Actor) -> Result<Vec<Contact>, AppError> {
    may(&actor.member, Action::ChangeSettings, Resource::Organisation(actor.organisation.id))?;
    kept_contacts(app, actor.organisation.id).await
}

/// The confirmed front doors: the organisation's own first, then the pack's. Signed out, the pack's; in the demo, the invented ones.
///
/// # Errors
/// When the store fails.
pub async fn front_doors(app: &App, actor: Option<&Actor>) -> Result<Vec<FrontDoor>, AppError> {
    let mut whose: Vec<OrganisationId> = actor.map(|actor| actor.organisation.id).into_iter().collect();
    if whose.is_empty() && app.is_demo() {
        whose = app.store.organisations().await?.into_iter().map(|organisation| organisation.id).collect();
    }
    let mut doors: Vec<FrontDoor> = Vec::new();
    for organisation in whose {
        let kept = kept_contacts(app, organisation).await?.into_iter().filter(|contact| contact.confirmed);
        doors.extend(kept.map(|contact| FrontDoor {
            council: contact.council,
            service: contact.service,
            phone: contact.phone,
            hours: contact.hours,
            source: contact.source,
            checked: Some(contact.checked_on),
        }));
    }
    let pack = app.pack().contacts.iter().filter(|contact| contact.confirmed && !contact.phone.is_empty());
    doors.extend(pack.map(|contact| FrontDoor {
        council: contact.council.clone(),
        service: contact.service.clone(),
        phone: contact.phone.clone(),
        hours: contact.hours.clone(),
        source: contact.source.clone(),
        checked: contact.checked,
    }));
    let mut seen = std::collections::BTreeSet::new();
    doors.retain(|door| seen.insert((door.council.clone(), door.service.clone())));
    Ok(doors)
}

async fn kept_contacts(app: &App, organisation: OrganisationId) -> Result<Vec<Contact>, AppError> {
    app.store.read("contacts", organisation, |mut reading: Reading| async move { Ok(reading.contacts().await?) }).await
}

fn known_body(app: &App, body: &str) -> Result<(), AppError> {
    if body.is_empty() || app.pack().body(body).is_some() {
        return Ok(());
    }
    let hint = guidance::source::did_you_mean(body, app.pack().bodies.iter().map(|body| body.id.as_str()));
    Err(AppError::field("body", format!("There is no kind of body `{body}`.{hint}")))
}
