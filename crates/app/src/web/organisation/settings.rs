//! What an administrator answers once for everybody: what the organisation is and has in place, numbers to ring, and own procedures.

use axum::extract::Query;
use axum::response::Response;
use casework::{Contact, NewContact, Procedure, Profile, YesNo};
use guidance::Pack;
use guidance::pack::BodyPart;
use serde::{Deserialize, Serialize};

use super::Saved;
use crate::actions;
use crate::error::named;
use crate::web::fields::{Choice, Control, ErrorLine, Field, Group, error_lines};
use crate::web::form::Sent;
use crate::web::page::{Menu, Page};
use crate::web::visit::{go_on, service_name};
use crate::web::{Stopped, Visit, words};
use crate::{AppError, FieldProblem};

/// A number in a line.
#[derive(Debug, Serialize)]
pub struct ContactLine {
    /// Where it is changed.
    href: String,
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

/// What the organisation is and has in place.
#[derive(Debug, Serialize)]
pub struct ProfilePage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    version: u64,
    fields: Vec<Field>,
}

impl Page for ProfilePage {
    const TEMPLATE: &'static str = "organisation/profile.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "What the organisation is".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |problems: &[FieldProblem], done| Self {
            errors: error_lines(problems, &[]),
            done,
            version: 1,
            fields: vec![yes_no("policy_document", "A policy document", "", None).with(problems)],
        };
        let problems = [FieldProblem { field: "policy_document".into(), message: "Choose one.".into() }];
        vec![("full", page(&[], "The answers were saved.")), ("in error", page(&problems, ""))]
    }
}

/// Numbers to ring.
#[derive(Debug, Serialize)]
pub struct ContactsPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    contacts: Vec<ContactLine>,
    /// Front doors that the guidance names and for which there is no number yet.
    open: Vec<OpenDoor>,
    /// The number that is being changed, with the version that was read; empty for a new one.
    contact: String,
    version: u64,
    fields: Vec<Field>,
}

/// A front door without a number, in a line.
#[derive(Debug, Serialize)]
pub struct OpenDoor {
    href: String,
    council: String,
    service: String,
}

/// Which number is being changed, or for which front door one is entered.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    saved: Option<String>,
    change: Option<String>,
    door: Option<String>,
}

impl Page for ContactsPage {
    const TEMPLATE: &'static str = "organisation/contacts.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Numbers to ring".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &["checked_on"]),
            done: "The number was saved.",
            contacts: vec![ContactLine {
                href: "/organisation/contacts?change=1#number".into(),
                council: "Ashdale Council".into(),
                service: "Children's social care".into(),
                phone: "01632 960 123".into(),
                hours: String::new(),
                source: "The council's website".into(),
                checked: "1 November 2026".into(),
                confirmed: false,
            }],
            open: vec![OpenDoor {
                href: "/organisation/contacts?door=ashdale-asc#number".into(),
                council: "Ashdale Council".into(),
                service: "Adult social care".into(),
            }],
            contact: String::new(),
            version: 0,
            fields: contact_fields(&Sent::default(), problems),
        };
        let problems = [FieldProblem { field: "phone".into(), message: "Enter the telephone number.".into() }];
        let empty = Self { contacts: vec![], open: vec![], done: "", ..page(&[]) };
        let changing = Self { contact: "0198a".into(), version: 1, done: "", ..page(&[]) };
        vec![("full", page(&[])), ("in error", page(&problems)), ("empty", empty), ("changing", changing)]
    }
}

/// The organisation's own procedures.
#[derive(Debug, Serialize)]
pub struct ProceduresPage {
    errors: Vec<ErrorLine>,
    done: &'static str,
    version: u64,
    procedures: Vec<ProcedureLine>,
    fields: Vec<Field>,
}

impl Page for ProceduresPage {
    const TEMPLATE: &'static str = "organisation/procedures.html";
    const MENU: Menu = Menu::Organisation;

    fn title(&self) -> String {
        "Your own procedures".to_owned()
    }

    fn in_error(&self) -> bool {
        !self.errors.is_empty()
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |problems: &[FieldProblem]| Self {
            errors: error_lines(problems, &["review_on"]),
            done: "The procedure was attached.",
            version: 1,
            procedures: vec![ProcedureLine {
                title: "First steps".into(),
                question: "Is anyone in danger now?".into(),
                owner: "Head".into(),
                review_on: "1 September 2027".into(),
            }],
            fields: vec![Field::text("title", "Its title", "").with(problems)],
        };
        let problems = [FieldProblem { field: "title".into(), message: "Enter the procedure’s title.".into() }];
        let empty = Self { procedures: vec![], done: "", ..page(&[]) };
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
        Field::new(
            "phone",
            "Telephone number",
            Control::Text { value: sent.text("phone"), input: "tel", autocomplete: "off", classes: "" },
        )
        .hint("The number alone: a telephone rings exactly what stands here."),
        line("hours", "When it is answered", "For example: day and night; option 2"),
        line("source", "Where the number comes from", "For example: the council’s website, or who told you"),
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

fn version(sent: &Sent) -> Option<u64> {
    sent.text("version").parse().ok()
}

async fn profile_shown(
    visit: &Visit,
    sent: Option<(&str, &Profile, u64)>,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let organisation = actions::organisation_to_administer(visit.app(), visit.actor()?).await?;
    let (body, profile, version) = sent.unwrap_or((&organisation.body, &organisation.profile, organisation.version));
    Ok(visit.page(&ProfilePage {
        errors: error_lines(problems, &[]),
        done,
        version,
        fields: profile_fields(visit, body, profile, problems),
    }))
}

/// `GET /organisation/profile`
pub(super) async fn profile(visit: Visit, Query(saved): Query<Saved>) -> Result<Response, Stopped> {
    profile_shown(&visit, None, &[], saved.words("The answers were saved.")).await
}

/// `POST /organisation/profile`
pub(super) async fn save_profile(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let answer = |name: &str| sent.text(name).parse().ok();
    let profile = Profile {
        policy_document: answer("policy_document"),
        commissioned: answer("commissioned"),
        designated: answer("designated"),
    };
    let (body, version) = (sent.text("body"), version(&sent).unwrap_or(0));
    match actions::answer_profile(visit.app(), visit.actor()?, version, &body, profile.clone()).await {
        Ok(_) => Ok(go_on("/organisation/profile?saved=yes")),
        Err(AppError::Invalid(problems)) => {
            profile_shown(&visit, Some((&body, &profile, version)), &problems, "").await
        }
        Err(error) => Err(error.into()),
    }
}

/// A number as the form shows it. Whether it is confirmed is asked anew, and when it was checked is today unless it is said.
fn kept_contact(contact: &Contact) -> Sent {
    let lines = [
        ("contact", contact.id.to_string()),
        ("version", contact.version.to_string()),
        ("council", contact.council.clone()),
        ("service", contact.service.clone()),
        ("phone", contact.phone.clone()),
        ("hours", contact.hours.clone()),
        ("source", contact.source.clone()),
    ];
    Sent::of(lines.map(|(name, value)| (name.to_owned(), value)))
}

/// Front doors that the guidance names and for which neither it nor the organisation has a number.
fn open_doors<'pack>(
    pack: &'pack Pack,
    kept: &'pack [Contact],
) -> impl Iterator<Item = &'pack guidance::pack::Contact> {
    let entered =
        move |council: &str, service: &str| kept.iter().any(|one| one.council == council && one.service == service);
    pack.contacts
        .iter()
        .filter(move |door| (!door.confirmed || door.phone.is_empty()) && !entered(&door.council, &door.service))
}

async fn contacts_shown(
    visit: &Visit,
    sent: &Sent,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    // Asking for what only an administrator keeps is also what turns everybody else away.
    let contacts = actions::contacts(visit.app(), visit.actor()?).await?;
    let contact = |contact: &Contact| ContactLine {
        href: format!("/organisation/contacts?change={}#number", contact.id),
        council: contact.council.clone(),
        service: service_name(&contact.service).to_owned(),
        phone: contact.phone.clone(),
        hours: contact.hours.clone(),
        source: contact.source.clone(),
        checked: words::day(contact.checked_on),
        confirmed: contact.confirmed,
    };
    let open = |door: &guidance::pack::Contact| OpenDoor {
        href: format!("/organisation/contacts?door={}#number", door.id),
        council: door.council.clone(),
        service: service_name(&door.service).to_owned(),
    };
    Ok(visit.page(&ContactsPage {
        errors: error_lines(problems, &["checked_on"]),
        done,
        contacts: contacts.iter().map(contact).collect(),
        open: open_doors(visit.app().pack(), &contacts).map(open).collect(),
        contact: sent.text("contact"),
        version: version(sent).unwrap_or(0),
        fields: contact_fields(sent, problems),
    }))
}

/// `GET /organisation/contacts`
pub(super) async fn contacts(visit: Visit, Query(chosen): Query<Chosen>) -> Result<Response, Stopped> {
    let kept = actions::contacts(visit.app(), visit.actor()?).await?;
    let changing = chosen.change.and_then(|id| kept.iter().find(|contact| contact.id.to_string() == id));
    let entering = chosen.door.and_then(|id| open_doors(visit.app().pack(), &kept).find(|door| door.id == id));
    let named = |door: &guidance::pack::Contact| {
        let fields = [("council", &door.council), ("service", &door.service)];
        Sent::of(fields.map(|(name, value)| (name.to_owned(), value.clone())))
    };
    let sent = changing.map(kept_contact).or_else(|| entering.map(named)).unwrap_or_default();
    let done = match chosen.saved.as_deref() {
        Some("hidden") => "The number was saved. Nobody is shown it until it is confirmed.",
        Some(_) => "The number was saved. People in danger are shown it from now on.",
        None => "",
    };
    contacts_shown(&visit, &sent, &[], done).await
}

/// `POST /organisation/contacts`: a number of the same council and service takes the place of the earlier one.
pub(super) async fn save_contact(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let typed = sent.typed_date("checked_on");
    let checked_on = if typed.is_blank() { Some(visit.app().clock.today()) } else { typed.read() };
    let Some(checked_on) = checked_on else {
        let message = "Enter a real date, like 23 11 2026, or leave it empty for today.".to_owned();
        let problems = [FieldProblem { field: "checked_on".into(), message }];
        return contacts_shown(&visit, &sent, &problems, "").await;
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
    let earlier = if let Some(id) = sent.maybe("contact") {
        Some((named(&id)?, version(&sent).unwrap_or(0)))
    } else {
        let same =
            |one: &&Contact| one.council.to_lowercase() == new.council.to_lowercase() && one.service == new.service;
        actions::contacts(visit.app(), actor).await?.iter().find(same).map(|one| (one.id, one.version))
    };
    match actions::record_contact(visit.app(), actor, earlier, new).await {
        Ok(kept) => {
            let how = if kept.confirmed { "yes" } else { "hidden" };
            Ok(go_on(&format!("/organisation/contacts?saved={how}")))
        }
        Err(AppError::Invalid(problems)) => contacts_shown(&visit, &sent, &problems, "").await,
        Err(error) => Err(error.into()),
    }
}

async fn procedures_shown(
    visit: &Visit,
    sent: &Sent,
    problems: &[FieldProblem],
    done: &'static str,
) -> Result<Response, Stopped> {
    let organisation = actions::organisation_to_administer(visit.app(), visit.actor()?).await?;
    let pack = visit.app().pack();
    let procedure = |(step, procedure): (&String, &Procedure)| ProcedureLine {
        title: procedure.title.clone(),
        question: pack.question(step).map_or_else(|| step.clone(), |question| question.title.clone()),
        owner: procedure.owner.clone(),
        review_on: words::day(procedure.review_on),
    };
    Ok(visit.page(&ProceduresPage {
        errors: error_lines(problems, &["review_on"]),
        done,
        version: version(sent).unwrap_or(organisation.version),
        procedures: organisation.procedures.iter().map(procedure).collect(),
        fields: procedure_fields(visit, sent, problems),
    }))
}

/// `GET /organisation/procedures`
pub(super) async fn procedures(visit: Visit, Query(saved): Query<Saved>) -> Result<Response, Stopped> {
    procedures_shown(&visit, &Sent::default(), &[], saved.words("The procedure was attached.")).await
}

/// `POST /organisation/procedures`
pub(super) async fn save_procedure(visit: Visit, sent: Sent) -> Result<Response, Stopped> {
    let actor = visit.actor()?;
    let Some(review_on) = sent.typed_date("review_on").read() else {
        let message = "Enter the day to look at it again, like 1 9 2027.".to_owned();
        let problems = [FieldProblem { field: "review_on".into(), message }];
        return procedures_shown(&visit, &sent, &problems, "").await;
    };
    let procedure = Procedure {
        title: sent.text("title"),
        text: sent.text("text"),
        link: sent.maybe("link"),
        owner: sent.text("owner"),
        review_on,
    };
    let (version, step) = (version(&sent).unwrap_or(0), sent.text("step"));
    match actions::attach_procedure(visit.app(), actor, version, &step, procedure).await {
        Ok(_) => Ok(go_on("/organisation/procedures?saved=yes")),
        Err(AppError::Invalid(problems)) => procedures_shown(&visit, &sent, &problems, "").await,
        Err(error) => Err(error.into()),
    }
}
