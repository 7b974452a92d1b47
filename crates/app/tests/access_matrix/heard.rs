//! Which statements the store ran for the request of this thread, by name and in order, as in `tests/attacks.rs`.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, SubscriberExt};

thread_local! {
    static STATEMENTS: RefCell<Vec<String>> = RefCell::default();
}

/// What the one writer of a file says around the commands it commits together: it falls where the commit falls, not where a request does.
const WRITERS_OWN: [&str; 3] = ["\"SAVE\"", "\"KEEP\"", "\"UNDO\""];

struct Listening;

impl<S: Subscriber> Layer<S> for Listening {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Words);
    }
}

struct Words;

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "statement" {
            let name = format!("{value:?}");
            if !WRITERS_OWN.contains(&name.as_str()) {
                STATEMENTS.with_borrow_mut(|statements| statements.push(name));
            }
        }
    }
}

/// Listens from now on. One subscriber for the whole program: one per thread misses what another thread met first.
pub fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let of_the_store = |about: &Metadata<'_>| about.is_event() && about.target().starts_with("sharewell_store");
        let listening = Listening.with_filter(filter_fn(of_the_store));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(listening)).unwrap();
    });
}

/// What was run since it was asked last.
pub fn statements() -> Vec<String> {
    STATEMENTS.take()
}
