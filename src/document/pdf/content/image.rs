//! Pictures: where they are, and what an inline one says of itself.

use lopdf::{Dictionary, Object, ObjectId};

use super::super::lexer::{Lexer, Token};
use super::super::objects::as_name;
use super::super::picture::Placed;
use super::Interpreter;
use super::inline::{ColorSpace, Entries};
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
        let mut entries = Entries::default();
        let found = loop {
            match lexer.next() {
                Some(Token::Keyword(b"ID")) => break true,
                Some(Token::Keyword(b"EI")) | None => break false,
                Some(token) => entries.push(token),
            }
        };
        let width = entries.number(b"W", b"Width").unwrap_or(0);
        let height = entries.number(b"H", b"Height").unwrap_or(0);
        if found {
            let components = match entries.color_space() {
                Some(ColorSpace::Components(count)) => Some(count),
                Some(ColorSpace::Named(name)) => self.components(name, frame.resources),
                None => None,
            };
            let skip = entries.end_of_data(lexer.rest(), components, &mut self.inline_bytes_left);
            lexer.set_offset(lexer.offset() + skip);
        }
        self.note_image(frame, (width, height), None);
    }

    /// Components of a colour space of the resources (ISO 32000-1, 8.6).
    fn components(&self, name: &[u8], resources: Option<&'a Dictionary>) -> Option<usize> {
        let spaces = self.objects.dict(resources?, b"ColorSpace")?;
        let space = self.objects.get(spaces, name)?;
        let (family, parameter) = match space {
            Object::Array(items) => (as_name(self.objects.resolve(items.first()?))?, items.get(1)),
            space => (as_name(space)?, None),
        };
        match family {
            b"DeviceGray" | b"CalGray" | b"Indexed" | b"Separation" => Some(1),
            b"DeviceRGB" | b"CalRGB" | b"Lab" => Some(3),
            b"DeviceCMYK" => Some(4),
            b"ICCBased" | b"DeviceN" => match self.objects.resolve(parameter?) {
                Object::Stream(profile) => {
                    usize::try_from(self.objects.integer(&profile.dict, b"N")?).ok()
                }
                Object::Array(colorants) => Some(colorants.len()),
                _ => None,
            },
            _ => None,
        }
    }
}
