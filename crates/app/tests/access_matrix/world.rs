//! An installation with three organisations, in which somebody of one role asks: how they come, and what they are tied to.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use casework::{
    Ground, Member, MemberId, Membership, NewDestruction, NewMember, OrganisationId, PersonId, Proved, Responsible,
    Role, SecondStep, SessionId, Team, TeamId,
};
use guidance::CaseDocument;
use guidance::case::Answers;
use serde_json::json;
use sharewell::actions::{self, Actor, Basis, OnMatter, RecordDecision, Whom};
use sharewell::{App, clock};
use sqlx::{ConnectOptions, Connection, Row as _, SqliteConnection};
use store::{NewSession, PasswordHash, Reading, SessionToken, StoreError, Writing};
use tempfile::TempDir;

use crate::bundle::{self, Bundle, Cast, Models};
use crate::declared;
use crate::expect::Needs;
use crate::house::{House as Installation, NOW, PASSWORD, pack, told_by_a_child};
use crate::ids::Ids;
use crate::passkeys;
use crate::table::Row;
use crate::who::{BONDS, Bond, House, Involvement, Who};

/// So long ago somebody proved who they are who must prove it again; and somebody who need not.
const TOO_LONG_AGO: i64 = 600;
const LATELY: i64 = 599;

pub struct World {
    pub who: Who,
    pub installation: Installation,
    pub router: Router,
    /// Who asks, of their own organisation.
    pub asker: Member,
    /// The same roles where the membership is not active, each with a case that is assigned to them.
    pub standing: Vec<(Member, Bundle)>,
    /// The same roles in the other organisations.
    pub others: Vec<(House, Member)>,
    pub bundles: Vec<Bundle>,
    /// Cases that were destroyed, about whom they may see and about whom not.
    pub destroyed: Vec<Bundle>,
    /// What is about the organisation itself.
    pub ids: Ids,
    keeper: Member,
    /// A team of theirs.
    pub team: TeamId,
    /// What a passkey’s signatures are checked against.
    pub check: String,
    /// The statement that counts everything.
    counting: String,
    database: tokio::sync::Mutex<SqliteConnection>,
    /// Where what is counted is forgotten, as it is within an hour.
    forgetting: tokio::sync::Mutex<SqliteConnection>,
}

fn member(organisation: OrganisationId, app: &App, name: &str, roles: &[Role]) -> Member {
    let new = NewMember {
        name: name.into(),
        role_title: "Designated safeguarding lead".into(),
        email: format!("{}@fernbank.example", name.to_lowercase().replace(' ', ".")),
        roles: roles.iter().copied().collect(),
    };
    casework::admit_member(organisation, app.clock.id(MemberId::new).unwrap(), new, NOW).unwrap()
}

async fn save(app: &App, member: &Member, password: &PasswordHash) {
    let saved: Result<(), StoreError> = app
        .store
        .write("save_member", member.organisation, |mut writing: Writing| async move {
            writing.save_member(member).await?;
            writing.set_password(member.id, password, NOW).await
        })
        .await;
    saved.unwrap();
}

/// A case recorded by the program itself, from which those of the matrix are made.
async fn models(app: &App, keeper: &Actor) -> Models {
    let plain = || {
        let mut case = told_by_a_child();
        case.facts.insert("confidential".into(), Answers::One("no".into()));
        case
    };
    let record = async |case: CaseDocument| {
        let command = RecordDecision {
            basis: Basis::Case(case),
            matter: OnMatter::New { title: "What cases are made from".into() },
            people: Vec::<Whom>::new(),
            about: "Telling social care".into(),
            purpose: "To protect a child".into(),
            choice: casework::Choice::Share,
            reasons: "There are marks.".into(),
            departing: None,
            items: BTreeMap::new(),
            recipient: None,
            article_8: None,
            requester_discussion: String::new(),
            advice_sought: String::new(),
            told: None,
            look_again_on: None,
            acts_done: Vec::new(),
            corrects: None,
            id: None,
        };
        actions::record_decision(app, keeper, command).await.unwrap()
    };
    let decision = record(told_by_a_child()).await;
    let quick = actions::record_not_sharing(app, keeper, crate::house::told_nothing_to_a_caller()).await.unwrap();
    let new = actions::new_draft(app, &told_by_a_child()).unwrap();
    let draft = actions::start_draft(app, keeper, None, new).await.unwrap();
    let matter = actions::matter(app, keeper, decision.matter).await.unwrap();
    Models { plain: record(plain()).await, decision, quick, item: matter.items[0].clone(), draft }
}

/// How much of a world is made.
struct Size<'b> {
    bonds: &'b [Bond],
    standing: bool,
    destroyed: bool,
}

impl World {
    /// All of it.
    pub async fn of(who: Who) -> Self {
        Self::made(who, Size { bonds: &BONDS, standing: true, destroyed: true }).await
    }

    /// With these cases alone.
    pub async fn with(who: Who, bonds: &[Bond]) -> Self {
        Self::made(who, Size { bonds, standing: false, destroyed: false }).await
    }

    /// With these cases, and what was destroyed.
    pub async fn with_destroyed(who: Who, bonds: &[Bond]) -> Self {
        Self::made(who, Size { bonds, standing: false, destroyed: true }).await
    }

    async fn made(who: Who, size: Size<'_>) -> Self {
        crate::heard::listen();
        let installation = Installation::under(in_memory()).await;
        let app = &installation.app;
        let keeper = &installation.school;
        let house = keeper.organisation.id;
        let password = app.store.hash_password(PASSWORD).await.unwrap();
        let mut asker = member(house, app, "Ottilie Vane", who.roles);
        let colleague = member(house, app, "Tobias Quill", &[Role::Practitioner]);
        let guardian = member(house, app, "Verity Lamb", &[Role::Adviser]);
        let team = app.clock.id(TeamId::new).unwrap();
        let models = models(app, keeper).await;
        let gone = Member { membership: Membership::Left, ..member(house, app, "Gerda Thorne", &[Role::Practitioner]) };
        let mut declarer = member(house, app, "Delphine Marchbank", &[Role::Practitioner]);
        let everybody = [&asker, &colleague, &guardian, &gone, &declarer];
        for one in everybody {
            save(app, one, &password).await;
        }
        let mut ids = house_ids(app, &installation, &password, (&colleague, &asker, team)).await;
        let cast = Cast {
            organisation: house,
            keeper: keeper.member.id,
            asker: asker.id,
            colleague: colleague.id,
            gone: gone.id,
            team,
        };
        let mut bundles = Vec::new();
        for (number, &bond) in size.bonds.iter().enumerate() {
            bundles.push(bundle::make(app, &cast, &models, 100 + number, bond, true).await);
        }
        let mut destroyed = Vec::new();
        for (number, conflict) in [false, true, true].into_iter().filter(|_| size.destroyed).enumerate() {
            let bond = Bond { involvement: Involvement::Assigned, conflict };
            destroyed.push(bundle::make(app, &cast, &models, 200 + number, bond, false).await);
        }
        let mut standing = if size.standing { standing(app, &password, who, &cast, &models).await } else { Vec::new() };
        let of_standing = standing.iter_mut().map(|(_, bundle)| bundle);
        declared::declare(app, &mut declarer, bundles.iter_mut().chain(of_standing)).await;
        ids.put("known_declarer", declarer.id);
        let check = passkeys::of_the_keeper(&installation, &mut ids).await;
        // Declared last, as it is in life: they had to do with some of these cases before.
        let avoided = bundles.iter().chain(&destroyed).filter(|bundle| bundle.bond.conflict);
        asker.conflicts = avoided.flat_map(|bundle| [bundle.people[0], bundle.people[2], bundle.people[3]]).collect();
        asker.version = 2;
        named(app, &installation, &asker, if who.guardian { asker.id } else { guardian.id }).await;
        ids.put("guardian", if who.guardian { asker.id } else { guardian.id });
        for (number, bundle) in destroyed.iter_mut().enumerate() {
            // Of the two about somebody whom the asker must not see, that person goes last in the one and first in the other.
            destroy(app, &keeper.member, bundle, number == 2).await;
        }
        let others = others(&installation, &password, who).await;
        actions::tend_ledgers(app).await.unwrap();
        let file = installation.folder.path().join("sharewell.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).disable_statement_logging();
        let mut database = options.clone().read_only(true).connect().await.unwrap();
        let forgetting = options.connect().await.unwrap();
        let counting = counting(&mut database).await;
        Self {
            who,
            router: installation.router(),
            asker,
            standing,
            others,
            bundles,
            destroyed,
            ids,
            keeper: keeper.member.clone(),
            team,
            check,
            counting,
            database: tokio::sync::Mutex::new(database),
            forgetting: tokio::sync::Mutex::new(forgetting),
            installation,
        }
    }

    pub fn app(&self) -> &App {
        &self.installation.app
    }

    /// A session of a member, who proved who they are lately or too long ago.
    pub async fn session(&self, member: &Member, proved_lately: bool) -> (SessionId, String) {
        session(self.app(), member, proved_lately).await
    }

    /// What a request needs to know as it is now: versions, a session to end, marks of what would be destroyed.
    pub async fn freshen(&self, row: &Row, ids: &mut Ids, asker: &Member) {
        // To somebody of another organisation, what is "own" here is not theirs.
        let own = if asker.organisation == self.keeper.organisation { asker } else { &self.asker };
        if row.address.contains("passkey") {
            self.give_passkeys(own, ids).await;
        } else if row.needs == Needs::Membership {
            // A password alone is enough for whoever has nothing else.
            self.take_passkeys(own).await;
        }
        if row.address.contains("{to_change}") {
            ids.put("to_change_seen", self.seen(ids["to_change"].parse().unwrap()).await);
        }
        match row.needs {
            Needs::Own => ids.put("own_session", self.session(own, true).await.0),
            _ if row.address == "/organisation/responsible" => ids.put("version", self.version().await),
            Needs::Administering => {
                ids.put("version", self.version().await);
                ids.put("sealed_links", sealed_links(self.app(), own));
            }
            _ => {}
        }
        let marks = [("person", "person_seen"), ("spare", "spare_seen"), ("other_spare", "other_spare_seen")];
        for (name, seen) in marks {
            if row.address.contains(&format!("/retention/people/{{{name}}}")) && ids.has(name) {
                ids.put(seen, self.mark(ids[name].parse().unwrap()).await);
            }
        }
    }

    async fn version(&self) -> u64 {
        let read: Result<_, StoreError> =
            self.app()
                .store
                .read("version", self.keeper.organisation, |mut reading: Reading| async move {
                    reading.organisation().await
                })
                .await;
        read.unwrap().unwrap().version
    }

    async fn seen(&self, id: MemberId) -> String {
        let read: Result<_, StoreError> = self
            .app()
            .store
            .read("seen", self.keeper.organisation, |mut reading: Reading| async move { reading.member(id).await })
            .await;
        read.unwrap().map(|member| actions::member_mark(&member)).unwrap_or_default()
    }

    async fn mark(&self, person: PersonId) -> String {
        let read: Result<_, StoreError> = self
            .app()
            .store
            .read(
                "mark",
                self.keeper.organisation,
                |mut reading: Reading| async move { reading.would_go(person).await },
            )
            .await;
        read.unwrap().map(|goes| goes.mark()).unwrap_or_default()
    }

    /// A number that changes with whatever is committed to the database.
    pub async fn committed(&self) -> i64 {
        let mut database = self.database.lock().await;
        sqlx::query("PRAGMA data_version").fetch_one(&mut *database).await.unwrap().get(0)
    }

    /// Forgets how often anything was asked lately: the clock stands still here, and more is asked than anybody may within an hour.
    pub async fn forget(&self) {
        let mut forgetting = self.forgetting.lock().await;
        sqlx::query("DELETE FROM sign_in_attempt").execute(&mut *forgetting).await.unwrap();
        // Emergency access that was begun by asking, as if it were two hours ago.
        let now = self.app().clock.now().micros();
        let begun = sqlx::query("UPDATE emergency SET begins_at = begins_at - 7200000000 WHERE begins_at = $1");
        begun.bind(now).execute(&mut *forgetting).await.unwrap();
    }

    /// How much there is of everything but of views, of the ledger, which has one entry for each of them, of keys, and of what is counted
    /// within an hour.
    pub async fn stored(&self) -> Vec<i64> {
        let mut database = self.database.lock().await;
        let row = sqlx::query(sqlx::AssertSqlSafe(self.counting.clone())).fetch_one(&mut *database).await.unwrap();
        (0..row.len()).map(|at| row.get(at)).collect()
    }

    /// How many entries an organisation's ledger has.
    pub async fn leaves_of(&self, organisation: OrganisationId) -> i64 {
        let mut database = self.database.lock().await;
        let count = sqlx::query("SELECT count(*) FROM ledger_leaf WHERE organisation_id = $1");
        count.bind(organisation.uuid()).fetch_one(&mut *database).await.unwrap().get(0)
    }

    pub async fn close(self) {
        self.database.into_inner().close().await.unwrap();
        self.forgetting.into_inner().close().await.unwrap();
        self.installation.app.store.close().await;
    }
}

/// A folder in memory where there is one: nothing here is asked of the disk, for which every commit would wait.
fn in_memory() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}

/// The statement that counts what stands in every table, whichever there are.
async fn counting(database: &mut SqliteConnection) -> String {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'ledger%' AND name NOT LIKE 'viewing%' \
                  AND name NOT LIKE '%_key' AND name NOT LIKE 'sqlite%' AND name <> 'sign_in_attempt' ORDER BY name";
    let tables = sqlx::query(tables).fetch_all(database).await.unwrap();
    let counts: Vec<String> = tables
        .iter()
        .map(|table| match table.get::<&str, _>(0) {
            "record" => "(SELECT count(*) FROM record WHERE kind <> 'view')".to_owned(),
            "draft" => "(SELECT coalesce(sum(version), 0) FROM draft)".to_owned(),
            other => format!("(SELECT count(*) FROM {other})"),
        })
        .collect();
    format!("SELECT {}", counts.join(", "))
}

async fn session(app: &App, member: &Member, proved_lately: bool) -> (SessionId, String) {
    let token = SessionToken::new(member.organisation, clock::random().unwrap());
    let ago = if proved_lately { LATELY } else { TOO_LONG_AGO };
    let until = NOW.plus_seconds(1_800);
    let new = NewSession {
        id: app.clock.id(SessionId::new).unwrap(),
        member: member.id,
        proved: Proved::Password,
        browser: "Firefox on Windows".into(),
        started_at: NOW.plus_seconds(-ago),
        idle_until: until,
        ends_at: NOW.plus_seconds(36_000),
    };
    let (begun, new) = (&token, &new);
    let started: Result<(), StoreError> = app
        .store
        .write("session", member.organisation, |mut writing: Writing| async move {
            writing.start_session(begun, new).await?;
            writing.touch_session(begun, NOW, until).await.map(drop)
        })
        .await;
    started.unwrap();
    (new.id, token.cookie())
}

fn sealed_links(app: &App, of: &Member) -> String {
    let carried = json!({ "by": of.id, "people": [] });
    app.seals.seal("links to download", carried.to_string().as_bytes(), NOW.plus_seconds(600)).unwrap()
}

/// Colleagues, teams and sessions for the organisation's own pages.
async fn house_ids(
    app: &App,
    installation: &Installation,
    password: &PasswordHash,
    (colleague, asker, team): (&Member, &Member, TeamId),
) -> Ids {
    let keeper = &installation.school;
    let house = keeper.organisation.id;
    let mut ids = Ids::default();
    let practitioner = &[Role::Practitioner];
    for (name, called, membership) in [
        ("to_change", "Ada Marl", Membership::Active),
        ("invited", "Ingrid Vale", Membership::Invited),
        ("to_suspend", "Silas Crane", Membership::Active),
        ("suspended", "Susan Heath", Membership::Suspended),
        ("to_reset", "Rupert Dove", Membership::Active),
        ("to_leave", "Leonie Marsh", Membership::Active),
    ] {
        let one = Member { membership, ..member(house, app, called, practitioner) };
        save(app, &one, password).await;
        ids.put(name, one.id);
    }
    let (other, to_close) = (app.clock.id(TeamId::new).unwrap(), app.clock.id(TeamId::new).unwrap());
    let to_fill = app.clock.id(TeamId::new).unwrap();
    for (id, name, members) in [
        (team, "The asker’s", vec![asker.id]),
        (other, "The clinic on Mondays", vec![colleague.id]),
        (to_close, "The old team", vec![colleague.id]),
        (to_fill, "The clinic on Wednesdays", vec![colleague.id]),
    ] {
        let team = Team {
            id,
            organisation: house,
            version: 1,
            name: name.into(),
            members: members.into_iter().collect::<BTreeSet<_>>(),
            closed: false,
            since: BTreeMap::new(),
            awaited: BTreeSet::new(),
            left: Vec::new(),
        };
        let team = &team;
        let saved: Result<(), StoreError> =
            app.store.write("team", house, |mut writing: Writing| async move { writing.save_team(team).await }).await;
        saved.unwrap();
    }
    ids.put("other_team", other);
    ids.put("team_to_close", to_close);
    ids.put("team_to_fill", to_fill);
    ids.put("colleague", colleague.id);
    ids.put("colleague_name", &colleague.name);
    ids.put("session_of_another", session(app, &keeper.member, true).await.0);
    ids.put("own_session", session(app, asker, true).await.0);
    ids.put("sealed_links", sealed_links(app, asker));
    ids.put("house", house);
    let loaded = pack();
    ids.put("law", &loaded.pack.entries[0].id);
    ids.put("story", &loaded.pack.stories[0].id);
    ids.put("question", &loaded.pack.questions[0].id);
    ids.put("scheme", &loaded.pack.schemes[0].id);
    ids.put("page", &loaded.pack.pages[0].id);
    let talk = json!({ "answers": {}, "texts": {}, "items": [], "last_page": null });
    ids.put("talk", app.seals.seal("talk it through", talk.to_string().as_bytes(), NOW.plus_seconds(600)).unwrap());
    ids
}

/// The same roles with a membership that is not active, in spite of a session that is.
async fn standing(app: &App, password: &PasswordHash, who: Who, cast: &Cast, models: &Models) -> Vec<(Member, Bundle)> {
    let mut standing = Vec::new();
    for (number, (membership, name)) in [
        (Membership::Invited, "Isolde Invited"),
        (Membership::Suspended, "Sybil Suspended"),
        (Membership::Left, "Lucian Left"),
    ]
    .into_iter()
    .enumerate()
    {
        let one = Member { membership, ..member(cast.organisation, app, name, who.roles) };
        save(app, &one, password).await;
        let cast = Cast { asker: one.id, ..*cast };
        let bond = Bond { involvement: Involvement::Assigned, conflict: false };
        let bundle = bundle::make(app, &cast, models, 300 + number, bond, true).await;
        standing.push((one, bundle));
    }
    standing
}

/// Names the Guardian, and keeps whom the asker must not see.
async fn named(app: &App, installation: &Installation, asker: &Member, guardian: MemberId) {
    let organisation = &installation.school.organisation;
    let responsible = Responsible { guardian: Some(guardian), ..Responsible::default() };
    let changed = casework::Organisation { version: organisation.version + 1, responsible, ..organisation.clone() };
    let changed = &changed;
    let saved: Result<(), StoreError> = app
        .store
        .write("named", organisation.id, |mut writing: Writing| async move {
            writing.save_organisation(changed).await?;
            writing.save_member(asker).await
        })
        .await;
    saved.unwrap();
}

/// Destroys what is kept about everybody of a case.
async fn destroy(app: &App, keeper: &Member, bundle: &mut Bundle, first: bool) {
    let rule = format!("A rule for {}", bundle.ids["street"]);
    bundle.ids.put("rule", rule);
    // The matter goes with whoever goes last.
    let [person, sibling, spare, other_spare] = bundle.people;
    let [one, other] = if first { [person, sibling] } else { [sibling, person] };
    for person in [one, other, spare, other_spare] {
        let new = NewDestruction {
            id: app.clock.id(casework::DestructionId::new).unwrap(),
            person,
            ground: Ground::RetentionRule,
            rule: bundle.ids["rule"].clone(),
        };
        app.store.destroy_person(keeper, &new).await.unwrap();
        if person == bundle.people[0] {
            bundle.ids.put("destruction", new.id);
        }
    }
}

/// The same roles in a partner's and in an unrelated organisation.
async fn others(installation: &Installation, password: &PasswordHash, who: Who) -> Vec<(House, Member)> {
    let app = &installation.app;
    let mut others = Vec::new();
    for (house, name, partnership) in
        [(House::Partner, "Harrow Lane Surgery", "Halton"), (House::Unrelated, "Elsewhere Surgery", "Lincolnshire")]
    {
        let new = casework::NewOrganisation {
            name: name.into(),
            body: "gp".into(),
            partnership: partnership.into(),
            profile: casework::Profile::default(),
            second_step: SecondStep::Offered,
        };
        let id = app.clock.id(OrganisationId::new).unwrap();
        let founded = casework::found_organisation(id, new, NOW).unwrap();
        app.store.found_organisation(&founded).await.unwrap();
        let one = member(id, app, &format!("Else {house:?}"), who.roles);
        save(app, &one, password).await;
        if who.guardian {
            let responsible = Responsible { guardian: Some(one.id), ..Responsible::default() };
            let named = casework::Organisation { version: 2, responsible, ..founded };
            let named = &named;
            let saved: Result<(), StoreError> = app
                .store
                .write("named", id, |mut writing: Writing| async move { writing.save_organisation(named).await })
                .await;
            saved.unwrap();
        }
        others.push((house, one));
    }
    others
}
