//! Questions in Cedar's terms. Types, actions and roles are made once; ids of records that no rule compares are not told.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema,
};
use uuid::Uuid;

use crate::policy::PolicyFault;
use crate::question::{Asks, At, By, Circumstances, Involvement, Member, MemberId, OrganisationId, PersonId, Question};
use crate::words::{Action, Membership, Role};

/// The question cannot be put in these terms; the sentence says why, without saying whom it is about.
pub(crate) type Unsayable = String;

/// What every question needs.
#[derive(Debug)]
pub(crate) struct Terms {
    types: Types,
    roles: HashMap<Role, EntityUid>,
    memberships: HashMap<Membership, EntityUid>,
    actions: HashMap<&'static str, Entity>,
}

#[derive(Debug)]
struct Types {
    organisation: EntityTypeName,
    partnership: EntityTypeName,
    member: EntityTypeName,
    matter: EntityTypeName,
    record: EntityTypeName,
    draft: EntityTypeName,
    person: EntityTypeName,
    disposal: EntityTypeName,
    emergency: EntityTypeName,
    view: EntityTypeName,
    workplace: EntityTypeName,
    colleague: EntityTypeName,
    statistics: EntityTypeName,
}

type Attributes = HashMap<String, RestrictedExpression>;

impl Terms {
    /// The terms of the schema, which must know every word that a question can hold.
    pub(crate) fn new(schema: &Schema) -> Result<Self, PolicyFault> {
        let named = |name: &str| name.parse::<EntityTypeName>().map_err(|fault| PolicyFault::Schema(fault.to_string()));
        let (role, membership) = (named("Role")?, named("Membership")?);
        let types = Types {
            organisation: named("Organisation")?,
            partnership: named("Partnership")?,
            member: named("Member")?,
            matter: named("Matter")?,
            record: named("Record")?,
            draft: named("Draft")?,
            person: named("Person")?,
            disposal: named("Disposal")?,
            emergency: named("EmergencyAccess")?,
            view: named("View")?,
            workplace: named("Workplace")?,
            colleague: named("Colleague")?,
            statistics: named("Statistics")?,
        };
        let action = named("Action")?;
        let known = schema.action_entities().map_err(|fault| PolicyFault::Schema(fault.to_string()))?;
        let mut actions = HashMap::new();
        for word in Action::all().map(Action::word) {
            let entity = known.get(&uid(&action, word));
            let entity = entity.ok_or_else(|| PolicyFault::Schema(format!("the action “{word}” is missing")))?;
            actions.insert(word, entity.clone());
        }
        Ok(Self {
            types,
            roles: Role::ALL.iter().map(|&one| (one, uid(&role, one.word()))).collect(),
            memberships: Membership::ALL.iter().map(|&one| (one, uid(&membership, one.word()))).collect(),
            actions,
        })
    }

    /// An action as Cedar names it.
    pub(crate) fn action(&self, word: &str) -> Result<EntityUid, Unsayable> {
        let action = self.actions.get(word).ok_or_else(|| format!("the action “{word}” is missing"))?;
        Ok(action.uid())
    }

    /// The question as Cedar takes it. With a schema both halves are checked against it, which only tests need.
    pub(crate) fn say(
        &self,
        question: &Question<'_>,
        schema: Option<&Schema>,
    ) -> Result<(Request, Entities), Unsayable> {
        let word = question.asks.action().word();
        let action = self.actions.get(word).ok_or_else(|| format!("the action “{word}” is missing"))?;
        let member = self.member(question.member)?;
        let resource = self.resource(question.asks)?;
        let context = Context::from_pairs(self.context(question)).map_err(|fault| fault.to_string())?;
        let request = Request::new(member.uid(), action.uid(), resource.uid(), context, schema);
        let request = request.map_err(|fault| fault.to_string())?;
        // A schema brings its own actions.
        let action = if schema.is_none() { Some(action.clone()) } else { None };
        let told = [Some(member), Some(resource), action].into_iter().flatten();
        let entities = Entities::from_entities(told, schema).map_err(|fault| fault.to_string())?;
        Ok((request, entities))
    }

    fn member(&self, member: &Member) -> Result<Entity, Unsayable> {
        let membership = self.memberships.get(&member.membership).ok_or("a membership is missing")?;
        let partnerships = member.partnerships.iter().map(|one| value(id(&self.types.partnership, one.0)));
        let attributes = attributes([
            ("organisation", self.organisation(member.organisation)),
            ("partnerships", RestrictedExpression::new_set(partnerships)),
            ("membership", value(membership.clone())),
            ("guardian", RestrictedExpression::new_bool(member.guardian)),
            ("conflicts", self.people(&member.conflicts)),
        ]);
        let roles: HashSet<EntityUid> = member.roles.iter().filter_map(|role| self.roles.get(role)).cloned().collect();
        made(id(&self.types.member, member.id.0), attributes, roles)
    }

    fn resource(&self, asks: Asks<'_>) -> Result<Entity, Unsayable> {
        let types = &self.types;
        let belongs = |organisation| ("organisation", self.organisation(organisation));
        let (uid, attributes) = match asks {
            Asks::Workplace(_, whose) => (asked(&types.workplace), attributes([belongs(whose)])),
            Asks::Colleague(_, whose) => {
                (asked(&types.colleague), attributes([belongs(whose.organisation), ("who", self.who(whose.id))]))
            }
            Asks::Matter(_, matter) => (
                id(&types.matter, matter.id.0),
                attributes([belongs(matter.organisation), ("people", self.people(&matter.people))]),
            ),
            Asks::Record(_, record) => (
                asked(&types.record),
                attributes([
                    belongs(record.matter.organisation),
                    ("people", self.people(&record.matter.people)),
                    ("matter", value(id(&types.matter, record.matter.id.0))),
                    ("confidential", RestrictedExpression::new_bool(record.confidential)),
                ]),
            ),
            Asks::Draft(_, draft) => (
                asked(&types.draft),
                attributes([
                    belongs(draft.organisation),
                    ("people", self.people(&draft.people)),
                    ("writer", self.who(draft.writer)),
                ]),
            ),
            Asks::Person(_, person) => (
                id(&types.person, person.id.0),
                attributes([belongs(person.organisation), ("people", self.person(person.id))]),
            ),
            Asks::Disposal(_, disposal) => (
                asked(&types.disposal),
                attributes([belongs(disposal.organisation), ("people", self.people(&disposal.people))]),
            ),
            Asks::MarkView(view) => (
                asked(&types.view),
                attributes([
                    belongs(view.organisation),
                    ("people", self.person(view.person)),
                    ("reader", self.who(view.reader)),
                ]),
            ),
            Asks::Emergency(_, taken) => (
                asked(&types.emergency),
                attributes([
                    belongs(taken.organisation),
                    ("people", self.people(&taken.people)),
                    ("holder", self.who(taken.holder)),
                ]),
            ),
            Asks::ReadStatistics(partnership) => {
                (asked(&types.statistics), attributes([("partnership", value(id(&types.partnership, partnership.0)))]))
            }
        };
        made(uid, attributes, HashSet::new())
    }

    fn context(&self, question: &Question<'_>) -> Vec<(String, RestrictedExpression)> {
        let Circumstances { at, reason_stated, signed_in_again, emergency } = question.circumstances;
        let mut known = vec![
            ("now".to_owned(), time(at)),
            ("reason_stated".to_owned(), RestrictedExpression::new_bool(reason_stated)),
        ];
        known.extend(signed_in_again.map(|then| ("signed_in_again".to_owned(), time(then))));
        for (way, until) in ways(question.member, involvement(question.asks)) {
            known.extend(until.map(|until| (way.to_owned(), time(until))));
        }
        if let Some(taken) = emergency {
            let fields = [
                ("matter".to_owned(), value(id(&self.types.matter, taken.matter.0))),
                ("people".to_owned(), self.people(&taken.people)),
                ("holder".to_owned(), self.who(taken.holder)),
                ("begins".to_owned(), time(taken.begins)),
                ("ends".to_owned(), time(taken.ends)),
            ];
            // The names differ, which is all that this could complain of.
            known.extend(RestrictedExpression::new_record(fields).ok().map(|taken| ("emergency".to_owned(), taken)));
        }
        known
    }

    fn organisation(&self, organisation: OrganisationId) -> RestrictedExpression {
        value(id(&self.types.organisation, organisation.0))
    }

    fn who(&self, member: MemberId) -> RestrictedExpression {
        value(id(&self.types.member, member.0))
    }

    fn person(&self, person: PersonId) -> RestrictedExpression {
        RestrictedExpression::new_set([value(id(&self.types.person, person.0))])
    }

    fn people(&self, people: &BTreeSet<PersonId>) -> RestrictedExpression {
        RestrictedExpression::new_set(people.iter().map(|one| value(id(&self.types.person, one.0))))
    }
}

/// Who is involved in what is asked about.
const fn involvement(asks: Asks<'_>) -> &[Involvement] {
    match asks {
        Asks::Matter(_, matter) => matter.involvement.as_slice(),
        Asks::Record(_, record) => record.matter.involvement.as_slice(),
        Asks::Person(_, person) => person.involvement.as_slice(),
        _ => &[],
    }
}

/// Until when the member is involved, by each way: the latest end of those that are theirs.
fn ways(member: &Member, involvement: &[Involvement]) -> [(&'static str, Option<At>); 3] {
    let latest =
        |theirs: &dyn Fn(By) -> bool| involvement.iter().filter(|one| theirs(one.by)).map(|one| one.until).max();
    [
        ("assigned_until", latest(&|by| matches!(by, By::Assignment(id) if id == member.id))),
        ("team_until", latest(&|by| matches!(by, By::Team(team) if member.teams.contains(&team)))),
        ("invited_until", latest(&|by| matches!(by, By::Invitation(id) if id == member.id))),
    ]
}

fn uid(kind: &EntityTypeName, word: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(word))
}

fn id(kind: &EntityTypeName, uuid: Uuid) -> EntityUid {
    uid(kind, uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}

/// A record whose own id no rule compares.
fn asked(kind: &EntityTypeName) -> EntityUid {
    uid(kind, "this")
}

fn value(uid: EntityUid) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid)
}

fn time(at: At) -> RestrictedExpression {
    RestrictedExpression::new_long(at.micros())
}

fn attributes<const N: usize>(known: [(&str, RestrictedExpression); N]) -> Attributes {
    known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn made(uid: EntityUid, attributes: Attributes, parents: HashSet<EntityUid>) -> Result<Entity, Unsayable> {
    Entity::new(uid, attributes, parents).map_err(|fault| fault.to_string())
}
