//! What every way in shares: the store, the pack, the clock, and how this installation is set up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use guidance::words::Ready;
use guidance::{Decider, Pack};
use jiff::civil::Date;
use store::{Store, StoreError};
use tokio::sync::OnceCell;

use crate::actions::{Attempts, Views};
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::openid::Providers;
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
    /// The identity providers of organisations.
    pub providers: Providers,
    /// The queue for checking passwords.
    pub attempts: Attempts,
    /// Who was shown what, as far as it is not written yet.
    pub views: Views,
    /// What monitoring reads.
    pub metrics: Metrics,
    /// Set once the ledgers were signed as far as they go, after the start.
    caught_up: AtomicBool,
    /// The pack made ready for the day that was asked about last.
    ready: RwLock<Option<Arc<Decider<'static>>>>,
    /// Set once the store keeps the pack and its wording.
    pack_kept: OnceCell<()>,
    /// The pack's words, written in advance.
    words: OnceLock<Ready>,
}

impl App {
    /// Puts the program together.
    #[must_use]
    pub fn new(store: Store, loaded: LoadedPack, clock: Clock, mode: Mode, config: Config) -> Arc<Self> {
        let seals = Seals::new(store.secret_for("hidden fields"));
        let metrics = Metrics::new(&loaded);
        let (post, attempts, views) = (Post::new(), Attempts::default(), Views::default());
        let (ready, pack_kept) = (RwLock::default(), OnceCell::new());
        let providers = Providers::new(&config.providers);
        Arc::new(Self {
            store,
            loaded,
            clock,
            mode,
            config,
            seals,
            post,
            providers,
            attempts,
            views,
            metrics,
            caught_up: AtomicBool::new(false),
            ready,
            pack_kept,
            words: OnceLock::new(),
        })
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

    /// Today's guidance pack, made ready to decide under the law of a day. Making it ready takes longer than many decisions do.
    #[must_use]
    pub fn decider(&self, on: Date) -> Arc<Decider<'static>> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ready) = ready.filter(|ready| ready.on() == on) {
            return ready;
        }
        let made = Arc::new(Decider::shared(Arc::clone(&self.loaded.pack), on));
        *self.ready.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        made
    }

    /// The pack's words, written in advance.
    #[must_use]
    pub fn words(&self) -> &Ready {
        self.words.get_or_init(|| Ready::new(self.pack()))
    }

    /// Keeps today's pack and its wording in the store, unless that was done: they come before the first decision that names them. Kept without
    /// a decision they do no harm.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_pack(&self) -> Result<(), StoreError> {
        let kept = || async {
            self.store.keep_pack(&self.loaded.to_keep(), self.clock.now()).await?;
            self.store.keep_wording(self.words().wording(), self.clock.now()).await.map(drop)
        };
        self.pack_kept.get_or_try_init(kept).await.copied()
    }

    /// The ledgers were signed as far as they go.
    pub(crate) fn has_caught_up(&self) {
        self.caught_up.store(true, Ordering::Relaxed);
    }

    /// Whether the ledgers were signed as far as they go, once since the start. What comes later is signed within a second.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.caught_up.load(Ordering::Relaxed)
    }

    /// Whether this is the invented story.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.mode == Mode::Demo
    }
}
