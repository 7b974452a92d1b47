//! What an operator's monitoring reads, as OpenMetrics 1.0 text: counts and durations by route. Nothing here is about a person, a
//! record or an organisation, and no label is what somebody typed.

use std::fmt;
use std::time::Duration;

use casework::Moment;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::packs::LoadedPack;

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// The running program's counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<Answer, Counter>,
    durations: Family<Route, Histogram>,
    open: Gauge,
    mails: Family<Outcome, Counter>,
    ledger_rounds: Family<Outcome, Counter>,
    ledger_round_ended: Gauge,
}

/// One request that is being answered, from [`Metrics::begun`] until it is dropped.
#[derive(Debug)]
pub(crate) struct Begun<'a>(&'a Gauge);

impl Metrics {
    /// Counts from nought.
    #[must_use]
    pub fn new(loaded: &LoadedPack) -> Self {
        // From 1 ms to some 16 s.
        let durations =
            Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.0, 15)));
        let answers = Family::<Answer, Counter>::default();
        let open = Gauge::default();
        let mails = Family::<Outcome, Counter>::default();
        let ledger_rounds = Family::<Outcome, Counter>::default();
        let ledger_round_ended = Gauge::default();
        let mut registry = Registry::with_prefix("sharewell");
        let about = vec![("version", env!("CARGO_PKG_VERSION").to_owned()), ("pack", loaded.pack.version.clone())];
        registry.register("build", "The program and the guidance it works by", Info::new(about));
        registry.register("http_requests", "Requests answered, by route and status", answers.clone());
        registry.register_with_unit(
            "http_request_duration",
            "From a request's headers to its answer's",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("http_requests_open", "Requests being answered now", open.clone());
        registry.register("mails", "Notices by e-mail: sent, failed (and tried again), given up", mails.clone());
        registry.register("ledger_rounds", "Rounds of signing the ledgers that grew", ledger_rounds.clone());
        registry.register_with_unit(
            "ledger_round_succeeded_timestamp",
            "When a round of signing last succeeded, in Unix time; 0 when none has",
            Unit::Seconds,
            ledger_round_ended.clone(),
        );
        Self { registry, answers, durations, open, mails, ledger_rounds, ledger_round_ended }
    }

    /// A request is being answered.
    pub(crate) fn begun(&self) -> Begun<'_> {
        self.open.inc();
        Begun(&self.open)
    }

    /// A request was answered. The route is as it is written in the code, with no id in it.
    pub(crate) fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.durations.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.answers.get_or_create(&Answer { method, route, status }).inc();
    }

    /// A notice was sent, was not taken, or is given up.
    pub(crate) fn mailed(&self, outcome: &'static str) {
        self.mails.get_or_create(&Outcome { outcome }).inc();
    }

    /// A round of signing the ledgers ended; `at` is when.
    pub(crate) fn ledger_round(&self, succeeded: bool, at: Moment) {
        let outcome = if succeeded { "succeeded" } else { "failed" };
        self.ledger_rounds.get_or_create(&Outcome { outcome }).inc();
        if succeeded {
            self.ledger_round_ended.set(at.micros() / 1_000_000);
        }
    }

    /// All of it, as OpenMetrics 1.0 text.
    ///
    /// # Errors
    /// When a metric cannot be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
