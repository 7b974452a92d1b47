//! Sharewell: the one program. Pages and API (`web`, `api`) turn what people send into the same typed commands; `actions` is the
//! one place that acts on them; `cli` has the commands on the machine itself; `guidance` and `casework` hold the rules; `store` keeps what was recorded.
#![forbid(unsafe_code)]

pub mod actions;
pub mod api;
mod body;
pub mod certificate;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod device;
pub mod error;
pub mod events;
pub mod mail;
pub mod metrics;
pub mod openid;
pub mod origin;
pub mod packs;
pub mod partners;
mod passkeys;
pub mod post;
pub mod providers;
pub mod seal;
pub mod serve;
pub mod state;
pub mod tls;
pub mod web;
pub mod witness;
mod words;

pub use error::{AppError, FieldProblem};
pub use state::{App, Mode};
