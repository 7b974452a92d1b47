//! What is recorded has room, and an end (`casework::limits`): said beside each field, for pages and API alike.

use casework::{
    Draft, LONGEST_LINE, LONGEST_TEXT, MOST_PEOPLE, NewContact, NewMember, Procedure, Recipient, Responsible, Told,
    too_long,
};

use super::{ItemChoice, RecordDecision, RecordNotSharing, Whom};
use crate::{AppError, FieldProblem};

/// Whether a text has room in its field: at most so many characters.
///
/// # Errors
/// `Invalid` on the field.
pub(super) fn at_most(field: &str, text: &str, most: usize) -> Result<(), AppError> {
    too_long(text, most).map_or(Ok(()), |message| Err(AppError::field(field, message)))
}

/// Collects what is too long, field by field.
#[derive(Default)]
struct Lengths(Vec<FieldProblem>);

impl Lengths {
    fn line(&mut self, field: &str, text: &str) {
        self.at_most(field, text, LONGEST_LINE);
    }

    fn text(&mut self, field: &str, text: &str) {
        self.at_most(field, text, LONGEST_TEXT);
    }

    fn at_most(&mut self, field: &str, text: &str, most: usize) {
        let problem = |message| FieldProblem { field: field.to_owned(), message };
        self.0.extend(too_long(text, most).map(problem));
    }

    fn people(&mut self, people: &[Whom]) {
        if people.len() > MOST_PEOPLE {
            let message = format!("Name at most {MOST_PEOPLE} people here; add others to the matter afterwards.");
            self.0.push(FieldProblem { field: "people".to_owned(), message });
        }
        for whom in people {
            if let Whom::New(person) = whom {
                self.line("people", &person.name);
                self.text("people", &person.note);
            }
        }
    }

    fn recipient(&mut self, recipient: Option<&Recipient>) {
        let Some(Recipient { organisation, name, role, .. }) = recipient else { return };
        self.line("recipient_organisation", organisation);
        self.line("recipient_name", name);
        self.line("recipient_role", role);
    }

    fn checked(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::Invalid(self.0)) }
    }
}

impl RecordDecision {
    /// Whether everything has a length that can be kept and printed.
    pub(super) fn check_lengths(&self) -> Result<(), AppError> {
        let mut lengths = Lengths::default();
        lengths.people(&self.people);
        lengths.line("about", &self.about);
        lengths.text("purpose", &self.purpose);
        lengths.text("reasons", &self.reasons);
        lengths.text("departing", self.departing.as_deref().unwrap_or_default());
        for (at, ItemChoice { reason, .. }) in &self.items {
            lengths.text(&format!("item-{at}-reason"), reason);
        }
        lengths.recipient(self.recipient.as_ref());
        if let Some(article_8) = &self.article_8 {
            lengths.text("aim", &article_8.aim);
            lengths.text("necessity", &article_8.necessity);
            lengths.text("proportionality", &article_8.proportionality);
        }
        lengths.text("requester_discussion", &self.requester_discussion);
        lengths.text("advice_sought", &self.advice_sought);
        match &self.told {
            Some(Told::Yes { words }) => lengths.text("told_words", words),
            Some(Told::Later { why } | Told::No { why }) => lengths.text("why_not_told", why),
            None => {}
        }
        for done in &self.acts_done {
            lengths.line("acts_done", &done.at);
            lengths.text("acts_done", &done.note);
        }
        lengths.text("why", self.corrects.as_ref().map(|correction| correction.why.as_str()).unwrap_or_default());
        lengths.checked()
    }
}

impl RecordNotSharing {
    /// Whether everything has a length that can be kept and printed.
    pub(super) fn check_lengths(&self) -> Result<(), AppError> {
        let mut lengths = Lengths::default();
        lengths.people(&self.people);
        lengths.line("about", &self.about);
        lengths.text("reasons", &self.reasons);
        lengths.recipient(self.requester.as_ref());
        lengths.text("requester_discussion", &self.requester_discussion);
        lengths.text("why", self.corrects.as_ref().map(|correction| correction.why.as_str()).unwrap_or_default());
        lengths.checked()
    }
}

/// Whether what a draft brings along has a length that can be kept and printed.
pub(super) fn check_draft(draft: &Draft) -> Result<(), AppError> {
    let mut lengths = Lengths::default();
    for (id, text) in &draft.texts {
        lengths.text(&format!("texts/{id}"), text);
    }
    for (at, item) in draft.items.iter().enumerate() {
        lengths.text(&format!("items/{at}/text"), &item.entry.text);
        lengths.line(&format!("items/{at}/source"), &item.entry.source);
        lengths.text(&format!("items/{at}/historical_context"), &item.entry.historical_context);
    }
    lengths.checked()
}

/// Whether what is written of a member fits into a line.
pub(super) fn check_member(new: &NewMember) -> Result<(), AppError> {
    let mut lengths = Lengths::default();
    lengths.line("name", &new.name);
    lengths.line("role_title", &new.role_title);
    lengths.line("email", &new.email);
    lengths.checked()
}

/// Whether a team's name fits into a line.
pub(super) fn check_team(name: &str) -> Result<(), AppError> {
    let mut lengths = Lengths::default();
    lengths.line("name", name);
    lengths.checked()
}

/// Whether what is written of an officer outside fits into a line.
pub(super) fn check_responsible(responsible: &Responsible) -> Result<(), AppError> {
    let mut lengths = Lengths::default();
    if let Some(outside) = &responsible.dpo_outside {
        lengths.line("dpo_name", &outside.name);
        lengths.line("dpo_contact", &outside.contact);
    }
    lengths.checked()
}

/// Whether a procedure has a length that can be shown beside a question.
pub(super) fn check_procedure(procedure: &Procedure) -> Result<(), AppError> {
    let mut lengths = Lengths::default();
    lengths.line("title", &procedure.title);
    lengths.text("text", &procedure.text);
    lengths.line("link", procedure.link.as_deref().unwrap_or_default());
    lengths.line("owner", &procedure.owner);
    lengths.checked()
}

/// Whether what is written of a front door fits into a line.
pub(super) fn check_contact(new: &NewContact) -> Result<(), AppError> {
    let mut lengths = Lengths::default();
    lengths.line("council", &new.council);
    lengths.line("phone", &new.phone);
    lengths.line("hours", &new.hours);
    lengths.line("source", &new.source);
    lengths.checked()
}
