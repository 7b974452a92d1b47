//! Organisations: each its own controller, with the answers that steer the law and its own procedures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::{blank, problems, unless_problems};
use crate::wire::words;
use crate::{
    Action, ContactId, Denied, Member, MemberId, Membership, Moment, OrganisationId, Refused, Resource, Role, may,
};

words! {
    /// An answer that an administrator gives once for the organisation.
    YesNo {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
    }
}

words! {
    /// Whether whoever signs in with a password proves who they are a second time, with a one-time code.
    SecondStep {
        /// Everybody; who has not set it up does so before anything else.
        Demanded = "demanded",
        /// Whoever has set it up.
        Offered = "offered",
    }
}

const fn offered() -> SecondStep {
    SecondStep::Offered
}

/// An organisation that decides, as its own controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Which version of the settings this is, from 1.
    pub version: u64,
    /// Its name, as people know it.
    pub name: String,
    /// The kind of body, by the pack's id (`school-maintained`): it steers which powers fit.
    pub body: String,
    /// The safeguarding partnerships it belongs to. There was one before there could be several.
    #[serde(alias = "partnership", deserialize_with = "one_or_several")]
    pub partnerships: BTreeSet<String>,
    /// E-mail domains that it and its partners hold to be secure, as mail compares them: in lower case, without marks beyond ASCII.
    #[serde(default)]
    pub secure_domains: BTreeSet<String>,
    /// What an administrator answers once, so that no practitioner is asked.
    pub profile: Profile,
    /// Its own procedures by the pack's step id (GOV-6).
    pub procedures: BTreeMap<String, Procedure>,
    /// When it was set up.
    pub created_at: Moment,
    /// Whether a password needs a one-time code or a passkey beside it (ACC-4). Organisations of before it was kept offer it.
    #[serde(default = "offered")]
    pub second_step: SecondStep,
    /// Who answers for what (GOV-1, CAL-1). Nobody was named before it was asked.
    #[serde(default)]
    pub responsible: Responsible,
}

/// The people of an organisation who answer for how it handles what it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Responsible {
    /// Its Caldicott Guardian.
    pub guardian: Option<MemberId>,
    /// Its information governance lead.
    pub ig_lead: Option<MemberId>,
    /// Its data protection officer, where a member is one.
    pub dpo: Option<MemberId>,
    /// Its data protection officer, where somebody outside is one.
    pub dpo_outside: Option<OutsideOfficer>,
}

/// A data protection officer who is no member: of a council for its schools, say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideOfficer {
    /// Their name, or that of their office.
    pub name: String,
    /// How they are reached.
    pub contact: String,
}

fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Several(BTreeSet<String>),
    }
    Ok(match Written::deserialize(from)? {
        Written::One(name) => Some(name).filter(|name| !blank(name)).into_iter().collect(),
        Written::Several(names) => names,
    })
}

/// What the organisation has in place; an answer left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// It keeps the policy document that Schedule 1 to the Data Protection Act 2018 asks for.
    pub policy_document: Option<YesNo>,
    /// It works under a commission from a public body.
    pub commissioned: Option<YesNo>,
    /// It is designated for the powers that name it.
    pub designated: Option<YesNo>,
}

/// The organisation's own procedure for one step of the flow (GOV-6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// Its title.
    pub title: String,
    /// Its words; may be empty where there is a link.
    pub text: String,
    /// Where it can be read, `https` only.
    pub link: Option<String>,
    /// Who keeps it up to date.
    pub owner: String,
    /// When it is to be looked at again.
    pub review_on: Date,
}

/// A way to reach a service in danger or with a worry: shown only once confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The organisation that keeps it.
    pub organisation: OrganisationId,
    /// Which version this is, from 1.
    pub version: u64,
    /// The council or body whose front door it is.
    pub council: String,
    /// The service (`children-social-care`, `adult-social-care`, `police`, …), by the pack's id.
    pub service: String,
    /// The number to ring.
    pub phone: String,
    /// When it is answered.
    pub hours: String,
    /// Where the number comes from.
    pub source: String,
    /// When it was last checked.
    pub checked_on: Date,
    /// Whether someone rang it or had it confirmed; hidden until then.
    pub confirmed: bool,
}

/// What is needed to set an organisation up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganisation {
    /// Its name.
    pub name: String,
    /// The kind of body, by the pack's id.
    pub body: String,
    /// Its partnership.
    pub partnership: String,
    /// What it has in place.
    pub profile: Profile,
    /// Whether a password needs a one-time code or a passkey beside it.
    pub second_step: SecondStep,
}

/// What is needed to keep a front-door number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    /// The council or body.
    pub council: String,
    /// The service, by the pack's id.
    pub service: String,
    /// The number.
    pub phone: String,
    /// When it is answered.
    pub hours: String,
    /// Where it comes from.
    pub source: String,
    /// When it was checked.
    pub checked_on: Date,
    /// Whether it is confirmed.
    pub confirmed: bool,
}

problems! {
    /// What setting up or changing an organisation needs.
    OrganisationProblem {
        NameMissing @ "name" = "Enter the organisation’s name.",
        BodyMissing @ "body" = "Choose what kind of body it is.",
        StepMissing @ "step" = "Choose the step the procedure belongs to.",
        TitleMissing @ "title" = "Enter the procedure’s title.",
        TextOrLinkMissing @ "text" = "Enter the procedure’s words, or a link to them.",
        LinkNotSecure @ "link" = "Enter a link that starts with https://.",
        OwnerMissing @ "owner" = "Enter who keeps the procedure up to date.",
    }
}

problems! {
    /// What naming the people who answer for what needs.
    ResponsibleProblem {
        GuardianNotHere @ "guardian" = "Choose somebody who works here.",
        GuardianAdvises @ "guardian" = "Give them the role “Advises” first: without it they see none of what a Guardian sees.",
        IgLeadNotHere @ "ig_lead" = "Choose somebody who works here.",
        IgLeadAdvises @ "ig_lead" = "Give them the role “Advises” first: without it they see none of what a lead sees.",
        DpoNotHere @ "dpo" = "Choose somebody who works here.",
        DpoTwice @ "dpo" = "Choose a member, or name somebody outside, and not both.",
        OutsideNameMissing @ "dpo_name" = "Enter their name, or that of their office.",
        OutsideContactMissing @ "dpo_contact" = "Enter how they are reached.",
    }
}

problems! {
    /// What a front-door number needs.
    ContactProblem {
        CouncilMissing @ "council" = "Enter whose front door it is.",
        ServiceMissing @ "service" = "Choose the service.",
        PhoneMissing @ "phone" = "Enter the telephone number.",
        PhoneUnclear @ "phone" = "Enter the number alone, like 01632 960101: a telephone rings exactly what stands here. Put anything else, such as “option 2”, under when it is answered.",
        SourceMissing @ "source" = "Enter where the number comes from.",
        CheckedLater @ "checked_on" = "Enter a day that is not still to come, or leave it empty for today.",
    }
}

/// Sets an organisation up. There is no member yet, so this is for whoever runs the installation.
pub fn found_organisation(
    id: OrganisationId,
    new: NewOrganisation,
    now: Moment,
) -> Result<Organisation, Refused<OrganisationProblem>> {
    let mut problems = Vec::new();
    if blank(&new.name) {
        problems.push(OrganisationProblem::NameMissing);
    }
    if blank(&new.body) {
        problems.push(OrganisationProblem::BodyMissing);
    }
    unless_problems(problems, || Organisation {
        id,
        version: 1,
        name: new.name.trim().to_owned(),
        body: new.body,
        partnerships: Some(new.partnership.trim().to_owned()).filter(|name| !name.is_empty()).into_iter().collect(),
        secure_domains: BTreeSet::new(),
        profile: new.profile,
        second_step: new.second_step,
        procedures: BTreeMap::new(),
        created_at: now,
        responsible: Responsible::default(),
    })
}

/// Changes what an administrator answers once for the organisation, and its kind of body, on which the fitting law turns.
pub fn answer_profile(
    member: &Member,
    organisation: &Organisation,
    body: &str,
    profile: Profile,
) -> Result<Organisation, Refused<OrganisationProblem>> {
    may(member, Action::ChangeSettings, Resource::Organisation(organisation.id))?;
    let problems = if blank(body) { vec![OrganisationProblem::BodyMissing] } else { Vec::new() };
    unless_problems(problems, || {
        let mut changed = organisation.clone();
        body.clone_into(&mut changed.body);
        changed.profile = profile;
        changed.version += 1;
        changed
    })
}

/// Names who answers for what (GOV-1, CAL-1). A Guardian and a lead are advisers, since that role sees what they are to look at.
pub fn name_responsible(
    member: &Member,
    organisation: &Organisation,
    responsible: Responsible,
    everybody: &[Member],
) -> Result<Organisation, Refused<ResponsibleProblem>> {
    may(member, Action::ChangeSettings, Resource::Organisation(organisation.id))?;
    let found = |id: MemberId| everybody.iter().find(|one| one.id == id && one.membership == Membership::Active);
    let mut problems = Vec::new();
    let advisers = [
        (responsible.guardian, ResponsibleProblem::GuardianNotHere, ResponsibleProblem::GuardianAdvises),
        (responsible.ig_lead, ResponsibleProblem::IgLeadNotHere, ResponsibleProblem::IgLeadAdvises),
    ];
    for (named, not_here, advises) in advisers {
        match named.map(found) {
            Some(None) => problems.push(not_here),
            Some(Some(one)) if !one.is(Role::Adviser) => problems.push(advises),
            _ => {}
        }
    }
    if matches!(responsible.dpo.map(found), Some(None)) {
        problems.push(ResponsibleProblem::DpoNotHere);
    }
    if let Some(outside) = &responsible.dpo_outside {
        if responsible.dpo.is_some() {
            problems.push(ResponsibleProblem::DpoTwice);
        }
        if blank(&outside.name) {
            problems.push(ResponsibleProblem::OutsideNameMissing);
        }
        if blank(&outside.contact) {
            problems.push(ResponsibleProblem::OutsideContactMissing);
        }
    }
    unless_problems(problems, || Organisation {
        version: organisation.version + 1,
        responsible,
        ..organisation.clone()
    })
}

/// Says which e-mail domains are secure and to which partnerships the organisation belongs. Whoever calls this has brought the domains
/// into the form in which mail compares them.
pub fn name_partners(
    member: &Member,
    organisation: &Organisation,
    partnerships: BTreeSet<String>,
    secure_domains: BTreeSet<String>,
) -> Result<Organisation, Refused<OrganisationProblem>> {
    may(member, Action::ChangeSettings, Resource::Organisation(organisation.id))?;
    Ok(Organisation { version: organisation.version + 1, partnerships, secure_domains, ..organisation.clone() })
}

/// Says whether a password needs a one-time code or a passkey beside it.
pub fn ask_for_second_step(
    member: &Member,
    organisation: &Organisation,
    second_step: SecondStep,
) -> Result<Organisation, Denied> {
    may(member, Action::ChangeSettings, Resource::Organisation(organisation.id))?;
    Ok(Organisation { second_step, version: organisation.version + 1, ..organisation.clone() })
}

/// Attaches the organisation's own procedure to a step, in place of an earlier one (GOV-6).
pub fn attach_procedure(
    member: &Member,
    organisation: &Organisation,
    step: &str,
    procedure: Procedure,
) -> Result<Organisation, Refused<OrganisationProblem>> {
    may(member, Action::ChangeSettings, Resource::Organisation(organisation.id))?;
    let mut problems = Vec::new();
    if blank(step) {
        problems.push(OrganisationProblem::StepMissing);
    }
    if blank(&procedure.title) {
        problems.push(OrganisationProblem::TitleMissing);
    }
    match &procedure.link {
        None if blank(&procedure.text) => problems.push(OrganisationProblem::TextOrLinkMissing),
        Some(link) if !link.starts_with("https://") => problems.push(OrganisationProblem::LinkNotSecure),
        _ => {}
    }
    if blank(&procedure.owner) {
        problems.push(OrganisationProblem::OwnerMissing);
    }
    unless_problems(problems, || {
        let mut changed = organisation.clone();
        changed.procedures.insert(step.to_owned(), procedure);
        changed.version += 1;
        changed
    })
}

/// Whether a telephone rings what is written here, and nothing else: digits as people group them, perhaps with a `+` before them.
fn can_be_rung(phone: &str) -> bool {
    let digits = phone.trim().strip_prefix('+').unwrap_or(phone.trim());
    let grouped = |sign: char| sign.is_ascii_digit() || matches!(sign, ' ' | '\u{a0}' | '-' | '–' | '(' | ')');
    digits.chars().all(grouped) && (3..=15).contains(&digits.chars().filter(char::is_ascii_digit).count())
        // "+44 (0)1632": nobody who rings from abroad dials that 0, and nobody from here the +44.
        && !phone.contains("(0)")
}

/// Keeps a front-door number. `earlier` is the version it takes the place of.
pub fn record_contact(
    member: &Member,
    id: ContactId,
    earlier: Option<&Contact>,
    new: NewContact,
    today: Date,
) -> Result<Contact, Refused<ContactProblem>> {
    may(member, Action::ChangeSettings, Resource::Organisation(member.organisation))?;
    if let Some(earlier) = earlier {
        may(member, Action::ChangeSettings, Resource::Organisation(earlier.organisation))?;
    }
    let mut problems = Vec::new();
    for (text, problem) in [
        (&new.council, ContactProblem::CouncilMissing),
        (&new.service, ContactProblem::ServiceMissing),
        (&new.phone, ContactProblem::PhoneMissing),
        (&new.source, ContactProblem::SourceMissing),
    ] {
        if blank(text) {
            problems.push(problem);
        }
    }
    if !blank(&new.phone) && !can_be_rung(&new.phone) {
        problems.push(ContactProblem::PhoneUnclear);
    }
    if new.checked_on > today {
        problems.push(ContactProblem::CheckedLater);
    }
    unless_problems(problems, || Contact {
        id: earlier.map_or(id, |contact| contact.id),
        organisation: member.organisation,
        version: earlier.map_or(1, |contact| contact.version + 1),
        council: new.council,
        service: new.service,
        phone: new.phone,
        hours: new.hours,
        source: new.source,
        checked_on: new.checked_on,
        confirmed: new.confirmed,
    })
}

#[cfg(test)]
mod tests {
    use super::can_be_rung;

    #[test]
    fn a_number_is_what_a_telephone_rings_and_nothing_else() {
        for number in ["01632 960101", "(01632) 960-101", "+44 1632 960101", "101", "01632\u{a0}960101"] {
            assert!(can_be_rung(number), "{number}");
        }
        for other in
            ["", "12", "01632 960101 option 2", "+44 (0)1632 960101", "01632 960101/2", "ring the office", "1+1 2 3"]
        {
            assert!(!can_be_rung(other), "{other}");
        }
    }
}
