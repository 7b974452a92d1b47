//! What the pages share: the program, the templates, and the way to send a form again after signing in.

use std::sync::{Arc, OnceLock};

use axum::Router;
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja_contrib::pycompat::unknown_method_callback;
use rust_embed::RustEmbed;

use crate::App;

#[derive(RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "assets/build"]
#[include = "govuk_frontend_jinja/*"]
struct Components;

/// The pages' own state.
#[derive(Debug)]
pub struct Site {
    /// The program.
    pub app: Arc<App>,
    templates: Environment<'static>,
    replays: OnceLock<Router>,
}

impl Site {
    /// Reads the templates that the program carries.
    #[must_use]
    pub fn new(app: Arc<App>) -> Arc<Self> {
        Arc::new(Self { app, templates: templates(), replays: OnceLock::new() })
    }

    pub(super) fn templates(&self) -> &Environment<'static> {
        &self.templates
    }

    pub(super) fn replays_on(&self, pages: Router) {
        // Set once, when the routes are made; a second time would be the same routes.
        let _ = self.replays.set(pages);
    }

    pub(super) fn replays(&self) -> Option<Router> {
        self.replays.get().cloned()
    }
}

/// Every template, by its path. One that cannot be read is left out and logged; a test sees to it that there is none.
pub(super) fn templates() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(unknown_method_callback);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    let own = Templates::iter().map(|path| (Templates::get(&path), path));
    let components = Components::iter().map(|path| (Components::get(&path), path));
    for (file, path) in own.chain(components) {
        let Some(file) = file else { continue };
        let text = String::from_utf8_lossy(&file.data).into_owned();
        if let Err(fault) = environment.add_template_owned(path.clone().into_owned(), text) {
            tracing::error!(%path, %fault, "a template cannot be read");
        }
    }
    environment
}
