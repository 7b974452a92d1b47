//! What the log says of people coming in, being refused, and of changes to who may come in and how: one line each, under a fixed name, within
//! the request that it belongs to. A member is their id, and nobody else is named. `docs/security/README.md` lists the names.

use casework::{Denied, Member, MemberId, Proved};
use tracing::{Span, Subscriber, field};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{fmt, registry};

/// Something that whoever looks after the installation can look for in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Somebody proved who they are, and a session began.
    SignedIn,
    /// A step of signing in, or of proving it again, was refused.
    SignInRefused,
    /// A session that has ended, or never was, was shown.
    SessionRefused,
    /// A session was ended.
    SessionEnded,
    /// All other sessions of a member were ended.
    OtherSessionsEnded,
    /// A member chose another password.
    PasswordChanged,
    /// A member has a one-time code that they did not have.
    CodeSetUp,
    /// A member has new recovery codes.
    RecoveryCodesRenewed,
    /// A member added a passkey.
    PasskeyAdded,
    /// A member removed one of theirs.
    PasskeyRemoved,
    /// A link to join, or to set a password, was given.
    LinkGiven,
    /// A link was used up.
    LinkUsed,
    /// A link that does not hold was shown.
    LinkRefused,
    /// A member was given a new way in, and everything that they had is gone.
    WayInRenewed,
    /// Somebody was invited.
    MemberInvited,
    /// An invitation was taken back.
    InvitationWithdrawn,
    /// A member was suspended.
    MemberSuspended,
    /// A suspended member was let in again.
    MemberReactivated,
    /// A member's name, job, address or roles were changed.
    MemberChanged,
    /// A member left.
    MemberLeft,
    /// How an organisation's members sign in was changed.
    SignInRulesChanged,
    /// Emergency access began.
    EmergencyBegun,
    /// Whoever had emergency access ended it.
    EmergencyEnded,
    /// Emergency access was looked at by somebody else.
    EmergencyReviewed,
    /// The rules of access refused something.
    Refused,
    /// A write that no page of ours sent.
    SentFromElsewhere,
    /// A request for two hosts.
    TwoHosts,
    /// Something sealed came back altered, or too late.
    SealRefused,
    /// Somebody did something too often.
    TooOften,
    /// A row of the database is not as this program writes it. The store says so, wherever it meets one.
    RowRefused,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 30] = [
        Self::SignedIn,
        Self::SignInRefused,
        Self::SessionRefused,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::PasswordChanged,
        Self::CodeSetUp,
        Self::RecoveryCodesRenewed,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::LinkGiven,
        Self::LinkUsed,
        Self::LinkRefused,
        Self::WayInRenewed,
        Self::MemberInvited,
        Self::InvitationWithdrawn,
        Self::MemberSuspended,
        Self::MemberReactivated,
        Self::MemberChanged,
        Self::MemberLeft,
        Self::SignInRulesChanged,
        Self::EmergencyBegun,
        Self::EmergencyEnded,
        Self::EmergencyReviewed,
        Self::Refused,
        Self::SentFromElsewhere,
        Self::TwoHosts,
        Self::SealRefused,
        Self::TooOften,
        Self::RowRefused,
    ];

    /// Its name in the log, which stays as it is.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignInRefused => "sign-in-refused",
            Self::SessionRefused => "session-refused",
            Self::SessionEnded => "session-ended",
            Self::OtherSessionsEnded => "other-sessions-ended",
            Self::PasswordChanged => "password-changed",
            Self::CodeSetUp => "code-set-up",
            Self::RecoveryCodesRenewed => "recovery-codes-renewed",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyRemoved => "passkey-removed",
            Self::LinkGiven => "link-given",
            Self::LinkUsed => "link-used",
            Self::LinkRefused => "link-refused",
            Self::WayInRenewed => "way-in-renewed",
            Self::MemberInvited => "member-invited",
            Self::InvitationWithdrawn => "invitation-withdrawn",
            Self::MemberSuspended => "member-suspended",
            Self::MemberReactivated => "member-reactivated",
            Self::MemberChanged => "member-changed",
            Self::MemberLeft => "member-left",
            Self::SignInRulesChanged => "sign-in-rules-changed",
            Self::EmergencyBegun => "emergency-begun",
            Self::EmergencyEnded => "emergency-ended",
            Self::EmergencyReviewed => "emergency-reviewed",
            Self::Refused => "refused",
            Self::SentFromElsewhere => "sent-from-elsewhere",
            Self::TwoHosts => "two-hosts",
            Self::SealRefused => "seal-refused",
            Self::TooOften => "too-often",
            Self::RowRefused => store::ROW_REFUSED,
        }
    }

    /// It happened, to whoever asks.
    pub(crate) fn happened(self) {
        tracing::info!(event = self.name());
    }

    /// It happened to this member, who need not be the one that asks.
    pub(crate) fn happened_to(self, member: MemberId) {
        tracing::info!(event = self.name(), to = %member);
    }

    /// It happened, and why, or by which way: fixed words of the program's own.
    pub(crate) fn because(self, why: &'static str) {
        tracing::info!(event = self.name(), why);
    }
}

/// The rules of access refused something: which of them, and what it says. Neither names a record or anybody.
pub(crate) fn refused(reason: &Denied) {
    tracing::info!(event = Event::Refused.name(), rule = reason.rule(), %reason);
}

/// A log of one JSON object a line, each with the request that it belongs to.
pub fn log_to<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    registry().with(said(LevelFilter::INFO)).with(lines.with_writer(writer))
}

/// What is said in the log, from this level on. What the checks of passkeys say of themselves is left out: anybody can make them say it, and
/// in it are bytes that a browser sent. Why a passkey was refused is said by us.
pub(crate) fn said(least: LevelFilter) -> Targets {
    let quiet = ["webauthn_rs", "webauthn_rs_core"].map(|crate_name| (crate_name, LevelFilter::OFF));
    Targets::new().with_default(least).with_targets(quiet)
}

/// Says in every further line about this request who makes it.
pub(crate) fn asked_by(member: &Member) {
    Span::current().record("member", field::display(member.id));
}

/// By which way somebody proved who they are.
pub(crate) const fn way(proved: Proved) -> &'static str {
    match proved {
        Proved::Password => "password",
        Proved::PasswordAndCode => "password-and-code",
        Proved::PasswordAndRecoveryCode => "password-and-recovery-code",
        Proved::Passkey => "passkey",
        Proved::Provider => "provider",
        Proved::Invented => "press-in-the-demo",
    }
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn every_event_has_a_name_of_its_own_that_the_documents_explain() {
        let said = include_str!("../../../docs/security/README.md");
        let mut names: Vec<_> = Event::ALL.iter().map(|event| event.name()).collect();
        for name in &names {
            assert!(said.contains(&format!("`{name}`")), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Event::ALL.len());
    }
}
