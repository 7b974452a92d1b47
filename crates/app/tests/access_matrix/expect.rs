//! What the requirements say, in plain ifs: who is let in by what. Nothing here asks the program or its policy.
//!
//! ACC-1 to ACC-4 and GOV-1 in words: a matter is open to those whom it was assigned to, whose team has it or who were invited, until the
//! end of that. Whoever must not see somebody finds nothing about them, whatever else holds. An analyst sees no person, an administrator no
//! case. Emergency access is for reading, one matter, an hour. Each organisation is on its own.

use casework::{Membership, Role};

use crate::who::{Asker, Bond, House, Involvement, Who};

/// What an address needs of whoever asks, in the words of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it is for everybody, signed in or not, and shows nothing of anybody.
    Nothing,
    /// To work here.
    Membership,
    /// To work with cases.
    Casework,
    /// To be let see a matter with all that is on it.
    SeeingTheMatter,
    /// To work on the matter: an emergency is for reading.
    WorkingOnTheMatter,
    /// To say who else is involved in the matter: whoever it is assigned to.
    SayingWhoIsInvolved,
    /// To be let see a decision on confidential information.
    SeeingAConfidentialDecision,
    /// To be let see a decision on what is not confidential.
    SeeingADecision,
    /// To be let see a person's own page by what one is involved in.
    SeeingThePerson,
    /// To be let see the page of somebody else whom the matter is about too.
    SeeingTheSibling,
    /// To look a person up and say why.
    SayingWhy,
    /// To see who has read a person.
    SeeingReaders,
    /// To read a protected address.
    ReadingTheAddress,
    /// To keep an address and protect it.
    KeepingTheAddress,
    /// To protect it no longer.
    ReleasingTheAddress,
    /// A draft of one's own.
    OwnDraft,
    /// A draft of one's own, recorded on a matter.
    OwnDraftAndMatter,
    /// To look after what is kept: managers and administrators.
    Disposing,
    /// The same, about somebody.
    DisposingOfThePerson,
    /// To administer the organisation.
    Administering,
    /// To look over what others did: managers and advisers.
    Overseeing,
    /// To be shown emergency access: whoever had it, and those who look over it.
    SeeingTheEmergency,
    /// To say what came of looking at somebody else's emergency access.
    ReviewingTheEmergency,
    /// One's own emergency access, whatever one may see by now.
    OwnEmergency,
    /// To have the list of decisions on confidential information.
    TheGuardiansList,
    /// To look after colleagues' conflicts of interest.
    Judging,
    /// The same, where it names somebody whom a declaration met.
    JudgingTheConflict,
    /// To be told of matters on which nobody can work.
    HandingOnUnattended,
    /// To hand on one of them.
    HandingOnTheMatter,
    /// To look over what others read.
    LookingOverReading,
    /// The same, about somebody.
    LookingOverTheView,
    /// Something of one's own, such as a session.
    Own,
    /// What nobody can have here: another's draft or session, an id that belongs to something else.
    WhatNobodyHas,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It is done or shown.
    Answered,
    /// As if it did not exist.
    NotFound,
    /// Nobody is signed in who may be here.
    SignInFirst,
    /// It may be done, once they prove again who they are.
    ConfirmFirst,
    /// It was destroyed, and the certificate says so.
    Destroyed,
}

/// Whether a record is there still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    Kept,
    /// It was destroyed with whom it was about. Its id leads to the certificate, for these.
    Destroyed(ToldTo),
}

/// Who is told that something was destroyed. To the others, and to whoever must not see whom it was about, it is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldTo {
    /// Those who work with cases, and those who look after what is kept.
    Both,
    /// Those who work with cases: what was asked for is theirs alone.
    WhoeverWorksWithCases,
    /// Those who look after what is kept: what was asked for is theirs alone.
    WhoeverDisposes,
    /// Nobody: it leads nowhere, as drafts do.
    Nobody,
}

fn works_with_cases(who: Who) -> bool {
    (who.is(Role::Practitioner) || who.is(Role::Manager) || who.is(Role::Adviser)) && !who.is(Role::Analyst)
}

fn looks_after_what_is_kept(who: Who) -> bool {
    (who.is(Role::Manager) || who.is(Role::Administrator)) && !who.is(Role::Analyst)
}

/// Whether somebody who works here may have what they ask for.
pub fn may(needs: Needs, who: Who, bond: Bond) -> bool {
    let involved = matches!(bond.involvement, Involvement::Assigned | Involvement::ByTeam | Involvement::Invited);
    let emergency = bond.involvement == Involvement::Emergency;
    let assigned = bond.involvement == Involvement::Assigned;
    let invited = bond.involvement == Involvement::Invited;
    let had_emergency = matches!(
        bond.involvement,
        Involvement::Emergency
            | Involvement::EmergencyOver
            | Involvement::EmergencyEnded
            | Involvement::EmergencyElsewhere
    );
    let (manager, adviser) = (who.is(Role::Manager), who.is(Role::Adviser));
    let cases = works_with_cases(who);
    // Whoever works with cases and has no reason to stay away from whom it is about.
    let sees = cases && !bond.conflict;
    match needs {
        Needs::Nothing | Needs::Membership | Needs::Own => true,
        Needs::Casework => cases,
        Needs::SeeingTheMatter | Needs::SeeingADecision | Needs::SeeingThePerson => sees && (involved || emergency),
        Needs::WorkingOnTheMatter | Needs::OwnDraftAndMatter | Needs::KeepingTheAddress => sees && involved,
        Needs::SeeingAConfidentialDecision => sees && (involved || emergency || who.guardian),
        // They must not see the one, so the matter is closed to them; what they had in an emergency names the other too.
        Needs::SeeingTheSibling => cases && ((involved && !bond.conflict) || emergency),
        Needs::SayingWhy | Needs::OwnDraft => sees,
        Needs::SeeingReaders => sees && (involved || who.is(Role::Adviser)),
        Needs::ReadingTheAddress | Needs::SayingWhoIsInvolved => sees && assigned,
        Needs::ReleasingTheAddress => sees && (assigned || invited) && (who.is(Role::Manager) || who.is(Role::Adviser)),
        Needs::Disposing => looks_after_what_is_kept(who),
        Needs::DisposingOfThePerson => looks_after_what_is_kept(who) && !bond.conflict,
        Needs::Administering => who.is(Role::Administrator),
        // The room names nobody by itself, so that an analyst who has it finds it empty.
        Needs::Overseeing => manager || adviser,
        Needs::SeeingTheEmergency => sees && (had_emergency || manager || adviser),
        Needs::ReviewingTheEmergency => sees && !had_emergency && (manager || adviser),
        Needs::OwnEmergency => had_emergency,
        Needs::TheGuardiansList => who.guardian,
        // Whoever looks after colleagues' conflicts of interest is shown whom they declared.
        Needs::Judging => manager && cases,
        Needs::JudgingTheConflict => manager && sees,
        // Managers are told that there are some, and of none that is about somebody whom they must not see.
        Needs::HandingOnUnattended => manager && cases,
        Needs::HandingOnTheMatter => manager && sees,
        Needs::LookingOverReading => adviser && cases,
        Needs::LookingOverTheView => adviser && sees,
        Needs::WhatNobodyHas => false,
    }
}

/// What is answered to whoever asks this of a record of the organisation.
pub fn expected(needs: Needs, confirms: bool, asker: Asker, bond: Bond, record: Record) -> Expected {
    if needs == Needs::Nothing {
        return Expected::Answered;
    }
    if asker.membership != Some(Membership::Active) {
        return Expected::SignInFirst;
    }
    let Asker { who, .. } = asker;
    if asker.house != House::Own {
        return Expected::NotFound;
    }
    match record {
        Record::Kept if !may(needs, who, bond) => Expected::NotFound,
        Record::Kept if confirms && !asker.proved_lately => Expected::ConfirmFirst,
        Record::Kept => Expected::Answered,
        // Whether they had been involved does not matter any more.
        Record::Destroyed(to) => {
            let (cases, keeps) = (works_with_cases(who), looks_after_what_is_kept(who));
            let told = match to {
                ToldTo::Both => cases || keeps,
                ToldTo::WhoeverWorksWithCases => cases,
                ToldTo::WhoeverDisposes => keeps,
                ToldTo::Nobody => false,
            };
            // Nobody need stay away from the sibling.
            let closed = bond.conflict && needs != Needs::SeeingTheSibling;
            if told && !closed { Expected::Destroyed } else { Expected::NotFound }
        }
    }
}
