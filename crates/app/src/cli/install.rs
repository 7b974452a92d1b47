//! `sharewell init`: a new installation.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use casework::{NewMember, NewOrganisation, Profile, Role, SecondStep};
use store::{SHORTEST_PASSWORD, Store};
use zeroize::Zeroizing;

use super::serving::{DataFolder, runtime};
use super::{Stop, say};
use crate::actions::found_organisation;
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::packs::LoadedPack;
use crate::{App, Mode};

/// Set up a new installation with its first organisation and administrator
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    #[command(flatten)]
    data: DataFolder,
    /// The organisation's name
    #[arg(long, value_name = "NAME")]
    organisation: String,
    /// What kind of body it is, by its id in the guidance (see the example)
    #[arg(long, value_name = "KIND")]
    body: String,
    /// Its safeguarding partnership
    #[arg(long, value_name = "NAME", default_value = "")]
    partnership: String,
    /// The administrator's name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The administrator's job
    #[arg(long, value_name = "JOB", default_value = "Administrator")]
    job: String,
    /// The e-mail address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// Let the administrator work with cases too, as a small organisation needs
    #[arg(long)]
    also_practitioner: bool,
    /// Let members sign in with a password alone. Otherwise each adds a passkey or sets up a one-time code first
    #[arg(long)]
    password_alone: bool,
    /// Read the password from the first line of this file instead of asking for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Example:
  sharewell init --data /srv/sharewell --organisation \"Larkfield Primary School\" --body school-maintained \\
      --name \"Ada Lovell\" --job \"Business manager\" --email ada.lovell@larkfield.example
  sharewell serve --data /srv/sharewell

The password is asked for, or read from --password-file; it never stands on the command line, where others could read it.
Back up the folder `keys` apart from the database: who has both can read everything, and without the keys nobody can.
For the kinds of body see `discloser_kind` in `sharewell decide --template`.";

impl Init {
    pub(super) fn run(self) -> Result<(), Stop> {
        let config = Config::read(&self.data.folder)?;
        let loaded = LoadedPack::named(config.pack.as_deref())?;
        let password = self.password()?;
        let mut roles = vec![Role::Administrator];
        if self.also_practitioner {
            roles.push(Role::Practitioner);
        }
        let organisation = NewOrganisation {
            name: self.organisation,
            body: self.body,
            partnership: self.partnership,
            profile: Profile::default(),
            second_step: if self.password_alone { SecondStep::Offered } else { SecondStep::Demanded },
        };
        let administrator =
            NewMember { name: self.name, role_title: self.job, email: self.email, roles: roles.into_iter().collect() };
        let folder = config.folder.display().to_string();
        runtime()?.block_on(async {
            let app = empty_installation(config, loaded).await?;
            found_organisation(&app, organisation, administrator, &password).await?;
            app.store.close().await;
            Ok::<_, Stop>(())
        })?;
        say(&format!(
            "Sharewell is set up in {folder}.\nStart it with: sharewell serve --data {folder}\nBack up {folder}/keys apart from the database."
        ))
    }

    fn password(&self) -> Result<Zeroizing<String>, Stop> {
        if let Some(file) = &self.password_file {
            let text = fs::read_to_string(file)
                .map_err(|error| Stop::Wrong(format!("{}: cannot be read: {error}", file.display())))?;
            let text = Zeroizing::new(text);
            return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
        }
        if !io::stdin().is_terminal() {
            return Err(Stop::Wrong(
                "There is nobody to ask for a password. Name a file with --password-file.".to_owned(),
            ));
        }
        let ask = |prompt: String| rpassword::prompt_password(prompt).map(Zeroizing::new);
        let password = ask(format!("Password for the administrator, at least {SHORTEST_PASSWORD} characters: "))?;
        if *password != *ask("The same again: ".to_owned())? {
            return Err(Stop::Wrong("The two passwords differ. Run the command again.".to_owned()));
        }
        Ok(password)
    }
}

/// A new installation, or one that an earlier attempt left without an organisation.
async fn empty_installation(config: Config, loaded: LoadedPack) -> Result<std::sync::Arc<App>, Stop> {
    let (clock, place) = (Clock::passing(), config.place());
    let app = if Store::exists(&place).await? {
        App::open(loaded, clock, Mode::Live, config).await?
    } else {
        let store = Store::create(&place, clock::randomness(), clock::of_store(&clock)).await?;
        App::new(store, loaded, clock, Mode::Live, config)
    };
    if !app.store.organisations().await?.is_empty() {
        let taken =
            format!("There is an installation at {} already; it is left as it is.", app.config.folder.display());
        return Err(Stop::Wrong(taken));
    }
    Ok(app)
}
