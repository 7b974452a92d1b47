//! The last few questions with their answers. One command asks the same several times, of the same member, record and moment; and what
//! does not depend on the hour is asked by every command of a member.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::policy::Found;
use crate::question::{
    Asks, Circumstances, Colleague, Disposal, Draft, EmergencyAccess, Matter, Member, PartnershipId, Person, Question,
    Record, View,
};
use crate::words::{
    ColleagueAction, DisposalAction, DraftAction, EmergencyAction, MatterAction, PersonAction, RecordAction,
    WorkplaceAction,
};
use crate::{At, OrganisationId};

/// How many are remembered: enough for what runs at the same time on a few cores, and few enough to look through.
const MOST: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Lately(Mutex<VecDeque<(Asked, Found)>>);

impl Lately {
    /// The answer to the same question, if it was asked lately.
    pub(crate) fn answer(&self, question: &Question<'_>) -> Option<Found> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = known.iter().position(|(asked, _)| asked.question() == *question)?;
        // To the front, so that what every command asks is not pushed out by what one asks.
        let again = known.remove(at)?;
        let found = again.1;
        known.push_front(again);
        Some(found)
    }

    /// Remembers a question in place of the one that was not asked for longest.
    pub(crate) fn remember(&self, question: &Question<'_>, found: Found) {
        let asked = Asked::from(question);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.truncate(MOST - 1);
        known.push_front((asked, found));
    }
}

/// A question, kept.
#[derive(Debug)]
struct Asked {
    member: Member,
    what: What,
    at: At,
    reason_stated: bool,
    signed_in_again: Option<At>,
    emergency: Option<EmergencyAccess>,
}

/// As [`Asks`].
#[derive(Debug)]
enum What {
    Workplace(WorkplaceAction, OrganisationId),
    Colleague(ColleagueAction, Colleague),
    Matter(MatterAction, Matter),
    Record(RecordAction, Record),
    Draft(DraftAction, Draft),
    Person(PersonAction, Person),
    Disposal(DisposalAction, Disposal),
    MarkView(View),
    Emergency(EmergencyAction, EmergencyAccess),
    ReadStatistics(PartnershipId),
}

impl Asked {
    fn question(&self) -> Question<'_> {
        let asks = match &self.what {
            What::Workplace(action, of) => Asks::Workplace(*action, *of),
            What::Colleague(action, whose) => Asks::Colleague(*action, whose),
            What::Matter(action, matter) => Asks::Matter(*action, matter),
            What::Record(action, record) => Asks::Record(*action, record),
            What::Draft(action, draft) => Asks::Draft(*action, draft),
            What::Person(action, person) => Asks::Person(*action, person),
            What::Disposal(action, disposal) => Asks::Disposal(*action, disposal),
            What::MarkView(view) => Asks::MarkView(view),
            What::Emergency(action, taken) => Asks::Emergency(*action, taken),
            What::ReadStatistics(of) => Asks::ReadStatistics(*of),
        };
        let Self { at, reason_stated, signed_in_again, .. } = *self;
        let emergency = self.emergency.as_ref();
        let circumstances = Circumstances { at, reason_stated, signed_in_again, emergency };
        Question { member: &self.member, asks, circumstances }
    }
}

impl From<&Question<'_>> for Asked {
    fn from(question: &Question<'_>) -> Self {
        let what = match question.asks {
            Asks::Workplace(action, of) => What::Workplace(action, of),
            Asks::Colleague(action, whose) => What::Colleague(action, *whose),
            Asks::Matter(action, matter) => What::Matter(action, matter.clone()),
            Asks::Record(action, record) => What::Record(action, record.clone()),
            Asks::Draft(action, draft) => What::Draft(action, draft.clone()),
            Asks::Person(action, person) => What::Person(action, person.clone()),
            Asks::Disposal(action, disposal) => What::Disposal(action, disposal.clone()),
            Asks::MarkView(view) => What::MarkView(view.clone()),
            Asks::Emergency(action, taken) => What::Emergency(action, taken.clone()),
            Asks::ReadStatistics(of) => What::ReadStatistics(of),
        };
        let Circumstances { at, reason_stated, signed_in_again, emergency } = question.circumstances;
        let (member, emergency) = (question.member.clone(), emergency.cloned());
        Self { member, what, at, reason_stated, signed_in_again, emergency }
    }
}
