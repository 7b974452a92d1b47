//! The invented story: made once in a folder of its own, through the same actions as real work, and opened again afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use casework::{
    Article8, Choice, MatterId, MemberId, NewContact, NewDeclaration, NewMember, NewOrganisation, NewPerson,
    OrganisationId, PersonId, Profile, Recipient, Relation, Responsible, Role, SecondStep, Terms, Told,
};
use guidance::CaseDocument;
use jiff::civil::Date;
use serde::Deserialize;
use store::{Place, Store};

use crate::actions::{self, Actor, Basis, Involve, OnMatter, RecordDecision, RecordNotSharing, Whom};
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::packs::LoadedPack;
use crate::{App, AppError, Mode};

const STORY: &str = include_str!("../demo/story.toml");

/// Opens the story in the configuration's folder, making it first where there is none.
///
/// # Errors
/// When the folder cannot be used.
pub async fn open(loaded: LoadedPack, config: Config) -> Result<Arc<App>, AppError> {
    if !Store::exists(&config.place()).await? {
        make(&loaded, &config.folder).await?;
    }
    Ok(App::open(loaded, Clock::passing(), Mode::Demo, config).await?)
}

/// Makes the story beside its folder and moves it there when it is whole, so that a start cut short leaves nothing half made.
async fn make(loaded: &LoadedPack, folder: &Path) -> Result<(), AppError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| AppError::internal(format!("{}: {error}", path.display()))
    };
    let building = beside(folder)?;
    fs::create_dir_all(&building).map_err(failed(&building))?;
    if let Err(error) = tell(loaded, &building).await {
        // What cannot be cleared away does no harm; the error that matters is the first.
        let _ = fs::remove_dir_all(&building);
        return Err(error);
    }
    if folder.exists() {
        // Only an empty folder gives way; anything else in it belongs to somebody.
        fs::remove_dir(folder).map_err(failed(folder))?;
    }
    fs::rename(&building, folder).map_err(failed(folder))
}

fn beside(folder: &Path) -> Result<PathBuf, AppError> {
    let mut name =
        folder.file_name().ok_or_else(|| AppError::internal("the demo needs a folder with a name"))?.to_owned();
    let suffix: [u8; 4] = clock::random()?;
    name.push(format!(".making-{:08x}", u32::from_be_bytes(suffix)));
    Ok(folder.with_file_name(name))
}

async fn tell(loaded: &LoadedPack, folder: &Path) -> Result<(), AppError> {
    let told: Story = toml::from_str(STORY).map_err(AppError::internal)?;
    let before = Clock::passing().today().checked_sub(jiff::Span::new().days(told.days + 1));
    let begins = clock::end_of(before.map_err(AppError::internal)?);
    let clock = Clock::standing_at(begins.ok_or_else(|| AppError::internal("the story begins before all days"))?);
    let store = Store::create(&Place::under(folder), clock::randomness(), clock::of_store(&clock)).await?;
    let app = App::new(store, loaded.clone(), clock, Mode::Demo, Config::plain(folder));
    let mut teller = Teller {
        app: &app,
        cast: BTreeMap::new(),
        apart: BTreeSet::new(),
        matters: BTreeMap::new(),
        people: BTreeMap::new(),
    };
    for organisation in told.organisation {
        teller.found(organisation).await?;
    }
    for chapter in told.chapter {
        app.clock.put_forward(chapter.hours_later * 60 * 60);
        teller.chapter(chapter).await?;
    }
    teller.neighbour(told.neighbour).await?;
    for night in told.emergency {
        app.clock.put_forward((night.hours_later * 60 + night.minutes_later) * 60);
        teller.emergency(night).await?;
    }
    app.store.close().await;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    /// How many days before today it begins.
    days: i64,
    organisation: Vec<Setting>,
    chapter: Vec<Chapter>,
    emergency: Vec<Night>,
    neighbour: Neighbour,
}

/// Somebody whom a member knows in their own life, and a family who live in the same street.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Neighbour {
    by: String,
    name: String,
    born: String,
    street: String,
    matter: String,
    lives: String,
}

/// An organisation of the story; its first member is an administrator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    name: String,
    body: String,
    partnership: String,
    #[serde(default)]
    profile: Profile,
    /// The e-mail address of its Caldicott Guardian.
    guardian: Option<String>,
    member: Vec<Character>,
    #[serde(default)]
    contact: Vec<Door>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Character {
    name: String,
    job: String,
    email: String,
    roles: BTreeSet<Role>,
    /// Whether they are involved in none of the story's matters.
    #[serde(default)]
    apart: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Door {
    council: String,
    service: String,
    phone: String,
    hours: String,
}

/// One thing that somebody does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chapter {
    hours_later: i64,
    /// Who, by e-mail address.
    by: String,
    /// The matter's title; the first chapter that names it opens it.
    matter: Option<String>,
    #[serde(default)]
    people: Vec<Child>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    purpose: String,
    /// None: the chapter is a draft that waits to be finished.
    choice: Option<Choice>,
    #[serde(default)]
    reasons: String,
    departing: Option<String>,
    recipient: Option<Recipient>,
    #[serde(default)]
    requester_discussion: String,
    article_8: Option<Article8>,
    told: Option<Told>,
    look_again_in_days: Option<i64>,
    /// None: a quick record of not sharing.
    case: Option<CaseDocument>,
    last_page: Option<String>,
}

/// Somebody opens a matter in an emergency and reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Night {
    hours_later: i64,
    minutes_later: i64,
    /// Who, by e-mail address.
    by: String,
    /// The matter's title.
    matter: String,
    reason: String,
    ended_after_minutes: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Child {
    name: String,
    date_of_birth: Option<Date>,
    #[serde(default)]
    note: String,
}

/// Keeps track of who and what the story has named so far.
struct Teller<'a> {
    app: &'a App,
    cast: BTreeMap<String, Actor>,
    /// Those who are involved in nothing.
    apart: BTreeSet<MemberId>,
    matters: BTreeMap<(OrganisationId, String), MatterId>,
    people: BTreeMap<(OrganisationId, String), PersonId>,
}

impl Teller<'_> {
    async fn found(&mut self, setting: Setting) -> Result<(), AppError> {
        let new = NewOrganisation {
            name: setting.name,
            body: setting.body,
            partnership: setting.partnership,
            profile: setting.profile,
            second_step: SecondStep::Demanded,
        };
        let mut members = setting.member.into_iter();
        let first = members.next().ok_or_else(|| AppError::internal("an organisation of the story has no member"))?;
        // Nobody knows this password: in the demo one signs in with one press.
        let password = format!("{}{}", clock::reference()?, clock::reference()?);
        let administrator = actions::found_organisation(self.app, new, admitted(first), &password).await?;
        for character in members {
            let apart = character.apart;
            let member = actions::admit_member(self.app, &administrator, admitted(character), None).await?;
            let actor = Actor::without_session(administrator.organisation.clone(), member);
            if apart {
                self.apart.insert(actor.member.id);
            }
            self.cast.insert(actor.member.email.clone(), actor);
        }
        for door in setting.contact {
            let new = NewContact {
                council: door.council,
                service: door.service,
                phone: door.phone,
                hours: door.hours,
                source: "Invented for this demo: a number kept free for drama".to_owned(),
                checked_on: self.app.clock.today(),
                confirmed: true,
            };
            actions::record_contact(self.app, &administrator, None, new).await?;
        }
        if let Some(email) = setting.guardian {
            let guardian = if email == administrator.member.email {
                Some(administrator.member.id)
            } else {
                self.cast.get(&email).map(|actor| actor.member.id)
            };
            let responsible = Responsible { guardian, ..Responsible::default() };
            let version = administrator.organisation.version;
            actions::name_responsible(self.app, &administrator, version, &responsible).await?;
        }
        self.cast.insert(administrator.member.email.clone(), administrator);
        Ok(())
    }

    fn actor(&self, email: &str) -> Result<Actor, AppError> {
        let actor = self.cast.get(email).cloned();
        actor.ok_or_else(|| AppError::internal(format!("{email} is not in the cast")))
    }

    /// Reads a matter with its decisions in an emergency, and ends that.
    async fn emergency(&self, night: Night) -> Result<(), AppError> {
        let mut actor = self.actor(&night.by)?;
        actor.confirmed_at = Some(self.app.clock.now());
        let title = (actor.organisation.id, night.matter);
        let matter = *self.matters.get(&title).ok_or_else(|| AppError::internal("no such matter in the story"))?;
        let access = actions::begin_emergency(self.app, &actor, &matter.to_string(), &night.reason).await?;
        let id = access.id;
        actor.emergencies = vec![access];
        self.app.clock.put_forward(60);
        for decision in actions::matter(self.app, &actor, matter).await?.decisions {
            actions::decision(self.app, &actor, decision.id).await?;
        }
        self.app.clock.put_forward((night.ended_after_minutes - 1) * 60);
        actions::end_emergency(self.app, &actor, id).await
    }

    async fn chapter(&mut self, mut chapter: Chapter) -> Result<(), AppError> {
        let actor = self.actor(&chapter.by)?;
        let case = chapter.case.take();
        match (chapter.choice, case) {
            (None, case) => self.draft(&actor, &chapter, &case.unwrap_or_default()).await,
            (Some(choice), Some(case)) => self.decision(&actor, chapter, choice, case).await,
            (Some(choice), None) => self.not_sharing(&actor, chapter, choice).await,
        }
    }

    async fn draft(&self, actor: &Actor, chapter: &Chapter, case: &CaseDocument) -> Result<(), AppError> {
        let matter = chapter
            .matter
            .as_ref()
            .and_then(|title| self.matters.get(&(actor.organisation.id, title.clone())).copied());
        let draft = actions::start_draft(self.app, actor, matter, actions::new_draft(self.app, case)?).await?;
        let last_page = chapter.last_page.clone();
        actions::save_draft(self.app, actor, draft.id, draft.version, |draft| draft.last_page = last_page).await?;
        Ok(())
    }

    async fn decision(
        &mut self,
        actor: &Actor,
        chapter: Chapter,
        choice: Choice,
        case: CaseDocument,
    ) -> Result<(), AppError> {
        let command = RecordDecision {
            basis: Basis::Case(case),
            matter: self.on_matter(actor, &chapter),
            people: self.whom(actor, &chapter),
            look_again_on: self.look_again_on(&chapter)?,
            about: chapter.about,
            purpose: chapter.purpose,
            choice,
            reasons: chapter.reasons,
            departing: chapter.departing,
            items: BTreeMap::new(),
            recipient: chapter.recipient,
            article_8: chapter.article_8,
            requester_discussion: chapter.requester_discussion,
            advice_sought: String::new(),
            told: chapter.told,
            acts_done: Vec::new(),
            corrects: None,
            id: None,
        };
        let decision = actions::record_decision(self.app, actor, command).await?;
        self.remember(actor, decision.matter).await
    }

    async fn not_sharing(&mut self, actor: &Actor, chapter: Chapter, choice: Choice) -> Result<(), AppError> {
        let command = RecordNotSharing {
            matter: self.on_matter(actor, &chapter),
            people: self.whom(actor, &chapter),
            look_again_on: self.look_again_on(&chapter)?,
            about: chapter.about,
            choice,
            reasons: chapter.reasons,
            requester: chapter.recipient,
            requester_discussion: chapter.requester_discussion,
            corrects: None,
            id: None,
        };
        let decision = actions::record_not_sharing(self.app, actor, command).await?;
        self.remember(actor, decision.matter).await
    }

    /// A declared conflict of interest, and reading that stands out for it.
    async fn neighbour(&self, told: Neighbour) -> Result<(), AppError> {
        let missing = || AppError::internal("the neighbour is not of this story");
        let actor = self.cast.get(&told.by).ok_or_else(missing)?;
        let declared = NewDeclaration {
            name: told.name,
            born: told.born,
            relation: Some(Relation::Neighbour),
            street: told.street,
            ..NewDeclaration::default()
        };
        actions::declare_conflict(self.app, actor, actor.member.id, &declared).await?;
        let matter = self.matters.get(&(actor.organisation.id, told.matter)).ok_or_else(missing)?;
        for person in actions::matter(self.app, actor, *matter).await?.people {
            actions::keep_address(self.app, actor, person.id, &told.lives, false).await?;
        }
        Ok(())
    }

    fn on_matter(&self, actor: &Actor, chapter: &Chapter) -> OnMatter {
        let title = chapter.matter.clone().unwrap_or_default();
        match self.matters.get(&(actor.organisation.id, title.clone())) {
            Some(matter) => OnMatter::Existing(*matter),
            None => OnMatter::New { title },
        }
    }

    fn whom(&self, actor: &Actor, chapter: &Chapter) -> Vec<Whom> {
        let whom = |child: &Child| match self.people.get(&(actor.organisation.id, child.name.clone())) {
            Some(person) => Whom::Known(*person),
            None => Whom::New(NewPerson {
                name: child.name.clone(),
                date_of_birth: child.date_of_birth,
                note: child.note.clone(),
            }),
        };
        chapter.people.iter().map(whom).collect()
    }

    fn look_again_on(&self, chapter: &Chapter) -> Result<Option<Date>, AppError> {
        let today = self.app.clock.today();
        chapter
            .look_again_in_days
            .map(|days| today.checked_add(jiff::Span::new().days(days)).map_err(AppError::internal))
            .transpose()
    }

    /// Notes the matter and its people, so that a later chapter finds them.
    async fn remember(&mut self, actor: &Actor, matter: MatterId) -> Result<(), AppError> {
        let record = actions::matter(self.app, actor, matter).await?;
        self.matters.insert((actor.organisation.id, record.matter.title.clone()), matter);
        self.people.extend(record.people.into_iter().map(|person| ((actor.organisation.id, person.name), person.id)));
        // Everybody of the organisation who works with cases is involved in the story's matters, so that each has something to see.
        let others: Vec<MemberId> = self
            .cast
            .values()
            .filter(|other| other.organisation.id == actor.organisation.id && other.member.does_casework())
            .map(|other| other.member.id)
            .filter(|other| !self.apart.contains(other))
            .filter(|other| !record.matter.members_until().contains_key(other))
            .collect();
        for other in others {
            let terms = Terms { until: None, why: "We work on this together".to_owned() };
            actions::involve(self.app, actor, matter, Involve::Invite(other), &terms).await?;
        }
        Ok(())
    }
}

fn admitted(character: Character) -> NewMember {
    NewMember { name: character.name, role_title: character.job, email: character.email, roles: character.roles }
}
