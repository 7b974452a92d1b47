//! Who may do what. The rules are the Cedar policies in `policies/`, which a policy officer reads on their own; this crate turns a
//! typed [`Question`] into what they speak of and gives back their [`Answer`]. One place asks: [`Policy::ask`].
//!
//! Pure: no clock, no randomness, no file. The texts are part of the program.
#![forbid(unsafe_code)]

mod lately;
mod policy;
mod question;
mod terms;
mod words;

pub use policy::{Answer, Policy, PolicyFault, Rule, SCHEMA, TEXTS, built_in};
pub use question::{
    Asks, At, By, Circumstances, Colleague, Disposal, Draft, EmergencyAccess, Involvement, Matter, MatterId, Member,
    MemberId, OrganisationId, PartnershipId, Person, PersonId, Question, Record, TeamId, View,
};
pub use words::{
    Action, ColleagueAction, DisposalAction, DraftAction, EmergencyAction, MatterAction, Membership, PersonAction,
    RecordAction, Role, WorkplaceAction,
};
