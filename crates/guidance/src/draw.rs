//! The guidance's flow as a picture (guidance §5, DEC-14): danger first, then the four questions, their outcomes, and how to share.
//!
//! The picture is an SVG that needs nothing else: no script, no style sheet, no font. What is lit is drawn with a thick line and in bold, so
//! that it reads when printed in grey; its description says the same in words.

use crate::advice::Advice;
use crate::pack::{LineIx, Pack};
use crate::truth::Truth;
use crate::verdict::Verdict;

mod svg;

use svg::{Box, Drawing, Place, text_height};

/// Where an answer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leads {
    /// To the next question.
    On,
    /// To an outcome.
    To(Verdict),
}

/// One question of the chart.
struct Row<'p> {
    line: LineIx,
    question: &'p str,
    /// What "yes" and "no" lead to; the lit row may differ (see `taken`).
    yes: Leads,
    no: Leads,
    /// The answer given and where it led; none where the path did not come by, or nothing is lit.
    taken: Option<(Truth, Leads)>,
}

/// What each answer to a line leads to (DEC-4, DEC-4b).
const fn leads(line: LineIx) -> (Leads, Leads) {
    match line {
        LineIx::RaisesRisk => (Leads::To(Verdict::DoNotShare), Leads::On),
        LineIx::Danger | LineIx::Consent => (Leads::To(Verdict::Share), Leads::On),
        LineIx::Protective => (Leads::To(Verdict::Advice), Leads::On),
        LineIx::Purpose => (Leads::On, Leads::To(Verdict::DoNotShare)),
        LineIx::Identifies => (Leads::On, Leads::To(Verdict::ShareAnonymised)),
        LineIx::LawfulReason => (Leads::To(Verdict::Share), Leads::To(Verdict::DoNotShare)),
    }
}

/// The questions drawn: those the pack marks for the chart, and the one that decided where the pack does not mark it.
fn rows<'p>(pack: &'p Pack, advice: Option<&Advice>) -> Vec<Row<'p>> {
    let drawn = |line: LineIx| {
        let words = pack.line_words.iter().find(|words| words.id == line.id())?;
        let decided = advice.is_some_and(|advice| advice.line == line);
        (words.chart || decided).then_some((line, words.question.as_str()))
    };
    let row = |(line, question)| {
        let (yes, no) = leads(line);
        let taken = advice.filter(|advice| advice.line >= line).map(|advice| {
            let leads = if advice.line == line { Leads::To(advice.verdict) } else { Leads::On };
            (advice.answers[line as usize], leads)
        });
        Row { line, question, yes, no, taken }
    };
    LineIx::ALL.into_iter().filter_map(drawn).map(row).collect()
}

fn title_of(pack: &Pack, verdict: Verdict) -> &str {
    pack.verdicts.iter().find(|words| words.id == verdict.id()).map_or(verdict.id(), |words| words.title.as_str())
}

/// What the outcome of a line says.
fn outcome_words(pack: &Pack, line: LineIx, verdict: Verdict) -> String {
    let title = title_of(pack, verdict);
    match (line, verdict) {
        (LineIx::Danger, Verdict::Share) => {
            format!("{title} with those who can act: police, social care, your safeguarding lead")
        }
        (LineIx::RaisesRisk, Verdict::DoNotShare) => {
            format!("{title} with this recipient; tell somebody who can protect")
        }
        _ => title.to_owned(),
    }
}

const fn answer_words(answer: Truth) -> &'static str {
    match answer {
        Truth::Yes => "Yes",
        Truth::No => "No",
        Truth::Unsure => "Not sure",
        Truth::Unknown => "Not answered",
    }
}

/// The last step of the chart: how to share.
fn how_words(pack: &Pack) -> String {
    pack.stages.iter().find(|stage| stage.id == "how").map_or_else(
        || "How to share".to_owned(),
        |stage| {
            if stage.summary.is_empty() { stage.title.clone() } else { format!("{}: {}", stage.title, stage.summary) }
        },
    )
}

/// The same as the picture, in sentences: the flow, and after it the path taken.
#[must_use]
pub fn flowchart_in_words(pack: &Pack, advice: Option<&Advice>) -> Vec<String> {
    let rows = rows(pack, advice);
    let mut words = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let next = rows.get(at + 1).map_or("the end", |row| row.question);
        let says = |leads: Leads| match leads {
            Leads::On => format!("go on to “{next}”"),
            Leads::To(verdict) => {
                ended(&lower(&outcome_words(pack, row.line, verdict))).trim_end_matches('.').to_owned()
            }
        };
        let unsure = match row.line {
            LineIx::Danger => "If not sure: ring and ask, and go on.",
            LineIx::Consent | LineIx::Identifies => {
                "If not sure: ask for advice; the next question may still settle it."
            }
            LineIx::RaisesRisk | LineIx::Protective | LineIx::Purpose | LineIx::LawfulReason => {
                "If not sure: ask for advice."
            }
        };
        words.push(format!("{} If yes: {}. If no: {}. {unsure}", row.question, says(row.yes), says(row.no)));
    }
    words.push(ended(&format!("Whenever the answer is to share: {}", lower(&how_words(pack)))));
    if let Some(advice) = advice {
        words.extend(path_in_words(pack, &rows, advice));
    }
    words
}

fn path_in_words(pack: &Pack, rows: &[Row<'_>], advice: &Advice) -> Vec<String> {
    let mut words = vec!["The path taken here:".to_owned()];
    for row in rows {
        let Some((answer, leads)) = row.taken else { continue };
        words.push(match leads {
            Leads::On => format!("{} {}.", row.question, answer_words(answer)),
            Leads::To(verdict) => {
                format!("{} {}. This decides: {}.", row.question, answer_words(answer), lower(title_of(pack, verdict)))
            }
        });
    }
    if advice.verdict.shares() {
        words.push(ended(&format!("Then: {}", lower(&how_words(pack)))));
    }
    words
}

fn ended(text: &str) -> String {
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The flow as a static SVG, with the path of `advice` lit.
#[must_use]
pub fn flowchart(pack: &Pack, advice: Option<&Advice>) -> String {
    Chart { pack, advice, rows: rows(pack, advice), drawing: Drawing::default() }.draw()
}

const QUESTION_X: i32 = 48;
const QUESTION_WIDTH: i32 = 308;
const OUTCOME_X: i32 = 436;
const OUTCOME_WIDTH: i32 = 204;
const LEFT_RAIL: i32 = 20;
const RIGHT_RAIL: i32 = 660;
const WIDTH: i32 = 680;
const TOP: i32 = 12;
const GAP: i32 = 44;
const MIDDLE: i32 = QUESTION_X + QUESTION_WIDTH / 2;

struct Chart<'a> {
    pack: &'a Pack,
    advice: Option<&'a Advice>,
    rows: Vec<Row<'a>>,
    drawing: Drawing,
}

impl Chart<'_> {
    fn draw(mut self) -> String {
        let mut top = TOP;
        let mut leaving_left = Vec::new();
        let mut shares = Vec::new();
        for at in 0..self.rows.len() {
            let outcome = self.right_outcome(&self.rows[at]);
            let height = text_height(self.rows[at].question, QUESTION_WIDTH);
            let outcome_height = outcome.as_ref().map_or(0, |(_, words, _)| text_height(words, OUTCOME_WIDTH));
            let place = Place { x: QUESTION_X, y: top, width: QUESTION_WIDTH, height: height.max(outcome_height) };
            self.question(at, place);
            if let Some((verdict, words, label)) = outcome {
                let lit = self.lit_right(at);
                self.right(at, place, verdict, &words, label, lit);
                if verdict.shares() {
                    shares.push((place.y + place.height / 2, lit));
                }
            }
            leaving_left.push((place.y + place.height / 2, self.lit_left(at)));
            top = place.y + place.height + GAP;
            self.down(at, place, top);
        }
        let bottom = self.endings(top, &leaving_left, &shares);
        let title = if self.advice.is_some() {
            "The decision as a chart, with the path taken marked"
        } else {
            "The decision as a chart"
        };
        self.drawing.finish(WIDTH, bottom + TOP, title, &flowchart_in_words(self.pack, self.advice).join(" "))
    }

    fn question(&mut self, at: usize, place: Place) {
        let row = &self.rows[at];
        let lit = row.taken.is_some();
        let decided = matches!(row.taken, Some((_, Leads::To(_))));
        let class = match (lit, decided) {
            (_, true) => "flow-node flow-node--lit flow-node--decided",
            (true, false) => "flow-node flow-node--lit",
            (false, false) => "flow-node",
        };
        let faint = self.advice.is_some() && !lit;
        self.drawing.node(&Box { place, class, words: row.question, lit, rounded: false, faint });
    }

    /// The outcome beside a question, its words and the answer that leads there. The lit outcome shows the verdict itself, which differs
    /// from the usual one where nothing needed is left to share.
    fn right_outcome(&self, row: &Row<'_>) -> Option<(Verdict, String, &'static str)> {
        let (usual, label) = match (row.yes, row.no) {
            (Leads::To(verdict), _) => (verdict, "Yes"),
            (_, Leads::To(verdict)) => (verdict, "No"),
            _ => return None,
        };
        if row.line == LineIx::Protective {
            return None;
        }
        match row.taken {
            Some((Truth::Yes | Truth::No, Leads::To(verdict))) if goes_right(row, verdict) && verdict != usual => {
                Some((verdict, format!("{}: nothing that is needed is left", title_of(self.pack, verdict)), label))
            }
            _ => Some((usual, outcome_words(self.pack, row.line, usual), label)),
        }
    }

    fn lit_right(&self, at: usize) -> bool {
        matches!(self.rows[at].taken, Some((_, Leads::To(verdict))) if goes_right(&self.rows[at], verdict))
    }

    fn lit_left(&self, at: usize) -> bool {
        matches!(self.rows[at].taken, Some((_, Leads::To(Verdict::Advice | Verdict::Incomplete))))
    }

    fn right(&mut self, at: usize, question: Place, verdict: Verdict, words: &str, label: &str, lit: bool) {
        let height = text_height(words, OUTCOME_WIDTH);
        let centre = question.y + question.height / 2;
        let place = Place { x: OUTCOME_X, y: centre - height / 2, width: OUTCOME_WIDTH, height };
        self.drawing.edge(&[(QUESTION_X + QUESTION_WIDTH, centre), (OUTCOME_X, centre)], lit, true);
        self.drawing.label(QUESTION_X + QUESTION_WIDTH + 10, centre - 8, label, lit);
        self.outcome(place, verdict, words, lit);
        let _ = at;
    }

    fn outcome(&mut self, place: Place, verdict: Verdict, words: &str, lit: bool) {
        let class = format!("flow-outcome flow-outcome--{}{}", verdict.id(), if lit { " flow-node--lit" } else { "" });
        let faint = self.advice.is_some() && !lit;
        self.drawing.node(&Box { place, class: &class, words, lit, rounded: true, faint });
    }

    /// The arrow to the next question; from the last one it leads to "do not share".
    fn down(&mut self, at: usize, place: Place, next_top: i32) {
        let row = &self.rows[at];
        let last = at + 1 == self.rows.len();
        let lit = match row.taken {
            Some((_, Leads::On)) => true,
            Some((Truth::No, Leads::To(Verdict::DoNotShare))) => last,
            _ => false,
        };
        let mut label = if matches!(row.yes, Leads::On) { "Yes" } else { "No" };
        if row.line == LineIx::Danger {
            label = "No, or told to somebody else";
        }
        if let Some((answer @ (Truth::Unsure | Truth::Unknown), Leads::On)) = row.taken {
            label = answer_words(answer);
        }
        let ends_here = last && !matches!(row.no, Leads::To(Verdict::DoNotShare));
        if !ends_here {
            self.drawing.edge(&[(MIDDLE, place.y + place.height), (MIDDLE, next_top)], lit, true);
            self.drawing.label(MIDDLE + 10, place.y + place.height + GAP / 2 + 5, label, lit);
        }
    }

    /// Do not share, ask for advice, and how to share; gives the lowest point drawn.
    fn endings(&mut self, top: i32, leaving_left: &[(i32, bool)], shares: &[(i32, bool)]) -> i32 {
        let not = title_of(self.pack, Verdict::DoNotShare).to_owned();
        let lit_not =
            matches!(self.rows.last().and_then(|row| row.taken), Some((Truth::No, Leads::To(Verdict::DoNotShare))));
        let not_height = text_height(&not, QUESTION_WIDTH);
        self.outcome(
            Place { x: QUESTION_X, y: top, width: QUESTION_WIDTH, height: not_height },
            Verdict::DoNotShare,
            &not,
            lit_not,
        );

        let missing = self.advice.is_some_and(|advice| advice.verdict == Verdict::Incomplete);
        let verdict = if missing { Verdict::Incomplete } else { Verdict::Advice };
        let ask = if missing {
            title_of(self.pack, verdict).to_owned()
        } else {
            format!("Not sure? {}", title_of(self.pack, verdict))
        };
        let ask_top = top + not_height + GAP / 2;
        let ask_height = text_height(&ask, QUESTION_WIDTH);
        let lit_ask = leaving_left.iter().any(|(_, lit)| *lit);
        self.outcome(
            Place { x: QUESTION_X, y: ask_top, width: QUESTION_WIDTH, height: ask_height },
            verdict,
            &ask,
            lit_ask,
        );
        for lit_now in [false, true] {
            for (y, _) in leaving_left.iter().filter(|(_, lit)| *lit == lit_now) {
                let end = ask_top + ask_height / 2;
                self.drawing.edge(
                    &[(QUESTION_X, *y), (LEFT_RAIL, *y), (LEFT_RAIL, end), (QUESTION_X, end)],
                    lit_now,
                    true,
                );
            }
        }

        let how = how_words(self.pack);
        let how_height = text_height(&how, OUTCOME_WIDTH);
        let lit_how = self.advice.is_some_and(|advice| advice.verdict.shares());
        let place = Place { x: OUTCOME_X, y: top, width: OUTCOME_WIDTH, height: how_height };
        let class = if lit_how { "flow-node flow-node--how flow-node--lit" } else { "flow-node flow-node--how" };
        let faint = self.advice.is_some() && !lit_how;
        self.drawing.node(&Box { place, class, words: &how, lit: lit_how, rounded: false, faint });
        for lit_now in [false, true] {
            for (y, _) in shares.iter().filter(|(_, lit)| *lit == lit_now) {
                let (from, end) = (OUTCOME_X + OUTCOME_WIDTH, top + how_height / 2);
                self.drawing.edge(&[(from, *y), (RIGHT_RAIL, *y), (RIGHT_RAIL, end), (from, end)], lit_now, true);
            }
        }
        (ask_top + ask_height).max(top + how_height)
    }
}

/// Whether a verdict of this row is drawn beside it, and not below it or on the left.
fn goes_right(row: &Row<'_>, verdict: Verdict) -> bool {
    match verdict {
        Verdict::Advice | Verdict::Incomplete => false,
        Verdict::Share | Verdict::ShareAnonymised => true,
        Verdict::DoNotShare => !(row.line == LineIx::LawfulReason && matches!(row.taken, Some((Truth::No, _)))),
    }
}

#[cfg(test)]
mod tests;
