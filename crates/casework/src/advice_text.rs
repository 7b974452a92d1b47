//! The text of an advice. Most of it is the guidance pack's, the same in thousands of decisions: a record keeps what is the advice's own and
//! says, by their hash, in which words of the pack the rest stands, and where.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A text, whole or in pieces. It reads as the whole text; kept in pieces, it is one again once its wording was found. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct AdviceText(Form);

#[derive(Debug, Clone)]
enum Form {
    Whole(Arc<String>),
    /// As it is kept, with the whole text where it is known.
    Pieces(Arc<Pieces>, Option<Arc<String>>),
}

/// A text as a record keeps it: its own words, and where those of a wording stand among them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pieces {
    /// Which wording, by SHA-256 of its text in hexadecimal.
    pub wording: String,
    /// What is the text's own.
    pub own: String,
    /// Each piece of the wording, in order: how many bytes of `own` stand before it, after the piece before; its first byte in the wording;
    /// and how many bytes it has.
    pub fixed: Vec<[u32; 3]>,
}

impl Pieces {
    /// The whole text; none where the pieces do not lie within this wording.
    #[must_use]
    pub fn put_together(&self, wording: &str) -> Option<String> {
        let fixed = || self.fixed.iter().map(|&[before, from, len]| [before as usize, from as usize, len as usize]);
        let most = wording.len();
        let long = fixed().try_fold(self.own.len(), |long, [_, _, len]| (len <= most).then_some(long + len))?;
        let (mut whole, mut rest) = (String::with_capacity(long), self.own.as_str());
        for [before, from, len] in fixed() {
            let (own, after) = rest.split_at_checked(before)?;
            whole.push_str(own);
            whole.push_str(wording.get(from..from + len)?);
            rest = after;
        }
        whole.push_str(rest);
        Some(whole)
    }
}

impl AdviceText {
    /// A text that will be kept in pieces; none where they do not lie within this wording.
    #[must_use]
    pub fn in_pieces(pieces: Pieces, wording: &str) -> Option<Self> {
        let whole = pieces.put_together(wording)?;
        Some(Self(Form::Pieces(Arc::new(pieces), Some(Arc::new(whole)))))
    }

    /// The wording, by its hash, without which this text cannot be read yet.
    #[must_use]
    pub fn lacks(&self) -> Option<&str> {
        match &self.0 {
            Form::Pieces(pieces, None) => Some(&pieces.wording),
            Form::Whole(_) | Form::Pieces(_, Some(_)) => None,
        }
    }

    /// The wording, by its hash, that this text is kept with.
    #[must_use]
    pub fn kept_with(&self) -> Option<&str> {
        match &self.0 {
            Form::Pieces(pieces, _) => Some(&pieces.wording),
            Form::Whole(_) => None,
        }
    }

    /// Makes a text whole that is kept in pieces of this wording; says whether it is whole now.
    #[must_use]
    pub fn put_together(&mut self, wording: &str) -> bool {
        if let Form::Pieces(pieces, None) = &self.0 {
            let Some(whole) = pieces.put_together(wording) else { return false };
            self.0 = Form::Whole(Arc::new(whole));
        }
        true
    }

    /// Forgets how it is kept: from now on it is the whole text, as it is for whoever reads it from the store.
    pub fn forget_pieces(&mut self) {
        if let Form::Pieces(_, Some(whole)) = &self.0 {
            self.0 = Form::Whole(Arc::clone(whole));
        }
    }
}

impl Deref for AdviceText {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Form::Whole(text) | Form::Pieces(_, Some(text)) => text,
            Form::Pieces(_, None) => "",
        }
    }
}

impl From<String> for AdviceText {
    fn from(text: String) -> Self {
        Self(Form::Whole(Arc::new(text)))
    }
}

impl From<&str> for AdviceText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// Alike when they read alike; without their wording, when they are kept alike.
impl PartialEq for AdviceText {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Pieces(one, None), Form::Pieces(other, None)) => one == other,
            (Form::Pieces(_, None), _) | (_, Form::Pieces(_, None)) => false,
            _ => **self == **other,
        }
    }
}

impl Eq for AdviceText {}

impl Serialize for AdviceText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Whole(text) => serializer.serialize_str(text),
            Form::Pieces(pieces, _) => Pieces::serialize(pieces, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AdviceText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Kept;
        impl<'de> Visitor<'de> for Kept {
            type Value = AdviceText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, whole or in pieces")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<AdviceText, E> {
                Ok(AdviceText::from(text))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<AdviceText, E> {
                Ok(AdviceText::from(text))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AdviceText, A::Error> {
                let pieces = Pieces::deserialize(MapAccessDeserializer::new(map))?;
                Ok(AdviceText(Form::Pieces(Arc::new(pieces), None)))
            }
        }
        deserializer.deserialize_any(Kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDING: &str = "“Share” is the answer. No.";

    fn pieces() -> Pieces {
        let at = |piece: &str| u32::try_from(WORDING.find(piece).unwrap()).unwrap();
        let len = |piece: &str| u32::try_from(piece.len()).unwrap();
        let fixed = vec![[0, at("“Share”"), len("“Share”")], [1, at(" is the"), len(" is the")]];
        Pieces { wording: "a1".into(), own: "! word".into(), fixed }
    }

    #[test]
    fn in_pieces_it_reads_as_the_whole_and_is_kept_shorter() {
        let text = AdviceText::in_pieces(pieces(), WORDING).unwrap();
        assert_eq!(&*text, "“Share”! is the word");
        assert_eq!(text, AdviceText::from("“Share”! is the word"));
        let kept = serde_json::to_string(&text).unwrap();
        assert!(!kept.contains("Share"), "{kept}");
        let mut read: AdviceText = serde_json::from_str(&kept).unwrap();
        assert_eq!((read.lacks(), &*read), (Some("a1"), ""));
        assert_ne!(read, text);
        assert!(read.put_together(WORDING));
        assert_eq!((read.lacks(), &read), (None, &text));
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"“Share”! is the word\"");
    }

    #[test]
    fn forgetting_how_it_is_kept_leaves_the_text() {
        let mut text = AdviceText::in_pieces(pieces(), WORDING).unwrap();
        text.forget_pieces();
        assert_eq!((text.kept_with(), &*text), (None, "“Share”! is the word"));
    }

    #[test]
    fn a_text_from_before_is_read_as_it_stands() {
        let read: AdviceText = serde_json::from_str("\"whole\"").unwrap();
        assert_eq!((read.lacks(), &*read), (None, "whole"));
    }

    #[test]
    fn pieces_that_do_not_lie_within_a_wording_are_no_text() {
        for fixed in [[0, 0, 900], [900, 0, 3], [0, u32::MAX, 3], [0, 1, 3]] {
            let wrong = Pieces { fixed: vec![fixed], ..pieces() };
            assert_eq!(wrong.put_together(WORDING), None, "{fixed:?}");
            assert!(AdviceText::in_pieces(wrong, WORDING).is_none());
        }
    }
}
