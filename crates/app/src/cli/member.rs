//! `sharewell member`: a way back for an only administrator.

use clap::Subcommand;

use super::serving::{DataFolder, runtime};
use super::{Stop, say};
use crate::actions::reset_sign_in_by_operator;
use crate::clock::{Clock, in_london};
use crate::config::Config;
use crate::packs::LoadedPack;
use crate::{App, Mode};

/// Let a member in again who has nobody to ask
#[derive(Debug, Subcommand)]
pub(super) enum MemberCommand {
    /// Make a link with which a member sets a new password, in place of all that they signed in with
    NewWayIn(NewWayIn),
}

/// Make a link with which a member sets a new password, in place of all that they signed in with
#[derive(Debug, clap::Args)]
#[command(after_help = NEW_WAY_IN)]
pub(super) struct NewWayIn {
    #[command(flatten)]
    data: DataFolder,
    /// The e-mail address that they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
}

const NEW_WAY_IN: &str = "\
Example:
  sharewell member new-way-in --data /srv/sharewell --email ada.lovell@larkfield.example

For an only administrator who has lost their phone or passkey and their recovery codes. Everybody else asks their administrator, on the page of
the member. First make sure that it is they who ask: see them, or ring them on a number that you know.

Their password, passkeys, one-time code and recovery codes are then of no more use, and they are signed out everywhere. The link works once, within
7 days; hand it over in person. That it came from you stands in their record, with its entry in the ledger. They are told when they sign in,
and so are all administrators and advisers of the organisation, for 30 days.";

impl MemberCommand {
    pub(super) fn run(self) -> Result<(), Stop> {
        match self {
            Self::NewWayIn(new) => new.run(),
        }
    }
}

impl NewWayIn {
    fn run(self) -> Result<(), Stop> {
        let config = Config::read(&self.data.folder)?;
        let here = config.address.clone().unwrap_or_else(|| format!("http://localhost:{}", config.listen.port()));
        let loaded = LoadedPack::named(config.pack.as_deref())?;
        let given = runtime()?.block_on(async {
            let app = App::open(loaded, Clock::passing(), Mode::Live, config).await?;
            let given = reset_sign_in_by_operator(&app, &self.email).await;
            app.store.close().await;
            Ok::<_, Stop>(given?)
        })?;
        let until = in_london(given.ends_at).strftime("%-d %B %Y, %H:%M");
        say(&format!(
            "Hand this link to {} in person. It works once, until {until}:\n{here}/link#{}\nAdministrators and advisers are told.",
            given.member.name,
            given.code.text()
        ))
    }
}
