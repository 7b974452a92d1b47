//! How many decisions a second the program records over HTTP: signed in, advised, sealed, in the ledger and on the disk when it
//! answers. The same handler again with one commit for each request, and on PostgreSQL with 8 clients.
//!
//! `README.md`, one folder up, says what is compared and how to read it.
#![forbid(unsafe_code)]

mod client;
mod disk;
mod report;
mod server;

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use client::Client;
use mimalloc::MiMalloc;
use report::{Contender, Round};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use server::Running;
use sharewell_test_postgres::Server as Postgres;
use tempfile::TempDir;

/// As in the program.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, kind, folder, core, rest @ ..] = arguments.as_slice()
        && serve == "serve"
    {
        keep_to(core.parse()?)?;
        return server::serve(kind.parse()?, folder.as_ref(), rest.first().map(String::as_str));
    }
    let number = |name: &str, otherwise: u64| -> Result<u64, Failure> {
        match arguments.iter().position(|argument| argument == name) {
            Some(at) => Ok(arguments.get(at + 1).ok_or_else(|| format!("{name} takes a number"))?.parse()?),
            None => Ok(otherwise),
        }
    };
    let chosen: Vec<Kind> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let kinds = if chosen.is_empty() { Kind::ALL.to_vec() } else { chosen };
    measure(&kinds, number("--rounds", 5)?, Duration::from_secs(number("--seconds", 4)?))
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The program as it is, on a file: a new matter, person and item with each decision.
    File,
    /// The same, each decision with a new item on a matter and about a person that are there.
    Known,
    /// As on a file, with one commit for each request.
    OneByOne,
    /// The same on PostgreSQL.
    Postgres,
}

impl Kind {
    const ALL: [Self; 4] = [Self::File, Self::Known, Self::OneByOne, Self::Postgres];

    /// What chooses it on the command line.
    fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Known => "known",
            Self::OneByOne => "one-by-one",
            Self::Postgres => "postgres",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::File => "Sharewell",
            Self::Known => "Sharewell, matter and person known",
            Self::OneByOne => "one commit for each request",
            Self::Postgres => "on PostgreSQL",
        }
    }

    /// One for each practitioner who records at the same moment; on PostgreSQL as many as it has clients.
    fn connections(self) -> usize {
        if self == Self::Postgres { 8 } else { 64 }
    }

    /// Versions of records that one decision adds: person, matter, item and decision, or the last two.
    fn versions(self) -> usize {
        if self == Self::Known { 2 } else { 4 }
    }
}

impl FromStr for Kind {
    type Err = Failure;

    fn from_str(word: &str) -> Result<Self, Failure> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| format!("{word}: not known").into())
    }
}

fn measure(kinds: &[Kind], rounds: u64, round: Duration) -> Result<(), Failure> {
    let folder = TempDir::new()?;
    let all_cores = sched_getaffinity(None)?;
    let (server_core, client_core) = cores()?;
    report::machine(server_core != client_core, &disk::measure(folder.path())?);
    // Before this process keeps to one core: PostgreSQL may use both.
    let postgres = kinds.contains(&Kind::Postgres).then(|| Postgres::start(&[]));
    let address = postgres.as_ref().map(|server| {
        server.sql("postgres", "CREATE DATABASE sharewell");
        server.url("sharewell")
    });
    keep_to(client_core)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut measured = Vec::new();
    for &kind in kinds {
        let place = folder.path().join(kind.word());
        let server = Running::start(kind, &place, server_core, address.as_deref().filter(|_| kind == Kind::Postgres))?;
        let client = runtime.block_on(Client::connect(&server.address, &server.token, kind))?;
        measured.push((Contender::new(kind), server, client));
    }
    // The first round is for warming up.
    for at in 0..=rounds {
        for (contender, server, client) in &mut measured {
            let before = server.so_far()?;
            let driven = runtime.block_on(client.drive(round))?;
            let after = server.so_far()?;
            if at > 0 {
                contender.rounds.push(Round::of(driven, &before, &after));
            }
        }
    }
    // Verifying uses whatever there is.
    sched_setaffinity(None, &all_cores)?;
    let mut contenders = Vec::new();
    for (mut contender, server, client) in measured {
        let acknowledged = client.acknowledged();
        drop(client);
        let held = server.stop()?;
        contender.compare(&acknowledged, &held)?;
        contenders.push(contender);
    }
    report::table(&contenders);
    Ok(())
}

/// The server's core, which is the first that this process may use, and the client's, which is the last.
fn cores() -> Result<(usize, usize), Failure> {
    let allowed = sched_getaffinity(None)?;
    let mut allowed = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    let server = allowed.next().ok_or("no core")?;
    Ok((server, allowed.next_back().unwrap_or(server)))
}

/// Keeps this thread, and every thread and process it starts, to one core.
fn keep_to(core: usize) -> Result<(), Failure> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}
