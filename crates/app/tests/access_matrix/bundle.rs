//! What is kept for one case: a matter about two people, with decisions, drafts, holds and an address, made for one person who asks and what
//! ties them to it.

use std::collections::BTreeSet;

use casework::{
    Address, Decision, DecisionId, DestructionId, Draft, DraftId, DraftItem, EmergencyAccess, EmergencyId, Held,
    HoldId, InvolvedBy, Involvement as Given, Item, ItemId, LegalHold, Matter, MatterId, MemberId, Moment,
    OrganisationId, Person, PersonId, Seen, TeamId, View, ViewId, Why,
};
use jiff::civil::date;
use sharewell::App;
use store::{StoreError, Writing};

use crate::house::NOW;
use crate::ids::Ids;
use crate::who::{Bond, Involvement};

/// What every case of a world begins from, recorded once by the program itself.
pub struct Models {
    pub decision: Decision,
    pub plain: Decision,
    pub quick: Decision,
    pub item: Item,
    pub draft: Draft,
}

/// Whom a case is made for and with.
pub struct Cast {
    pub organisation: OrganisationId,
    /// Who opened everything.
    pub keeper: MemberId,
    /// Who asks.
    pub asker: MemberId,
    pub colleague: MemberId,
    /// Somebody who works here no longer.
    pub gone: MemberId,
    /// A team in which the asker is.
    pub team: TeamId,
}

/// A case with what stands for it in requests.
pub struct Bundle {
    pub bond: Bond,
    pub ids: Ids,
    pub people: [PersonId; 4],
}

const MOMENT: i64 = 1;
const HOUR: i64 = 3_600_000_000;

fn at(micros: i64) -> Moment {
    Moment::from_micros(NOW.micros() + micros)
}

/// Records that are written together.
#[derive(Default)]
struct Records {
    people: Vec<Person>,
    matters: Vec<Matter>,
    items: Vec<Item>,
    decisions: Vec<Decision>,
    drafts: Vec<Draft>,
    holds: Vec<LegalHold>,
    addresses: Vec<Address>,
    emergencies: Vec<EmergencyAccess>,
    views: Vec<View>,
}

impl Records {
    async fn save(&self, writing: &mut Writing) -> Result<(), StoreError> {
        for one in &self.people {
            writing.save_person(one).await?;
        }
        for one in &self.matters {
            writing.save_matter(one).await?;
        }
        for one in &self.items {
            writing.save_item(one).await?;
        }
        for one in &self.decisions {
            writing.add_decision(one).await?;
        }
        for one in &self.drafts {
            writing.save_draft(one).await?;
        }
        for one in &self.addresses {
            writing.save_address(one).await?;
        }
        for one in &self.holds {
            writing.save_hold(one).await?;
        }
        for one in &self.emergencies {
            writing.save_emergency(one).await?;
        }
        for one in &self.views {
            writing.note_view(one).await?;
        }
        Ok(())
    }
}

/// Makes a case. `number` tells it apart from the others of its world; held ones cannot be destroyed.
pub async fn make(app: &App, cast: &Cast, models: &Models, number: usize, bond: Bond, held: bool) -> Bundle {
    let mut making = Making { app, cast, models, number, bond, ids: Ids::default(), records: Records::default() };
    let people = making.all(held);
    let Making { ids, records, .. } = making;
    let (records, organisation) = (&records, cast.organisation);
    let saved: Result<(), StoreError> = app
        .store
        .write("a_case", organisation, |mut writing: Writing| async move { records.save(&mut writing).await })
        .await;
    saved.unwrap();
    Bundle { bond, ids, people }
}

struct Making<'w> {
    app: &'w App,
    cast: &'w Cast,
    models: &'w Models,
    number: usize,
    bond: Bond,
    ids: Ids,
    records: Records,
}

impl Making<'_> {
    fn id<T>(&self, new: fn(Moment, [u8; 10]) -> T) -> T {
        self.app.clock.id(new).unwrap()
    }

    fn all(&mut self, held: bool) -> [PersonId; 4] {
        let number = self.number;
        self.ids.put("name", format!("Peregrine Oddfellow{number}"));
        self.ids.put("title", format!("Missed meals {number}"));
        self.ids.put("about", format!("Two brothers, number {number}"));
        self.ids.put("street", format!("{number} Saltmarsh Row"));
        self.ids.put("inquest", format!("Inquest number {number}"));
        let names = [self.ids["name"].clone(), format!("Sibling {number}"), "A spare".into(), "Another spare".into()];
        let people = names.map(|name| self.person(name));
        let [person, sibling, spare, other_spare] = people;
        let matter = self.matter("matter", [person, sibling].into());
        self.matter("spare_matter", [spare].into());
        self.matter("other_spare_matter", [other_spare].into());
        let Cast { keeper, gone, .. } = *self.cast;
        // Nothing ties whoever asks to these; and on those that are unattended nobody works who is here.
        for name in ["sudden_matter", "other_sudden_matter"] {
            let involved = vec![self.given(InvolvedBy::Assignment(keeper), None)];
            self.matter_of(name, [other_spare].into(), involved);
        }
        for name in ["unattended_matter", "other_unattended_matter"] {
            let involved = vec![self.given(InvolvedBy::Assignment(gone), None)];
            self.matter_of(name, [other_spare].into(), involved);
        }
        for (name, id) in ["person", "sibling", "spare", "other_spare"].into_iter().zip(people) {
            self.ids.put(name, id);
        }
        self.decisions(&matter);
        self.drafts(&matter);
        self.address(person);
        if held {
            self.hold("hold_on_person", Held::Person(person));
            self.hold("hold_on_matter", Held::Matter(matter.id));
            self.view("view", person, Seen::Person(person));
            self.view("other_view", person, Seen::Matter(matter.id));
        }
        self.emergency(&matter, held);
        for name in ["new_hold", "newer_hold"] {
            let id = self.id(HoldId::new);
            self.ids.put(name, id);
        }
        for name in ["new_destruction", "newer_destruction"] {
            let id = self.id(DestructionId::new);
            self.ids.put(name, id);
        }
        people
    }

    fn person(&mut self, name: String) -> PersonId {
        let id = self.id(PersonId::new);
        self.records.people.push(Person {
            id,
            organisation: self.cast.organisation,
            version: 1,
            name,
            date_of_birth: Some(date(2015, 3, 4)),
            note: String::new(),
            registered_at: NOW,
        });
        id
    }

    fn given(&self, by: InvolvedBy, until: Option<Moment>) -> Given {
        let given_at = at(-HOUR);
        Given { by, until, given_by: self.cast.keeper, given_at, why: "It was needed".into(), ended_by: None }
    }

    fn matter(&mut self, name: &'static str, people: BTreeSet<PersonId>) -> Matter {
        let Cast { keeper, asker, colleague, team, .. } = *self.cast;
        let mut involved = vec![
            self.given(InvolvedBy::Assignment(keeper), None),
            self.given(InvolvedBy::Invitation(colleague), Some(at(HOUR))),
        ];
        let (soon, over) = (Some(at(MOMENT)), Some(at(0)));
        involved.extend(match self.bond.involvement {
            Involvement::Assigned => vec![self.given(InvolvedBy::Assignment(asker), soon)],
            Involvement::ByTeam => vec![self.given(InvolvedBy::Team(team), soon)],
            Involvement::Invited => vec![self.given(InvolvedBy::Invitation(asker), soon)],
            Involvement::Over => vec![
                self.given(InvolvedBy::Assignment(asker), over),
                self.given(InvolvedBy::Team(team), over),
                self.given(InvolvedBy::Invitation(asker), over),
            ],
            _ => Vec::new(),
        });
        self.matter_of(name, people, involved)
    }

    fn matter_of(&mut self, name: &'static str, people: BTreeSet<PersonId>, involved: Vec<Given>) -> Matter {
        let id = self.id(MatterId::new);
        self.ids.put(name, id);
        let matter = Matter {
            id,
            organisation: self.cast.organisation,
            version: 1,
            title: self.ids["title"].clone(),
            people,
            opened_by: self.cast.keeper,
            involved,
            opened_at: at(-HOUR),
        };
        self.records.matters.push(matter.clone());
        matter
    }

    fn decisions(&mut self, matter: &Matter) {
        let item = Item {
            id: self.id(ItemId::new),
            matter: matter.id,
            people: matter.people.clone(),
            ..self.models.item.clone()
        };
        let models =
            [("decision", &self.models.decision), ("plain", &self.models.plain), ("quick", &self.models.quick)];
        for (name, model) in models.map(|(name, model)| (name, model.clone())) {
            let id = self.id(DecisionId::new);
            self.ids.put(name, id);
            let mut decision = Decision {
                id,
                matter: matter.id,
                people: matter.people.clone(),
                about: self.ids["about"].clone(),
                // Whoever recorded something may have left the matter since.
                member: if name == "plain" { self.cast.asker } else { self.cast.keeper },
                ..model
            };
            for decided in &mut decision.items {
                decided.item = item.id;
            }
            self.records.decisions.push(decision);
        }
        self.records.items.push(item);
    }

    fn drafts(&mut self, matter: &Matter) {
        let names = [
            ("draft", "item", self.cast.asker),
            ("draft_to_discard", "item_to_discard", self.cast.asker),
            ("draft_to_record", "item_to_record", self.cast.asker),
            ("draft_of_another", "item_of_another", self.cast.keeper),
        ];
        for (name, item, member) in names {
            let (id, item_id) = (self.id(DraftId::new), self.id(ItemId::new));
            self.ids.put(name, id);
            self.ids.put(item, item_id);
            let entry = self.models.draft.items[0].entry.clone();
            let kept = DraftItem { id: self.id(ItemId::new), entry: entry.clone() };
            self.records.drafts.push(Draft {
                id,
                member,
                version: 1,
                matter: Some(matter.id),
                people: matter.people.clone(),
                items: vec![DraftItem { id: item_id, entry }, kept],
                ..self.models.draft.clone()
            });
        }
    }

    fn address(&mut self, person: PersonId) {
        self.records.addresses.push(Address {
            person,
            organisation: self.cast.organisation,
            version: 1,
            lines: self.ids["street"].clone(),
            protected: true,
            because: String::new(),
            by: self.cast.keeper,
            at: NOW,
        });
    }

    fn hold(&mut self, name: &'static str, held: Held) {
        let id = self.id(HoldId::new);
        self.ids.put(name, id);
        self.records.holds.push(LegalHold {
            id,
            organisation: self.cast.organisation,
            version: 1,
            held,
            reason: self.ids["inquest"].clone(),
            by: self.cast.keeper,
            since: at(-HOUR),
            released: None,
            released_because: None,
        });
    }

    /// That a colleague was shown something for a reason that they stated: it stands out.
    fn view(&mut self, name: &'static str, person: PersonId, seen: Seen) {
        let id = self.id(ViewId::new);
        self.ids.put(name, id);
        self.records.views.push(View {
            id,
            organisation: self.cast.organisation,
            version: 1,
            reader: self.cast.colleague,
            people: [person].into(),
            seen,
            why: Why::Stated("The school rang".into()),
            first_at: at(-HOUR / 2),
            looked_at: None,
            earlier: Vec::new(),
        });
    }

    fn emergency(&mut self, matter: &Matter, held: bool) {
        let begins = |ends: i64| (at(ends - HOUR), at(ends));
        let Cast { asker, colleague, .. } = *self.cast;
        let (holder, (begins, ends), ended) = match self.bond.involvement {
            Involvement::Emergency => (asker, begins(MOMENT), None),
            Involvement::EmergencyOver => (asker, begins(0), None),
            Involvement::EmergencyEnded => (asker, begins(MOMENT), Some(at(0))),
            Involvement::EmergencyElsewhere => (asker, begins(MOMENT), None),
            Involvement::EmergencyOfAnother => (colleague, begins(MOMENT), None),
            // What nobody has any more can still be looked at.
            _ if held => (colleague, begins(0), None),
            _ => return,
        };
        let elsewhere = self.bond.involvement == Involvement::EmergencyElsewhere;
        let spare = &self.records.matters[1];
        let (of, people) =
            if elsewhere { (spare.id, spare.people.clone()) } else { (matter.id, matter.people.clone()) };
        let id = self.id(EmergencyId::new);
        self.ids.put("emergency", id);
        self.records.emergencies.push(EmergencyAccess {
            id,
            organisation: self.cast.organisation,
            version: 1,
            matter: of,
            people,
            holder,
            reason: "The hospital rang".into(),
            begins,
            ends,
            ended,
            review: None,
            earlier: Vec::new(),
            told: std::collections::BTreeMap::new(),
        });
    }
}
