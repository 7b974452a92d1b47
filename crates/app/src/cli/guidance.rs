//! `sharewell guidance`: reading, searching, drawing, checking and replaying a pack.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use guidance::check::{check, days_of_change};
use guidance::search::{Kind, search, show, standing_on};
use guidance::source::did_you_mean;
use guidance::{draw, replay};
use jiff::civil::Date;

use super::decide::read_case;
use super::paper::Paper;
use super::{PackFolder, Stop, say};
use crate::actions::advise;
use crate::clock::Clock;
use crate::packs::LoadedPack;

/// From here on the law of every day is proved: the earliest day that a decision is likely to be judged under.
const PROVED_FROM: Date = jiff::civil::date(2025, 6, 1);

/// How many results a search prints.
const MOST_HITS: usize = 20;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Guidance {
    /// Prove that a pack is whole and safe over every combination of answers
    #[command(after_help = CHECK)]
    Check {
        /// The folder of the pack [default: the one built in]
        folder: Option<PathBuf>,
    },
    /// Show anything of the guidance by its id
    #[command(after_help = SHOW)]
    Show {
        /// The id: of a law entry, a question, a fact, a page, a myth; `kind:id` where two share one
        id: String,
        /// Say also whether a law entry was in force on this day [default: today]
        #[arg(long, value_name = "DATE")]
        on: Option<Date>,
        #[command(flatten)]
        pack: PackFolder,
    },
    /// Find something in the guidance and the law
    #[command(after_help = "Example:\n  sharewell guidance search consent withdrawn")]
    Search {
        /// What to look for; beginnings of words and small slips are found too
        #[arg(required = true)]
        words: Vec<String>,
        /// Print what was found as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        pack: PackFolder,
    },
    /// Draw the flow as a picture (SVG)
    #[command(after_help = DRAW)]
    Draw {
        /// Light the path that this case takes
        #[arg(value_name = "FACTS")]
        facts: Option<String>,
        /// The same in words, for those who do not see the picture
        #[arg(long)]
        words: bool,
        #[command(flatten)]
        pack: PackFolder,
    },
    /// Decide the same case under the law of two days, or under two packs, and say what differs
    #[command(after_help = REPLAY)]
    Replay(Replay),
}

#[derive(Debug, clap::Args)]
pub(super) struct Replay {
    /// A file with the facts; `-` reads standard input
    facts: String,
    /// The earlier day
    #[arg(long, value_name = "DATE")]
    then: Date,
    /// The later day [default: today]
    #[arg(long, value_name = "DATE")]
    now: Option<Date>,
    /// The pack of the earlier day, where it was another
    #[arg(long, value_name = "DIR")]
    pack_then: Option<PathBuf>,
    /// Print the difference as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pack: PackFolder,
}

const CHECK: &str = "\
Examples:
  sharewell guidance check
  sharewell guidance check packs/pan-cheshire

Ends with 0 when everything holds, with 1 when the pack must not be used; each fault names file and line.";

const SHOW: &str = "\
Examples:
  sharewell guidance show ca-2004-s11
  sharewell guidance show edu-2002-s175 --on 2025-06-01
  sharewell guidance show fact:consent";

const DRAW: &str = "\
Examples:
  sharewell guidance draw > flow.svg
  sharewell guidance draw facts.toml > path.svg
  sharewell guidance draw facts.toml --words";

const REPLAY: &str = "\
Examples:
  sharewell guidance replay facts.toml --then 2025-06-01 --now 2026-11-23
  sharewell guidance replay facts.toml --then 2025-06-01 --pack-then old-pack";

impl Guidance {
    pub(super) fn run(self) -> Result<(), Stop> {
        match self {
            Self::Check { folder } => prove(folder.as_deref()),
            Self::Show { id, on, pack } => show_one(&id, on, &pack),
            Self::Search { words, json, pack } => find(&words.join(" "), json, &pack),
            Self::Draw { facts, words, pack } => draw_flow(facts.as_deref(), words, &pack),
            Self::Replay(replay) => replay.run(),
        }
    }
}

fn prove(folder: Option<&Path>) -> Result<(), Stop> {
    // A pack that does not even load is refused like one that is unsound.
    let loaded = LoadedPack::named(folder).map_err(|error| Stop::Failed(error.to_string()))?;
    let report = check(&loaded.pack, &days_of_change(&loaded.pack, PROVED_FROM));
    say(&report.to_string())?;
    if report.is_sound() { Ok(()) } else { Err(Stop::Failed("The check failed: see above.".to_owned())) }
}

fn show_one(id: &str, on: Option<Date>, pack: &PackFolder) -> Result<(), Stop> {
    let pack = pack.load()?.pack;
    let Some(shown) = show(&pack, id) else {
        let ids: BTreeSet<String> = guidance::search::ids(&pack);
        let hint = did_you_mean(id, ids.iter().map(String::as_str));
        return Err(Stop::Wrong(format!(
            "There is nothing with the id `{id}`.{hint} `sharewell guidance search` finds it by its words."
        )));
    };
    let mut paper = Paper::new(io::stdout().is_terminal());
    paper.heading(&shown.title);
    paper.paragraph(&format!("{}: {}", shown.kind.label(), shown.id));
    for paragraph in &shown.paragraphs {
        paper.gap();
        paper.paragraph(paragraph);
    }
    if let (Kind::Entry, Some(entry)) = (shown.kind, pack.entry(&shown.id)) {
        paper.gap();
        paper.paragraph(&standing_on(entry, on.unwrap_or_else(|| Clock::passing().today())));
    }
    if !shown.source.is_empty() {
        paper.gap();
        paper.paragraph(&format!("Source: {}", shown.source));
    }
    say(&paper.finished())
}

fn find(words: &str, json: bool, pack: &PackFolder) -> Result<(), Stop> {
    let pack = pack.load()?.pack;
    let hits = search(&pack, words);
    if json {
        return say(&serde_json::to_string_pretty(&hits).map_err(|error| Stop::Failed(error.to_string()))?);
    }
    if hits.is_empty() {
        return say(&format!("Nothing was found for “{words}”. Try fewer or other words."));
    }
    let mut paper = Paper::new(io::stdout().is_terminal());
    for hit in hits.iter().take(MOST_HITS) {
        paper.heading(&format!("{}: {}", hit.kind.label(), hit.title));
        paper.paragraph(&hit.excerpt);
        paper.paragraph(&format!("sharewell guidance show {}", hit.id));
    }
    if hits.len() > MOST_HITS {
        paper.gap();
        paper.paragraph(&format!("{} more: add a word to find fewer.", hits.len() - MOST_HITS));
    }
    say(&paper.finished())
}

fn draw_flow(facts: Option<&str>, words: bool, pack: &PackFolder) -> Result<(), Stop> {
    let pack = pack.load()?.pack;
    let advised = match facts {
        Some(name) => Some(advise(&pack, read_case(&pack, name)?, Clock::passing().today())?),
        None => None,
    };
    let advice = advised.as_ref().map(|advised| &advised.advice);
    if words {
        return say(&draw::flowchart_in_words(&pack, advice).join("\n"));
    }
    say(&draw::flowchart(&pack, advice))
}

impl Replay {
    fn run(self) -> Result<(), Stop> {
        let pack_now = self.pack.load()?.pack;
        let pack_then = match &self.pack_then {
            Some(folder) => LoadedPack::in_folder(folder)?.pack,
            None => pack_now.clone(),
        };
        let case = read_case(&pack_now, &self.facts)?;
        let now = self.now.unwrap_or_else(|| Clock::passing().today());
        let difference = replay::replay((&pack_then, self.then), (&pack_now, now), &case);
        if self.json {
            return say(&serde_json::to_string_pretty(&difference).map_err(|error| Stop::Failed(error.to_string()))?);
        }
        let mut paper = Paper::new(io::stdout().is_terminal());
        for (at, paragraph) in difference.paragraphs().iter().enumerate() {
            if at > 0 {
                paper.gap();
            }
            paper.paragraph(paragraph);
        }
        say(&paper.finished())
    }
}
