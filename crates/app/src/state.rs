//! What every way in shares: the store, the pack, the clock, and how this installation is set up.

use std::sync::Arc;

use guidance::Pack;
use store::{Store, StoreError};

use crate::actions::Attempts;
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::packs::LoadedPack;
use crate::post::Post;
use crate::seal::Seals;

/// Whether this is the invented story or real work. Only the demo offers one-click sign-in and shows the line that all is invented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Real work.
    Live,
    /// The invented story.
    Demo,
}

/// The running program. The ways in hold it as `Arc<App>`.
#[derive(Debug)]
pub struct App {
    /// What was recorded.
    pub store: Store,
    /// Today's guidance pack with its files.
    pub loaded: LoadedPack,
    /// The time.
    pub clock: Clock,
    /// Demo or real.
    pub mode: Mode,
    /// How this installation is set up.
    pub config: Config,
    /// Seals hidden fields.
    pub seals: Seals,
    /// The connections to partners.
    pub post: Post,
    /// The queue for checking passwords.
    pub attempts: Attempts,
    /// What monitoring reads.
    pub metrics: Metrics,
}

impl App {
    /// Puts the program together.
    #[must_use]
    pub fn new(store: Store, loaded: LoadedPack, clock: Clock, mode: Mode, config: Config) -> Arc<Self> {
        let seals = Seals::new(store.secret_for("hidden fields"));
        let metrics = Metrics::new(&loaded);
        let (post, attempts) = (Post::new(), Attempts::default());
        Arc::new(Self { store, loaded, clock, mode, config, seals, post, attempts, metrics })
    }

    /// Opens an installation that exists.
    ///
    /// # Errors
    /// When it cannot be opened; the message says what to do.
    pub async fn open(loaded: LoadedPack, clock: Clock, mode: Mode, config: Config) -> Result<Arc<Self>, StoreError> {
        let store = Store::open(&config.place(), crate::clock::randomness(), crate::clock::of_store(&clock)).await?;
        Ok(Self::new(store, loaded, clock, mode, config))
    }

    /// Today's guidance pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.loaded.pack
    }

    /// Whether this is the invented story.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.mode == Mode::Demo
    }
}
