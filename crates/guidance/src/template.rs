//! A facts file to fill in: every fact, item field and text of a pack, with what it means and what it may be.
//!
//! Explanations begin with `# `; what can be filled in begins with `#` alone, so that taking that one character away is all there is to do.

use crate::pack::{FactDefinition, FactKind, FactValue, ItemField, Pack, TextField};

/// How wide explanations are.
const WIDTH: usize = 100;

/// The template of a pack.
#[must_use]
pub fn template(pack: &Pack) -> String {
    let mut page = Sheet::default();
    page.words(&format!(
        "A decision, as facts. Take away the # before a line to answer it; leave the others as they are. Every fact may also be \
         \"unsure\"; a fact left out is not known yet, and the advice says what is missing. Guidance pack {} {}.",
        pack.id, pack.version
    ));
    page.gap();
    page.words("The day whose law applies; today when left out.");
    page.field("on = 2026-11-23");
    page.gap();
    page.plain("[facts]");
    for (heading, facts) in parts(pack) {
        page.gap();
        page.words(&format!("---- {heading}"));
        for fact in facts {
            page.fact(fact);
        }
    }
    page.gap();
    page.words(
        "Each item of information: one [[items]] with its text and what is said about it. Repeat it for every item.",
    );
    page.field("[[items]]");
    page.field("text = \"What it says\"");
    for field in &pack.item_fields {
        page.item_field(field);
    }
    page.gap();
    page.words("Free texts. They never change the verdict; some are used in its wording.");
    page.plain("[texts]");
    for text in texts(pack) {
        page.text(text);
    }
    page.0
}

/// The facts in the order in which the flow asks them, under the titles of its stages; then those it never asks.
fn parts(pack: &Pack) -> Vec<(String, Vec<&FactDefinition>)> {
    let mut parts: Vec<(String, Vec<&FactDefinition>)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for stage in &pack.stages {
        let mut facts = Vec::new();
        for question in pack.questions.iter().filter(|question| question.stage == stage.id) {
            for fact in question.facts.iter().filter_map(|id| pack.fact(id)) {
                if !fact.derived && !seen.contains(&fact.id.as_str()) {
                    seen.push(&fact.id);
                    facts.push(fact);
                }
            }
        }
        parts.push((stage.title.clone(), facts));
    }
    let rest = |profile: bool| {
        pack.facts
            .iter()
            .filter(|fact| !fact.derived && fact.profile == profile && !seen.contains(&fact.id.as_str()))
            .collect::<Vec<_>>()
    };
    parts.push(("Answered once for the whole organisation".to_owned(), rest(true)));
    parts.push(("Seldom asked".to_owned(), rest(false)));
    parts.retain(|(_, facts)| !facts.is_empty());
    parts
}

fn texts(pack: &Pack) -> Vec<&TextField> {
    let mut texts: Vec<&TextField> = Vec::new();
    for text in pack.questions.iter().flat_map(|question| &question.texts) {
        if texts.iter().all(|known| known.id != text.id) {
            texts.push(text);
        }
    }
    texts
}

/// The text of the template, line by line.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn plain(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn gap(&mut self) {
        self.0.push('\n');
    }

    fn field(&mut self, line: &str) {
        self.plain(&format!("#{line}"));
    }

    fn words(&mut self, text: &str) {
        self.wrapped("# ", "# ", text);
    }

    fn wrapped(&mut self, first: &str, next: &str, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.plain(&line);
                next.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        if !empty {
            self.plain(&line);
        }
    }

    fn fact(&mut self, fact: &FactDefinition) {
        self.gap();
        self.words(&sentence(&fact.label, &fact.help));
        self.values(&fact.values);
        let example = fact.values.first().map_or("unsure", |value| value.id.as_str());
        match fact.kind {
            FactKind::Many => {
                self.words("Any number of them.");
                self.field(&format!("{} = [\"{example}\"]", fact.id));
            }
            FactKind::One | FactKind::Body => self.field(&format!("{} = \"{example}\"", fact.id)),
        }
    }

    fn values(&mut self, values: &[FactValue]) {
        let mut group = "";
        for value in values {
            if value.group != group {
                group = &value.group;
                self.wrapped("#   ", "#   ", group);
            }
            let meaning = if value.hint.is_empty() {
                value.label.clone()
            } else {
                format!("{} ({})", value.label, value.hint.trim_end_matches('.'))
            };
            self.wrapped(&format!("#   \"{}\": ", value.id), "#       ", &meaning);
        }
    }

    fn item_field(&mut self, field: &ItemField) {
        self.words(&sentence(&field.label, &field.help));
        self.values(&field.values);
        let example = match field.values.first() {
            Some(value) => value.id.as_str(),
            None if is_date(&field.id) => "2026-11-23",
            None => "",
        };
        self.field(&format!("{} = \"{example}\"", field.id));
    }

    fn text(&mut self, text: &TextField) {
        self.words(&sentence(&text.label, &text.hint));
        self.field(&format!("{} = \"\"", text.id));
    }
}

/// Whether an item's field holds a date, as [`crate::case`] reads it.
fn is_date(id: &str) -> bool {
    id.ends_with("_date") || id == "last_checked"
}

fn sentence(label: &str, more: &str) -> String {
    let stop = if label.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{label}{stop} {more}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::CaseDocument;
    use crate::testing::real_pack;

    /// The template with every line that can be filled in filled in.
    fn filled(template: &str) -> String {
        let open = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
            _ => line.to_owned(),
        };
        template.lines().map(open).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_template_as_printed_says_nothing_yet() {
        let pack = real_pack();
        let (document, case) = CaseDocument::from_toml(&pack, "template", &template(&pack)).unwrap();
        assert!(document.facts.is_empty() && case.items.is_empty());
    }

    #[test]
    fn the_template_filled_in_is_a_case_with_every_fact() {
        let pack = real_pack();
        let (document, case) = CaseDocument::from_toml(&pack, "template", &filled(&template(&pack))).unwrap();
        let askable = pack.facts.iter().filter(|fact| !fact.derived).count();
        assert_eq!(document.facts.len(), askable);
        assert_eq!(case.items.len(), 1);
        assert_eq!(document.on.unwrap().to_string(), "2026-11-23");
    }

    #[test]
    fn every_value_that_the_template_names_is_taken() {
        let pack = real_pack();
        for fact in pack.facts.iter().filter(|fact| !fact.derived) {
            for value in fact.values.iter().map(|value| value.id.as_str()).chain(["unsure"]) {
                let text = format!("[facts]\n{} = \"{value}\"", fact.id);
                assert!(CaseDocument::from_toml(&pack, "facts", &text).is_ok(), "{text}");
            }
        }
        for field in &pack.item_fields {
            for value in &field.values {
                let text = format!("[[items]]\ntext = \"x\"\n{} = \"{}\"", field.id, value.id);
                assert!(CaseDocument::from_toml(&pack, "facts", &text).is_ok(), "{text}");
            }
        }
    }
}
