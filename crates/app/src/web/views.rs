//! A view of a person as people read it: who, when, what, why.

use casework::{Matter, Member, Seen, Why};
use serde::Serialize;
use store::Viewed;

use super::words;

/// A view in a line.
#[derive(Clone, Debug, Serialize)]
pub struct ViewLine {
    /// Who.
    who: String,
    /// When first.
    when: String,
    /// How often in that hour, where more than once.
    times: String,
    /// What.
    what: &'static str,
    /// Why.
    why: String,
}

impl ViewLine {
    pub(super) fn sample() -> Self {
        Self {
            who: "Amina Hart, Teacher".into(),
            when: "23 November 2026, 3:15pm".into(),
            times: "3 times".into(),
            what: "a matter",
            why: "Involved in the matter Missed meals".into(),
        }
    }
}

/// A view in words. The matter is named where the reader of this line may read it.
pub(super) fn view_line(viewed: &Viewed, reader: Option<&Member>, matter: Option<&Matter>) -> ViewLine {
    let view = &viewed.view;
    let who = reader.map_or_else(
        || "Somebody who is no longer known here".to_owned(),
        |one| format!("{}, {}", one.name, one.role_title),
    );
    let why = match &view.why {
        Why::Involved(_) => matter.map_or_else(
            || "Involved in a matter".to_owned(),
            |matter| format!("Involved in the matter {}", matter.title),
        ),
        Why::OwnDraft => "Their own draft".to_owned(),
        Why::Stated(reason) => format!("They said: {reason}"),
        Why::Emergency(_) => "Emergency access".to_owned(),
        Why::Guardian => "Caldicott Guardian".to_owned(),
        Why::Oversight => "Looking over reading".to_owned(),
        Why::SetConflict => "Set a conflict of interest for a colleague".to_owned(),
    };
    ViewLine {
        who,
        when: words::moment(view.first_at),
        times: if viewed.times > 1 { format!("{} times", viewed.times) } else { String::new() },
        what: what(view.seen),
        why,
    }
}

pub(super) fn what(seen: Seen) -> &'static str {
    match seen {
        Seen::Person(_) => "their own page",
        Seen::Address(_) => "their protected address",
        Seen::Matter(_) => "a matter",
        Seen::Decision(_) => "a recorded decision",
        Seen::Draft(_) => "a draft",
        Seen::Hold(_) => "a legal hold",
        Seen::Destroying(_) => "what would be destroyed",
        Seen::Readers(_) => "who has read about them",
        Seen::Openable(_) => "which matters could be opened in an emergency",
        Seen::Emergency(_) => "what emergency access opened",
        Seen::Oversight => "the list of unusual reading",
    }
}
