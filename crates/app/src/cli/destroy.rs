//! `sharewell destroy` and `sharewell hold`: when the time of a record is up, and what forbids destroying it.

use std::io::{self, BufRead, IsTerminal};

use casework::{
    DestructionId, Ground, Held, HoldId, LegalHold, MatterId, Member, NewDestruction, PersonId, hold, normal_email,
    release,
};
use clap::Subcommand;
use store::{Reading, Store, StoreError, Writing};

use super::keeping::open;
use super::serving::{DataFolder, runtime};
use super::{Stop, say};
use crate::clock::Clock;
use crate::config::Config;

/// Destroy for good what is kept about a person
#[derive(Debug, clap::Args)]
#[command(after_help = DESTROY)]
pub(super) struct Destroy {
    #[command(flatten)]
    data: DataFolder,
    /// The person’s id, as it stands in the address of their page
    person: PersonId,
    /// The retention rule, in words and without anybody’s name
    #[arg(long, value_name = "WORDS")]
    rule: String,
    /// It is an instruction, as of a court, and no retention rule
    #[arg(long)]
    instruction: bool,
    /// The e-mail address of the manager or administrator who decided it
    #[arg(long, value_name = "ADDRESS")]
    by: String,
    /// Do not ask again
    #[arg(long)]
    yes: bool,
}

const DESTROY: &str = "\
Example:
  sharewell destroy 01980000-0000-7000-8000-000000000000 --rule \"25 years after birth\" --by ada.lovell@larkfield.example

It cannot be undone. What is about others too lives on with them. The certificate is printed as JSON; it names nobody.";

/// Hold records, so that nobody destroys them
#[derive(Debug, Subcommand)]
pub(super) enum HoldCommand {
    /// Place a legal hold on a person or a matter
    Add(HoldAdd),
    /// Release a legal hold
    Release(HoldRelease),
    /// List the holds of an organisation
    List(HoldList),
}

/// Place a legal hold on a person or a matter
#[derive(Debug, clap::Args)]
pub(super) struct HoldAdd {
    #[command(flatten)]
    data: DataFolder,
    /// The person’s id
    #[arg(long, value_name = "ID", required_unless_present = "matter", conflicts_with = "matter")]
    person: Option<PersonId>,
    /// The matter’s id
    #[arg(long, value_name = "ID")]
    matter: Option<MatterId>,
    /// Why: an inquest, a claim, an inquiry
    #[arg(long, value_name = "WORDS")]
    reason: String,
    /// The e-mail address of the manager or administrator who decided it
    #[arg(long, value_name = "ADDRESS")]
    by: String,
}

/// Release a legal hold
#[derive(Debug, clap::Args)]
pub(super) struct HoldRelease {
    #[command(flatten)]
    data: DataFolder,
    /// The hold’s id, as `sharewell hold list` shows it
    hold: HoldId,
    /// Why: the inquest is over, the claim is settled
    #[arg(long, value_name = "WORDS")]
    reason: String,
    /// The e-mail address of the manager or administrator who decided it
    #[arg(long, value_name = "ADDRESS")]
    by: String,
}

/// List the holds of an organisation
#[derive(Debug, clap::Args)]
pub(super) struct HoldList {
    #[command(flatten)]
    data: DataFolder,
    /// The e-mail address of a member of the organisation
    #[arg(long, value_name = "ADDRESS")]
    by: String,
}

impl Destroy {
    pub(super) fn run(self) -> Result<(), Stop> {
        if !self.yes {
            confirm(self.person)?;
        }
        let place = Config::read(&self.data.folder)?.place();
        let clock = Clock::passing();
        let new = NewDestruction {
            id: clock.id(DestructionId::new)?,
            person: self.person,
            ground: if self.instruction { Ground::Instruction } else { Ground::RetentionRule },
            rule: self.rule,
        };
        let destroyed = runtime()?.block_on(async {
            let store = open(&place).await?;
            let member = member(&store, &self.by).await?;
            let destroyed = store.destroy_person(&member, &new).await;
            store.close().await;
            destroyed.map_err(|refused| Stop::Failed(refused.to_string()))
        })?;
        let certificate = serde_json::to_string_pretty(&destroyed.certificate).map_err(io::Error::from)?;
        say(&certificate)?;
        if destroyed.wiped {
            return Ok(());
        }
        say(
            "It is destroyed, but the database’s files may still hold old pages. On a file they are wiped when Sharewell is \
             started next; on a PostgreSQL server run VACUUM FULL, and let its log and its own backups run out.",
        )
    }
}

fn confirm(person: PersonId) -> Result<(), Stop> {
    if !io::stdin().is_terminal() {
        return Err(Stop::Wrong("There is nobody to ask. Say --yes if it is to be destroyed for good.".to_owned()));
    }
    say(&format!("All that is kept about {person} alone will be destroyed for good. Type the id again to go on:"))?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if typed.trim() == person.to_string() {
        Ok(())
    } else {
        Err(Stop::Wrong("That is another id. Nothing was destroyed.".to_owned()))
    }
}

/// The member who signs in with this e-mail address.
async fn member(store: &Store, email: &str) -> Result<Member, Stop> {
    let email = normal_email(email);
    for organisation in store.organisations().await? {
        let members: Result<Vec<Member>, StoreError> =
            store.read("members", organisation.id, |mut r: Reading| async move { r.members().await }).await;
        if let Some(found) = members?.into_iter().find(|member| member.email == email) {
            return Ok(found);
        }
    }
    Err(Stop::Wrong("Nobody signs in with this e-mail address.".to_owned()))
}

impl HoldCommand {
    pub(super) fn run(self) -> Result<(), Stop> {
        match self {
            Self::Add(add) => add.run(),
            Self::Release(release) => release.run(),
            Self::List(list) => list.run(),
        }
    }
}

impl HoldAdd {
    fn run(self) -> Result<(), Stop> {
        let held = match (self.person, self.matter) {
            (Some(person), _) => Held::Person(person),
            (None, Some(matter)) => Held::Matter(matter),
            (None, None) => return Err(Stop::Wrong("Name --person or --matter.".to_owned())),
        };
        let place = Config::read(&self.data.folder)?.place();
        let clock = Clock::passing();
        let id = clock.id(HoldId::new)?;
        runtime()?.block_on(async {
            let store = open(&place).await?;
            let member = member(&store, &self.by).await?;
            let placed = hold(&member, id, held, &self.reason, clock.now())?;
            save(&store, &placed).await?;
            store.close().await;
            Ok::<_, Stop>(())
        })?;
        say(&format!("Held: {id}"))
    }
}

impl HoldRelease {
    fn run(self) -> Result<(), Stop> {
        let place = Config::read(&self.data.folder)?.place();
        runtime()?.block_on(async {
            let store = open(&place).await?;
            let member = member(&store, &self.by).await?;
            let placed: Result<Option<LegalHold>, StoreError> = store
                .read("legal_hold", member.organisation, |mut r: Reading| async move { r.legal_hold(self.hold).await })
                .await;
            let placed = placed?.ok_or_else(|| Stop::Wrong("There is no hold of this id.".to_owned()))?;
            let released = release(&member, &placed, &self.reason, Clock::passing().now())?;
            save(&store, &released).await?;
            store.close().await;
            Ok::<_, Stop>(())
        })?;
        say("Released.")
    }
}

impl HoldList {
    fn run(self) -> Result<(), Stop> {
        let place = Config::read(&self.data.folder)?.place();
        let holds = runtime()?.block_on(async {
            let store = open(&place).await?;
            let member = member(&store, &self.by).await?;
            let holds: Result<Vec<LegalHold>, StoreError> = store
                .read("legal_holds", member.organisation, |mut r: Reading| async move { r.legal_holds().await })
                .await;
            store.close().await;
            Ok::<_, Stop>(holds?)
        })?;
        if holds.is_empty() {
            return say("Nothing is held.");
        }
        let line = |hold: &LegalHold| {
            let held = match hold.held {
                Held::Person(id) => format!("person {id}"),
                Held::Matter(id) => format!("matter {id}"),
            };
            format!("{}  {held}  {}  {}", hold.id, if hold.stands() { "stands" } else { "released" }, hold.reason)
        };
        say(&holds.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

async fn save(store: &Store, hold: &LegalHold) -> Result<(), StoreError> {
    store
        .write("save_hold", hold.organisation, |mut writing: Writing| async move { writing.save_hold(hold).await })
        .await
}
