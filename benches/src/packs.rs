//! Reading packs, and what every engine must agree on.

use std::fs;
use std::path::Path;

use sharewell_guidance::advice::Fit;
use sharewell_guidance::{Advice, Pack, SourceFile, Verdict};

use crate::Failure;

/// The six gateways of the small flow, in the order in which every engine reports them.
pub const GATEWAYS: [&str; 6] = ["welfare", "enquiry", "crime", "care", "policing", "direct-care"];

/// Reads the pack in a folder, seen from this crate.
///
/// # Errors
/// When the folder cannot be read or the pack has faults.
pub fn load(folder: &str) -> Result<Pack, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(SourceFile { path: name, text: fs::read_to_string(&path)? });
        }
    }
    Pack::load(&files).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").into())
}

/// What engines must agree on: the verdict and which gateways fit, in one number so that comparing costs none of them anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer(pub u64);

impl Answer {
    /// From a verdict and whether each gateway fits, in order.
    #[must_use]
    pub fn new(verdict: Verdict, fits: impl Iterator<Item = bool>) -> Answer {
        let gateways = fits.enumerate().map(|(at, fits)| u64::from(fits) << at).sum::<u64>();
        Answer(((verdict as u64) << 8) | gateways)
    }

    /// From Sharewell's advice on the small flow, whose entries are the six gateways.
    #[must_use]
    pub fn of(advice: &Advice) -> Answer {
        Answer::new(advice.verdict, advice.entries.iter().map(|entry| entry.fit == Fit::Fits))
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(self) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| *verdict as u64 == self.0 >> 8)
    }

    /// How many gateways fit.
    #[must_use]
    pub fn gateways(self) -> u32 {
        (self.0 & 0xff).count_ones()
    }
}
