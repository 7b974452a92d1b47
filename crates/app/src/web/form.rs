//! What a form sent: fields in their order, each perhaps several times.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use jiff::civil::Date;

use super::stopped::Stopped;
use crate::AppError;
use crate::words::clean;

/// The fields of a sent form. Nothing is thrown away, so that a page can show again what somebody typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent(Vec<(String, String)>);

/// What stands in the three fields of a date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedDate {
    /// The day.
    pub day: String,
    /// The month.
    pub month: String,
    /// The year.
    pub year: String,
}

impl TypedDate {
    /// The fields of a date that is known.
    pub fn of(date: Option<Date>) -> Self {
        date.map_or_else(Self::default, |date| Self {
            day: date.day().to_string(),
            month: date.month().to_string(),
            year: date.year().to_string(),
        })
    }

    /// Nothing was typed.
    pub fn is_blank(&self) -> bool {
        self.day.is_empty() && self.month.is_empty() && self.year.is_empty()
    }

    /// The date, if it is one; a month may be a number or a name.
    pub fn read(&self) -> Option<Date> {
        const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let named = self.month.to_lowercase();
        let by_name = MONTHS.iter().position(|month| named.starts_with(month)).and_then(|at| i8::try_from(at + 1).ok());
        let year: i16 = self.year.parse().ok().filter(|year| (1900..=2199).contains(year))?;
        Date::new(year, by_name.or_else(|| self.month.parse().ok())?, self.day.parse().ok()?).ok()
    }
}

impl Sent {
    /// Reads a body of `application/x-www-form-urlencoded`.
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_urlencoded::from_bytes(body).ok().map(Self)
    }

    /// From fields, for tests and replays.
    pub fn of(fields: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(fields.into_iter().collect())
    }

    /// The text of a field, trimmed, with line ends as `\n`; empty when it was not sent.
    pub fn text(&self, name: &str) -> String {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| clean(value).trim().to_owned())
            .unwrap_or_default()
    }

    /// The text of a field, or none when it is blank.
    pub fn maybe(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| clean(value).trim().to_owned()).collect()
    }

    /// Whether a field was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// The three fields of a date.
    pub fn typed_date(&self, name: &str) -> TypedDate {
        TypedDate {
            day: self.text(&format!("{name}-day")),
            month: self.text(&format!("{name}-month")),
            year: self.text(&format!("{name}-year")),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Stopped;

    async fn from_request(request: Request, state: &S) -> Result<Self, Stopped> {
        let unreadable = || AppError::field("", "The form could not be read. Go back and send it again.");
        let body = Bytes::from_request(request, state).await.map_err(|_| unreadable())?;
        Self::read(&body).ok_or_else(|| unreadable().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_field_may_come_several_times() {
        let sent = Sent::read(b"aim=crime&aim=support&words=a%0D%0Ab").unwrap();
        assert_eq!(sent.all("aim"), ["crime", "support"]);
        assert_eq!(sent.text("words"), "a\nb");
        assert_eq!(sent.maybe("other"), None);
    }

    #[test]
    fn a_month_may_be_a_number_or_a_name() {
        for month in ["11", "Nov", "november"] {
            let typed = TypedDate { day: "3".into(), month: month.into(), year: "2026".into() };
            assert_eq!(typed.read(), Some(date(2026, 11, 3)));
        }
        assert_eq!(TypedDate { day: "31".into(), month: "2".into(), year: "2026".into() }.read(), None);
        assert_eq!(TypedDate { day: "3".into(), month: "2".into(), year: "26".into() }.read(), None);
    }
}
