//! The table, and what the reader needs to judge it.

use std::fs;
use std::time::Duration;

use crate::client::{Acknowledged, Driven};
use crate::disk::Waited;
use crate::server::{Held, SoFar, Took};
use crate::{Failure, Kind};

/// Versions that an installation begins with: its organisation and one member.
const AT_FIRST: usize = 2;

/// One contender's rounds.
pub(crate) struct Contender {
    kind: Kind,
    pub(crate) rounds: Vec<Round>,
    versions: usize,
    verified: Option<Took>,
}

/// What one round came to.
pub(crate) struct Round {
    a_second: f64,
    /// Of the server's process.
    cpu_micros: f64,
    commands_a_commit: f64,
    median: Duration,
    slowest_percent: Duration,
}

impl Round {
    pub(crate) fn of(driven: Driven, before: &SoFar, after: &SoFar) -> Self {
        let recorded = driven.took.len();
        let many = as_number(recorded);
        let commits = as_number(usize::try_from(after.commits - before.commits).unwrap_or(usize::MAX));
        Self {
            a_second: many / driven.wall.as_secs_f64(),
            cpu_micros: (after.cpu - before.cpu) * 1e6 / many,
            commands_a_commit: many / commits,
            median: driven.took[recorded / 2],
            slowest_percent: driven.took[recorded * 99 / 100],
        }
    }
}

impl Contender {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, rounds: Vec::new(), versions: 0, verified: None }
    }

    /// Sees that the database holds exactly what was acknowledged, and that nothing in it is wrong.
    pub(crate) fn compare(&mut self, acknowledged: &Acknowledged, held: &Held) -> Result<(), Failure> {
        let name = self.kind.name();
        if let Some(finding) = held.findings.first() {
            return Err(format!("{name}: {} findings, the first: {finding}", held.findings.len()).into());
        }
        let due = AT_FIRST + 4 * acknowledged.preparing + self.kind.versions() * acknowledged.recorded;
        if held.versions != due {
            return Err(format!("{name}: {due} versions were acknowledged, {} are held", held.versions).into());
        }
        self.versions = held.versions;
        self.verified = Some(held.verified);
        Ok(())
    }
}

/// The machine, and what its disk takes.
pub(crate) fn machine(apart: bool, disk: &[Waited]) {
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    println!("processor: {}", model.trim_start_matches([' ', '\t', ':']));
    println!("the server has one core{}", if apart { ", the client another" } else { ", which the client shares" });
    for waited in disk {
        println!(
            "disk: append {} KiB and wait for it: median {:.0} µs, mean {:.0} µs, slowest 1 % from {:.0} µs",
            waited.bytes / 1024,
            micros(waited.median),
            micros(waited.mean),
            micros(waited.slowest_percent)
        );
    }
}

/// The figures, and each contender against the first.
pub(crate) fn table(contenders: &[Contender]) {
    println!();
    println!(
        "{:<38}{:>8}{:>8}{:>8}{:>10}{:>11}{:>9}{:>9}",
        "decisions recorded a second", "slowest", "median", "fastest", "CPU µs", "a commit", "p50 ms", "p99 ms"
    );
    for contender in contenders {
        let of = |read: fn(&Round) -> f64| spread(contender.rounds.iter().map(read).collect());
        let [slowest, median, fastest] = of(|round| round.a_second);
        let commands = match of(|round| round.commands_a_commit)[1] {
            commands if commands.is_finite() => format!("{commands:.1}"),
            _ => "–".to_owned(),
        };
        println!(
            "{:<38}{slowest:>8.0}{median:>8.0}{fastest:>8.0}{:>10.0}{commands:>11}{:>9.1}{:>9.1}",
            format!("{}, {} conn.", contender.kind.name(), contender.kind.connections()),
            of(|round| round.cpu_micros)[1],
            of(|round| micros(round.median))[1] / 1e3,
            of(|round| micros(round.slowest_percent))[1] / 1e3,
        );
    }
    println!("\nverified afterwards, every version with its leaf, and exactly what was acknowledged:");
    for contender in contenders {
        print!("  {:<36}{:>9} versions", contender.kind.name(), contender.versions);
        if let Some(Took { without_keys, with_keys, hashed }) = contender.verified {
            print!(" in {:.2} s, {:.2} s with the keys", without_keys.as_secs_f64(), with_keys.as_secs_f64());
            if let Some(hashed) = hashed {
                print!("; SHA-256 of its file {:.2} s", hashed.as_secs_f64());
            }
        }
        println!();
    }
    let Some((first, others)) = contenders.split_first().filter(|(_, others)| !others.is_empty()) else { return };
    println!("\n{} against (least, median, most of all rounds)", first.kind.name());
    for other in others {
        let ratios = first.rounds.iter().zip(&other.rounds).map(|(one, two)| one.a_second / two.a_second);
        let [least, median, most] = spread(ratios.collect());
        println!("  {:<36}{least:>7.2} ×{median:>7.2} ×{most:>7.2} ×", other.kind.name());
    }
}

/// The least, the middle and the most.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    match (values.first(), values.get(values.len() / 2), values.last()) {
        (Some(&least), Some(&median), Some(&most)) => [least, median, most],
        _ => [f64::NAN; 3],
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench are far below 2^52")]
fn as_number(count: usize) -> f64 {
    count as f64
}
