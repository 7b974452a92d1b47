//! Asks one cell of the matrix after another, and says of each answer what was expected.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use casework::{Member, Membership};

use crate::asking::Answer;
use crate::expect::{self, Expected, Needs, Record};
use crate::ids::Ids;
use crate::table::{Keeps, Row};
use crate::who::{Asker, Bond, Involvement};
use crate::world::World;

/// What is asked about, by whom.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    pub asker: Asker,
    pub bond: Bond,
    pub ids: &'a Ids,
    pub record: Record,
}

pub struct Judge<'w> {
    world: &'w World,
    /// Sessions of those who ask, by member and by whether they proved it lately.
    sessions: BTreeMap<(casework::MemberId, bool), String>,
    /// What is answered for what is not there, by row and by who asks.
    missing: HashMap<String, Answer>,
    /// What was stored after which commit.
    counted: (i64, Vec<i64>),
    /// What was otherwise than expected, each with the cases in which it was.
    faults: BTreeMap<String, Vec<String>>,
    asked: usize,
    /// How often something that is counted was asked.
    counted_asks: usize,
}

/// How many cells were asked by all tests so far.
static ALL: AtomicUsize = AtomicUsize::new(0);

/// Faults that are shown, each with the first case; the rest is counted.
const SHOWN: usize = 40;

impl<'w> Judge<'w> {
    pub fn new(world: &'w World) -> Self {
        Self {
            world,
            sessions: BTreeMap::new(),
            missing: HashMap::new(),
            counted: (-1, Vec::new()),
            faults: BTreeMap::new(),
            asked: 0,
            counted_asks: 0,
        }
    }

    /// Asks a row in this case: where it cannot be undone, by somebody who has not proved lately who they are, too.
    pub async fn ask(&mut self, row: &Row, case: Case<'_>, member: Option<&Member>) {
        if row.confirms && member.is_some() {
            let stale = Asker { proved_lately: false, ..case.asker };
            self.cell(row, Case { asker: stale, ..case }, member).await;
        }
        self.cell(row, case, member).await;
    }

    async fn cell(&mut self, row: &Row, case: Case<'_>, member: Option<&Member>) {
        self.asked += 1;
        let mut ids = case.ids.clone();
        if row.method != "GET" {
            self.world.freshen(row, &mut ids, member.unwrap_or(&self.world.asker)).await;
        }
        let session = match member {
            Some(member) => Some(self.session(row, member, case.asker.proved_lately).await),
            None => None,
        };
        if row.counted {
            self.counted_asks += 1;
            if self.counted_asks.is_multiple_of(16) {
                self.world.forget().await;
            }
        }
        // What begins emergency access is counted by what was begun.
        if row.method == "POST" && row.address.ends_with("/emergency-access") {
            self.world.forget().await;
        }
        let besides = row.counted || !row.own.is_empty();
        let before = if row.keeps == Keeps::Views || besides { self.stored().await } else { Vec::new() };
        let answer = self.world.ask(row, &ids, session.as_deref()).await;
        let expected = expect::expected(row.needs, row.confirms, case.asker, case.bond, case.record);
        let mut faults = Vec::new();
        match expected {
            Expected::Answered => {
                self.let_in(row, case, &ids, &answer, &mut faults);
                if row.keeps == Keeps::Views && before != self.stored().await {
                    faults.push("more than a view was kept by what only reads or refuses".to_owned());
                }
            }
            // Whether it was destroyed may be looked at only after they prove who they are.
            Expected::Destroyed if row.confirms && !case.asker.proved_lately && answer.status == 403 => {}
            Expected::Destroyed if answer.status != 410 => faults.push(format!("{} in place of 410", answer.status)),
            Expected::Destroyed => {}
            refused => {
                let right = refusals(row, case, refused);
                if !right.contains(&answer.status) {
                    faults.push(format!("{} in place of {right:?}", answer.status));
                }
                // Whoever is no active member is nobody to the program: what is answered to nobody is compared once.
                if refused == Expected::NotFound || member.is_none() {
                    self.as_if_there_were_none(row, &ids, session.as_deref(), &answer, &mut faults).await;
                }
            }
        }
        // That it was asked is all that may be kept of what is refused, where that is counted; and that they were shown what is their own.
        if expected != Expected::Answered && answer.committed && (!besides || before != self.stored().await) {
            faults.push("something was kept".to_owned());
        }
        // What is of the door may have ended other sessions than its own.
        if row.keeps == Keeps::Whatever && answer.committed {
            self.sessions.clear();
        }
        for fault in faults {
            let what = format!("{} {}: {expected:?}, but {fault}", row.method, row.address);
            self.faults.entry(what).or_default().push(said(case));
        }
    }

    /// What is stored, counted again only after something was committed.
    async fn stored(&mut self) -> Vec<i64> {
        let committed = self.world.committed().await;
        if self.counted.0 != committed {
            self.counted = (committed, self.world.stored().await);
        }
        self.counted.1.clone()
    }

    async fn session(&mut self, row: &Row, member: &Member, proved_lately: bool) -> String {
        // What ends sessions is asked with one of its own.
        if row.keeps == Keeps::Whatever {
            return self.world.session(member, proved_lately).await.1;
        }
        let key = (member.id, proved_lately);
        if !self.sessions.contains_key(&key) {
            let session = self.world.session(member, proved_lately).await.1;
            self.sessions.insert(key, session);
        }
        self.sessions[&key].clone()
    }

    fn let_in(&self, row: &Row, case: Case<'_>, ids: &Ids, answer: &Answer, faults: &mut Vec<String>) {
        let active = case.asker.membership == Some(Membership::Active);
        let right = match (row.needs, case.asker.membership) {
            (Needs::Nothing, None) => answer.status == row.signed_out,
            (Needs::Nothing, Some(_)) if !active => [row.answers, row.signed_out].contains(&answer.status),
            _ => answer.status == row.answers,
        };
        if !right {
            let words: String = answer.body.chars().take(300).collect();
            faults.push(format!("{} in place of {}: {words}", answer.status, row.answers));
        }
        if let Some(name) = row.shows.filter(|name| active && !answer.body.contains(&ids[name])) {
            faults.push(format!("{name} is not shown"));
        }
        if row.keeps == Keeps::Something && !answer.committed {
            faults.push("nothing was kept".to_owned());
        }
    }

    /// Whoever is refused is answered as for an id that nobody has, after the same statements.
    async fn as_if_there_were_none(
        &mut self,
        row: &Row,
        ids: &Ids,
        session: Option<&str>,
        answer: &Answer,
        faults: &mut Vec<String>,
    ) {
        let nowhere = ids.nowhere_but(row.own);
        let hidden = answer.named(ids).named(&nowhere);
        // What a row sends tells it from others of its address.
        let key = format!("{} {} {:p} {}", row.method, row.address, row.sends, session.unwrap_or_default());
        if self.missing.get(&key) == Some(&hidden) {
            return;
        }
        let mut missing = self.world.ask(row, &nowhere, session).await.named(&nowhere).named(ids);
        let mut hidden = hidden;
        if hidden.statements != missing.statements {
            // The asker's own record is opened once and remembered, and a view is kept once and counted afterwards: what differs the first
            // time by that alone is the same the second time.
            hidden = self.world.ask(row, ids, session).await.named(ids).named(&nowhere);
            missing = self.world.ask(row, &nowhere, session).await.named(&nowhere).named(ids);
        }
        if (hidden.status, &hidden.headers, &hidden.body) != (missing.status, &missing.headers, &missing.body) {
            faults.push(format!("it is answered otherwise than what is not there ({})", difference(&hidden, &missing)));
        }
        if hidden.statements != missing.statements {
            faults
                .push(format!("the statements differ from those for what is not there: {}", apart(&hidden, &missing)));
        }
        self.missing.insert(key, missing);
    }

    /// Fails when anything was otherwise than expected.
    pub fn verdict(&self) {
        let all = ALL.fetch_add(self.asked, Ordering::Relaxed) + self.asked;
        println!("{}: {} asked, {all} by all so far", self.world.who.name, self.asked);
        let told = |(what, cases): (&String, &Vec<String>)| format!("{what}\n    {} times: {}", cases.len(), cases[0]);
        let shown = self.faults.iter().take(SHOWN).map(told).collect::<Vec<_>>().join("\n");
        assert!(self.faults.is_empty(), "{} faults for a {}:\n{shown}", self.faults.len(), self.world.who.name);
    }
}

/// The status of a refusal.
fn refusals(row: &Row, case: Case<'_>, refused: Expected) -> Vec<u16> {
    let Asker { who, proved_lately, .. } = case.asker;
    // What may be had of some record is looked for; for the others there is no such address.
    let looks = expect::may(row.needs, who, Bond { involvement: Involvement::Assigned, conflict: false });
    match refused {
        Expected::SignInFirst => vec![401],
        Expected::ConfirmFirst => vec![403],
        // Whether it is there may be looked at before or after they prove who they are, as long as it is the same for what is not there.
        _ if looks && row.confirms && !proved_lately => vec![row.not_found, 403],
        _ if looks => vec![row.not_found],
        _ => vec![404],
    }
}

pub fn difference(one: &Answer, other: &Answer) -> String {
    if one.status != other.status {
        return format!("{} and {}", one.status, other.status);
    }
    let lines = one.body.lines().zip(other.body.lines());
    lines.into_iter().find(|(here, there)| here != there).map_or_else(
        || format!("{:?} and {:?}", one.headers, other.headers),
        |(here, there)| format!("“{}” and “{}”", here.trim(), there.trim()),
    )
}

/// Where the statements of two answers part.
fn apart(one: &Answer, other: &Answer) -> String {
    let (here, there) = (&one.statements, &other.statements);
    let same = here.iter().zip(there).take_while(|(here, there)| here == there).count();
    format!("here they go on with {:?}, there with {:?}", &here[same..], &there[same..])
}

fn said(case: Case<'_>) -> String {
    let Asker { membership, house, proved_lately, .. } = case.asker;
    let Bond { involvement, conflict } = case.bond;
    let conflict = if conflict { ", conflict of interest" } else { "" };
    let proved = if proved_lately { "" } else { ", proved too long ago" };
    let standing = membership.map_or("signed out", |membership| membership.word());
    format!("{house:?}, {standing}{proved}, {involvement:?}{conflict}, {:?}", case.record)
}
