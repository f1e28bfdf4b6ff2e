//! Pictures: where they are, and where an inline one ends.

use lopdf::ObjectId;

use super::super::lexer::{Lexer, Token, is_white};
use super::super::picture::Placed;
use super::Interpreter;
use super::state::Frame;
use crate::base::limits::DOCUMENT_PAGE_IMAGES_MAX;
use crate::document::geometry::Rect;
use crate::document::model::Image;

impl<'a> Interpreter<'a, '_> {
    /// Notes a picture that fills the unit square of user space.
    pub(super) fn note_image(
        &mut self,
        frame: &Frame<'a>,
        (width_px, height_px): (u32, u32),
        id: Option<ObjectId>,
    ) {
        if self.marked.hides() || self.drawing.images.len() >= DOCUMENT_PAGE_IMAGES_MAX {
            return;
        }
        if let Some(id) = id {
            let (to_page, is_white) = (frame.state.to_page, frame.state.fill.is_white);
            self.drawing.placed.push(Placed { id, to_page, is_white });
        }
        let [x0, y0, x1, y1] = frame.state.to_page.bounds([0.0, 0.0, 1.0, 1.0]);
        let bounds = Rect::new(x0 as f32, y0 as f32, x1 as f32, y1 as f32);
        if let Some(bbox) = bounds.intersection(&self.page) {
            self.drawing.images.push(Image { bbox, width_px, height_px });
        }
    }

    /// `BI … ID … EI`: notes the picture and goes on behind it.
    pub(super) fn inline_image(&mut self, lexer: &mut Lexer<'_>, frame: &Frame<'a>) {
        let mut entries: Vec<Token<'_>> = Vec::new();
        let found = loop {
            match lexer.next() {
                Some(Token::Keyword(b"ID")) => break true,
                Some(Token::Keyword(b"EI")) | None => break false,
                Some(token) if entries.len() < 64 => entries.push(token),
                Some(_) => {}
            }
        };
        let entries = InlineEntries(&entries);
        let width = entries.number(b"W", b"Width").unwrap_or(0);
        let height = entries.number(b"H", b"Height").unwrap_or(0);
        if found {
            let data = lexer.rest();
            let skip = entries.end_of_plain_data(data).unwrap_or_else(|| end_of_data(data));
            lexer.set_offset(lexer.offset() + skip);
        }
        self.note_image(frame, (width, height), None);
    }
}

/// The entries of an inline picture, keys and values one after the other.
struct InlineEntries<'t, 'c>(&'t [Token<'c>]);

impl InlineEntries<'_, '_> {
    fn value(&self, short: &[u8], long: &[u8]) -> Option<&Token<'_>> {
        let keys = [short, long];
        let is_key = |token: &Token<'_>| matches!(token, Token::Name(name) if keys.contains(name));
        self.0.get(self.0.iter().position(is_key)? + 1)
    }

    fn number(&self, short: &[u8], long: &[u8]) -> Option<u32> {
        match self.value(short, long)? {
            Token::Number(value) if *value >= 0.0 => Some(*value as u32),
            _ => None,
        }
    }

    /// Bytes up to behind `EI` of a picture that is not filtered: its size says where that is.
    fn end_of_plain_data(&self, data: &[u8]) -> Option<usize> {
        if self.value(b"F", b"Filter").is_some() {
            return None;
        }
        let is_mask = matches!(self.value(b"IM", b"ImageMask"), Some(Token::Keyword(b"true")));
        let (bits, components) = if is_mask {
            (1, 1)
        } else {
            let components = match self.value(b"CS", b"ColorSpace")? {
                Token::Name(b"G" | b"DeviceGray") => 1,
                Token::Name(b"RGB" | b"DeviceRGB") => 3,
                Token::Name(b"CMYK" | b"DeviceCMYK") => 4,
                _ => return None,
            };
            (self.number(b"BPC", b"BitsPerComponent")? as usize, components)
        };
        let width = self.number(b"W", b"Width")? as usize;
        let row = width.checked_mul(bits)?.checked_mul(components)?.div_ceil(8);
        let length = row.checked_mul(self.number(b"H", b"Height")? as usize)?;
        // One white byte stands after `ID`.
        let rest = data.get(length.checked_add(1)?..)?;
        let white = rest.iter().take_while(|byte| is_white(**byte)).count();
        let behind = rest.get(white..)?.strip_prefix(b"EI")?;
        behind.first().is_none_or(|byte| is_white(*byte)).then_some(data.len() - behind.len())
    }
}

/// Bytes of an inline picture up to behind its `EI`.
///
/// The data may hold the letters `EI`, so what follows must look like content: the next bytes
/// are text and not binary. Without such an end only `ID` itself is skipped, for the picture is
/// then damaged and content may follow at once.
fn end_of_data(data: &[u8]) -> usize {
    let mut start = 0;
    while let Some(at) = memchr::memmem::find(data.get(start..).unwrap_or_default(), b"EI") {
        let at = start + at;
        let before = at.checked_sub(1).and_then(|index| data.get(index)).copied();
        let after = data.get(at + 2).copied();
        let follows = data.get(at + 2..(at + 22).min(data.len())).unwrap_or_default();
        let looks_like_content =
            follows.iter().all(|&byte| is_white(byte) && byte != 0 || (0x20..0x7f).contains(&byte));
        if before.is_none_or(is_white) && after.is_none_or(is_white) && looks_like_content {
            return at + 2;
        }
        start = at + 2;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::end_of_data;

    #[test]
    fn the_end_is_the_one_that_content_follows() {
        assert_eq!(end_of_data(b" \x01\x02 EI \xff\x90\x03\n EI Q\nBT"), 14);
        assert_eq!(end_of_data(b" \x01 EI"), 5);
    }

    #[test]
    fn a_picture_without_end_hides_nothing() {
        assert_eq!(end_of_data(b" BT (x) Tj ET"), 0);
    }
}
