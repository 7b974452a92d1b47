//! Recording a decision: the one way from a draft, or from a line about not sharing, to a record.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::problem::{blank, problems, unless_problems};
use crate::{
    ActDone, Action, AdviceTaken, Article8, Choice, Correction, DecidedItem, Decision, DecisionId, Draft, Matter,
    Member, Moment, OwnDecision, PersonId, Recipient, Refused, Resource, Told, Verdict, may,
};

/// What is recorded besides the draft's own content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    /// In a line, whom and what it is about.
    pub about: String,
    /// The people it is about; none means the matter's people.
    pub people: BTreeSet<PersonId>,
    /// The items as judged.
    pub items: Vec<DecidedItem>,
    /// To whom.
    pub recipient: Option<Recipient>,
    /// For what purpose.
    pub purpose: String,
    /// The practitioner's own decision.
    pub own: OwnDecision,
    /// What the guidance advised.
    pub advice: AdviceTaken,
    /// Article 8 in their own words.
    pub article_8: Option<Article8>,
    /// The discussion with the requester.
    pub requester_discussion: String,
    /// Advice asked for and given elsewhere.
    pub advice_sought: String,
    /// Whether the person was told.
    pub told: Option<Told>,
    /// When to look at this again.
    pub look_again_on: Option<Date>,
    /// What to do now that was done.
    pub acts_done: Vec<ActDone>,
}

/// A quick record that nothing is shared: under a minute (DEC-15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSharing {
    /// In a line, whom and what it is about.
    pub about: String,
    /// Not sharing, or not yet.
    pub choice: Choice,
    /// Why.
    pub reasons: String,
    /// Who asked, where somebody did.
    pub requester: Option<Recipient>,
    /// The discussion with them.
    pub requester_discussion: String,
    /// When to look at this again.
    pub look_again_on: Option<Date>,
}

problems! {
    /// What recording a decision needs.
    RecordDecisionProblem {
        AboutMissing @ "about" = "Say in a line whom and what this is about.",
        ReasonsMissing @ "reasons" = "Give your reasons.",
        DepartingMissing @ "departing" = "Say why you decide differently from the advice.",
        RecipientMissing @ "recipient_name" = "Enter who will receive it: the organisation, and a person or team.",
        PurposeMissing @ "purpose" = "Say what it is for.",
        AimMissing @ "aim" = "Say what sharing is to achieve.",
        NecessityMissing @ "necessity" = "Say why sharing is necessary.",
        ProportionalityMissing @ "proportionality" = "Say why this much, and no more, is shared.",
        ToldMissing @ "told" = "Say whether the person was told.",
        WhyNotToldMissing @ "why_not_told" = "Say why the person was not told.",
        PersonElsewhere @ "people" = "Choose people whom this matter is about.",
        DraftElsewhere @ "matter" = "Choose the matter that this decision was started on.",
    }
}

problems! {
    /// What a quick record of not sharing needs.
    NotSharingProblem {
        AboutMissing @ "about" = "Say in a line whom and what this is about.",
        ReasonsMissing @ "reasons" = "Give your reasons.",
        Shares @ "choice" = "Choose not to share, or not yet.",
    }
}

problems! {
    /// What a correction needs, besides what the decision itself needs.
    CorrectDecisionProblem {
        WhyMissing @ "why" = "Say what was wrong with the earlier record.",
        EarlierElsewhere @ "corrects" = "Choose a decision on this matter.",
    }
}

/// Whether a decision departs from the advice, so that reasons for that are due (DEC-9).
pub const fn departs(advised: Verdict, choice: Choice) -> bool {
    !matches!(
        (advised, choice),
        (Verdict::Share, Choice::Share | Choice::ShareSome)
            | (Verdict::ShareAnonymised, Choice::ShareAnonymised)
            // "Do not share yet: ask them first" is followed by not sharing and by waiting alike.
            | (Verdict::DoNotShare, Choice::DoNotShare | Choice::Delay)
            | (Verdict::Advice, Choice::AskAdvice)
            | (Verdict::Incomplete, Choice::AskAdvice | Choice::Delay)
    )
}

/// Records a decision from a draft. `on` is the legal day of `now`.
pub fn record_decision(
    member: &Member,
    matter: &Matter,
    draft: Option<&Draft>,
    id: DecisionId,
    new: NewDecision,
    now: Moment,
    on: Date,
) -> Result<Decision, Refused<RecordDecisionProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    if let Some(draft) = draft {
        may(member, Action::WorkOn, Resource::Draft(draft))?;
    }
    unless_problems(decision_problems(matter, draft, &new), || Decision {
        id,
        organisation: matter.organisation,
        matter: matter.id,
        people: if new.people.is_empty() { matter.people.clone() } else { new.people },
        about: new.about.trim().to_owned(),
        items: new.items,
        member: member.id,
        member_name: member.name.clone(),
        member_role_title: member.role_title.clone(),
        recorded_at: now,
        recorded_on: on,
        recipient: new.recipient,
        purpose: new.purpose,
        own: OwnDecision {
            departing: new.own.departing.filter(|_| departs(new.advice.verdict, new.own.choice)),
            ..new.own
        },
        advice: Some(new.advice),
        article_8: new.article_8,
        requester_discussion: new.requester_discussion,
        advice_sought: new.advice_sought,
        told: new.told,
        look_again_on: new.look_again_on,
        acts_done: new.acts_done,
        texts: draft.map(|draft| draft.texts.clone()).unwrap_or_default(),
        draft: draft.map(|draft| draft.id),
        corrects: None,
    })
}

/// Records that nothing is shared, with no more than a line and the reasons.
pub fn record_not_sharing(
    member: &Member,
    matter: &Matter,
    id: DecisionId,
    new: NotSharing,
    now: Moment,
    on: Date,
) -> Result<Decision, Refused<NotSharingProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, now))?;
    let mut problems = Vec::new();
    if blank(&new.about) {
        problems.push(NotSharingProblem::AboutMissing);
    }
    if new.choice.shares() {
        problems.push(NotSharingProblem::Shares);
    }
    if blank(&new.reasons) {
        problems.push(NotSharingProblem::ReasonsMissing);
    }
    unless_problems(problems, || Decision {
        id,
        organisation: matter.organisation,
        matter: matter.id,
        people: matter.people.clone(),
        about: new.about.trim().to_owned(),
        items: Vec::new(),
        member: member.id,
        member_name: member.name.clone(),
        member_role_title: member.role_title.clone(),
        recorded_at: now,
        recorded_on: on,
        recipient: new.requester,
        purpose: String::new(),
        own: OwnDecision { choice: new.choice, reasons: new.reasons, departing: None },
        advice: None,
        article_8: None,
        requester_discussion: new.requester_discussion,
        advice_sought: String::new(),
        told: None,
        look_again_on: new.look_again_on,
        acts_done: Vec::new(),
        texts: BTreeMap::new(),
        draft: None,
        corrects: None,
    })
}

/// Makes `decision`, just recorded, the correction of an earlier one. Both stay (REC-2).
pub fn correct_decision(
    member: &Member,
    matter: &Matter,
    earlier: &Decision,
    decision: Decision,
    why: &str,
) -> Result<Decision, Refused<CorrectDecisionProblem>> {
    may(member, Action::WorkOn, Resource::Matter(matter, decision.recorded_at))?;
    let mut problems = Vec::new();
    let bound = |one: &Decision| one.organisation == matter.organisation && one.matter == matter.id;
    if !bound(earlier) || !bound(&decision) || earlier.id == decision.id {
        problems.push(CorrectDecisionProblem::EarlierElsewhere);
    }
    if blank(why) {
        problems.push(CorrectDecisionProblem::WhyMissing);
    }
    unless_problems(problems, || Decision {
        corrects: Some(Correction { decision: earlier.id, why: why.trim().to_owned() }),
        ..decision
    })
}

fn decision_problems(matter: &Matter, draft: Option<&Draft>, new: &NewDecision) -> Vec<RecordDecisionProblem> {
    use RecordDecisionProblem as P;
    let mut problems = Vec::new();
    let mut need = |missing: bool, problem: P| {
        if missing {
            problems.push(problem);
        }
    };
    let choice = new.own.choice;
    need(blank(&new.about), P::AboutMissing);
    need(!new.people.is_subset(&matter.people), P::PersonElsewhere);
    need(draft.and_then(|draft| draft.matter).is_some_and(|started_on| started_on != matter.id), P::DraftElsewhere);
    // In an emergency nothing else may stand in the way; the rest is completed afterwards (DEC-12).
    if choice.shares() && !new.advice.urgent {
        let named = |recipient: &Recipient| !blank(&recipient.organisation) || !blank(&recipient.name);
        need(!new.recipient.as_ref().is_some_and(named), P::RecipientMissing);
        need(blank(&new.purpose), P::PurposeMissing);
    }
    if choice.shares_about_people() && !new.advice.urgent {
        if new.advice.interferes {
            let words = new.article_8.clone().unwrap_or_default();
            need(blank(&words.aim), P::AimMissing);
            need(blank(&words.necessity), P::NecessityMissing);
            need(blank(&words.proportionality), P::ProportionalityMissing);
        }
        need(new.told.is_none(), P::ToldMissing);
    }
    need(matches!(&new.told, Some(Told::No { why } | Told::Later { why }) if blank(why)), P::WhyNotToldMissing);
    need(blank(&new.own.reasons), P::ReasonsMissing);
    need(departs(new.advice.verdict, choice) && new.own.departing.as_deref().is_none_or(blank), P::DepartingMissing);
    problems
}
