//! The organisation, for its administrator: members (`members`), what is answered once, numbers to ring, and own procedures.

pub(super) mod members;

use axum::extract::Query;
use axum::response::Response;
use casework::{NewContact, Procedure, Profile, YesNo};
use guidance::pack::BodyPart;
use serde::{Deserialize, Serialize};

use self::members::{MemberLine, member_fields, password_fields};
use super::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use super::form::Sent;
use super::page::{Menu, Page};
use super::visit::{go_on, service_name};
use super::{Stopped, Visit, ledger_words, words};
use crate::actions;
use crate::{AppError, FieldProblem};

/// A number in a line.
#[derive(Debug, Serialize)]
pub struct ContactLine {
    council: String,
    service: String,
    phone: String,
    hours: String,
    source: String,
    checked: String,
    confirmed: bool,
}

/// A procedure in a line.
#[derive(Debug, Serialize)]
pub struct ProcedureLine {
    title: String,
    question: String,
    owner: String,
    review_on: String,
}

/// A witness in a line.
#[derive(Debug, Serialize)]
pub struct WitnessLine {
    witnessed: String,
    said: &'static str,
}

/// The organisation's page.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each says whether one part of the page is shown")]
pub struct OrganisationPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    name: String,
    version: u64,
    members: Vec<MemberLine>,
    member: Vec<Field>,
    member_open: bool,
    password: Vec<Field>,
    password_open: bool,
    profile: Vec<Field>,
    contacts: Vec<ContactLine>,
    contact: Vec<Field>,
    contact_open: bool,
    procedures: Vec<ProcedureLine>,
    procedure: Vec<Field>,
    procedure_open: bool,
    witnesses: Vec<WitnessLine>,
    warnings: Vec<String>,
}

impl Page for OrganisationPage {
    const TEMPLATE: &'static str = "organisation/organisation.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Organisation".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let problems = [FieldProblem { field: "phone".into(), message: "Enter the telephone number.".into() }];
        let page = |problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &[]),
            done: "The number was saved.",
            name: "Larkfield School".into(),
            version: 1,
            members: vec![MemberLine::sample()],
            member: member_fields(&Sent::default(), problems),
            member_open: true,
            password: password_fields(&[], &Sent::default(), problems),
            password_open: false,
            profile: vec![yes_no("policy_document", "A policy document", "", None)],
            contacts: vec![ContactLine {
                council: "Ashdale Council".into(),
                service: "Children's social care".into(),
                phone: "01632 960 123".into(),
                hours: String::new(),
                source: "The council's website".into(),
                checked: "1 November 2026".into(),
                confirmed: false,
            }],
            contact: contact_fields(&Sent::default(), problems),
            contact_open: true,
            procedures: vec![ProcedureLine {
                title: "First steps".into(),
                question: "Is anyone in danger now?".into(),
                owner: "Head".into(),
                review_on: "1 September 2027".into(),
            }],
            procedure: vec![Field::text("title", "Its title", "").with(problems)],
            procedure_open: false,
            witnesses: vec![WitnessLine {
                witnessed: "Witnessed up to entry 14 by Northmere Council, 23 November 2026, 3:15pm.".into(),
                said: "It did not answer when it was asked last.",
            }],
            warnings: vec!["No partner has confirmed the ledger for more than a day.".into()],
        };
        let empty = Self { contacts: vec![], procedures: vec![], warnings: vec![], done: "", ..page(&[]) };
        vec![("full", page(&[])), ("in error", page(&problems)), ("empty", empty)]
    }
}

fn yes_no(name: &str, label: &str, help: &str, chosen: Option<YesNo>) -> Field {
    let choice =
        |value: &str, text: &str| Choice::new(value, text, "", chosen.is_some_and(|chosen| chosen.word() == value));
    let unknown = Choice::new("", "Not known yet", "", chosen.is_none());
    Field::radios(name, label, vec![choice("yes", "Yes"), choice("no", "No"), unknown]).hint(help)
}

fn contact_fields(sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let chosen = sent.text("service");
    let service = |id: &str| Choice::new(id, service_name(id), "", chosen == id);
    let confirmed = vec![Choice::new("yes", "I rang this number, or had it confirmed", "", sent.has("confirmed"))];
    let line = |name: &str, label: &str, hint: &str| Field::text(name, label, sent.text(name)).hint(hint);
    let fields = [
        line("council", "Whose front door is it?", "The name of the council"),
        Field::radios("service", "Which service?", vec![service("csc"), service("asc")]),
        line("phone", "Telephone number", ""),
        line("hours", "When it is answered", "For example: day and night"),
        line("source", "Where the number comes from", "For example: the council's website, or who told you"),
        Field::date("checked_on", "When you checked it", sent.typed_date("checked_on"))
            .hint("Leave it empty for today."),
        Field::new("confirmed", "Is it confirmed?", Control::Checkboxes { choices: confirmed }),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

fn procedure_fields(visit: &Visit, sent: &Sent, problems: &[FieldProblem]) -> Vec<Field> {
    let pack = visit.app().pack();
    let chosen = sent.text("step");
    let group = |stage: &guidance::pack::Stage| Group {
        label: stage.title.clone(),
        choices: pack
            .questions
            .iter()
            .filter(|question| question.stage == stage.id)
            .map(|question| Choice::new(&question.id, &question.title, "", chosen == question.id))
            .collect(),
    };
    let groups = pack.stages.iter().map(group).collect();
    let line = |name: &str, label: &str, hint: &str| Field::text(name, label, sent.text(name)).hint(hint);
    let fields = [
        Field::new(
            "step",
            "At which question is it shown?",
            Control::Grouped { groups, blank: "Choose one", unsure: None },
        ),
        line("title", "Its title", ""),
        Field::long("text", "Its words", sent.text("text"), 4).hint("What to do, in a few sentences. Or give a link."),
        line("link", "A link to it", "It begins with https://"),
        line("owner", "Who keeps it up to date?", ""),
        Field::date("review_on", "When is it to be looked at again?", sent.typed_date("review_on")),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

fn profile_fields(visit: &Visit, body: &str, profile: &Profile, problems: &[FieldProblem]) -> Vec<Field> {
    let pack = visit.app().pack();
    let mut groups: Vec<Group> = Vec::new();
    for kind in pack.bodies.iter().filter(|kind| kind.parts.contains(&BodyPart::Discloser)) {
        let choice = Choice::new(&kind.id, &kind.label, "", kind.id == body);
        match groups.iter_mut().find(|group| group.label == kind.group) {
            Some(group) => group.choices.push(choice),
            None => groups.push(Group { label: kind.group.clone(), choices: vec![choice] }),
        }
    }
    let once = |id: &str, chosen| {
        let fact = pack.fact(id);
        let label = fact.map_or(id, |fact| fact.label.as_str());
        yes_no(id, label, fact.map_or("", |fact| fact.help.as_str()), chosen)
    };
    let fields = [
        Field::new(
            "body",
            "What kind of organisation is it?",
            Control::Grouped { groups, blank: "Choose one", unsure: None },
        ),
        once("policy_document", profile.policy_document),
        once("commissioned", profile.commissioned),
        once("designated", profile.designated),
    ];
    fields.into_iter().map(|field| field.with(problems)).collect()
}

/// Which form was sent, where one is to be put right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    Member,
    Password,
    Profile,
    Contact,
    Procedure,
}

async fn shown(
    visit: &Visit,
    part: Part,
    sent: &Sent,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    // Asking for what only an administrator keeps is also what turns everybody else away.
    let contacts = actions::contacts(visit.app(), actor).await?;
    let members = actions::members(visit.app(), actor).await?;
    let (blank, pack, organisation) = (Sent::default(), visit.app().pack(), &actor.organisation);
    let of = |which: Part| if which == part { (sent, problems) } else { (&blank, &[] as &[FieldProblem]) };
    let (contact_sent, contact_problems) = of(Part::Contact);
    let (procedure_sent, procedure_problems) = of(Part::Procedure);
    let contact = |contact: &casework::Contact| ContactLine {
        council: contact.council.clone(),
        service: service_name(&contact.service).to_owned(),
        phone: contact.phone.clone(),
        hours: contact.hours.clone(),
        source: contact.source.clone(),
        checked: words::day(contact.checked_on),
        confirmed: contact.confirmed,
    };
    let procedure = |(step, procedure): (&String, &Procedure)| ProcedureLine {
        title: procedure.title.clone(),
        question: pack.question(step).map_or_else(|| step.clone(), |question| question.title.clone()),
        owner: procedure.owner.clone(),
        review_on: words::day(procedure.review_on),
    };
    let witnessing = actions::witnessing(visit.app(), organisation.id).await?;
    let witnesses = ledger_words::witnessed(&witnessing)
        .into_iter()
        .enumerate()
        .map(|(at, witnessed)| WitnessLine { witnessed, said: witnessing.by.get(at).map_or("", ledger_words::said) });
    let witnesses = witnesses.collect();
    Ok(visit.page(&OrganisationPage {
        errors: error_lines(problems, &["checked_on", "review_on"]),
        done,
        name: organisation.name.clone(),
        version: organisation.version,
        members: members.iter().map(MemberLine::new).collect(),
        member: member_fields(of(Part::Member).0, of(Part::Member).1),
        member_open: part == Part::Member,
        password: password_fields(&members, of(Part::Password).0, of(Part::Password).1),
        password_open: part == Part::Password,
        profile: profile_fields(visit, &organisation.body, &organisation.profile, of(Part::Profile).1),
        contacts: contacts.iter().map(contact).collect(),
        contact: contact_fields(contact_sent, contact_problems),
        contact_open: part == Part::Contact,
        procedures: organisation.procedures.iter().map(procedure).collect(),
        procedure: procedure_fields(visit, procedure_sent, procedure_problems),
        procedure_open: part == Part::Procedure,
        witnesses,
        warnings: ledger_words::warnings(&witnessing, visit.app().config.stale_after_hours),
    }))
}

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Done {
    saved: Option<String>,
}

/// `GET /organisation`
pub(super) async fn page(visit: Visit, Query(done): Query<Done>) -> Result<Response, Stopped> {
    let done = match done.saved.as_deref() {
        Some("member") => "The member was added. Give them their password yourself: it is not sent anywhere.",
        Some("password") => "The new password holds from now on, and wherever they were signed in, they no longer are.",
        Some("profile") => "The answers were saved.",
        Some("number") => "The number was saved.",
        Some("procedure") => "The procedure was attached.",
        _ => "",
    };
    shown(&visit, Part::None, &Sent::default(), &[], done).await
}

async fn after<T>(
    visit: &Visit,
    done: Result<T, AppError>,
    saved: &str,
    part: Part,
    sent: &Sent,
) -> Result<Response, Stopped> {
    match done {
        Ok(_) => Ok(go_on(&format!("/organisation?saved={saved}"))),
        Err(AppError::Invalid(problems)) => shown(visit, part, sent, &problems, "").await,
        Err(error) => Err(error.into()),
    }
}

fn version(sent: &Sent) -> u64 {
    sent.text("version").parse().unwrap_or(0)
}

/// `POST /organisation/profile`
pub(super) async fn save_profile(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let answer = |name: &str| sent.text(name).parse().ok();
    let profile = Profile {
        policy_document: answer("policy_document"),
        commissioned: answer("commissioned"),
        designated: answer("designated"),
    };
    let done = actions::answer_profile(visit.app(), visit.actor()?, version(&sent), &sent.text("body"), profile).await;
    after(&visit, done, "profile", Part::Profile, &sent).await
}

/// `POST /organisation/contacts`: a number of the same council and service takes the place of the earlier one.
pub(super) async fn save_contact(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let typed = sent.typed_date("checked_on");
    let checked_on = if typed.is_blank() { Some(visit.app().clock.today()) } else { typed.read() };
    let Some(checked_on) = checked_on else {
        let message = "Enter a real date, like 23 11 2026, or leave it empty for today.".to_owned();
        let problems = [FieldProblem { field: "checked_on".into(), message }];
        return shown(&visit, Part::Contact, &sent, &problems, "").await;
    };
    let new = NewContact {
        council: sent.text("council"),
        service: sent.text("service"),
        phone: sent.text("phone"),
        hours: sent.text("hours"),
        source: sent.text("source"),
        checked_on,
        confirmed: sent.has("confirmed"),
    };
    let kept = actions::contacts(visit.app(), actor).await?;
    let earlier = kept.iter().find(|contact| contact.council == new.council && contact.service == new.service);
    let done =
        actions::record_contact(visit.app(), actor, earlier.map(|contact| (contact.id, contact.version)), new).await;
    after(&visit, done, "number", Part::Contact, &sent).await
}

/// `POST /organisation/procedures`
pub(super) async fn save_procedure(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let Some(review_on) = sent.typed_date("review_on").read() else {
        let message = "Enter the day to look at it again, like 1 9 2027.".to_owned();
        let problems = [FieldProblem { field: "review_on".into(), message }];
        return shown(&visit, Part::Procedure, &sent, &problems, "").await;
    };
    let procedure = Procedure {
        title: sent.text("title"),
        text: sent.text("text"),
        link: sent.maybe("link"),
        owner: sent.text("owner"),
        review_on,
    };
    let done = actions::attach_procedure(visit.app(), actor, version(&sent), &sent.text("step"), procedure).await;
    after(&visit, done, "procedure", Part::Procedure, &sent).await
}
