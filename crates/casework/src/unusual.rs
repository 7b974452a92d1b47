//! Unusual reading: which views stand out, by which signs, and why each sign is one (ACC-3, design/security.md). Pure: what is known comes
//! in, and the signs come out. A sign proves nothing. It asks somebody else to look.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use jiff::civil::{Date, DateTime, Weekday};
use serde::{Deserialize, Serialize};

use crate::likeness::parts;
use crate::wire::words;
use crate::{
    InvolvedBy, Involvement, Matter, MatterId, Member, MemberId, Moment, PersonId, Role, Seen, Team, ViewId, Why,
};

/// How far back one looks when nothing else is said. A month is long enough to see a habit, and short enough to be looked through.
pub const LOOK_BACK_DAYS: i64 = 30;

/// More different people than this within an hour stand out. A case conference looks at two or three families, which are 15 people at most.
pub const MANY_IN_AN_HOUR: usize = 15;

/// More different people than this within a day stand out. A duty worker who opens a matter every quarter of an hour sees about 40.
pub const MANY_IN_A_DAY: usize = 40;

/// And more than so many times what a busy hour or day is for the others in the same role: whole teams read more than others.
pub const TIMES_THE_USUAL: usize = 2;

/// More than so many times [`MANY_IN_AN_HOUR`] or [`MANY_IN_A_DAY`] stand out however much others read.
pub const TIMES_AT_MOST: usize = 4;

/// A busy hour or day: so many in a hundred are no busier.
const BUSY_PERCENT: usize = 90;

/// Whoever was given a matter, read it and was out of it again within this long may have been given it in order to read it.
pub const BRIEF_SECONDS: i64 = 24 * 60 * 60;

/// From this hour until [`LAST_HOUR`] on weekdays is when most people work, with an early start and a late finish.
pub const FIRST_HOUR: i8 = 7;

/// From this hour on it is late.
pub const LAST_HOUR: i8 = 20;

/// Whoever does more than this share of their reading outside those hours works around the clock.
pub const ROUND_THE_CLOCK_PERCENT: usize = 10;

/// Where more than this share of the others work around the clock, the organisation does, and the hour says nothing.
pub const ROUND_THE_CLOCK_READERS_PERCENT: usize = 25;

/// A protected address that one reader opens more often than this within [`ADDRESS_DAYS`] stands out: an address is read to go there once,
/// and once more when the way was lost.
pub const ADDRESS_READS: usize = 2;

/// See [`ADDRESS_READS`].
pub const ADDRESS_DAYS: i64 = 7;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

words! {
    /// Why a view stands out.
    Sign {
        /// The person has the reader's own name.
        Oneself = "oneself",
        /// The person has the reader's surname.
        OwnSurname = "own-surname",
        /// The person has the name of a colleague.
        Colleague = "colleague",
        /// The person lives in a street that the reader declared.
        OwnStreet = "own-street",
        /// Many people within an hour.
        ManyAnHour = "many-an-hour",
        /// Many people within a day.
        ManyADay = "many-a-day",
        /// Outside the reader's matters, for a reason that they stated.
        StatedReason = "stated-reason",
        /// Emergency access.
        Emergency = "emergency",
        /// The reader was involved for a short time around it.
        BriefInvolvement = "brief-involvement",
        /// Outside working hours.
        OutsideHours = "outside-hours",
        /// A protected address, again and again.
        AddressAgain = "address-again",
        /// Of somebody whom the reader declared for a colleague: that finds people without saying why.
        SetConflict = "set-conflict",
    }
}

impl Sign {
    /// The sign as the list says it.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Oneself => "The person has the reader’s own name",
            Self::OwnSurname => "The person has the reader’s surname",
            Self::Colleague => "The person has a colleague’s name",
            Self::OwnStreet => "The person lives in a street that the reader declared",
            Self::ManyAnHour => "Many people within an hour",
            Self::ManyADay => "Many people within a day",
            Self::StatedReason => "Outside the reader’s matters, for a reason they stated",
            Self::Emergency => "Emergency access",
            Self::BriefInvolvement => "The reader was on the matter for a short time only",
            Self::OutsideHours => "Outside working hours",
            Self::AddressAgain => "A protected address, several times in a week",
            Self::SetConflict => "The reader set a conflict of interest for a colleague, which found the person",
        }
    }
}

/// How a view was opened, without the words of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opened {
    /// By being involved in this matter.
    Involved(MatterId),
    /// For a stated reason.
    Stated,
    /// In an emergency.
    Emergency,
    /// By what the reader is: the writer of a draft, the Guardian.
    Otherwise,
    /// By a conflict of interest that the reader set for a colleague.
    SetConflict,
    /// Looking over what others read of somebody: it stands out by who that is, and by nothing else, or whoever does their duty would be on
    /// the list every day.
    LookedOver,
    /// The list of unusual reading itself: that never stands out, or every look at it would be on it.
    Oversight,
}

impl Opened {
    /// How this view was opened.
    #[must_use]
    pub const fn of(why: &Why, seen: Seen) -> Self {
        match why {
            Why::Involved(matter) => Self::Involved(*matter),
            Why::Stated(_) => Self::Stated,
            Why::Emergency(_) => Self::Emergency,
            Why::OwnDraft | Why::Guardian => Self::Otherwise,
            Why::Oversight if matches!(seen, Seen::Oversight) => Self::Oversight,
            Why::Oversight => Self::LookedOver,
            Why::SetConflict => Self::SetConflict,
        }
    }
}

/// A view as the signs are looked for in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Which.
    pub view: ViewId,
    /// Who saw it.
    pub reader: MemberId,
    /// About whom.
    pub people: Vec<PersonId>,
    /// When first.
    pub at: Moment,
    /// How it was opened.
    pub opened: Opened,
    /// Whether it was a protected address.
    pub address: bool,
}

impl Glance {
    /// Whether what was seen is a protected address.
    #[must_use]
    pub const fn is_address(seen: Seen) -> bool {
        matches!(seen, Seen::Address(_))
    }
}

/// That somebody was involved in a matter, by assignment, invitation or a team, and is no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WasInvolved {
    /// Who.
    pub member: MemberId,
    /// In what.
    pub matter: MatterId,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
}

/// Involvement in a matter that ended after a moment and is over by now, because the matter's ended or because somebody came out of a team of
/// it. Whoever is involved in another way at its end is left out: they go on. `teams` are the organisation's.
#[must_use]
pub fn ended_involvement(matter: &Matter, teams: &[Team], since: Moment, now: Moment) -> Vec<WasInvolved> {
    let spells: Vec<WasInvolved> = matter.involved.iter().flat_map(|one| spells(matter.id, one, teams)).collect();
    let goes_on = |one: &WasInvolved| {
        let takes_over =
            |other: &WasInvolved| other.member == one.member && other.from <= one.until && one.until < other.until;
        spells.iter().any(takes_over)
    };
    let lately = |one: &WasInvolved| since < one.until && one.until <= now;
    spells.iter().filter(|one| lately(one) && !goes_on(one)).copied().collect()
}

/// From when until when each member was involved by this; what has no end ends at no moment.
fn spells(matter: MatterId, involvement: &Involvement, teams: &[Team]) -> Vec<WasInvolved> {
    let (given, end) = (involvement.given_at, involvement.end());
    let was = |member, from: Moment, until: Moment| WasInvolved {
        member,
        matter,
        from: given.max(from),
        until: end.min(until),
    };
    match involvement.by {
        InvolvedBy::Assignment(member) | InvolvedBy::Invitation(member) => vec![was(member, given, end)],
        InvolvedBy::Team(id) => {
            let Some(team) = teams.iter().find(|team| team.id == id) else { return Vec::new() };
            let since = |member: &MemberId| team.since.get(member).copied().unwrap_or(given);
            // Whoever is only awaited was never in it.
            let here = team.members.difference(&team.awaited).map(|member| was(*member, since(member), end));
            let left = team.left.iter().map(|one| was(one.member, one.from.unwrap_or(given), one.until));
            here.chain(left).filter(|one| one.from <= one.until).collect()
        }
    }
}

/// What is known about those who read and those who were read about.
#[derive(Clone)]
pub struct Surroundings<'a> {
    /// The organisation's members, those who left too.
    pub members: &'a [Member],
    /// The name of each person.
    pub names: HashMap<PersonId, String>,
    /// Where each person lives, where that is kept.
    pub addresses: HashMap<PersonId, String>,
    /// The streets that each member declared.
    pub streets: HashMap<MemberId, Vec<String>>,
    /// Involvement that is over.
    pub was_involved: &'a [WasInvolved],
    /// A moment as clocks in the organisation show it.
    pub local: fn(Moment) -> DateTime,
}

/// The views that stand out, each with its signs. `glances` are all views of the period, oldest first.
#[must_use]
pub fn unusual(glances: &[Glance], known: &Surroundings<'_>) -> Vec<(ViewId, BTreeSet<Sign>)> {
    let mut signs: Vec<BTreeSet<Sign>> = vec![BTreeSet::new(); glances.len()];
    who_it_was(glances, known, &mut signs);
    how_many(glances, known, &mut signs);
    by_which_way(glances, known, &mut signs);
    at_what_hour(glances, known, &mut signs);
    which_address(glances, &mut signs);
    let found = glances.iter().zip(signs).filter(|(_, signs)| !signs.is_empty());
    found.map(|(glance, signs)| (glance.view, signs)).collect()
}

/// Whether it is reading for one's work, by which others' is measured.
fn counts(glance: &Glance) -> bool {
    !matches!(glance.opened, Opened::LookedOver | Opened::Oversight)
}

/// A reader's name and streets, ready to be compared.
struct Reader {
    name: BTreeSet<String>,
    surname: BTreeSet<String>,
    streets: Vec<String>,
}

/// Names and streets. Each is said once of a reader and a person: at the first view of the period.
fn who_it_was(glances: &[Glance], known: &Surroundings<'_>, signs: &mut [BTreeSet<Sign>]) {
    let colleagues: HashSet<BTreeSet<String>> = known.members.iter().map(|one| parts(&one.name)).collect();
    let readers: HashMap<MemberId, Reader> = known
        .members
        .iter()
        .map(|one| {
            let streets = known.streets.get(&one.id).into_iter().flatten().map(|street| plain(street));
            let streets = streets.filter(|street| !street.trim().is_empty()).collect();
            (one.id, Reader { name: parts(&one.name), surname: surname(&one.name), streets })
        })
        .collect();
    let people: HashMap<PersonId, (BTreeSet<String>, BTreeSet<String>)> =
        known.names.iter().map(|(person, name)| (*person, (parts(name), surname(name)))).collect();
    let addresses: HashMap<PersonId, String> =
        known.addresses.iter().map(|(person, lines)| (*person, plain(lines))).collect();
    let mut said: HashSet<(MemberId, PersonId)> = HashSet::new();
    let stands_out = |glance: &Glance| glance.opened != Opened::Oversight;
    for (glance, signs) in glances.iter().zip(signs.iter_mut()).filter(|(glance, _)| stands_out(glance)) {
        let Some(reader) = readers.get(&glance.reader) else { continue };
        for person in glance.people.iter().filter(|person| said.insert((glance.reader, **person))) {
            if let Some((name, of_family)) = people.get(person) {
                if name.len() > 1 && *name == reader.name {
                    signs.insert(Sign::Oneself);
                } else if name.len() > 1 && colleagues.contains(name) {
                    signs.insert(Sign::Colleague);
                }
                if name.len() > 1 && *name != reader.name && !of_family.is_disjoint(&reader.surname) {
                    signs.insert(Sign::OwnSurname);
                }
            }
            let lives = addresses.get(person);
            if lives.is_some_and(|lives| reader.streets.iter().any(|street| lives.contains(street.as_str()))) {
                signs.insert(Sign::OwnStreet);
            }
        }
    }
}

/// What stands after a name without being of it.
const AFTER_A_NAME: [&str; 14] =
    ["mrs", "mr", "ms", "miss", "dr", "jr", "sr", "mbe", "obe", "cbe", "phd", "ba", "ma", "qc"];

/// The surname in plain letters, both parts of a double one: what stands before a comma, or the last word that is neither in brackets nor a
/// title.
fn surname(name: &str) -> BTreeSet<String> {
    let family = if let Some((family, _)) = name.split_once(',') {
        family
    } else {
        let is_of_it = |word: &&str| {
            let bare: String = word.chars().filter(|letter| letter.is_alphanumeric()).collect();
            !word.starts_with('(') && !word.ends_with(')') && !AFTER_A_NAME.contains(&bare.to_lowercase().as_str())
        };
        name.split_whitespace().rev().find(is_of_it).unwrap_or_default()
    };
    parts(family)
}

/// A street, or the lines of an address, as words in plain letters between spaces: without numbers, and with "street" and "road" in one
/// spelling.
fn plain(lines: &str) -> String {
    let mut words = String::from(" ");
    for line in lines.split(|letter: char| letter.is_whitespace() || letter == ',') {
        for word in parts(line) {
            if word.chars().all(|letter| letter.is_ascii_digit()) {
                continue;
            }
            words.push_str(match word.as_str() {
                "st" => "street",
                "rd" => "road",
                "ave" | "av" => "avenue",
                "ln" => "lane",
                "cl" => "close",
                other => other,
            });
            words.push(' ');
        }
    }
    words
}

/// The role by which a reader is compared with others: the one that reads most.
fn role(members: &HashMap<MemberId, &Member>, reader: MemberId) -> Option<Role> {
    let member = members.get(&reader)?;
    [Role::Manager, Role::Adviser, Role::Practitioner].into_iter().find(|role| member.is(*role))
}

/// How many different people within an hour and within a day. It is said of the view with which it became too many.
fn how_many(glances: &[Glance], known: &Surroundings<'_>, signs: &mut [BTreeSet<Sign>]) {
    let members: HashMap<MemberId, &Member> = known.members.iter().map(|one| (one.id, one)).collect();
    for (sign, span, most) in [(Sign::ManyAnHour, HOUR, MANY_IN_AN_HOUR), (Sign::ManyADay, DAY, MANY_IN_A_DAY)] {
        let usual = usual(glances, &members, span);
        let mut windows: HashMap<MemberId, Window> = HashMap::new();
        for (glance, signs) in glances.iter().zip(signs.iter_mut()).filter(|(glance, _)| counts(glance)) {
            let usual = usual.get(&glance.reader).copied().unwrap_or_default();
            let window = windows.entry(glance.reader).or_default();
            let before = window.people.len();
            window.add(glance, span);
            let limit = most.max(usual * TIMES_THE_USUAL).min(most * TIMES_AT_MOST);
            if window.people.len() > limit && (before <= limit || window.said_until < glance.at) {
                signs.insert(sign);
                window.said_until = glance.at.plus_seconds(span);
            }
        }
    }
}

/// What a busy hour or day is for the others in each reader's role: how many different people the one in their middle sees then. Readers are
/// counted, and not what they read, so that nobody raises by much reading what is usual, for themselves or for anybody else.
fn usual(glances: &[Glance], members: &HashMap<MemberId, &Member>, span: i64) -> HashMap<MemberId, usize> {
    let mut slots: HashMap<MemberId, HashMap<i64, HashSet<PersonId>>> = HashMap::new();
    for glance in glances.iter().filter(|glance| counts(glance)) {
        let slot = glance.at.micros().div_euclid(span * 1_000_000);
        slots.entry(glance.reader).or_default().entry(slot).or_default().extend(&glance.people);
    }
    let mut of_role: HashMap<Role, Vec<(usize, MemberId)>> = HashMap::new();
    for (reader, slots) in slots {
        if let Some(role) = role(members, reader) {
            let mut counts: Vec<usize> = slots.values().map(HashSet::len).collect();
            counts.sort_unstable();
            let at = (counts.len() * BUSY_PERCENT / 100).min(counts.len().saturating_sub(1));
            of_role.entry(role).or_default().push((counts.get(at).copied().unwrap_or_default(), reader));
        }
    }
    let mut usual = HashMap::new();
    for mut readers in of_role.into_values() {
        readers.sort_unstable();
        for (_, reader) in &readers {
            let others: Vec<usize> = readers.iter().filter(|(_, one)| one != reader).map(|(busy, _)| *busy).collect();
            usual.insert(*reader, others.get(others.len() / 2).copied().unwrap_or_default());
        }
    }
    usual
}

/// The people whom a reader saw within the last hour or day.
struct Window {
    glances: VecDeque<(Moment, Vec<PersonId>)>,
    people: HashMap<PersonId, usize>,
    said_until: Moment,
}

impl Default for Window {
    fn default() -> Self {
        Self { glances: VecDeque::new(), people: HashMap::new(), said_until: Moment::from_micros(i64::MIN) }
    }
}

impl Window {
    fn add(&mut self, glance: &Glance, span: i64) {
        for person in &glance.people {
            *self.people.entry(*person).or_default() += 1;
        }
        self.glances.push_back((glance.at, glance.people.clone()));
        while self.glances.front().is_some_and(|(at, _)| at.plus_seconds(span) <= glance.at) {
            for person in self.glances.pop_front().into_iter().flat_map(|(_, people)| people) {
                if let Some(times) = self.people.get_mut(&person) {
                    *times -= 1;
                    if *times == 0 {
                        self.people.remove(&person);
                    }
                }
            }
        }
    }
}

fn by_which_way(glances: &[Glance], known: &Surroundings<'_>, signs: &mut [BTreeSet<Sign>]) {
    let mut brief: HashMap<(MemberId, MatterId), Vec<&WasInvolved>> = HashMap::new();
    for one in known.was_involved {
        brief.entry((one.member, one.matter)).or_default().push(one);
    }
    for (glance, signs) in glances.iter().zip(signs.iter_mut()) {
        match glance.opened {
            // A protected address is read by those to whom the matter is assigned, who say why each time.
            Opened::Stated if glance.address => {}
            Opened::Stated => drop(signs.insert(Sign::StatedReason)),
            Opened::Emergency => drop(signs.insert(Sign::Emergency)),
            Opened::SetConflict => drop(signs.insert(Sign::SetConflict)),
            Opened::Involved(matter) => {
                let around = |one: &&WasInvolved| {
                    one.from <= glance.at
                        && glance.at < one.from.plus_seconds(BRIEF_SECONDS)
                        && glance.at <= one.until
                        && one.until <= glance.at.plus_seconds(BRIEF_SECONDS)
                };
                if brief.get(&(glance.reader, matter)).is_some_and(|all| all.iter().any(around)) {
                    signs.insert(Sign::BriefInvolvement);
                }
            }
            Opened::Otherwise | Opened::LookedOver | Opened::Oversight => {}
        }
    }
}

/// Outside working hours, unless the organisation works around the clock. It is said once of a reader and a day.
fn at_what_hour(glances: &[Glance], known: &Surroundings<'_>, signs: &mut [BTreeSet<Sign>]) {
    let late: Vec<Option<Date>> = glances
        .iter()
        .map(|glance| {
            let local = (known.local)(glance.at);
            let weekend = matches!(local.date().weekday(), Weekday::Saturday | Weekday::Sunday);
            let out = weekend || local.hour() < FIRST_HOUR || local.hour() >= LAST_HOUR;
            (out && counts(glance)).then(|| local.date())
        })
        .collect();
    // Readers are counted, and everybody by the others, so that nobody's nights hide their own, nor one reader's those of all.
    let mut read: HashMap<MemberId, (usize, usize)> = HashMap::new();
    for (glance, late) in glances.iter().zip(&late).filter(|(glance, _)| counts(glance)) {
        let (all, of_it) = read.entry(glance.reader).or_default();
        *all += 1;
        *of_it += usize::from(late.is_some());
    }
    let works_nights = |(all, late): &(usize, usize)| late * 100 > all * ROUND_THE_CLOCK_PERCENT;
    let nights = read.values().filter(|one| works_nights(one)).count();
    let round_the_clock = |reader: MemberId| {
        let own = usize::from(read.get(&reader).is_some_and(works_nights));
        (nights - own) * 100 > read.len().saturating_sub(1) * ROUND_THE_CLOCK_READERS_PERCENT
    };
    let mut said: HashSet<(MemberId, Date)> = HashSet::new();
    for ((glance, late), signs) in glances.iter().zip(late).zip(signs.iter_mut()) {
        if late.is_some_and(|day| !round_the_clock(glance.reader) && said.insert((glance.reader, day))) {
            signs.insert(Sign::OutsideHours);
        }
    }
}

fn which_address(glances: &[Glance], signs: &mut [BTreeSet<Sign>]) {
    let mut read: BTreeMap<(MemberId, PersonId), VecDeque<Moment>> = BTreeMap::new();
    let of_addresses = glances.iter().zip(signs.iter_mut()).filter(|(glance, _)| glance.address && counts(glance));
    for (glance, signs) in of_addresses {
        for person in &glance.people {
            let times = read.entry((glance.reader, *person)).or_default();
            times.push_back(glance.at);
            while times.front().is_some_and(|at| at.plus_seconds(ADDRESS_DAYS * DAY) <= glance.at) {
                times.pop_front();
            }
            if times.len() > ADDRESS_READS {
                signs.insert(Sign::AddressAgain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_is_found_in_an_address_however_it_is_written() {
        let lives = plain("Flat 2, 17 Mill Ln,\nLarkfield CW1 2AB");
        for street in ["Mill Lane", "mill lane", "12 MILL LANE"] {
            assert!(lives.contains(&plain(street)), "{street} in {lives:?}");
        }
        for street in ["Windmill Lane", "Mill", "Lane Mill", "Millbank Lane"] {
            assert_eq!(lives.contains(&plain(street)), street == "Mill", "{street} in {lives:?}");
        }
    }

    #[test]
    fn a_surname_is_the_last_word_or_what_stands_before_a_comma() {
        for (name, expected) in [
            ("Anna Smith", vec!["smith"]),
            ("SMITH, Anna", vec!["smith"]),
            ("Anna Smith-Jones", vec!["jones", "smith"]),
            ("Anna O’Neill", vec!["oneill"]),
            ("Anna Smith (Mrs)", vec!["smith"]),
            ("Anna Smith MBE", vec!["smith"]),
            ("Anna Smith Ph.D.", vec!["smith"]),
            ("", vec![]),
        ] {
            assert_eq!(surname(name).into_iter().collect::<Vec<_>>(), expected, "{name}");
        }
    }
}
