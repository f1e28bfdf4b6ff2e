//! Marked content: replacement text and layers that are switched off (ISO 32000-1, 14.6, 14.9.4).

use lopdf::Dictionary;

use super::super::font::encoding::text_string;
use super::super::font::{LetterStore, Letters};
use super::super::lexer::{Token, decode_hex, decode_literal, decode_name};
use super::Drawing;
use super::Interpreter;
use super::state::Frame;
use super::text::string_of;
use crate::base::limits::DOCUMENT_MARKED_DEPTH_MAX;

/// A sequence that is open.
enum Open {
    Plain,
    /// Its glyphs, from this index on, read as the text.
    ActualText(usize, String),
    /// A layer that is off.
    Hidden,
}

/// The sequences that are open now.
#[derive(Default)]
pub(super) struct MarkedContent {
    open: Vec<Open>,
    open_beyond: usize,
    hidden: usize,
}

impl MarkedContent {
    /// What is drawn now is on a layer that is off.
    pub(super) fn hides(&self) -> bool {
        self.hidden > 0
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    pub(super) fn open_plain(&mut self) {
        self.push(Open::Plain);
    }

    pub(super) fn open_hidden(&mut self) {
        self.push(Open::Hidden);
    }

    fn push(&mut self, entry: Open) {
        if self.open.len() >= DOCUMENT_MARKED_DEPTH_MAX {
            self.open_beyond += 1;
            return;
        }
        self.hidden += usize::from(matches!(entry, Open::Hidden));
        self.open.push(entry);
    }

    pub(super) fn close(&mut self, drawing: &mut Drawing, store: &mut LetterStore) {
        if self.open_beyond > 0 {
            self.open_beyond -= 1;
            return;
        }
        match self.open.pop() {
            Some(Open::Hidden) => self.hidden -= 1,
            Some(Open::ActualText(start, text)) => replace(drawing, start, &text, store),
            Some(Open::Plain) | None => {}
        }
    }

    /// Closes what was left open down to `depth` (a form must not leak into its caller).
    pub(super) fn close_to(
        &mut self,
        depth: usize,
        drawing: &mut Drawing,
        store: &mut LetterStore,
    ) {
        self.open_beyond = 0;
        while self.open.len() > depth {
            self.close(drawing, store);
        }
    }

    pub(super) fn close_all(&mut self, drawing: &mut Drawing, store: &mut LetterStore) {
        self.close_to(0, drawing, store);
    }
}

/// Puts `text` in place of the letters of all glyphs from `start` on.
///
/// The first glyph takes it and grows over the others on its baseline.
fn replace(drawing: &mut Drawing, start: usize, text: &str, store: &mut LetterStore) {
    let Some((first, others)) = drawing.glyphs.get_mut(start..).and_then(<[_]>::split_first_mut)
    else {
        return;
    };
    let letters = store.keep(text);
    if let Some(last) = others.iter().rev().find(|glyph| !glyph.is_blank())
        && let Some(run) = drawing.runs.get(first.run as usize)
    {
        let (dx, dy) = (last.x - first.x, last.y - first.y);
        let reach = dx * run.along.0 + dy * run.along.1;
        first.advance = first.advance.max(reach + last.advance);
    }
    first.letters = letters;
    for glyph in others {
        glyph.letters = Letters::NONE;
    }
    drawing.glyphs.truncate(start + usize::from(!letters.is_none()));
}

impl<'a> Interpreter<'a, '_> {
    /// `BDC`: opens a sequence with properties, inline or from the resources.
    pub(super) fn begin_marked(&mut self, operands: &[Token<'_>], frame: &Frame<'a>) {
        let [Token::Name(tag), properties @ ..] = operands else {
            self.marked.open_plain();
            return;
        };
        let named = match properties {
            [Token::Name(name)] => self.properties(name, frame.resources),
            _ => None,
        };
        if *tag == b"OC" {
            let is_off = named.is_some_and(|dict| self.shared.layers.is_off(self.objects, dict));
            if is_off {
                self.marked.open_hidden()
            } else {
                self.marked.open_plain()
            }
            return;
        }
        let text = match named {
            Some(dict) => {
                self.objects.get(dict, b"ActualText").and_then(string_of).map(text_string)
            }
            None => inline_actual_text(properties),
        };
        match text {
            Some(text) => {
                let start = self.drawing.glyphs.len();
                self.marked.push(Open::ActualText(start, text));
            }
            None => self.marked.open_plain(),
        }
    }

    fn properties(&self, name: &[u8], resources: Option<&'a Dictionary>) -> Option<&'a Dictionary> {
        let all = self.objects.dict(resources?, b"Properties")?;
        self.objects.dict(all, &decode_name(name))
    }
}

fn inline_actual_text(properties: &[Token<'_>]) -> Option<String> {
    let at = properties.iter().position(|token| *token == Token::Name(b"ActualText"))?;
    let mut bytes = Vec::new();
    match properties.get(at + 1)? {
        Token::Literal { raw, .. } => decode_literal(raw, &mut bytes),
        Token::Hex(raw) => decode_hex(raw, &mut bytes),
        _ => return None,
    }
    Some(text_string(&bytes))
}
