//! The one place that acts. Each function is one thing that somebody does: it loads under the organisation, asks `casework` whether this
//! member may, asks `guidance` where advice is due, makes the pure transition, saves by expected version and commits once.
//!
//! Pages and API call nothing else; commands on the machine, which are given without signing in, also go to `store`. Every function takes the
//! running [`App`](crate::App); whatever belongs to an organisation also takes the [`Actor`], whom only [`actor`] and the ways of signing in give.
//!
//! | what | function |
//! |---|---|
//! | sign in and out | [`begin_sign_in`], [`finish_sign_in`], [`set_up_first_code`], [`sign_in`] (at once), [`sign_in_as`] (demo only), [`demo_members`], [`enter`], [`actor`], [`sign_out`] |
//! | sign in with a passkey | [`ask_for_passkey`], [`sign_in_with_passkey`]; the first one in place of a one-time code: [`offer_first_passkey`], [`set_up_first_passkey`] |
//! | sign in with the organisation's own account | [`set_out`], [`come_back`]; to prove it again [`own_provider`], [`set_out_again`] |
//! | proving it again | [`confirmed_lately`] stops what cannot be undone, [`ask_owner_for_passkey`] and [`confirm`] go on |
//! | one's own ways in | [`account`], [`offer_passkey`], [`add_passkey`], [`rename_passkey`], [`remove_passkey`], [`change_password`], [`replace_code`], [`renew_recovery_codes`], [`end_my_session`], [`end_my_other_sessions`] |
//! | advice, nothing stored | [`advise_now`], [`advise`] |
//! | drafts | [`new_draft`] (from a whole case), [`start_draft`], [`save_draft`], [`drafts`], [`draft`], [`advise_on_draft`], [`discard_draft`], [`start_correction`] |
//! | recording | [`record_decision`], [`record_not_sharing`] |
//! | reading | [`decision`], [`decision_to_correct`], [`matter`], [`matters`], [`decisions`], [`replay`] |
//! | people | [`person`], [`find_person`], [`look_up`], [`readers`], [`keep_address`], [`read_address`], [`release_address`] |
//! | emergency access | [`would_be_told`], [`begin_emergency`], [`openable_matters`], [`end_emergency`], [`emergency`], [`emergencies`], [`own_emergencies`], [`review_emergency`] |
//! | oversight | [`oversight`], [`waiting`], [`confidential_decisions`]; its notices go out by [`send_mail`] |
//! | conflicts of interest | [`own_declarations`], [`declare_conflict`], [`conflicts_waiting`], [`colleague_conflicts`], [`decide_likeness`], [`lift_conflict`], [`tend_conflicts`] |
//! | matters on which nobody can work | [`unattended_matters`], [`who_may_take`], [`hand_on_unattended`]; of their number [`matters_to_hand_on`], [`member_record`] and [`matters_nobody_hands_on`] tell |
//! | unusual reading | [`unusual_reading`], [`unusual_view`], [`mark_view`], [`look_over_reading`] |
//! | who saw whom | [`keep_views`]; every action that shows something about people keeps that it did |
//! | keeping and destroying | [`may_dispose`], [`would_be_destroyed`], [`destroy`], [`destructions`], [`destruction`], [`certificate_file`], [`destruction_receipt`], [`holds`], [`hold`], [`place_hold`], [`release_hold`], [`recoveries`] |
//! | taking a record away | [`take_file`] before it is made; what a program could do too often is counted ([`Often`]) |
//! | ledgers | [`in_ledger`], [`ledger_key`], [`tend_ledgers`] |
//! | witnesses | [`witness_checkpoint`], [`witnessed_checkpoint`], [`ask_witness`], [`witnessing`] |
//! | matters and people | [`open_matter`], [`name_person`], [`matter_to_work_on`], [`matter_to_open`], [`involve`], [`end_involvement`], [`teams`] |
//! | memberships | [`invite_colleague`], [`give_link`], [`withdraw_invitation`], [`open_link`], [`use_link`], [`suspend_member`], [`reactivate_member`], [`sign_out_member`], [`sign_everybody_out`], [`change_member`], [`member_mark`], [`hand_over`], [`reset_sign_in`], [`member_record`] |
//! | a new way in from the machine | [`reset_sign_in_by_operator`], of which [`operator_resets`] tells |
//! | many members at once | [`decoded`], [`look_at_table`], [`invite_all`] |
//! | teams, who answers for what | [`teams_to_administer`], [`save_team`], [`close_team`], [`name_responsible`], [`name_partners`] |
//! | settings | [`found_organisation`], [`admit_member`], [`set_password`], [`members`], [`answer_profile`], [`attach_procedure`], [`record_contact`], [`contacts`], [`front_doors`] |

mod account;
mod advice;
mod attempts;
mod breached;
mod case;
mod conflicts;
mod drafts;
mod emergency;
mod importing;
mod invitations;
mod ledgers;
mod limits;
mod mail;
mod matters;
mod membership;
mod often;
mod organisation;
mod oversight;
mod passkeys;
mod passwords;
mod people;
mod reading;
mod recording;
mod replay;
mod retention;
mod second_step;
mod teams;
mod unattended;
mod unusual_reading;
mod views;
mod visits;
mod with_provider;
mod witnessing;

pub use account::{Account, account, ask_for_second_step, change_password, end_my_other_sessions, end_my_session};
pub use advice::{Advised, advise, advise_now};
pub use attempts::{Attempts, DEVICE_KNOWN_SECONDS, FAILURE_COUNTS_SECONDS, MOST_FAILURES, remember_device};
pub use case::{case_of, entry_of, new_draft};
pub use conflicts::{
    ColleagueConflicts, ConflictsWaiting, WaitingMatch, colleague_conflicts, conflicts_to_decide, conflicts_waiting,
    decide_likeness, declare_conflict, judges_conflicts, lift_conflict, nobody_looks_after_conflicts, own_declarations,
    tend_conflicts,
};
pub use drafts::{
    CORRECTS, advise_on_draft, discard_draft, draft, drafts, may_start, save_draft, start_correction, start_draft,
};
pub use emergency::{
    EmergencyRecord, Openable, Taken, WouldBeTold, begin_emergency, emergencies, emergencies_nobody_reviews,
    emergencies_to_review, emergency, end_emergency, openable_matters, own_emergencies, review_emergency, running,
    would_be_told,
};
pub use importing::{ImportRow, MOST_ROWS, decoded, invite_all, look_at_table, neutral};
pub use invitations::{Welcome, open_link, use_link};
pub use ledgers::{in_ledger, ledger_key, tend_ledgers};
pub use mail::send_mail;
pub use matters::{
    Involve, end_involvement, involve, matter_to_open, matter_to_work_on, name_person, open_matter, teams,
};
pub use membership::{
    GivenLink, HandOver, LINK_SECONDS, MemberRecord, Work, change_member, give_link, hand_over, invite_colleague,
    member_mark, member_record, operator_resets, reactivate_member, readable, reset_sign_in, reset_sign_in_by_operator,
    sign_everybody_out, sign_out_member, suspend_member, withdraw_invitation,
};
pub use often::{Often, take_file};
pub use organisation::{
    FrontDoor, admit_member, answer_profile, attach_procedure, contacts, found_organisation, front_doors, members,
    members_to_administer, organisation_to_administer, record_contact, set_password,
};
pub use oversight::{
    ConfidentialDecisions, DECISIONS_ON_A_PAGE, Oversight, Waiting, confidential_decisions, oversees, oversight,
    waiting,
};
pub use passkeys::{
    PasskeyAnswer, PasskeyRecord, Question, add_passkey, ask_for_passkey, ask_owner_for_passkey, offer_first_passkey,
    offer_passkey, remove_passkey, rename_passkey, set_up_first_passkey, sign_in_with_passkey,
};
pub use people::{
    Lives, PersonRecord, READERS_ON_A_PAGE, ReaderRecord, Readers, find_person, keep_address, look_up, person,
    read_address, readers, release_address,
};
pub use reading::{DecisionRecord, Involved, MatterRecord, decision, decision_to_correct, decisions, matter, matters};
pub use recording::{
    Basis, ItemChoice, OnMatter, RecordDecision, RecordNotSharing, Whom, record_decision, record_decision_to_read,
    record_not_sharing, recorded_from,
};
pub use replay::{Replay, replay};
pub use retention::{
    Certificate, HoldRecord, NewHold, WouldGo, certificate_file, destroy, destruction, destruction_receipt,
    destructions, hold, holds, may_dispose, place_hold, reason_to_hold, recoveries, release_hold, would_be_destroyed,
};
pub use second_step::{
    CodeOffer, HalfSignedIn, RECOVERY_CODES, finish_sign_in, half_signed_in, offer_code, offer_first_code,
    renew_recovery_codes, replace_code, set_up_first_code,
};
pub use teams::{Teams, close_team, name_partners, name_responsible, save_team, teams_to_administer};
pub use unattended::{
    Unattended, hand_on_unattended, hands_on_unattended, matters_nobody_hands_on, matters_to_hand_on,
    unattended_matters, who_may_take,
};
pub use unusual_reading::{
    UNUSUAL_ON_A_PAGE, UnusualReading, UnusualView, look_over_reading, mark_view, unusual_reading, unusual_view,
};
pub use views::{Views, keep_views};
pub use visits::{
    Actor, Begun, CONFIRMED_SECONDS, DemoMember, Entered, IDLE_SECONDS, LONGEST_SECONDS, Proof, actor, begin_sign_in,
    confirm, confirmed_lately, demo_members, enter, sign_in, sign_in_as, sign_out,
};
pub use with_provider::{
    AWAY_SECONDS, Back, CameBack, GoOn, NotSignedIn, WayOut, Why, come_back, own_provider, set_out, set_out_again,
};
pub use witnessing::{
    Rounds, WitnessedBy, Witnessing, ask_witness, witness_checkpoint, witnessed_checkpoint, witnessing,
};
