//! Unusual reading: whoever looks where they have no business stands out, and ordinary work hardly does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use casework::{
    Glance, MANY_IN_A_DAY, MANY_IN_AN_HOUR, MatterId, Member, MemberId, Moment, NewMember, Opened, OrganisationId,
    PersonId, Role, Sign, Surroundings, TIMES_AT_MOST, ViewId, WasInvolved, unusual,
};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use sharewell_casework as casework;

/// Monday 2 November 2026, 00:00 in London.
const MONDAY: i64 = 1_793_577_600;

fn london(moment: Moment) -> DateTime {
    // In November the clocks of London are those of UTC.
    TimeZone::UTC.to_datetime(jiff::Timestamp::from_microsecond(moment.micros()).unwrap())
}

/// A time of the month: day from 0, hour and minute.
fn at(day: i64, hour: i64, minute: i64) -> Moment {
    Moment::from_micros((MONDAY + (day * 24 + hour) * 3_600 + minute * 60) * 1_000_000)
}

fn member(n: u8, name: &str, role: Role) -> Member {
    let now = at(0, 0, 0);
    let new = NewMember {
        name: name.into(),
        role_title: "Social worker".into(),
        email: format!("member{n}@northmere.example"),
        roles: BTreeSet::from([role]),
    };
    casework::admit_member(OrganisationId::new(now, [1; 10]), MemberId::new(now, [n; 10]), new, now).unwrap()
}

fn person(n: u64) -> PersonId {
    PersonId::new(at(0, 0, 0), wide(n))
}

fn matter(n: u64) -> MatterId {
    MatterId::new(at(0, 0, 0), wide(n))
}

fn wide(n: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn glance(n: u64, reader: &Member, people: &[u64], at: Moment, opened: Opened) -> Glance {
    let people = people.iter().map(|one| person(*one)).collect();
    Glance { view: ViewId::new(at, wide(n)), reader: reader.id, people, at, opened, address: false }
}

fn surroundings<'a>(members: &'a [Member], names: &[(u64, &str)], was_involved: &'a [WasInvolved]) -> Surroundings<'a> {
    Surroundings {
        members,
        names: names.iter().map(|(n, name)| (person(*n), (*name).to_owned())).collect(),
        addresses: HashMap::new(),
        streets: HashMap::new(),
        was_involved,
        local: london,
    }
}

/// The signs of each view, in their order.
fn signs(glances: &[Glance], known: &Surroundings<'_>) -> Vec<Vec<Sign>> {
    let found: HashMap<ViewId, BTreeSet<Sign>> = unusual(glances, known).into_iter().collect();
    glances.iter().map(|one| found.get(&one.view).map(|of| of.iter().copied().collect()).unwrap_or_default()).collect()
}

fn involved(n: u64) -> Opened {
    Opened::Involved(matter(n))
}

#[test]
fn names_and_streets_stand_out_once_for_each_person() {
    let everybody = [member(1, "Tom Birchall", Role::Practitioner), member(2, "Ada Lovell", Role::Practitioner)];
    let reader = &everybody[0];
    let people = [(1, "Jay Birchall"), (2, "BIRCHALL, Tom"), (3, "Ada Lovell"), (4, "Jay Field"), (5, "Birchall")];
    let mut known = surroundings(&everybody, &people, &[]);
    known.addresses = [(person(4), "3 Mill Ln, Larkfield".to_owned()), (person(1), "5 Oak Road".to_owned())].into();
    known.streets = [(reader.id, vec!["Mill Lane".to_owned(), String::new()])].into();
    let mut glances: Vec<Glance> = (1..=5).map(|n| glance(n, reader, &[n], at(0, 10, 0), involved(n))).collect();
    glances.push(glance(6, reader, &[1, 2, 3, 4], at(0, 11, 0), involved(1)));
    glances.push(glance(7, &everybody[1], &[4], at(0, 12, 0), involved(1)));
    let expected: [&[Sign]; 7] =
        [&[Sign::OwnSurname], &[Sign::Oneself], &[Sign::Colleague], &[Sign::OwnStreet], &[], &[], &[]];
    assert_eq!(signs(&glances, &known), expected);
}

#[test]
fn many_people_stand_out_when_it_becomes_too_many_and_not_for_whoever_does_it_every_day() {
    let everybody = [member(1, "Tom Birchall", Role::Practitioner), member(2, "Ada Lovell", Role::Practitioner)];
    let hour = u64::try_from(MANY_IN_AN_HOUR).unwrap();
    // Exactly as many as may be within an hour, and one more.
    let mut glances: Vec<Glance> = (1..=hour + 1)
        .map(|n| glance(n, &everybody[0], &[n], at(0, 10, i64::try_from(n).unwrap()), involved(n)))
        .collect();
    let known = surroundings(&everybody, &[], &[]);
    // One busy hour among ordinary ones.
    for day in 1..20 {
        glances.push(glance(100 + u64::try_from(day).unwrap(), &everybody[1], &[1], at(day, 10, 0), involved(1)));
    }
    let found = signs(&glances, &known);
    assert!(found[..usize::try_from(hour).unwrap()].iter().all(Vec::is_empty));
    assert_eq!(found[usize::try_from(hour).unwrap()], [Sign::ManyAnHour]);
    // The same people again and again are not many; nor are as many spread over a day.
    let same: Vec<Glance> = (0..60).map(|n| glance(n, &everybody[0], &[n % 5], at(0, 10, 0), involved(1))).collect();
    assert!(signs(&same, &known).iter().all(Vec::is_empty));
    let day = u64::try_from(MANY_IN_A_DAY).unwrap();
    let mut spread: Vec<Glance> = (1..=day + 1)
        .map(|n| glance(n, &everybody[0], &[n], at(0, 8, i64::try_from(n * 15).unwrap()), involved(n)))
        .collect();
    spread.extend(glances.split_off(glances.len() - 19));
    // Some of the other's days are Saturdays and Sundays, which is another sign.
    let said: Vec<Sign> =
        signs(&spread, &known).concat().into_iter().filter(|one| *one != Sign::OutsideHours).collect();
    assert_eq!(said, [Sign::ManyADay]);
    // Where everybody in the role has such hours, nobody stands out.
    let duty: Vec<Glance> = (0..20_u64)
        .flat_map(|day| (0..hour + 5).map(move |n| (day, n)))
        .map(|(day, n)| {
            let reader = &everybody[usize::try_from(day % 2).unwrap()];
            let of = day * 100 + n;
            glance(of, reader, &[of], at(i64::try_from(day).unwrap() % 5, 10, 0), involved(of))
        })
        .collect();
    let mut duty = duty;
    duty.sort_by_key(|one| one.at);
    assert!(!signs(&duty, &known).concat().contains(&Sign::ManyAnHour));
    // Much reading raises what is usual neither for whoever reads so much nor beyond all bounds for others.
    let first: Vec<Glance> = duty.into_iter().filter(|one| one.reader == everybody[0].id).collect();
    assert!(signs(&first, &known).concat().contains(&Sign::ManyAnHour));
    let most = u64::try_from(TIMES_AT_MOST).unwrap() * hour;
    let both: Vec<Glance> = [&everybody[0], &everybody[1]]
        .into_iter()
        .flat_map(|reader| (0..=most).map(move |n| glance(n, reader, &[n], at(0, 10, 0), involved(n))))
        .collect();
    assert_eq!(signs(&both, &known).concat(), [Sign::ManyAnHour; 2]);
}

#[test]
fn the_way_in_stands_out_when_it_is_no_ordinary_one() {
    let everybody = [member(1, "Tom Birchall", Role::Practitioner)];
    let reader = &everybody[0];
    let (given, over) = (at(0, 9, 0), at(0, 15, 0));
    let brief = [WasInvolved { member: reader.id, matter: matter(1), from: given, until: over }];
    let long = [WasInvolved { member: reader.id, matter: matter(1), from: given, until: at(5, 9, 0) }];
    for (opened, was_involved, expected) in [
        (Opened::Stated, &brief[..0], vec![Sign::StatedReason]),
        (Opened::Emergency, &brief[..0], vec![Sign::Emergency]),
        (Opened::SetConflict, &brief[..0], vec![Sign::SetConflict]),
        (involved(1), &brief[..], vec![Sign::BriefInvolvement]),
        (involved(1), &long[..], vec![]),
        (involved(2), &brief[..], vec![]),
        (Opened::Otherwise, &brief[..], vec![]),
    ] {
        let glances = [glance(1, reader, &[1], at(0, 10, 0), opened)];
        assert_eq!(signs(&glances, &surroundings(&everybody, &[], was_involved)), [expected], "{opened:?}");
    }
    // A protected address is read for a stated reason by those to whom the matter is assigned: that alone is nothing unusual.
    let address = Glance { address: true, ..glance(1, reader, &[1], at(0, 10, 0), Opened::Stated) };
    assert!(signs(&[address], &surroundings(&everybody, &[], &[])).concat().is_empty());
    // The list of unusual reading never stands out, whomever it is about; looking over who read somebody does by who that is, and only so.
    let known = surroundings(&everybody, &[(1, "Jay Birchall")], &[]);
    for (opened, at, expected) in [
        (Opened::Oversight, at(0, 10, 0), vec![]),
        (Opened::LookedOver, at(0, 23, 0), vec![Sign::OwnSurname]),
        (Opened::Otherwise, at(0, 10, 0), vec![Sign::OwnSurname]),
    ] {
        assert_eq!(signs(&[glance(1, reader, &[1], at, opened)], &known), [expected], "{opened:?}");
    }
    assert!(signs(&[glance(1, reader, &[2], at(0, 23, 0), Opened::LookedOver)], &known).concat().is_empty());
}

#[test]
fn the_hour_stands_out_once_a_day_unless_others_work_around_the_clock() {
    let everybody = [
        member(1, "Tom Birchall", Role::Practitioner),
        member(2, "Ada Lovell", Role::Practitioner),
        member(3, "Gareth Pym", Role::Practitioner),
    ];
    let reader = &everybody[0];
    let known = surroundings(&everybody, &[], &[]);
    let mut glances: Vec<Glance> =
        (0..40).map(|n| glance(n, reader, &[1], at(0, 9, i64::try_from(n).unwrap()), involved(1))).collect();
    for (n, at, stands_out) in [
        (90, at(1, 6, 59), true),
        (91, at(1, 7, 0), false),
        (92, at(1, 19, 59), false),
        (93, at(2, 20, 0), true),
        (94, at(2, 23, 0), false),
        (95, at(5, 11, 0), true),
    ] {
        glances.push(glance(n, reader, &[1], at, involved(1)));
        let found = signs(&glances, &known);
        assert_eq!(found.last().unwrap().contains(&Sign::OutsideHours), stands_out, "{n}");
    }
    let nights = |first: u64, reader: &Member| -> Vec<Glance> {
        (0..9).map(|n| glance(first + n, reader, &[1], at(n.try_into().unwrap(), 3, 0), involved(1))).collect()
    };
    // One reader's nights hide neither their own nor anybody else's.
    let one = nights(0, reader);
    assert_eq!(signs(&one, &known).concat(), [Sign::OutsideHours; 9]);
    let day: Vec<Glance> = (0..20).map(|n| glance(100 + n, &everybody[1], &[1], at(0, 10, 0), involved(1))).collect();
    assert_eq!(signs(&[one.clone(), day].concat(), &known).concat(), [Sign::OutsideHours; 9]);
    // Where others work at night, too, the hour says nothing.
    let all = [one, nights(20, &everybody[1]), nights(40, &everybody[2])].concat();
    assert!(signs(&all, &known).concat().is_empty());
}

#[test]
fn a_protected_address_stands_out_from_the_third_time_in_a_week_on() {
    let everybody = [member(1, "Tom Birchall", Role::Practitioner)];
    let read =
        |n: u64, day| Glance { address: true, ..glance(n, &everybody[0], &[1], at(day, 10, 0), Opened::Otherwise) };
    let known = surroundings(&everybody, &[], &[]);
    let found = signs(&[read(1, 0), read(2, 1), read(3, 3), read(4, 4), read(5, 18)], &known);
    assert_eq!(found, [vec![], vec![], vec![Sign::AddressAgain], vec![Sign::AddressAgain], vec![]]);
}

/// Chance that is the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }
}

/// Surnames as common as the commonest in England (Smith: some 12 in 1,000 people, then quickly fewer), among invented rare ones.
fn surname(chance: &mut Chance) -> String {
    const COMMON: [(&str, u64); 12] = [
        ("Smith", 12),
        ("Jones", 9),
        ("Taylor", 7),
        ("Brown", 6),
        ("Williams", 6),
        ("Wilson", 5),
        ("Johnson", 4),
        ("Davies", 4),
        ("Patel", 4),
        ("Wright", 4),
        ("Khan", 4),
        ("Walker", 4),
    ];
    let mut at = chance.below(1_000);
    for (name, often) in COMMON {
        if at < often {
            return name.to_owned();
        }
        at -= often;
    }
    format!("Rare{}", chance.below(3_000))
}

/// A month's work of 30 members, oldest first: each has 20 matters about one to four people, opens three to eight of them on each weekday,
/// and once in 60 days works late.
fn a_month(chance: &mut Chance) -> (Vec<Member>, Vec<(u64, String)>, Vec<Glance>) {
    let given = ["Anna", "Ben", "Carys", "Dev", "Ella", "Farid", "Grace", "Hugh", "Ivy", "Jack"];
    let name = |chance: &mut Chance| {
        let first = given[usize::try_from(chance.below(10)).unwrap()];
        format!("{first} {}", surname(chance))
    };
    let everybody: Vec<Member> = (0..30)
        .map(|n| {
            let role = if n % 6 == 0 { Role::Manager } else { Role::Practitioner };
            member(n, &name(chance), role)
        })
        .collect();
    let people: Vec<(u64, String)> = (0..1_500).map(|n| (n, name(chance))).collect();
    let mut glances = Vec::new();
    let mut n = 0;
    for (whose, reader) in everybody.iter().enumerate() {
        let matters: Vec<(u64, Vec<u64>)> = (0..20)
            .map(|matter| {
                let family = 1 + chance.below(4);
                (u64::try_from(whose).unwrap() * 100 + matter, (0..family).map(|_| chance.below(1_500)).collect())
            })
            .collect();
        for day in (0..28).filter(|day| day % 7 < 5) {
            let late = chance.below(60) == 0;
            for _ in 0..3 + chance.below(6) {
                let (matter, family) = &matters[usize::try_from(chance.below(20)).unwrap()];
                let hour = if late { 20 + chance.below(2) } else { 8 + chance.below(10) };
                let minute = i64::try_from(chance.below(60)).unwrap();
                let when = at(day, i64::try_from(hour).unwrap(), minute);
                // The matter, and mostly a decision on it.
                for _ in 0..=chance.below(2) {
                    n += 1;
                    glances.push(glance(n, reader, family, when, involved(*matter)));
                }
            }
        }
    }
    glances.sort_by_key(|one| (one.at, one.view));
    (everybody, people, glances)
}

#[test]
fn a_month_of_ordinary_work_of_30_members_gives_few_signs() {
    let mut in_all: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut views, mut found) = (0, 0);
    for seed in 0..20 {
        let (everybody, people, glances) = a_month(&mut Chance(seed));
        let names: Vec<(u64, &str)> = people.iter().map(|(n, name)| (*n, name.as_str())).collect();
        let known = surroundings(&everybody, &names, &[]);
        views += glances.len();
        for (_, signs) in unusual(&glances, &known) {
            found += 1;
            for sign in signs {
                *in_all.entry(sign.word()).or_default() += 1;
            }
        }
    }
    println!("{found} of {views} views in 20 months stand out: {in_all:?}");
    assert!(views > 20 * 4_000, "{views}");
    // Less than one in a hundred, and less than 40 a month for 30 members: one for each member.
    assert!(found * 100 < views && found < 20 * 40, "{found} of {views}: {in_all:?}");
    // Whoever catches up with many families late in the evening sees many within an hour: not twice a month among 30.
    let many = in_all.get("many-an-hour").copied().unwrap_or_default();
    assert!(many < 20 * 2 && !in_all.contains_key("many-a-day"), "{in_all:?}");
}

#[test]
fn a_snooper_among_them_stands_out() {
    let (mut everybody, mut people, mut glances) = a_month(&mut Chance(7));
    let snooper = member(200, "Edgar Quarrendon", Role::Practitioner);
    everybody.push(snooper.clone());
    people.push((2_000, "Ottilie Quarrendon".to_owned()));
    let evening = at(3, 21, 10);
    glances.push(glance(900_001, &snooper, &[2_000], evening, Opened::Stated));
    for n in 0..30 {
        glances.push(glance(900_100 + n, &snooper, &[n], at(4, 12, i64::try_from(n).unwrap()), Opened::Stated));
    }
    glances.sort_by_key(|one| (one.at, one.view));
    let names: Vec<(u64, &str)> = people.iter().map(|(n, name)| (*n, name.as_str())).collect();
    let known = surroundings(&everybody, &names, &[]);
    let found: HashMap<ViewId, BTreeSet<Sign>> = unusual(&glances, &known).into_iter().collect();
    let hers = glances.iter().find(|one| one.people == [person(2_000)]).unwrap();
    assert_eq!(found[&hers.view], BTreeSet::from([Sign::OwnSurname, Sign::StatedReason, Sign::OutsideHours]));
    let many = glances.iter().filter(|one| one.reader == snooper.id).filter_map(|one| found.get(&one.view));
    assert_eq!(many.filter(|signs| signs.contains(&Sign::ManyAnHour)).count(), 1, "said once of the hour");
    assert_eq!(london(evening).date(), date(2026, 11, 5));
}
