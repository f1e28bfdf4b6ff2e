//! Draws external objects: forms run as content of their own, pictures are noted.

use std::rc::Rc;

use lopdf::{Dictionary, ObjectId, Stream};

use super::super::lexer::decode_name;
use super::super::matrix::Matrix;
use super::state::Frame;
use super::{Interpreter, Stop};
use crate::base::limits::{DOCUMENT_FORM_CACHE_BYTES_MAX, DOCUMENT_FORM_DEPTH_MAX};

impl<'a> Interpreter<'a, '_> {
    /// `Do`: draws the object of a name in the resources.
    pub(super) fn draw(&mut self, name: Option<&[u8]>, frame: &mut Frame<'a>) -> Result<(), Stop> {
        let found = name.zip(frame.resources).and_then(|(name, resources)| {
            let objects = self.objects.dict(resources, b"XObject")?;
            let name = decode_name(name);
            let id = objects.get(&name).ok().and_then(|object| object.as_reference().ok());
            Some((self.objects.stream(objects, &name)?, id))
        });
        let Some((stream, id)) = found else { return Ok(()) };
        let layer = self.objects.dict(&stream.dict, b"OC");
        if layer.is_some_and(|layer| self.shared.layers.is_off(self.objects, layer)) {
            return Ok(());
        }
        match self.objects.name(&stream.dict, b"Subtype") {
            Some(b"Image") => {
                self.add_image(&stream.dict, frame, id);
                Ok(())
            }
            Some(b"Form") => self.draw_form(stream, frame),
            _ if self.objects.get(&stream.dict, b"BBox").is_some() => self.draw_form(stream, frame),
            _ => Ok(()),
        }
    }

    fn draw_form(&mut self, stream: &'a Stream, frame: &Frame<'a>) -> Result<(), Stop> {
        let address = std::ptr::from_ref(stream) as usize;
        if self.active_forms.len() >= DOCUMENT_FORM_DEPTH_MAX
            || self.active_forms.contains(&address)
        {
            return Ok(());
        }
        self.forms_left = self.forms_left.checked_sub(1).ok_or(Stop::Limit)?;
        let content = self.form_content(stream, address);
        let resources = self.objects.dict(&stream.dict, b"Resources").or(frame.resources);
        let mut state = frame.state;
        if let Some(matrix) = self.objects.numbers::<6>(&stream.dict, b"Matrix") {
            state.to_page = Matrix::from_array(matrix).then(&state.to_page);
        }
        self.active_forms.push(address);
        let depth = self.marked.depth();
        let result = self.run(&content, &mut Frame::with_state(resources, state));
        self.marked.close_to(depth, &mut self.drawing, &mut self.shared.fonts.store);
        self.active_forms.pop();
        result
    }

    /// A form's content, decoded once as long as the cache has room.
    fn form_content(&mut self, stream: &'a Stream, address: usize) -> Rc<[u8]> {
        if let Some(content) = self.shared.forms.get(&address) {
            return Rc::clone(content);
        }
        let content: Rc<[u8]> = self.objects.decode(stream).into();
        if self.shared.forms_bytes + content.len() <= DOCUMENT_FORM_CACHE_BYTES_MAX {
            self.shared.forms_bytes += content.len();
            self.shared.forms.insert(address, Rc::clone(&content));
        }
        content
    }

    /// Notes a picture that fills the unit square.
    fn add_image(&mut self, dict: &'a Dictionary, frame: &Frame<'a>, id: Option<ObjectId>) {
        let size = |keys: [&[u8]; 2]| {
            let value = keys.iter().find_map(|key| self.objects.integer(dict, key));
            value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
        };
        let (width_px, height_px) = (size([b"Width", b"W"]), size([b"Height", b"H"]));
        self.note_image(frame, (width_px, height_px), id);
    }
}
