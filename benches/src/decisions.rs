//! `make bench`: explained decisions per CPU-second, on one thread. See `README.md`.
//!
//! `cargo bench -- WORDS` measures only contenders whose name has one of the words; `--rounds N` sets the rounds.

use std::hint::black_box;

use datalogic_rs::bumpalo::Bump;
use sharewell_benches::cases::{self, Answers};
use sharewell_benches::packs::{self, Answer};
use sharewell_benches::rivals::{Datalogic, Zen};
use sharewell_benches::timing::{Contender, Measured, measure};
use sharewell_benches::{Failure, real};
use sharewell_guidance::words::in_words;
use sharewell_guidance::{Case, Decider, Pack, Verdict};

const CASES: usize = 4096;

const SMALL: &str = "small flow: Sharewell, complete advice";
const SMALL_OPEN: &str = "small flow: Sharewell, a quarter of the answers open";
const SMALL_VERDICT: &str = "small flow: Sharewell, verdict alone";
const ZEN_TRACE: &str = "small flow: zen, expressions, with trace";
const ZEN_PLAIN: &str = "small flow: zen, expressions, no trace";
const ZEN_TABLES_TRACE: &str = "small flow: zen, tables, with trace";
const ZEN_TABLES_PLAIN: &str = "small flow: zen, tables, no trace";
const DATALOGIC: &str = "small flow: datalogic, no trace";
const REAL_STORIES: &str = "real pack: stories, complete advice";
const REAL_MADE_UP: &str = "real pack: made-up cases, complete advice";
const REAL_STORIES_WORDS: &str = "real pack: stories, advice in words";
const REAL_MADE_UP_WORDS: &str = "real pack: made-up cases, advice in words";

fn main() {
    if let Err(failure) = run() {
        eprintln!("{failure}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let rounds_at = arguments.iter().position(|word| word == "--rounds");
    let rounds = rounds_at.and_then(|at| arguments.get(at + 1)).map_or(Ok(9), |number| number.parse())?;
    let words: Vec<&String> = arguments
        .iter()
        .enumerate()
        .filter(|(at, _)| rounds_at.is_none_or(|rounds| *at != rounds && *at != rounds + 1))
        .map(|(_, word)| word)
        .collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let mut measured = small_flow(&wanted, rounds)?;
    measured.extend(real_pack(&wanted, rounds)?);
    print_table(&measured);
    print_ratios(&measured);
    Ok(())
}

fn small_flow(wanted: &dyn Fn(&str) -> bool, rounds: usize) -> Result<Vec<Measured>, Failure> {
    let pack = packs::load("packs/small-flow")?;
    if pack.facts.len() != 20 || pack.entries.iter().map(|entry| entry.id.as_str()).ne(packs::GATEWAYS) {
        return Err("the small flow is twenty facts and six gateways".into());
    }
    let decider = Decider::new(&pack, real::TODAY);
    let answered = cases::answered(CASES);
    let cases = read(&answered, &pack)?;
    let open = read(&cases::open(CASES), &pack)?;
    let (expressions, tables) = (Zen::new(&answered, false)?, Zen::new(&answered, true)?);
    let datalogic = Datalogic::new(&answered)?;

    let expected: Vec<Answer> = cases.iter().map(|case| Answer::of(&decider.decide(case))).collect();
    agree("zen, expressions, with trace", &expected, &expressions.answers(true)?, &answered)?;
    agree("zen, expressions", &expected, &expressions.answers(false)?, &answered)?;
    agree("zen, tables, with trace", &expected, &tables.answers(true)?, &answered)?;
    agree("zen, tables", &expected, &tables.answers(false)?, &answered)?;
    agree("datalogic", &expected, &datalogic.answers()?, &answered)?;
    print_agreement(&expected);

    let verdicts = sum(expected.iter().filter_map(|answer| answer.verdict()));
    let mut arena = Bump::new();
    let mut contenders = vec![
        deciding(SMALL, &decider, &cases),
        deciding(SMALL_OPEN, &decider, &open),
        Contender {
            name: SMALL_VERDICT,
            decisions: CASES,
            expected: verdicts,
            pass: Box::new(|| sum(cases.iter().map(|case| decider.verdict(&case.facts).1))),
        },
        rival(ZEN_TRACE, verdicts, || expressions.pass(true)),
        rival(ZEN_PLAIN, verdicts, || expressions.pass(false)),
        rival(ZEN_TABLES_TRACE, verdicts, || tables.pass(true)),
        rival(ZEN_TABLES_PLAIN, verdicts, || tables.pass(false)),
        rival(DATALOGIC, verdicts, || datalogic.pass(&mut arena)),
    ];
    contenders.retain(|contender| wanted(contender.name));
    measure(&mut contenders, rounds)
}

fn real_pack(wanted: &dyn Fn(&str) -> bool, rounds: usize) -> Result<Vec<Measured>, Failure> {
    let pack = packs::load("../packs/pan-cheshire")?;
    let decider = Decider::new(&pack, real::TODAY);
    let stories = real::stories(&pack)?;
    let made_up = real::made_up(&pack, CASES);
    println!(
        "Real pack: {} {}, {} facts, {} entries, {} sayings; {} stories, {} made-up cases.\n",
        pack.id,
        pack.version,
        pack.facts.len(),
        pack.entries.len(),
        pack.says.len(),
        stories.len(),
        made_up.len(),
    );
    let mut contenders = vec![
        deciding(REAL_STORIES, &decider, &stories),
        deciding(REAL_MADE_UP, &decider, &made_up),
        wording(REAL_STORIES_WORDS, &pack, &decider, &stories),
        wording(REAL_MADE_UP_WORDS, &pack, &decider, &made_up),
    ];
    contenders.retain(|contender| wanted(contender.name));
    measure(&mut contenders, rounds)
}

fn read(answers: &[Answers], pack: &Pack) -> Result<Vec<Case>, Failure> {
    answers.iter().map(|answers| answers.case(pack)).collect()
}

fn sum(verdicts: impl Iterator<Item = Verdict>) -> u64 {
    verdicts.map(|verdict| verdict as u64).sum()
}

/// The complete advice, as ids and reasons, for each case.
fn deciding<'a>(name: &'static str, decider: &'a Decider<'_>, cases: &'a [Case]) -> Contender<'a> {
    let pass = || sum(cases.iter().map(|case| black_box(decider.decide(black_box(case))).verdict));
    Contender { name, decisions: cases.len(), expected: pass(), pass: Box::new(pass) }
}

/// The same, put into words.
fn wording<'a>(name: &'static str, pack: &'a Pack, decider: &'a Decider<'_>, cases: &'a [Case]) -> Contender<'a> {
    let worded = |case: &Case| black_box(in_words(pack, case, &decider.decide(black_box(case)))).verdict;
    let pass = move || sum(cases.iter().map(worded));
    Contender { name, decisions: cases.len(), expected: pass(), pass: Box::new(pass) }
}

fn rival<'a>(name: &'static str, expected: u64, pass: impl FnMut() -> u64 + 'a) -> Contender<'a> {
    Contender { name, decisions: CASES, expected, pass: Box::new(pass) }
}

/// Ends the run at the first case on which an engine says something else than Sharewell.
fn agree(engine: &str, expected: &[Answer], said: &[Answer], cases: &[Answers]) -> Result<(), Failure> {
    for ((expected, said), case) in expected.iter().zip(said).zip(cases) {
        if expected != said {
            return Err(format!("{engine} says {said:?} and Sharewell {expected:?} on {}", case.json()).into());
        }
    }
    if expected.len() == said.len() { Ok(()) } else { Err(format!("{engine} left cases out").into()) }
}

fn print_agreement(answers: &[Answer]) {
    let verdicts = Verdict::ALL.map(|verdict| {
        let count = answers.iter().filter(|answer| answer.verdict() == Some(verdict)).count();
        format!("{} {count}", verdict.id())
    });
    let gateways = packs::GATEWAYS.iter().enumerate().map(|(at, id)| {
        let count = answers.iter().filter(|answer| answer.0 >> at & 1 == 1).count();
        format!("{id} {count}")
    });
    println!("Small flow: all engines agree on {} cases: {}.", answers.len(), verdicts.join(", "));
    println!("Gateways that fit: {}.\n", gateways.collect::<Vec<_>>().join(", "));
}

fn print_table(measured: &[Measured]) {
    println!("{:54}{:>12}{:>12}{:>12}", "decisions per CPU-second, one thread", "slowest", "median", "fastest");
    for contender in measured {
        let [low, middle, high] = contender.spread();
        println!("{:54}{low:>12.0}{middle:>12.0}{high:>12.0}", contender.name);
    }
}

/// How many times as fast Sharewell is, round by round; only for those measured in the same run.
fn print_ratios(measured: &[Measured]) {
    let find = |name: &str| measured.iter().find(|contender| contender.name == name);
    let Some(own) = find(SMALL) else { return };
    println!("\nSharewell's complete advice on the small flow against (slowest, median, fastest round)");
    for name in [ZEN_TRACE, ZEN_TABLES_TRACE, ZEN_PLAIN, ZEN_TABLES_PLAIN, DATALOGIC] {
        if let Some(other) = find(name) {
            let [low, middle, high] = own.times(other);
            println!("  {name:52}{low:>10.2} ×{middle:>10.2} ×{high:>10.2} ×");
        }
    }
}
