//! What an operation says when it cannot be done: not found, or which fields need what.

use std::fmt;

/// Something that one field of a form needs. Each operation has its own enum of these.
pub trait Problem: fmt::Display {
    /// The name of the field beside which the message belongs.
    fn field(&self) -> &'static str;
}

/// Why an operation was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused<P> {
    /// The member may not do this, or the record is not theirs. On the screen it is *not found*, exactly as if the
    /// record did not exist; the reason is for the log.
    NotFound(crate::Denied),
    /// What each field needs, in the order of the form.
    Problems(Vec<P>),
}

impl<P> From<crate::Denied> for Refused<P> {
    fn from(denied: crate::Denied) -> Self {
        Self::NotFound(denied)
    }
}

impl<P: fmt::Display> fmt::Display for Refused<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(_) => f.write_str("not found"),
            Self::Problems(problems) => {
                for (n, problem) in problems.iter().enumerate() {
                    if n > 0 {
                        f.write_str(" ")?;
                    }
                    problem.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl<P: fmt::Debug + fmt::Display> std::error::Error for Refused<P> {}

/// Declares the problems of one operation: each with its field and its sentence.
macro_rules! problems {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident @ $field:literal = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* #[doc = $text] $variant,)+ }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)+ })
            }
        }

        impl crate::Problem for $name {
            fn field(&self) -> &'static str {
                match self { $(Self::$variant => $field,)+ }
            }
        }

        impl std::error::Error for $name {}
    };
}
pub(crate) use problems;

/// Whether a text says anything.
pub(crate) fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The value, unless there are problems.
pub(crate) fn unless_problems<T, P>(problems: Vec<P>, value: impl FnOnce() -> T) -> Result<T, Refused<P>> {
    if problems.is_empty() { Ok(value()) } else { Err(Refused::Problems(problems)) }
}
