//! The table: for each address what it needs, with a request that really gets through for whoever may.
//!
//! **A new route needs a row here.** Find the list that fits (`cases.rs`: what a matter, a person, a decision, a draft or a hold is named in;
//! `emergency.rs`; `overseen.rs`: what somebody else looks at; `house.rs`: colleagues, teams, sessions, passkeys; `nobody.rs`: no id at all;
//! `certificates.rs`), write the route with the names of ids in braces (`bundle.rs` and `world.rs` make them), say what it needs in the words
//! of `expect.rs`, from the requirements and not from the handler, and send the form with which it is done. One route may have several rows,
//! for what its form can say. Rows are asked in their order: what reads comes first, what uses something up last.

mod cases;
mod certificates;
mod emergency;
mod house;
mod nobody;
mod overseen;

use serde_json::Value;

use crate::expect::{Needs, ToldTo};
use crate::ids::Ids;

pub use cases::of_a_case;
pub use certificates::of_a_certificate;
pub use house::of_the_house;
pub use nobody::of_nobody;

/// What is sent.
pub enum Sent {
    Nothing,
    Form(Vec<(String, String)>),
    Json(Value),
    /// A file, as a browser sends it.
    File(&'static str),
}

/// What an answer that lets in keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// At most that somebody was shown something.
    Views,
    /// Nothing at all is required or forbidden: what is kept is of the door (attempts, sessions).
    Whatever,
    /// What was asked for.
    Something,
}

/// A row of the table.
pub struct Row {
    pub method: &'static str,
    /// The address, with names of ids in braces.
    pub address: &'static str,
    pub needs: Needs,
    /// Whether it cannot be undone, so that proof of who one is must be fresh.
    pub confirms: bool,
    pub sends: fn(&Ids) -> Sent,
    /// The status for whoever may.
    pub answers: u16,
    /// The name of what stands in the answer for whoever may.
    pub shows: Option<&'static str>,
    pub keeps: Keeps,
    /// Who is told when it was destroyed; none: it is not asked for what was destroyed.
    pub destroyed: Option<ToldTo>,
    /// The status under which it is not found by whoever may look: 404, but for a search that finds nobody.
    pub not_found: u16,
    /// The status for whoever is signed out.
    pub signed_out: u16,
    /// Whether it is counted how often somebody asks it, whatever comes of it.
    pub counted: bool,
    /// Names of ids of what is the asker's own and open to them, where something else that belongs to it is not found: the same is asked for
    /// nobody's with these ids, and that they were shown their own may be kept.
    pub own: &'static [&'static str],
}

const fn row(method: &'static str, address: &'static str, needs: Needs) -> Row {
    Row {
        method,
        address,
        needs,
        confirms: false,
        sends: |_| Sent::Nothing,
        answers: 200,
        shows: None,
        keeps: Keeps::Views,
        destroyed: Some(ToldTo::Both),
        not_found: 404,
        signed_out: 401,
        counted: false,
        own: &[],
    }
}

/// A page that is read.
pub const fn get(address: &'static str, needs: Needs) -> Row {
    row("GET", address, needs)
}

/// A form that is sent, and after which one goes on to another page.
pub const fn post(address: &'static str, needs: Needs, sends: fn(&Ids) -> Sent) -> Row {
    Row { sends, answers: 303, keeps: Keeps::Something, ..row("POST", address, needs) }
}

/// JSON that is sent to the API.
pub const fn send(method: &'static str, address: &'static str, needs: Needs, sends: fn(&Ids) -> Sent) -> Row {
    Row { sends, answers: 201, keeps: Keeps::Something, ..row(method, address, needs) }
}

impl Row {
    pub const fn answers(self, status: u16) -> Self {
        Self { answers: status, ..self }
    }

    const fn shows(self, name: &'static str) -> Self {
        Self { shows: Some(name), ..self }
    }

    pub const fn keeps(self, keeps: Keeps) -> Self {
        Self { keeps, ..self }
    }

    const fn within(self, own: &'static [&'static str]) -> Self {
        Self { own, ..self }
    }

    const fn counted(self) -> Self {
        Self { counted: true, ..self }
    }

    const fn confirms(self) -> Self {
        Self { confirms: true, ..self }
    }

    const fn destroyed(self, to: ToldTo) -> Self {
        Self { destroyed: Some(to), ..self }
    }

    const fn not_of_the_destroyed(self) -> Self {
        Self { destroyed: None, ..self }
    }

    const fn not_found(self, status: u16) -> Self {
        Self { not_found: status, ..self }
    }

    const fn signed_out(self, status: u16) -> Self {
        Self { signed_out: status, ..self }
    }

    pub fn is_api(&self) -> bool {
        self.address.starts_with("/api/")
    }
}

pub fn form<const N: usize>(fields: [(&'static str, &str); N]) -> Sent {
    Sent::Form(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
