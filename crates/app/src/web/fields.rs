//! Fields of forms, as `parts/forms.html` draws them with the GOV.UK components.

use serde::Serialize;

use super::form::TypedDate;
use crate::FieldProblem;

/// A hint in the shape that the components take.
#[derive(Clone, Debug, Serialize)]
pub struct Hint {
    text: String,
}

/// One of several choices.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub text: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
    /// Whether it is chosen.
    pub checked: bool,
    /// A word between choices instead of a choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divider: Option<&'static str>,
    /// `exclusive`: choosing it clears the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<&'static str>,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, text: impl Into<String>, hint: &str, checked: bool) -> Self {
        let hint = (!hint.is_empty()).then(|| Hint { text: hint.to_owned() });
        Self { value: value.into(), text: text.into(), hint, checked, divider: None, behaviour: None }
    }

    /// "or", before the last choice.
    pub fn or() -> Self {
        Self { divider: Some("or"), ..Self::new("", "", "", false) }
    }

    /// Choosing it clears the others.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { behaviour: Some("exclusive"), ..self }
    }
}

/// Choices under a heading.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The heading.
    pub label: String,
    /// The choices.
    pub choices: Vec<Choice>,
}

/// How a field is drawn.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Control {
    /// One of a few.
    Radios {
        /// The choices.
        choices: Vec<Choice>,
        /// Side by side.
        inline: bool,
    },
    /// Any of a few.
    Checkboxes {
        /// The choices.
        choices: Vec<Choice>,
    },
    /// One of many, under headings.
    Grouped {
        /// The headings with their choices.
        groups: Vec<Group>,
        /// What stands there while nothing is chosen.
        blank: &'static str,
        /// Whether "not sure" is offered (`offered`) or chosen (`chosen`).
        unsure: Option<&'static str>,
    },
    /// A line.
    Text {
        /// What was typed.
        value: String,
        /// `text`, `email`, `tel` or `url`.
        input: &'static str,
        /// What browsers may fill in; `off` for words about people.
        autocomplete: &'static str,
        /// Width and other classes.
        classes: &'static str,
    },
    /// A password.
    Password {
        /// `current-password` or `new-password`.
        autocomplete: &'static str,
    },
    /// Several lines.
    Long {
        /// What was typed.
        value: String,
        /// How many lines it shows.
        rows: u8,
    },
    /// A date in three fields.
    Date(TypedDateFields),
}

/// The three fields of a date.
#[derive(Clone, Debug, Serialize)]
pub struct TypedDateFields {
    day: String,
    month: String,
    year: String,
}

/// A field with its label, hint and error.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// The name under which it is sent, which is also its id in the page.
    pub name: String,
    /// Its label.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// More still, folded away; may be empty.
    pub more: String,
    /// The page's heading says it already.
    pub label_hidden: bool,
    /// What is to be put right.
    pub error: Option<String>,
    /// How it is drawn.
    #[serde(flatten)]
    pub control: Control,
}

impl Field {
    /// A field.
    pub fn new(name: impl Into<String>, label: impl Into<String>, control: Control) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            hint: String::new(),
            more: String::new(),
            label_hidden: false,
            error: None,
            control,
        }
    }

    /// A line of text that browsers do not remember.
    pub fn text(name: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        Self::new(name, label, Control::Text { value, input: "text", autocomplete: "off", classes: "" })
    }

    /// Several lines of text.
    pub fn long(name: impl Into<String>, label: impl Into<String>, value: impl Into<String>, rows: u8) -> Self {
        Self::new(name, label, Control::Long { value: value.into(), rows })
    }

    /// One of a few.
    pub fn radios(name: impl Into<String>, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::new(name, label, Control::Radios { choices, inline: false })
    }

    /// A date.
    pub fn date(name: impl Into<String>, label: impl Into<String>, typed: TypedDate) -> Self {
        let TypedDate { day, month, year } = typed;
        Self::new(name, label, Control::Date(TypedDateFields { day, month, year }))
    }

    /// With a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// With what is to be put right, if anything is said about this field.
    #[must_use]
    pub fn with(self, problems: &[FieldProblem]) -> Self {
        let error = problems.iter().find(|problem| problem.field == self.name).map(|problem| problem.message.clone());
        Self { error: error.or(self.error), ..self }
    }
}

/// A line of the error summary at the top of a page.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorLine {
    /// What is to be put right.
    pub text: String,
    /// The field to go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// The error summary of these problems. A date is entered at its day.
pub fn error_lines(problems: &[FieldProblem], dates: &[&str]) -> Vec<ErrorLine> {
    let line = |problem: &FieldProblem| {
        let day = if dates.contains(&problem.field.as_str()) { "-day" } else { "" };
        let href = (!problem.field.is_empty()).then(|| format!("#{}{day}", problem.field));
        ErrorLine { text: problem.message.clone(), href }
    };
    problems.iter().map(line).collect()
}
