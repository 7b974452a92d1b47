//! Advice as text for a terminal: what to do now first, then the answer, then why.

use guidance::Truth;
use guidance::words::{AdviceView, EntryView, SaidView, date_in_words};

/// How wide text is.
const WIDTH: usize = 92;

/// How many reasons a law entry is given; a case with few answers leaves dozens open.
const MOST_REASONS: usize = 3;

/// Text being written, line by line.
pub(super) struct Paper {
    text: String,
    bold: bool,
}

impl Paper {
    /// Headings stand out where a person reads it on a terminal.
    pub(super) fn new(bold: bool) -> Self {
        Self { text: String::new(), bold }
    }

    pub(super) fn finished(self) -> String {
        self.text
    }

    /// The whole advice.
    pub(super) fn advice(mut self, view: &AdviceView) -> String {
        if !view.act_now.is_empty() {
            self.heading("DO NOW");
            for act in &view.act_now {
                self.point(&numbered(&act.title, &act.phone, &act.phone_else));
                self.under(&act.text);
            }
        }
        self.heading(&view.title.to_uppercase());
        self.paragraph(&view.sentence);
        self.paragraph(&view.meaning);
        self.paragraph(&view.next);
        self.path(view);
        self.law("The law you can rely on", &view.rely_on, true);
        self.law("Nearly fits: what is missing", &view.nearly, false);
        self.items(view);
        self.said("Warnings", &view.warnings);
        self.said("Next steps", &view.next_steps);
        self.said("How to share it", &view.how);
        self.said("Telling the person", &view.tell);
        self.said("Words to use", &view.words);
        self.list("Please check", &view.assumed);
        self.list(
            "Still missing",
            &view.missing.iter().map(|missing| format!("{} ({})", missing.text, missing.fact)).collect::<Vec<_>>(),
        );
        self.list(
            "What would change this",
            &view.would_change.iter().map(|change| change.text.clone()).collect::<Vec<_>>(),
        );
        self.gap();
        self.paragraph(&format!(
            "Judged under the law of {} with the guidance pack {} {}. It helps you think and is not legal advice: you decide, and write down why.",
            date_in_words(view.on), view.pack.id, view.pack.version
        ));
        self.text
    }

    fn path(&mut self, view: &AdviceView) {
        self.heading("Why: the path taken");
        for step in &view.explanation {
            let decided = if step.decided { " This decided." } else { "" };
            self.point(&format!("{} {}{decided}", step.question, answer(step.answer)));
            self.under(&step.text);
            if !step.because.is_empty() {
                self.under(&step.because.join("; "));
            }
        }
    }

    fn law(&mut self, heading: &str, entries: &[EntryView], caveats: bool) {
        if entries.is_empty() {
            return;
        }
        self.heading(heading);
        for entry in entries {
            self.point(&format!("{} ({})", entry.title, entry.cite));
            for why in entry.why.iter().take(MOST_REASONS) {
                self.under(why);
            }
            if entry.why.len() > MOST_REASONS {
                self.under(&format!("and {} more; --json has them all.", entry.why.len() - MOST_REASONS));
            }
            for caveat in entry.caveats.iter().filter(|_| caveats) {
                self.under(&format!("Mind: {caveat}"));
            }
        }
    }

    fn items(&mut self, view: &AdviceView) {
        if view.items.is_empty() {
            return;
        }
        self.heading("What to share");
        for item in &view.items {
            let judged = match item.judgement.as_str() {
                "in" => "Share",
                "out" => "Leave out",
                _ => "Ask first",
            };
            self.point(&format!("{judged}: {}", item.text));
            self.under(&item.why);
            for note in &item.notes {
                self.under(note);
            }
        }
    }

    fn said(&mut self, heading: &str, said: &[SaidView]) {
        let with_title = |said: &SaidView| {
            if said.title.is_empty() { said.text.clone() } else { format!("{}: {}", said.title, said.text) }
        };
        self.list(heading, &said.iter().map(with_title).collect::<Vec<_>>());
    }

    fn list(&mut self, heading: &str, points: &[String]) {
        if points.is_empty() {
            return;
        }
        self.heading(heading);
        for point in points {
            self.point(point);
        }
    }

    pub(super) fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.gap();
        }
        let (on, off) = if self.bold { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        self.text.extend([on, &printable(text), off, "\n"]);
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        for part in text.split('\n').filter(|part| !part.trim().is_empty()) {
            self.wrapped("", "", part);
        }
    }

    pub(super) fn point(&mut self, text: &str) {
        self.wrapped("  - ", "    ", text);
    }

    fn under(&mut self, text: &str) {
        self.wrapped("    ", "    ", text);
    }

    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    fn wrapped(&mut self, first: &str, next: &str, text: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in printable(text).split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.text.push_str(&line);
                self.text.push('\n');
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
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }
}

/// What a case says is shown on somebody's terminal, which must not take it as commands.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { ' ' } else { letter }).collect()
}

fn numbered(title: &str, phone: &str, otherwise: &str) -> String {
    match (phone.is_empty(), otherwise.is_empty()) {
        (true, _) => title.to_owned(),
        (false, true) => format!("{title}: {phone}"),
        (false, false) => format!("{title}: {phone}, or {otherwise} when it is not an emergency"),
    }
}

fn answer(truth: Truth) -> &'static str {
    match truth {
        Truth::Yes => "Yes.",
        Truth::No => "No.",
        Truth::Unsure => "Not sure.",
        Truth::Unknown => "Not answered.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_cannot_command_the_terminal() {
        let mut paper = Paper::new(false);
        paper.point("bruise\x1b]0;owned\x07 on the arm");
        assert!(!paper.finished().contains(['\x1b', '\x07']));
    }

    #[test]
    fn long_lines_are_wrapped_under_their_point() {
        let mut paper = Paper::new(false);
        paper.point(&"word ".repeat(40));
        let text = paper.finished();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("    word")));
    }
}
