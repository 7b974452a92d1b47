//! Declared conflicts of interest: people whom a member must not see, whether or not they are known here (ACC-1, ACC-3). A declaration
//! holds words and is sealed apart; whom it matches stands, by id alone, in the member's own record, where the policy looks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::emergency::review_by;
use crate::likeness::{Born, Likeness, alike, likeness, parts};
use crate::problem::{blank, problems, unless_problems};
use crate::wire::words;
use crate::{
    Circumstances, DeclarationId, Denied, Member, MemberId, MembershipStep, Moment, OrganisationId, Person, PersonId,
    Refused, Step, Wish, may_now,
};

/// The most declarations that stand for one member.
pub const MOST_DECLARATIONS: usize = 100;

words! {
    /// How a member is connected with somebody.
    Relation {
        /// They are the member, or live with them.
        Oneself = "oneself",
        /// Family.
        Family = "family",
        /// A neighbour.
        Neighbour = "neighbour",
        /// A colleague, or a colleague's family.
        Colleague = "colleague",
        /// Otherwise.
        Other = "other",
    }
}

/// That a member must not see somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Its id.
    pub id: DeclarationId,
    /// The organisation.
    pub organisation: OrganisationId,
    /// Who must not see them.
    pub member: MemberId,
    /// Whom: their name.
    pub name: String,
    /// The surname they had before, where it is known; may be empty.
    pub former_surname: String,
    /// When they were born, as far as it is known.
    pub born: Born,
    /// How the member is connected with them.
    pub relation: Relation,
    /// The street where they live; may be empty. It blocks nothing: those who look over reading are shown what was read about it.
    pub street: String,
    /// Why, in the words of whoever declared it; may be empty.
    pub why: String,
    /// Who declared it: the member, or a manager.
    pub declared_by: MemberId,
    /// When.
    pub declared_at: Moment,
}

impl Declaration {
    /// How alike the declared and a person are.
    #[must_use]
    pub fn likeness(&self, person: &Person) -> Option<Likeness> {
        likeness(&self.names(), self.born, &person.name, person.date_of_birth)
    }

    /// Whether two declarations may mean the same person. It goes by their words alone, whether or not anybody is known.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        alike(&self.names(), self.born, &other.names(), other.born).is_some()
    }

    /// The names that they may be known by: the one they have, and with the former surname in the place of any one part of it.
    fn names(&self) -> Vec<String> {
        let mut names = vec![self.name.clone()];
        if !blank(&self.former_surname) {
            let now = parts(&self.name);
            names.extend(now.iter().filter(|_| now.len() > 1).map(|married| {
                let others = now.iter().filter(|part| *part != married).cloned().collect::<Vec<_>>().join(" ");
                format!("{others} {}", self.former_surname)
            }));
            names.push(format!("{} {}", self.name, self.former_surname));
        }
        names
    }

    /// Whether the member said so themselves.
    #[must_use]
    pub fn by_oneself(&self) -> bool {
        self.declared_by == self.member
    }
}

/// How a declaration met a person who is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// Name and birth agree.
    Sure,
    /// Perhaps the same: it counts until a manager says.
    Perhaps,
    /// Perhaps the same, and the member was already working with them: it does not count until a manager says, or until there was time
    /// for that ([`decided_by`]), so that nobody is left alone in the middle of a case because of a name.
    PerhapsAtWork,
    /// A manager said that it is the same.
    Same {
        /// Who.
        by: MemberId,
        /// When.
        at: Moment,
    },
    /// A manager said that it is somebody else.
    Another {
        /// Who.
        by: MemberId,
        /// When.
        at: Moment,
    },
}

impl Met {
    /// Whether the member must not see the person for it.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Sure | Self::Perhaps | Self::Same { .. })
    }

    /// Whether a manager still has to say.
    #[must_use]
    pub const fn waits(self) -> bool {
        matches!(self, Self::Perhaps | Self::PerhapsAtWork)
    }
}

/// Whom each of a member's declarations met.
pub type Declared = BTreeMap<DeclarationId, BTreeMap<PersonId, Met>>;

/// That a declaration was lifted. Its words are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// Which; none: those from before there were declarations.
    pub declaration: Option<DeclarationId>,
    /// Who lifted it.
    pub by: MemberId,
    /// When.
    pub at: Moment,
    /// Why.
    pub why: String,
}

/// What is needed to declare a conflict of interest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDeclaration {
    /// Their name.
    pub name: String,
    /// The surname they had before.
    pub former_surname: String,
    /// When they were born: nothing, a year, or a day as `1987-06-05`.
    pub born: String,
    /// How the member is connected with them.
    pub relation: Option<Relation>,
    /// The street where they live.
    pub street: String,
    /// Why.
    pub why: String,
}

problems! {
    /// What declaring a conflict of interest needs.
    DeclareProblem {
        NameMissing @ "name" = "Enter their whole name.",
        BornWrong @ "born" = "Enter the year they were born, like 1987, or leave it empty.",
        RelationMissing @ "relation" = "Choose how you are connected.",
        ColleagueRelationMissing @ "relation" = "Choose how they are connected.",
        WhyMissing @ "why" = "Say why.",
        TooMany @ "name" = "There are 100 already. Ask a manager to lift those that no longer hold.",
    }
}

problems! {
    /// What lifting one needs.
    LiftProblem {
        WhyMissing @ "why" = "Say why it no longer holds.",
    }
}

impl Member {
    /// The member with other declarations; whom the policy keeps them from follows.
    fn with_declared(&self, declared: Declared) -> Self {
        self.with_conflicts(self.earlier_conflicts(), declared)
    }

    /// The member with conflicts from before and declarations: the policy keeps them from whoever is in either.
    fn with_conflicts(&self, before: BTreeSet<PersonId>, declared: Declared) -> Self {
        let conflicts = before.iter().copied().chain(counted(&declared)).collect();
        Self { conflicts, conflicts_before: Some(before), declared, ..self.clone() }
    }

    /// People whom they must not see whatever the declarations that stand say: from before there were any, or from before the member left
    /// and came back. A declaration that meets one of them as well, and is lifted, leaves them here.
    #[must_use]
    pub fn earlier_conflicts(&self) -> BTreeSet<PersonId> {
        let before = || self.conflicts.difference(&counted(&self.declared).collect()).copied().collect();
        self.conflicts_before.clone().unwrap_or_else(before)
    }

    fn conflicts_changed(&self, by: &Self, now: Moment) -> Self {
        let step = Some(Step { step: MembershipStep::ConflictsChanged, by: by.id.into(), at: now });
        Self { version: self.version + 1, step, ..self.clone() }
    }
}

/// Whom these declarations keep somebody from.
fn counted(declared: &Declared) -> impl Iterator<Item = PersonId> {
    declared.values().flatten().filter(|(_, met)| met.counts()).map(|(person, _)| *person)
}

/// Declares a conflict of interest of the member's: by themselves, or by a manager. Whom it meets is not known here yet: [`meet`].
pub fn declare(
    by: &Member,
    member: &Member,
    id: DeclarationId,
    new: &NewDeclaration,
    now: Moment,
) -> Result<(Declaration, Member), Refused<DeclareProblem>> {
    may_now(by, Wish::DeclareConflict(member.organisation, member.id), &Circumstances::plain(now))?;
    let mut problems = Vec::new();
    if blank(&new.name) || parts(&new.name).is_empty() {
        problems.push(DeclareProblem::NameMissing);
    }
    let born = Born::typed(&new.born);
    if born.is_none() {
        problems.push(DeclareProblem::BornWrong);
    }
    let oneself = by.id == member.id;
    if new.relation.is_none() {
        problems.push(if oneself { DeclareProblem::RelationMissing } else { DeclareProblem::ColleagueRelationMissing });
    }
    if !oneself && blank(&new.why) {
        problems.push(DeclareProblem::WhyMissing);
    }
    if member.declared.len() >= MOST_DECLARATIONS {
        problems.push(DeclareProblem::TooMany);
    }
    unless_problems(problems, || {
        let trimmed = |text: &str| text.trim().to_owned();
        let declaration = Declaration {
            id,
            organisation: member.organisation,
            member: member.id,
            name: trimmed(&new.name),
            former_surname: trimmed(&new.former_surname),
            born: born.unwrap_or(Born::Unknown),
            relation: new.relation.unwrap_or(Relation::Other),
            street: trimmed(&new.street),
            why: trimmed(&new.why),
            declared_by: by.id,
            declared_at: now,
        };
        let mut declared = member.declared.clone();
        declared.insert(id, BTreeMap::new());
        (declaration, member.with_declared(declared).conflicts_changed(by, now))
    })
}

/// The member after their declarations have met these people; the version stays. With those of the people with whom they work already.
#[must_use]
pub fn meet(member: &Member, declarations: &[Declaration], people: &[Person], at_work: &BTreeSet<PersonId>) -> Member {
    let mut declared = member.declared.clone();
    for declaration in declarations.iter().filter(|one| one.member == member.id) {
        let Some(met) = declared.get_mut(&declaration.id) else { continue };
        for person in people {
            let Some(likeness) = declaration.likeness(person) else { continue };
            let earlier = met.get(&person.id).copied();
            let now = match (earlier, likeness) {
                (Some(said @ (Met::Same { .. } | Met::Another { .. })), _) => said,
                (Some(Met::Sure), _) | (_, Likeness::Same) => Met::Sure,
                (Some(waiting), Likeness::Perhaps) => waiting,
                (None, Likeness::Perhaps) if at_work.contains(&person.id) => Met::PerhapsAtWork,
                (None, Likeness::Perhaps) => Met::Perhaps,
            };
            met.insert(person.id, now);
        }
    }
    member.with_declared(declared)
}

/// The last day on which whoever works with somebody whom a declaration perhaps means goes on without a manager's word: the third one from
/// Monday to Friday after it met them. A bank holiday counts as any other day, as it does for [`review_by`].
#[must_use]
pub fn decided_by(met_on: Date) -> Date {
    review_by(review_by(review_by(met_on)))
}

/// The member once nobody said in time whether those with whom they work are whom they declared: from then on it counts, as it does for
/// whoever does not work with them. A manager may say so or otherwise still. `day` is the legal day of a moment; the version stays.
#[must_use]
pub fn count_undecided(
    member: &Member,
    declarations: &[Declaration],
    people: &[Person],
    today: Date,
    day: impl Fn(Moment) -> Date,
) -> Member {
    let mut declared = member.declared.clone();
    for declaration in declarations.iter().filter(|one| one.member == member.id) {
        for (id, met) in declared.get_mut(&declaration.id).into_iter().flatten() {
            // People are matched when they are named, or when they are declared.
            let person = people.iter().find(|person| person.id == *id);
            let since = person.map(|person| declaration.declared_at.max(person.registered_at));
            if *met == Met::PerhapsAtWork && since.is_some_and(|since| decided_by(day(since)) < today) {
                *met = Met::Perhaps;
            }
        }
    }
    member.with_declared(declared)
}

/// Whether something was declared that nobody may look after: no other manager, or only some who declared the same person. It says nothing
/// of who is known here. `everybody` are the organisation's members.
#[must_use]
pub fn nobody_looks_after(everybody: &[Member], declarations: &[Declaration], now: Moment) -> bool {
    let looked_after =
        |one: &Declaration| everybody.iter().any(|by| may_look_after(by, one, declarations, now).is_ok());
    !declarations.iter().all(looked_after)
}

/// Whom of these people the member said themselves that they must not see. To them that says nothing of who is known here: they have
/// just typed the name.
pub fn declared_by_oneself<'p>(
    member: &Member,
    declarations: &[Declaration],
    people: &'p [Person],
) -> Option<&'p Person> {
    let own = |one: &&Declaration| one.member == member.id && one.by_oneself();
    people.iter().find(|person| declarations.iter().filter(own).any(|one| one.likeness(person) == Some(Likeness::Same)))
}

/// Whether a declaration is for another manager: it may mean somebody whom this one declared for themselves. Whoever is shown one, or lifts
/// one, is never asked whom it met, so that neither tells them who is known here.
pub fn may_look_after(
    by: &Member,
    declaration: &Declaration,
    declarations: &[Declaration],
    now: Moment,
) -> Result<(), Denied> {
    may_now(by, Wish::LiftConflict(declaration.organisation, declaration.member), &Circumstances::plain(now))?;
    let own = |one: &&Declaration| one.member == by.id && one.by_oneself();
    let resembles = declarations.iter().filter(own).any(|one| one.resembles(declaration));
    if resembles { Err(Denied::NotInvolved) } else { Ok(()) }
}

/// Whom of a member's conflicts from before there were declarations this manager may lift: whom they may see themselves.
#[must_use]
pub fn earlier_to_lift(by: &Member, member: &Member, now: Moment) -> BTreeSet<PersonId> {
    member.earlier_conflicts().into_iter().filter(|person| may_judge(by, [*person], now).is_ok()).collect()
}

/// Lifts one of a member's declarations, or all from before there were declarations. Its words are gone afterwards. `declarations` are the
/// organisation's.
pub fn lift(
    by: &Member,
    member: &Member,
    declaration: Option<DeclarationId>,
    declarations: &[Declaration],
    why: &str,
    now: Moment,
) -> Result<Member, Refused<LiftProblem>> {
    may_now(by, Wish::LiftConflict(member.organisation, member.id), &Circumstances::plain(now))?;
    let mut changed = if let Some(id) = declaration {
        let of_member = |one: &&Declaration| one.id == id && one.member == member.id;
        let lifted = declarations.iter().find(of_member).ok_or(Denied::NotInvolved)?;
        may_look_after(by, lifted, declarations, now)?;
        let mut declared = member.declared.clone();
        declared.remove(&id);
        member.with_declared(declared)
    } else {
        let lifted = earlier_to_lift(by, member, now);
        if lifted.is_empty() {
            return Err(Denied::NotInvolved.into());
        }
        let left = member.earlier_conflicts().difference(&lifted).copied().collect();
        member.with_conflicts(left, member.declared.clone())
    };
    changed.lifted.push(Lifted { declaration, by: by.id, at: now, why: why.trim().to_owned() });
    let problems = if blank(why) { vec![LiftProblem::WhyMissing] } else { Vec::new() };
    unless_problems(problems, || changed.conflicts_changed(by, now))
}

/// Says whether a person whom a declaration perhaps means is the same or another.
pub fn decide_likeness(
    by: &Member,
    member: &Member,
    (declaration, person): (DeclarationId, PersonId),
    same: bool,
    now: Moment,
) -> Result<Member, Denied> {
    may_now(by, Wish::LiftConflict(member.organisation, member.id), &Circumstances::plain(now))?;
    may_judge(by, [person], now)?;
    let mut declared = member.declared.clone();
    let met = declared.get_mut(&declaration).and_then(|met| met.get_mut(&person)).ok_or(Denied::NotInvolved)?;
    if !met.waits() {
        return Err(Denied::NotInvolved);
    }
    let (by_id, at) = (by.id, now);
    *met = if same { Met::Same { by: by_id, at } } else { Met::Another { by: by_id, at } };
    Ok(member.with_declared(declared).conflicts_changed(by, now))
}

/// Whoever judges whom a declaration met sees them, so none of them may be somebody whom they must not see themselves.
pub fn may_judge(by: &Member, people: impl IntoIterator<Item = PersonId>, now: Moment) -> Result<(), Denied> {
    let stated = Circumstances { reason_stated: true, ..Circumstances::plain(now) };
    people.into_iter().try_for_each(|person| may_now(by, Wish::ReadPerson(person, &[]), &stated).map(drop))
}
