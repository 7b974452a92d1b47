//! CPU time, in rounds: each engine in turn, several times, so that a disturbance meets them all.

use std::time::Duration;

use cpu_time::ProcessTime;

use crate::Failure;

/// How long one engine works in one round.
const STRETCH: Duration = Duration::from_millis(250);

/// Something to measure: one pass decides every case once and returns the sum of the answers.
pub struct Contender<'a> {
    /// What the table calls it.
    pub name: &'static str,
    /// How many decisions one pass makes.
    pub decisions: usize,
    /// What the sum of the answers must be; a pass that says otherwise ends the run.
    pub expected: u64,
    /// One pass.
    pub pass: Box<dyn FnMut() -> u64 + 'a>,
}

/// Decisions per CPU-second, one figure for each round.
pub struct Measured {
    /// What the table calls it.
    pub name: &'static str,
    /// The rates.
    pub rates: Vec<f64>,
}

impl Measured {
    /// The slowest, the middle and the fastest round.
    #[must_use]
    pub fn spread(&self) -> [f64; 3] {
        spread(self.rates.clone())
    }

    /// How many times as fast as another, round by round.
    #[must_use]
    pub fn times(&self, other: &Measured) -> [f64; 3] {
        spread(self.rates.iter().zip(&other.rates).map(|(own, other)| own / other).collect())
    }
}

fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    [at(0), at(values.len() / 2), at(values.len().saturating_sub(1))]
}

/// Measures contenders side by side. The time is that of the whole process, so that no engine gains by working elsewhere.
///
/// # Errors
/// When a pass gives another sum than expected.
pub fn measure(contenders: &mut [Contender<'_>], rounds: usize) -> Result<Vec<Measured>, Failure> {
    let mut passes = Vec::new();
    for contender in contenders.iter_mut() {
        let (count, took) = stretch(contender, u64::MAX)?;
        // The warm-up says how many passes fill a stretch.
        let each = took / u32::try_from(count)?;
        passes.push(u64::try_from((STRETCH.as_nanos() / each.as_nanos().max(1)).max(1))?);
    }
    let mut measured: Vec<Measured> =
        contenders.iter().map(|contender| Measured { name: contender.name, rates: Vec::new() }).collect();
    for _ in 0..rounds {
        for ((contender, count), measured) in contenders.iter_mut().zip(&passes).zip(&mut measured) {
            let (count, took) = stretch(contender, *count)?;
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
            measured.rates.push((count * contender.decisions as u64) as f64 / took.as_secs_f64());
        }
    }
    Ok(measured)
}

/// Runs passes until there are enough of them, or for the warm-up until the stretch is full.
fn stretch(contender: &mut Contender<'_>, passes: u64) -> Result<(u64, Duration), Failure> {
    let began = ProcessTime::now();
    let mut done = 0;
    loop {
        let sum = (contender.pass)();
        done += 1;
        if sum != contender.expected {
            return Err(format!("{}: a pass gave other answers than the first", contender.name).into());
        }
        if done == passes || (passes == u64::MAX && began.elapsed() >= STRETCH) {
            return Ok((done, began.elapsed()));
        }
    }
}
