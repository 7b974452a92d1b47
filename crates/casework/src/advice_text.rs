//! The text of an advice. Most of it is the guidance pack's, the same in thousands of decisions: a record keeps what is the advice's own and
//! says, by their hash, in which words of the pack the rest stands, and where.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A text, whole or in pieces. It reads as the whole text; kept in pieces, it is one again once its wording was found. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct AdviceText(Form);

#[derive(Debug, Clone)]
enum Form {
    Whole(Arc<String>),
    Pieces {
        kept: Arc<InPieces>,
        /// Whether it will be kept so; otherwise it is written as the whole text.
        to_keep: bool,
    },
}

#[derive(Debug)]
struct InPieces {
    pieces: Pieces,
    /// None until it was found.
    wording: Option<Arc<str>>,
    /// Put together when it is first read.
    whole: OnceLock<String>,
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
    /// Goes through the text, part by part; none where the pieces do not lie within this wording.
    fn walk<'a>(&'a self, wording: &'a str, mut part: impl FnMut(&'a str)) -> Option<()> {
        let mut rest = self.own.as_str();
        for [before, from, len] in self.fixed.iter().map(|three| three.map(|one| one as usize)) {
            let (own, after) = rest.split_at_checked(before)?;
            part(own);
            part(wording.get(from..from.checked_add(len)?)?);
            rest = after;
        }
        part(rest);
        Some(())
    }

    /// The whole text; none where the pieces do not lie within this wording.
    #[must_use]
    pub fn put_together(&self, wording: &str) -> Option<String> {
        let mut long = 0;
        self.walk(wording, |part| long += part.len())?;
        let mut whole = String::with_capacity(long);
        self.walk(wording, |part| whole.push_str(part))?;
        Some(whole)
    }
}

impl InPieces {
    /// That the pieces lie within the wording is known since it was found.
    fn whole(&self) -> &str {
        let put_together = || self.wording.as_deref().and_then(|wording| self.pieces.put_together(wording));
        self.whole.get_or_init(|| put_together().unwrap_or_default())
    }
}

impl AdviceText {
    /// A text that will be kept in pieces; none where they do not lie within this wording.
    #[must_use]
    pub fn in_pieces(pieces: Pieces, wording: &Arc<str>) -> Option<Self> {
        Self::found(pieces, wording, true)
    }

    fn found(pieces: Pieces, wording: &Arc<str>, to_keep: bool) -> Option<Self> {
        pieces.walk(wording, |_| {})?;
        let kept = InPieces { pieces, wording: Some(Arc::clone(wording)), whole: OnceLock::new() };
        Some(Self(Form::Pieces { kept: Arc::new(kept), to_keep }))
    }

    /// The wording, by its hash, without which this text cannot be read yet.
    #[must_use]
    pub fn lacks(&self) -> Option<&str> {
        match &self.0 {
            Form::Pieces { kept, .. } if kept.wording.is_none() => Some(&kept.pieces.wording),
            Form::Whole(_) | Form::Pieces { .. } => None,
        }
    }

    /// The wording, by its hash, that this text is kept with.
    #[must_use]
    pub fn kept_with(&self) -> Option<&str> {
        match &self.0 {
            Form::Pieces { kept, to_keep: true } => Some(&kept.pieces.wording),
            Form::Whole(_) | Form::Pieces { .. } => None,
        }
    }

    /// Makes a text readable that is kept in pieces of this wording; says whether it is now.
    #[must_use]
    pub fn put_together(&mut self, wording: &Arc<str>) -> bool {
        if let Form::Pieces { kept, .. } = &self.0
            && kept.wording.is_none()
        {
            let Some(found) = Self::found(kept.pieces.clone(), wording, false) else { return false };
            *self = found;
        }
        true
    }

    /// Forgets how it is kept: from now on it is written as the whole text, as for whoever reads it from the store.
    pub fn forget_pieces(&mut self) {
        if let Form::Pieces { kept, to_keep } = &mut self.0
            && kept.wording.is_some()
        {
            *to_keep = false;
        }
    }

    /// Writes the text at the end of others, without putting it together first.
    pub fn append_to(&self, bytes: &mut Vec<u8>) {
        match &self.0 {
            Form::Pieces { kept, .. } if kept.whole.get().is_none() => {
                if let Some(wording) = &kept.wording {
                    // As in `whole`: the pieces are known to lie within it.
                    let _ = kept.pieces.walk(wording, |part| bytes.extend_from_slice(part.as_bytes()));
                }
            }
            Form::Whole(_) | Form::Pieces { .. } => bytes.extend_from_slice(self.as_bytes()),
        }
    }
}

impl Deref for AdviceText {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Form::Whole(text) => text,
            Form::Pieces { kept, .. } => kept.whole(),
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
            (Form::Pieces { kept: one, .. }, Form::Pieces { kept: other, .. }) if one.pieces == other.pieces => {
                one.wording.is_some() == other.wording.is_some()
            }
            _ => self.lacks().is_none() && other.lacks().is_none() && **self == **other,
        }
    }
}

impl Eq for AdviceText {}

impl Serialize for AdviceText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Pieces { kept, to_keep: true } => kept.pieces.serialize(serializer),
            Form::Whole(_) | Form::Pieces { .. } => serializer.serialize_str(self),
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
                let kept = InPieces { pieces, wording: None, whole: OnceLock::new() };
                Ok(AdviceText(Form::Pieces { kept: Arc::new(kept), to_keep: true }))
            }
        }
        deserializer.deserialize_any(Kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDING: &str = "“Share” is the answer. No.";

    fn wording() -> Arc<str> {
        Arc::from(WORDING)
    }

    fn pieces() -> Pieces {
        let at = |piece: &str| u32::try_from(WORDING.find(piece).unwrap()).unwrap();
        let len = |piece: &str| u32::try_from(piece.len()).unwrap();
        let fixed = vec![[0, at("“Share”"), len("“Share”")], [1, at(" is the"), len(" is the")]];
        Pieces { wording: "a1".into(), own: "! word".into(), fixed }
    }

    #[test]
    fn in_pieces_it_reads_as_the_whole_and_is_kept_shorter() {
        let text = AdviceText::in_pieces(pieces(), &wording()).unwrap();
        assert_eq!(&*text, "“Share”! is the word");
        assert_eq!(text, AdviceText::from("“Share”! is the word"));
        let kept = serde_json::to_string(&text).unwrap();
        assert!(!kept.contains("Share"), "{kept}");
        let mut read: AdviceText = serde_json::from_str(&kept).unwrap();
        assert_eq!((read.lacks(), &*read), (Some("a1"), ""));
        assert_ne!(read, text);
        assert_eq!(read, read.clone());
        assert!(read.put_together(&wording()));
        assert_eq!((read.lacks(), &read), (None, &text));
        for text in [&text, &read, &AdviceText::from(&*text)] {
            let mut written = b"> ".to_vec();
            text.append_to(&mut written);
            assert_eq!(String::from_utf8(written).unwrap(), "> “Share”! is the word");
        }
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"“Share”! is the word\"");
    }

    #[test]
    fn forgetting_how_it_is_kept_leaves_the_text() {
        let mut text = AdviceText::in_pieces(pieces(), &wording()).unwrap();
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
            assert!(AdviceText::in_pieces(wrong, &wording()).is_none());
        }
    }
}
