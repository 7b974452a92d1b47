//! Boxes, lines and wrapped text as SVG.

use std::fmt::Write;

const FONT: i32 = 16;
const LINE: i32 = 21;
const PAD: i32 = 11;
const INK: &str = "#1b1f1f";
const FAINT: &str = "#5c6666";

/// Where a box stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

/// A box with words in it.
pub(super) struct Box<'a> {
    pub place: Place,
    pub class: &'a str,
    pub words: &'a str,
    pub lit: bool,
    pub rounded: bool,
    /// Off the path, where some other box is on it.
    pub faint: bool,
}

/// A picture being drawn: lines lie under boxes, and lit lines over the others.
#[derive(Default)]
pub(super) struct Drawing {
    edges: String,
    lit_edges: String,
    nodes: String,
}

impl Drawing {
    pub(super) fn node(&mut self, node: &Box<'_>) {
        let Place { x, y, width, height } = node.place;
        let (stroke, weight, ink) =
            if node.lit { ("4", "bold", INK) } else { ("1.5", "normal", if node.faint { FAINT } else { INK }) };
        let radius = if node.rounded { height / 2 } else { 3 };
        let _ = write!(
            self.nodes,
            "<g class=\"{}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{}\" fill=\"#ffffff\" stroke=\"{ink}\" stroke-width=\"{stroke}\"/>",
            escaped(node.class),
            radius.min(22),
        );
        let lines = wrapped(node.words, width - 2 * PAD);
        let count = i32::try_from(lines.len()).unwrap_or(1);
        let mut baseline = y + (height - count * LINE) / 2 + FONT;
        for line in lines {
            let _ = write!(
                self.nodes,
                "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"{FONT}\" font-weight=\"{weight}\" fill=\"{ink}\">{}</text>",
                x + width / 2,
                escaped(&line),
            );
            baseline += LINE;
        }
        self.nodes.push_str("</g>\n");
    }

    /// A line through these points, ending in an arrow.
    pub(super) fn edge(&mut self, points: &[(i32, i32)], lit: bool, arrow: bool) {
        let (class, stroke, ink) =
            if lit { ("flow-edge flow-edge--lit", "5", INK) } else { ("flow-edge", "1.5", FAINT) };
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{x} {y}", if at == 0 { "M" } else { " L" });
        }
        let target = if lit { &mut self.lit_edges } else { &mut self.edges };
        let _ = write!(
            target,
            "<g class=\"{class}\"><path d=\"{path}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"{stroke}\"/>"
        );
        if let ([.., (from_x, from_y), (x, y)], true) = (points, arrow) {
            let size = if lit { 11 } else { 8 };
            let (dx, dy) = ((x - from_x).signum(), (y - from_y).signum());
            let (back_x, back_y) = (x - dx * size, y - dy * size);
            let half = size / 2 + 1;
            let _ = write!(
                target,
                "<polygon points=\"{x},{y} {},{} {},{}\" fill=\"{ink}\"/>",
                back_x + dy * half,
                back_y + dx * half,
                back_x - dy * half,
                back_y - dx * half,
            );
        }
        target.push_str("</g>\n");
    }

    pub(super) fn label(&mut self, x: i32, y: i32, words: &str, lit: bool) {
        let (weight, ink) = if lit { ("bold", INK) } else { ("normal", FAINT) };
        let _ = writeln!(
            self.nodes,
            "<text class=\"flow-label\" x=\"{x}\" y=\"{y}\" font-family=\"sans-serif\" font-size=\"15\" font-weight=\"{weight}\" fill=\"{ink}\">{}</text>",
            escaped(words),
        );
    }

    pub(super) fn finish(self, width: i32, height: i32, title: &str, description: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flow-chart\" role=\"img\" aria-labelledby=\"flow-chart-title flow-chart-desc\" \
             viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n<title id=\"flow-chart-title\">{}</title>\n\
             <desc id=\"flow-chart-desc\">{}</desc>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}{}{}</svg>\n",
            escaped(title),
            escaped(description),
            self.edges,
            self.lit_edges,
            self.nodes,
        )
    }
}

/// The height of a box of this width with these words.
pub(super) fn text_height(words: &str, width: i32) -> i32 {
    i32::try_from(wrapped(words, width - 2 * PAD).len()).unwrap_or(1) * LINE + 2 * PAD
}

/// Text for inside an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML knows no other control characters.
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Words broken into lines no wider than `width`, by an estimate for bold sans-serif letters: nobody can measure a font here.
pub(super) fn wrapped(words: &str, width: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words.split_whitespace() {
        let trial = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if estimated_width(&trial) > width && !line.is_empty() {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = trial;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

fn estimated_width(text: &str) -> i32 {
    let hundredths: i32 = text
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | '.' | ',' | '\'' | ':' | ';' | '!' | '|' | 'I' | ' ' => 37,
            't' | 'f' | 'r' | '(' | ')' | '-' => 47,
            'm' | 'w' | 'M' | 'W' | '—' => 103,
            letter if letter.is_uppercase() => 80,
            _ => 68,
        })
        .sum();
    hundredths * FONT / 100
}
