//! The store as its users meet it: on a real file, opened and closed, attacked with the database in hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test prepares may fail the test")]
#![allow(clippy::duplicate_mod, reason = "one contract, held on two databases")]

mod common;

/// The contract on a file.
#[path = "."]
mod on_sqlite {
    pub use crate::common::House;
    #[path = "bound.rs"]
    mod bound;
    #[path = "busy.rs"]
    mod busy;
    #[path = "contract.rs"]
    mod contract;
    #[path = "involvement.rs"]
    mod involvement;
    #[path = "ledger.rs"]
    mod ledger;
    #[path = "rotating.rs"]
    mod rotating;
    #[path = "visiting.rs"]
    mod visiting;
    #[path = "witnessing.rs"]
    mod witnessing;
}

/// The same contract on a real server.
#[path = "."]
mod on_postgres {
    pub type House = crate::common::HouseOn<crate::common::OnPostgres>;
    #[path = "bound.rs"]
    mod bound;
    #[path = "busy.rs"]
    mod busy;
    #[path = "contract.rs"]
    mod contract;
    #[path = "involvement.rs"]
    mod involvement;
    #[path = "ledger.rs"]
    mod ledger;
    #[path = "rotating.rs"]
    mod rotating;
    mod server;
    mod spread;
    #[path = "visiting.rs"]
    mod visiting;
    #[path = "witnessing.rs"]
    mod witnessing;
}

mod backup;
mod declarations;
mod destroying;
mod exporting;
mod moving;
mod opening;
mod put_back;
mod sealing;
mod seeing;
mod tampering;
mod witnessed;
mod wording;
