//! Organisations, members, matters, people, items, drafts and decisions: what they are, how each may change,
//! and who may do what.
//!
//! Everything here is pure: the time, the legal day, and the random part of every id come in as arguments, and
//! a transition returns the new state or says, field by field, what is missing. Nothing here knows how a record
//! is stored or sealed, nor how advice is reached: a decision carries the facts and the advice as the exact text
//! that was shown.
#![forbid(unsafe_code)]

mod access;
mod address;
mod advice_text;
mod decision;
mod declaration;
mod destruction;
mod draft;
mod emergency;
mod id;
mod involvement;
mod item;
mod likeness;
mod limits;
mod matter;
mod member;
mod membership;
mod moment;
mod notice;
mod organisation;
mod passkey;
mod person;
mod problem;
mod proved;
mod recording;
mod sight;
mod team;
mod unattended;
mod unusual;
mod view;
mod wire;

pub use access::{Action, Denied, Permission, Resource, may};
pub use address::{Address, AddressProblem, keep_address, release_address};
pub use advice_text::{AdviceText, Pieces};
pub use decision::{
    ActDone, AdviceTaken, Article8, Choice, Correction, DecidedItem, Decision, Judgement, OwnDecision, PackRef,
    Recipient, Told, Verdict,
};
pub use declaration::{
    Declaration, DeclareProblem, Declared, LiftProblem, Lifted, MOST_DECLARATIONS, Met, NewDeclaration, Relation,
    count_undecided, decide_likeness, decided_by, declare, declared_by_oneself, earlier_to_lift, lift, may_judge,
    may_look_after, meet, nobody_looks_after,
};
pub use destruction::{
    DestroyRefused, Destruction, Existed, ExistedVersion, Ground, Held, KeyRotation, LegalHold, NewDestruction,
    Recovery, counts, hold, may_destroy, reason_to_hold, release,
};
pub use draft::{Draft, DraftItem, MOST_ITEMS, NewDraft, SaveDraftProblem, save_draft, start_draft};
pub use emergency::{
    EMERGENCIES_COUNT_SECONDS, EmergencyAccess, EmergencyProblem, LONGEST_EMERGENCY_SECONDS, MOST_EMERGENCIES, Outcome,
    Review, ReviewProblem, begin_emergency, end_emergency, may_begin_again, review_by, review_emergency,
};
pub use id::{
    ContactId, DecisionId, DeclarationId, DestructionId, DraftId, EmergencyId, HoldId, InvalidId, ItemId,
    KeyRotationId, MailId, MatterId, MemberId, OrganisationId, PasskeyId, PersonId, RecoveryId, SessionId, TeamId,
    ViewId,
};
pub use involvement::{
    InvolvedBy, Involvement, InvolvementProblem, Terms, assign_member, end_involvement, give_to_team, hand_on,
    invite_member, may_end, says_who_is_involved,
};
pub use item::{
    About, AddItemProblem, Category, Confidence, Historical, Item, ItemEntry, Need, Restriction, Standing, add_item,
    keep_draft_items,
};
pub use likeness::{Born, Likeness, likeness, parts};
pub use limits::{LONGEST_LINE, LONGEST_TEXT, MOST_PEOPLE, too_long};
pub use matter::{Matter, MatterProblem, NewMatter, add_people, open_matter};
pub use member::{
    Member, MemberProblem, Membership, NewMember, ProviderAccount, Reset, Role, RoleSet, admit_member, normal_email,
};
pub use membership::{
    HandOnProblem, MembershipProblem, MembershipStep, OtherAccount, Step, change_member, give_password_link,
    hand_on_draft, hand_on_matter, invite, invite_again, join, leave, link_account, reactivate, reset_sign_in,
    reset_sign_in_by_operator, sign_out_member, suspend, takers, withdraw,
};
pub use moment::Moment;
pub use notice::{
    GATHERED_SECONDS, Goes, Mail, Notice, ToldFirst, goes_with, is_told, notices, tells_of, times_told, told_of,
    whom_to_tell,
};
pub use organisation::{
    Contact, ContactProblem, NewContact, NewOrganisation, Organisation, OrganisationProblem, OutsideOfficer, Procedure,
    Profile, Responsible, ResponsibleProblem, SecondStep, YesNo, answer_profile, ask_for_second_step, attach_procedure,
    found_organisation, name_partners, name_responsible, record_contact,
};
pub use passkey::{
    LONGEST_PASSKEY_NAME, MOST_PASSKEYS, PasskeyProblem, StrongWays, add_passkey, name_passkey, remove_passkey,
};
pub use person::{NewPerson, Person, PersonProblem, register_person};
pub use problem::{Problem, Refused};
pub use proved::Proved;
pub use recording::{
    CorrectDecisionProblem, NewDecision, NotSharing, NotSharingProblem, RecordDecisionProblem, correct_decision,
    departs, record_decision, record_not_sharing,
};
pub use sight::{Circumstances, Way, Wish, may_now};
pub use team::{
    Team, TeamProblem, TeamsNow, WasInTeam, change_team, close_team, come_in, invite_to_team, leave_team, make_team,
};
pub use unattended::{
    hands_on_unattended, involved_or_were, is_involved, is_unattended, is_with_somebody, kept_from_cases_by,
    may_take_unattended, works_with_cases, would_be_unattended,
};
pub use unusual::{
    ADDRESS_DAYS, ADDRESS_READS, BRIEF_SECONDS, FIRST_HOUR, Glance, LAST_HOUR, LOOK_BACK_DAYS, MANY_IN_A_DAY,
    MANY_IN_AN_HOUR, Opened, ROUND_THE_CLOCK_PERCENT, ROUND_THE_CLOCK_READERS_PERCENT, Sign, Surroundings,
    TIMES_AT_MOST, TIMES_THE_USUAL, WasInvolved, ended_involvement, unusual,
};
pub use view::{LookedAt, MarkViewProblem, Seen, VIEWS_COUNT_AS_ONE_SECONDS, View, Why, hour_of, mark_view};
pub use wire::UnknownWord;
