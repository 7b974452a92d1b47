//! The side that records: the whole program in a process of its own on one core, reached through a socket like any other.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write, stdin};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use sha2::{Digest, Sha256};
use sharewell::clock::{self, Clock};
use sharewell::config::Config;
use sharewell::device::Device;
use sharewell::packs::LoadedPack;
use sharewell::{App, Mode, actions};
use sharewell_casework::{NewMember, NewOrganisation, Profile, Role, SecondStep};
use sharewell_store::{Database, Place, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Failure, Kind};

const PASSWORD: &str = "lantern otter gravel";
const EMAIL: &str = "teacher@fernbank.example";

/// What a server says of itself when asked.
pub(crate) struct SoFar {
    /// CPU seconds of its process, all threads.
    pub(crate) cpu: f64,
    /// Commits to the file; 0 on PostgreSQL.
    pub(crate) commits: u64,
}

/// What was found in a database after its server had stopped.
pub(crate) struct Held {
    /// Versions of records, each compared with its leaf.
    pub(crate) versions: usize,
    /// What is wrong; empty when all holds.
    pub(crate) findings: Vec<String>,
    /// How long `verify` took, on all cores.
    pub(crate) verified: Took,
}

/// How long it takes to look through a database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// Without keys: stored bytes, leaves, tree, checkpoints.
    pub(crate) without_keys: Duration,
    /// With keys: signatures as well, every record opened, and what is derived from it.
    pub(crate) with_keys: Duration,
    /// SHA-256 of the database's file on one core, for comparison; `None` on PostgreSQL.
    pub(crate) hashed: Option<Duration>,
}

/// A server at work.
pub(crate) struct Running {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    place: Place,
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Running {
    /// Starts a server on an empty folder, or an empty PostgreSQL.
    pub(crate) fn start(kind: Kind, folder: &Path, core: usize, postgres: Option<&str>) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", kind.word()])
            .arg(folder)
            .arg(core.to_string())
            .args(postgres)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (asks, answers) = (child.stdin.take(), child.stdout.take());
        let mut running = Self {
            child,
            asks: asks.ok_or("no way to ask")?,
            answers: BufReader::new(answers.ok_or("no way to hear")?),
            place: Place { database: database(folder, postgres)?, ..Place::under(folder) },
            address: String::new(),
            token: String::new(),
        };
        let line = running.line()?;
        let (address, token) = line.split_once(' ').ok_or("the server did not start")?;
        (running.address, running.token) = (address.to_owned(), token.to_owned());
        Ok(running)
    }

    /// Asks for its CPU time and commits.
    pub(crate) fn so_far(&mut self) -> Result<SoFar, Failure> {
        writeln!(self.asks, "so far")?;
        let line = self.line()?;
        let (cpu, commits) = line.split_once(' ').ok_or("the server went away")?;
        Ok(SoFar { cpu: cpu.parse()?, commits: commits.parse()? })
    }

    /// Stops it and verifies what it left behind.
    pub(crate) fn stop(mut self) -> Result<Held, Failure> {
        drop(self.asks);
        let ended = self.child.wait()?;
        if !ended.success() {
            return Err(format!("the server ended with {ended}").into());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let Place { database, keys } = &self.place;
        let hashed = database.file().map(|file| timed(|| Ok(Sha256::digest(fs::read(file)?)))).transpose()?;
        let verify = |keys| timed(|| Ok(runtime.block_on(sharewell_store::verify(database, keys, |_| {}))?));
        let ((without, without_keys), (with, with_keys)) = (verify(None)?, verify(Some(keys.as_path()))?);
        let found = without.iter().chain(&with).flat_map(|one| &one.findings);
        Ok(Held {
            versions: usize::try_from(with.iter().map(|one| one.versions).sum::<u64>())?,
            findings: found.map(|finding| format!("{finding:?}")).collect(),
            verified: Took { without_keys, with_keys, hashed: hashed.map(|(_, took)| took) },
        })
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// What a work comes to, and how long it took.
#[expect(clippy::disallowed_methods, reason = "measuring needs a clock; nothing is decided by it")]
fn timed<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, Duration), Failure> {
    let began = Instant::now();
    Ok((work()?, began.elapsed()))
}

fn database(folder: &Path, postgres: Option<&str>) -> Result<Database, Failure> {
    Ok(match postgres {
        Some(address) => Database::Server(address.parse()?),
        None => Place::under(folder).database,
    })
}

/// Serves until its standard input ends.
pub(crate) fn serve(kind: Kind, folder: &Path, postgres: Option<&str>) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    log(&folder.join("log"))?;
    // As the program itself does: as many threads as it has cores, which is one here.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let place = Place { database: database(folder, postgres)?, ..Place::under(folder) };
        let clock = Clock::passing();
        let store = Store::create(&place, clock::randomness(), clock::of_store(&clock)).await?;
        if kind == Kind::OneByOne {
            store.commit_at_most(NonZeroUsize::MIN);
        }
        let app = App::new(store, LoadedPack::built_in()?, clock, Mode::Live, Config::plain(folder));
        found(&app).await?;
        let token = actions::sign_in(&app, EMAIL, PASSWORD, None, &Device::unknown()).await?.token.cookie();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{} {token}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let counted = app.store.clone();
        let serving = tokio::spawn(sharewell::serve::serve(app, listener, async {
            let _ = stopped.await;
        }));
        tokio::task::spawn_blocking(move || {
            for _asked in stdin().lock().lines() {
                println!("{} {}", ProcessTime::now().as_duration().as_secs_f64(), counted.commits());
            }
        })
        .await?;
        let _ = stop.send(());
        Ok(serving.await??)
    })
}

/// The program's own log, to a file as a service keeps it.
fn log(path: &PathBuf) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(fs::File::create(path)?)
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .init();
    Ok(())
}

/// A school whose one member records decisions.
async fn found(app: &App) -> Result<(), Failure> {
    let school = NewOrganisation {
        name: "Fernbank Primary".into(),
        body: "school-maintained".into(),
        partnership: "Halton".into(),
        profile: Profile::default(),
        second_step: SecondStep::Offered,
    };
    let teacher = NewMember {
        name: "Wilhelmina Throssell".into(),
        role_title: "Designated safeguarding lead".into(),
        email: EMAIL.into(),
        roles: BTreeSet::from([Role::Administrator, Role::Practitioner]),
    };
    actions::found_organisation(app, school, teacher, PASSWORD).await?;
    Ok(())
}
