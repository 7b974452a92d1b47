//! `sharewell serve` and `sharewell demo`.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tracing_subscriber::filter::LevelFilter;

use super::{PackFolder, Stop, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::packs::LoadedPack;
use crate::tls::Shown;
use crate::{App, Mode, demo, events, serve};

/// The folder that holds the database, the keys and `sharewell.toml`.
#[derive(Debug, clap::Args)]
pub(super) struct DataFolder {
    /// The folder that holds the database, the keys and sharewell.toml
    #[arg(id = "data", long = "data", value_name = "DIR", default_value = "var/sharewell")]
    pub(super) folder: PathBuf,
}

/// Serve an installation
#[derive(Debug, clap::Args)]
#[command(after_help = SERVE)]
pub(super) struct Serve {
    #[command(flatten)]
    data: DataFolder,
    /// Where to listen [default: sharewell.toml, else 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// A backup of the PostgreSQL database was taken: bring it to this program's schema
    #[arg(long)]
    backed_up: bool,
}

const SERVE: &str = "\
Example:
  sharewell serve --data /srv/sharewell

By default only this machine is served. To serve others, put a proxy with TLS before it and write its address into
sharewell.toml in the data folder:

  listen = \"127.0.0.1:8080\"
  address = \"https://sharewell.example.org\"
  # certificate = \"chain.pem\"  # TLS without a proxy: see docs/operating.md
  # certificate_key = \"key.pem\"
  # pack = \"our-pack\"          # another guidance pack than the one built in
  # database = \"postgres://sharewell:PASSWORD@db.example.org/sharewell?sslmode=verify-full\"
  # metrics = \"127.0.0.1:9464\"   # where monitoring reads /metrics; for nobody else

  # stale_after_hours = 24      # warn when no partner has confirmed the ledger for so long
  # [[partner]]                 # who witnesses our ledgers, and whose we witness: see `sharewell witness --help`

  # [[provider]]                # an organisation's own accounts to sign in with: see docs/operating.md

Without `database` (or the variable SHAREWELL_DATABASE) the records lie in sharewell.db in the data folder, for one copy of
the program. On PostgreSQL several copies may run at once, each with the same keys: see docs/operating.md.

Logs go to standard error, one JSON object a line; they hold no names, no texts and no addresses of records.";

/// Open the invented story, to look around
#[derive(Debug, clap::Args)]
#[command(after_help = DEMO)]
pub(super) struct Demo {
    /// The port; 0 takes any that is free
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where to keep the story, so that it is there next time
    #[arg(id = "data", long = "data", value_name = "DIR", default_value = "var/demo")]
    folder: PathBuf,
    #[command(flatten)]
    pack: PackFolder,
}

const DEMO: &str = "\
Examples:
  sharewell demo
  sharewell demo --port 0 --data /tmp/story

Everything in it is invented. Anybody on this machine can sign in with one press: never put real people into it.
Delete the folder to begin anew.";

impl Serve {
    pub(super) fn run(self) -> Result<(), Stop> {
        let mut config = Config::read(&self.data.folder)?;
        config.listen = self.listen.unwrap_or(config.listen);
        config.database = config.database.map(|server| server.backed_up(self.backed_up));
        if config.is_in_the_open() {
            return Err(Stop::Wrong(
                "Others could read what travels to this address. Give it TLS in sharewell.toml: `address = \"https://…\"`, `certificate` and \
                 `certificate_key`; or put a proxy with TLS on this machine and listen at 127.0.0.1. Where the way from a proxy on another \
                 machine is protected by other means, say so: `proxy_elsewhere = true`."
                    .to_owned(),
            ));
        }
        let certificate = config.certificate.clone().map(Shown::new).transpose();
        let certificate = certificate.map_err(|error| Stop::Wrong(error.to_string()))?;
        let loaded = LoadedPack::named(config.pack.as_deref())?;
        runtime()?.block_on(async {
            log(false);
            let app = App::open(loaded, Clock::passing(), Mode::Live, config).await?;
            for witness in app.config.partners.iter().filter_map(|partner| partner.witness.as_ref()) {
                app.post.check(&witness.address).map_err(|why| Stop::Failed(why.to_string()))?;
            }
            providers_have_their_organisations(&app).await?;
            open_doors(app, certificate).await
        })
    }
}

/// A provider for an organisation that is not here would let nobody in; said at once, with those that are.
async fn providers_have_their_organisations(app: &App) -> Result<(), Stop> {
    if app.config.providers.is_empty() {
        return Ok(());
    }
    let here = app.store.organisations().await?;
    for provider in &app.config.providers {
        if !here.iter().any(|one| one.id == provider.organisation) {
            let known: Vec<String> = here.iter().map(|one| format!("\n  {}  {}", one.id, one.name)).collect();
            return Err(Stop::Wrong(format!(
                "[[provider]] “{}” of sharewell.toml: there is no organisation {} here. There are:{}",
                provider.id,
                provider.organisation,
                known.concat()
            )));
        }
    }
    Ok(())
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Stop> {
        let loaded = self.pack.load()?;
        let mut config = Config::plain(&self.folder);
        config.listen.set_port(self.port);
        runtime()?.block_on(async {
            log(true);
            let app = demo::open(loaded, config).await?;
            open_doors(app, None).await
        })
    }
}

async fn open_doors(app: Arc<App>, certificate: Option<Arc<Shown>>) -> Result<(), Stop> {
    let listen = app.config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Stop::Failed(format!(
            "{listen} cannot be listened at: {error}. Is Sharewell running already? Choose another port."
        ))
    })?;
    let (bound, stop) = (listener.local_addr()?, serve::told_to_stop()?);
    say(&format!(
        "Sharewell is ready: {}",
        app.config.address.clone().unwrap_or_else(|| format!("http://{bound}")) + "/"
    ))?;
    let Some(address) = app.config.metrics else {
        return Ok(serve::serve_with(app, listener, certificate, stop).await?);
    };
    let read_by_monitoring = TcpListener::bind(address).await.map_err(|error| {
        Stop::Failed(format!("{address} cannot be listened at for `metrics` of sharewell.toml: {error}."))
    })?;
    let monitoring = axum::serve(read_by_monitoring, serve::metrics_router(Arc::clone(&app)));
    tokio::select! {
        served = serve::serve_with(app, listener, certificate, stop) => Ok(served?),
        ended = monitoring.into_future() => Ok(ended?),
    }
}

pub(super) fn runtime() -> Result<Runtime, Stop> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Logs on standard error: JSON, or on a terminal in the demo only what went wrong, as text.
fn log(demo: bool) {
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    use tracing_subscriber::{fmt, registry};
    if demo && io::stderr().is_terminal() {
        registry().with(events::said(LevelFilter::WARN)).with(fmt::layer().with_writer(io::stderr)).init();
    } else {
        events::log_to(io::stderr).init();
    }
}
