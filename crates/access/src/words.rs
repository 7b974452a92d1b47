//! The words that questions and policies share: each is spelled here once as the policies spell it.

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as the policies spell it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    )+};
}

words! {
    /// What a member does in their organisation.
    Role {
        /// Decides whether to share.
        Practitioner = "practitioner",
        /// Manages practitioners and is asked for advice.
        Manager = "manager",
        /// Advises: information governance lead, Caldicott Guardian.
        Adviser = "adviser",
        /// Sees barriers across the partnership, and never a person.
        Analyst = "analyst",
        /// Looks after settings and members, and sees no case.
        Administrator = "administrator",
    }

    /// Where a membership stands.
    Membership {
        /// Asked to join, and not there yet.
        Invited = "invited",
        /// Works here.
        Active = "active",
        /// Kept out for a time.
        Suspended = "suspended",
        /// Works here no longer.
        Left = "left",
    }

    /// What is done to the organisation.
    WorkplaceAction {
        /// Open a matter, name a person, start a draft.
        StartCasework = "start_casework",
        /// Look whether a person is known.
        FindPeople = "find_people",
        /// See who works here.
        SeeColleagues = "see_colleagues",
        /// Change settings, procedures and contacts.
        ChangeSettings = "change_settings",
        /// Admit, suspend and change members.
        ManageMembers = "manage_members",
        /// Put somebody into a team, which opens its matters to them.
        AddToTeam = "add_to_team",
        /// See the list of unusual reading.
        ReadUnusualViews = "read_unusual_views",
        /// See the list of decisions that concern confidential information.
        ReadConfidentialDecisions = "read_confidential_decisions",
        /// See what waits to be looked at by somebody else than who did it.
        Oversee = "oversee",
        /// See the list of matters on which nobody can work, and hand them on.
        HandOnUnattended = "hand_on_unattended",
    }

    /// What is done about a member's conflicts of interest.
    ColleagueAction {
        /// Say whom they must not see.
        DeclareConflict = "declare_conflict",
        /// Say that they may see somebody again.
        LiftConflict = "lift_conflict",
    }

    /// What is done to a matter.
    MatterAction {
        /// Read it with its people and items.
        Read = "read_matter",
        /// Add to it, involve others, record a decision on it.
        WorkOn = "work_on_matter",
        /// Give it to another member, without reading it.
        HandOn = "hand_on_matter",
        /// Open it in an emergency.
        BeginEmergency = "begin_emergency",
    }

    /// What is done to a recorded decision.
    RecordAction {
        /// Read it, print it, take its receipt.
        Read = "read_record",
        /// Correct it by a later one.
        Correct = "correct_record",
    }

    /// What is done to a draft.
    DraftAction {
        /// Read it.
        Read = "read_draft",
        /// Save, discard or record it.
        Write = "write_draft",
    }

    /// What is done about a person.
    PersonAction {
        /// Read the person's own page.
        Read = "read_person",
        /// See who has read it.
        ReadReaders = "read_readers",
        /// See the protected address.
        ReadAddress = "read_address",
        /// Protect the address.
        ProtectAddress = "protect_address",
        /// Let the protected address out, or stop protecting it.
        ReleaseAddress = "release_address",
    }

    /// What is done about emergency access that was taken.
    EmergencyAction {
        /// See who had it, why, and what came of it.
        Read = "read_emergency",
        /// Say whether it was right.
        Review = "review_emergency",
    }

    /// What is done about keeping.
    DisposalAction {
        /// Destroy for good.
        Destroy = "destroy",
        /// Forbid destroying.
        PlaceHold = "place_hold",
        /// No longer forbid it.
        ReleaseHold = "release_hold",
    }
}

/// Anything that may be done, as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// To the organisation.
    Workplace(WorkplaceAction),
    /// About a member's conflicts of interest.
    Colleague(ColleagueAction),
    /// To a matter.
    Matter(MatterAction),
    /// To a recorded decision.
    Record(RecordAction),
    /// To a draft.
    Draft(DraftAction),
    /// About a person.
    Person(PersonAction),
    /// About keeping.
    Disposal(DisposalAction),
    /// Mark an unusual view as looked at.
    MarkView,
    /// About emergency access that was taken.
    Emergency(EmergencyAction),
    /// Read a partnership's numbers.
    ReadStatistics,
}

impl Action {
    /// The word as the policies spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Workplace(action) => action.word(),
            Self::Colleague(action) => action.word(),
            Self::Matter(action) => action.word(),
            Self::Record(action) => action.word(),
            Self::Draft(action) => action.word(),
            Self::Person(action) => action.word(),
            Self::Disposal(action) => action.word(),
            Self::MarkView => "mark_view",
            Self::Emergency(action) => action.word(),
            Self::ReadStatistics => "read_statistics",
        }
    }

    /// Every action.
    pub fn all() -> impl Iterator<Item = Self> {
        let workplace = WorkplaceAction::ALL.iter().copied().map(Self::Workplace);
        workplace
            .chain(ColleagueAction::ALL.iter().copied().map(Self::Colleague))
            .chain(MatterAction::ALL.iter().copied().map(Self::Matter))
            .chain(RecordAction::ALL.iter().copied().map(Self::Record))
            .chain(DraftAction::ALL.iter().copied().map(Self::Draft))
            .chain(PersonAction::ALL.iter().copied().map(Self::Person))
            .chain(DisposalAction::ALL.iter().copied().map(Self::Disposal))
            .chain(EmergencyAction::ALL.iter().copied().map(Self::Emergency))
            .chain([Self::MarkView, Self::ReadStatistics])
    }
}
