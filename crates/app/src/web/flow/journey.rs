//! A decision under way: what was answered, what is worth asking, and what that comes to.

use casework::{Draft, DraftId, MemberId, Moment, NewDraft, Organisation, OrganisationId, Profile};
use guidance::advice::Decider;
use guidance::pack::{Question, QuestionKind};
use guidance::{Answer, Case, Pack};
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::AppError;
use crate::actions::{Advised, advise, case_of};
use crate::web::Visit;

/// How one page leads to another.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Way {
    /// Kept in a draft: pages have addresses.
    Kept {
        /// The draft's id.
        id: String,
    },
    /// Talked through: the state travels sealed in every form, and pages have no address of their own.
    Talk {
        /// The sealed state.
        state: String,
    },
}

/// How far a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything on it is answered.
    Answered,
    /// Something on it was answered with "not sure".
    NotSure,
    /// Some of it is answered.
    Partly,
    /// Nothing is answered yet.
    Open,
}

/// A decision under way.
pub struct Journey<'p> {
    /// The pack.
    pub pack: &'p Pack,
    /// What was answered; for "talk it through" it is stored nowhere.
    pub draft: Draft,
    /// Whose decision it is.
    pub organisation: Organisation,
    /// How its pages lead to one another.
    pub way: Way,
    today: Date,
    decider: Decider<'p>,
}

impl<'p> Journey<'p> {
    /// A decision kept in a draft.
    pub fn kept(pack: &'p Pack, today: Date, organisation: Organisation, draft: Draft) -> Self {
        let way = Way::Kept { id: draft.id.to_string() };
        Self { decider: Decider::new(pack, today), pack, draft, organisation, way, today }
    }

    /// A decision talked through; of the organisation only what its member may be asked is known, if anybody is signed in.
    pub fn talked(pack: &'p Pack, today: Date, organisation: Option<&Organisation>, so_far: NewDraft) -> Self {
        let organisation = organisation.cloned().unwrap_or_else(no_organisation);
        let way = Way::Talk { state: String::new() };
        Self { decider: Decider::new(pack, today), pack, draft: unkept(so_far), organisation, way, today }
    }

    /// The day on which it is decided.
    pub const fn today(&self) -> Date {
        self.today
    }

    /// The case as it stands.
    pub fn case(&self) -> Result<Case, AppError> {
        case_of(self.pack, &self.organisation, &self.draft).check(self.pack).map_err(AppError::from)
    }

    /// The advice as things stand.
    pub fn advised(&self) -> Result<Advised, AppError> {
        advise(self.pack, case_of(self.pack, &self.organisation, &self.draft), self.today)
    }

    /// The questions worth asking as things stand, in order. What the organisation answers once is not asked.
    pub fn asked(&self) -> Result<Vec<&'p Question>, AppError> {
        let case = self.case()?;
        let open = |question: &&Question| {
            question.facts.is_empty()
                || question
                    .facts
                    .iter()
                    .any(|fact| self.draft.answers.contains_key(fact) || !self.answered_once(&case, fact))
        };
        Ok(self.decider.asked(&case).into_iter().map(|at| &self.pack.questions[at]).filter(open).collect())
    }

    fn answered_once(&self, case: &Case, fact: &str) -> bool {
        let known = self.pack.fact_index(fact).map(|index| case.facts.answer_of(self.pack, index));
        !self.draft.answers.contains_key(fact) && !matches!(known, None | Some(Answer::Unknown))
    }

    /// The next question after this one that is still open. When there is none, an earlier one that cannot be skipped and was passed
    /// over whole because danger came first; one that was answered in part is not asked again.
    pub fn next_open(&self, id: &str) -> Result<Option<&'p Question>, AppError> {
        let at = |id: &str| self.pack.questions.iter().position(|question| question.id == id);
        let here = at(id);
        let open = |question: &&Question| matches!(self.status(question), Status::Open | Status::Partly);
        let asked: Vec<&Question> = self.asked()?.into_iter().filter(open).collect();
        let after = asked.iter().find(|question| at(&question.id) > here);
        let passed_over = |question: &&&Question| !question.later && self.status(question) == Status::Open;
        let left = || asked.iter().find(|question| at(&question.id) < here && passed_over(question));
        Ok(after.or_else(left).copied())
    }

    /// The question before this one.
    pub fn before(&self, id: &str) -> Result<Option<&'p Question>, AppError> {
        let at = |id: &str| self.pack.questions.iter().position(|question| question.id == id);
        let here = at(id);
        Ok(self.asked()?.into_iter().rev().find(|question| at(&question.id) < here))
    }

    /// How far a question is answered.
    pub fn status(&self, question: &Question) -> Status {
        if question.kind == QuestionKind::Items {
            return if self.draft.items.is_empty() { Status::Open } else { Status::Answered };
        }
        let given: Vec<&Vec<String>> = question
            .facts
            .iter()
            .filter_map(|fact| self.draft.answers.get(fact))
            .filter(|given| !given.is_empty())
            .collect();
        let texts =
            question.texts.iter().any(|text| self.draft.texts.get(&text.id).is_some_and(|text| !text.is_empty()));
        if given.iter().any(|values| values.iter().any(|value| value == "unsure")) {
            Status::NotSure
        } else if given.len() == question.facts.len() {
            Status::Answered
        } else if given.is_empty() && !texts {
            Status::Open
        } else {
            Status::Partly
        }
    }

    /// What was answered, to be carried on or kept.
    pub fn so_far(&self) -> NewDraft {
        NewDraft {
            answers: self.draft.answers.clone(),
            texts: self.draft.texts.clone(),
            items: self.draft.items.clone(),
        }
    }
}

/// The pack and the day of a visit.
pub fn kept_journey(visit: &Visit, draft: Draft) -> Result<Journey<'_>, crate::web::Stopped> {
    let organisation = visit.actor()?.organisation.clone();
    Ok(Journey::kept(visit.app().pack(), visit.app().clock.today(), organisation, draft))
}

/// A draft in name only: it is stored nowhere.
fn unkept(so_far: NewDraft) -> Draft {
    let never = Moment::from_micros(0);
    Draft {
        id: DraftId::from_uuid(Uuid::nil()),
        organisation: OrganisationId::from_uuid(Uuid::nil()),
        member: MemberId::from_uuid(Uuid::nil()),
        version: 1,
        matter: None,
        people: std::collections::BTreeSet::new(),
        answers: so_far.answers,
        texts: so_far.texts,
        items: so_far.items,
        notes: String::new(),
        last_page: None,
        started_at: never,
        saved_at: never,
    }
}

/// Nothing is known of the organisation of somebody who is not signed in.
fn no_organisation() -> Organisation {
    Organisation {
        id: OrganisationId::from_uuid(Uuid::nil()),
        version: 1,
        name: String::new(),
        body: String::new(),
        partnerships: std::collections::BTreeSet::new(),
        secure_domains: std::collections::BTreeSet::new(),
        profile: Profile::default(),
        second_step: casework::SecondStep::Offered,
        procedures: std::collections::BTreeMap::new(),
        created_at: Moment::from_micros(0),
        responsible: casework::Responsible::default(),
    }
}
