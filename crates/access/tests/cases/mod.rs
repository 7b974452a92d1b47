//! Made-up questions: a few organisations, members and people, so that they often meet, and times that often fall on an edge.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::access::{
    Asks, At, By, Circumstances, Colleague, ColleagueAction, Disposal, DisposalAction, Draft, DraftAction,
    EmergencyAccess, EmergencyAction, Involvement, Matter, MatterAction, MatterId, Member, MemberId, Membership,
    OrganisationId, PartnershipId, Person, PersonAction, PersonId, Question, Record, RecordAction, Role, TeamId, View,
    WorkplaceAction,
};

const MINUTE: i64 = 60 * 1_000_000;
pub const NOW: i64 = 1_795_000_000_000_000;

/// SplitMix64: the same numbers for the same seed, on every machine.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True this many times of a hundred.
    pub fn percent(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.next() % all.len() as u64).unwrap()]
    }

    fn some<T: Ord>(&mut self, of_hundred: u64, all: impl IntoIterator<Item = T>) -> BTreeSet<T> {
        all.into_iter().filter(|_| self.percent(of_hundred)).collect()
    }
}

pub fn uuid(number: u64) -> Uuid {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

fn people() -> impl Iterator<Item = PersonId> {
    (1..=4).map(|number| PersonId(uuid(400 + number)))
}

fn partnership(number: u64) -> PartnershipId {
    PartnershipId(uuid(600 + number))
}

fn team(number: u64) -> TeamId {
    TeamId(uuid(500 + number))
}

fn matter_id(chance: &mut Chance) -> MatterId {
    MatterId(uuid(300 + chance.below(2)))
}

/// The asker is mostly the first of four.
fn member_id(chance: &mut Chance) -> MemberId {
    MemberId(uuid(200 + if chance.percent(60) { 0 } else { chance.below(4) }))
}

fn organisation(chance: &mut Chance) -> OrganisationId {
    OrganisationId(uuid(100 + if chance.percent(85) { 0 } else { chance.below(3) }))
}

/// A time around now, often exactly on an edge.
fn near(chance: &mut Chance) -> i64 {
    let edges = [-10 * MINUTE, 0, 60 * MINUTE, -60 * MINUTE, 7 * 24 * 60 * MINUTE, -MINUTE, MINUTE];
    NOW + chance.one_of(&edges) + chance.one_of(&[-1, 0, 1])
}

/// Everything that a question is made of, owned.
pub struct Case {
    pub member: Member,
    pub matter: Matter,
    pub record: Record,
    pub draft: Draft,
    pub person: Person,
    pub disposal: Disposal,
    pub view: View,
    pub colleague: Colleague,
    pub emergency: EmergencyAccess,
    pub kind: u64,
    pub action: u64,
    pub partnership: PartnershipId,
    pub workplace: OrganisationId,
    pub reason_stated: bool,
    pub signed_in_again: Option<At>,
    pub in_emergency: bool,
}

fn involvement(chance: &mut Chance) -> Vec<Involvement> {
    (0..chance.below(4))
        .map(|_| {
            let by = match chance.below(3) {
                0 => By::Assignment(member_id(chance)),
                1 => By::Team(team(chance.below(3))),
                _ => By::Invitation(member_id(chance)),
            };
            let until = if chance.percent(30) { At::NEVER } else { At::from_micros(near(chance)) };
            Involvement { by, until }
        })
        .collect()
}

impl Case {
    pub fn by(chance: &mut Chance) -> Self {
        let roles = match chance.below(10) {
            0 => chance.some(40, Role::ALL.iter().copied()),
            1 => BTreeSet::new(),
            _ => BTreeSet::from([chance.one_of(Role::ALL)]),
        };
        let member = Member {
            id: MemberId(uuid(200)),
            organisation: OrganisationId(uuid(100)),
            partnerships: chance.some(50, (0..2).map(partnership)),
            membership: if chance.percent(85) { Membership::Active } else { chance.one_of(Membership::ALL) },
            roles,
            guardian: chance.percent(50),
            teams: chance.some(40, (0..3).map(team)),
            conflicts: chance.some(6, people()),
        };
        let matter = Matter {
            id: matter_id(chance),
            organisation: organisation(chance),
            people: chance.some(40, people()),
            involvement: involvement(chance),
        };
        let record = Record { matter: matter.clone(), confidential: chance.percent(50) };
        let draft =
            Draft { organisation: organisation(chance), writer: member_id(chance), people: chance.some(30, people()) };
        let whom = PersonId(uuid(401 + chance.below(4)));
        let person = Person { id: whom, organisation: organisation(chance), involvement: involvement(chance) };
        let disposal = Disposal { organisation: organisation(chance), people: chance.some(40, people()) };
        let view = View { organisation: organisation(chance), person: whom, reader: member_id(chance) };
        let colleague = Colleague { organisation: organisation(chance), id: member_id(chance) };
        let begins = near(chance);
        let lasts = chance.one_of(&[60 * MINUTE, 60 * MINUTE + 1, 60 * MINUTE - 1, 30 * MINUTE, 0]);
        let emergency = EmergencyAccess {
            organisation: organisation(chance),
            matter: matter_id(chance),
            people: chance.some(60, people()),
            holder: member_id(chance),
            begins: At::from_micros(begins),
            ends: At::from_micros(begins + lasts),
        };
        Self {
            member,
            matter,
            record,
            draft,
            person,
            disposal,
            view,
            colleague,
            emergency,
            kind: chance.below(15),
            action: chance.next(),
            partnership: partnership(chance.below(2)),
            workplace: organisation(chance),
            reason_stated: chance.percent(50),
            signed_in_again: chance.percent(75).then(|| At::from_micros(near(chance))),
            in_emergency: chance.percent(50),
        }
    }

    fn asks(&self) -> Asks<'_> {
        fn one<T: Copy>(all: &[T], number: u64) -> T {
            all[usize::try_from(number % all.len() as u64).unwrap()]
        }
        match self.kind {
            0 => Asks::Workplace(one(WorkplaceAction::ALL, self.action), self.workplace),
            1 => Asks::Colleague(one(ColleagueAction::ALL, self.action), &self.colleague),
            2..=4 => Asks::Matter(one(MatterAction::ALL, self.action), &self.matter),
            5 | 6 => Asks::Record(one(RecordAction::ALL, self.action), &self.record),
            7 => Asks::Draft(one(DraftAction::ALL, self.action), &self.draft),
            8..=10 => Asks::Person(one(PersonAction::ALL, self.action), &self.person),
            11 => Asks::Disposal(one(DisposalAction::ALL, self.action), &self.disposal),
            12 => Asks::MarkView(&self.view),
            13 => Asks::Emergency(one(EmergencyAction::ALL, self.action), &self.emergency),
            _ => Asks::ReadStatistics(self.partnership),
        }
    }

    pub fn question(&self) -> Question<'_> {
        Question {
            member: &self.member,
            asks: self.asks(),
            circumstances: Circumstances {
                at: At::from_micros(NOW),
                reason_stated: self.reason_stated,
                signed_in_again: self.signed_in_again,
                emergency: self.in_emergency.then_some(&self.emergency),
            },
        }
    }
}
