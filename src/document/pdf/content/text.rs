//! Shows strings: codes to glyphs with their places on the page (ISO 32000-1, 9.4.4).

use lopdf::{Dictionary, Object};

use super::super::font::Letters;
use super::super::glyph::{Glyph, Run};
use super::super::lexer::{Token, decode_hex, decode_literal, decode_name};
use super::super::matrix::Matrix;
use super::super::objects::{as_dict, as_number};
use super::state::{Frame, TextState};
use super::{Interpreter, Stop};

impl<'a> Interpreter<'a, '_> {
    /// The font of a name in the resources, or the substitute.
    pub(super) fn font(&mut self, name: &[u8], resources: Option<&'a Dictionary>) -> u32 {
        let named = || {
            let fonts = self.objects.dict(resources?, b"Font")?;
            self.objects.dict(fonts, &decode_name(name))
        };
        match named() {
            Some(dict) => self.shared.fonts.index_of(self.objects, dict),
            None => self.shared.fonts.substitute(),
        }
    }

    /// Applies the font of an extended graphics state.
    pub(super) fn extended_state(&mut self, name: Option<&[u8]>, frame: &mut Frame<'a>) {
        let entry = || {
            let states = self.objects.dict(frame.resources?, b"ExtGState")?;
            let state = self.objects.dict(states, &decode_name(name?))?;
            self.objects.array(state, b"Font")
        };
        if let Some([font, size]) = entry()
            && let (Some(dict), Some(size)) =
                (as_dict(self.objects.resolve(font)), as_number(self.objects.resolve(size)))
        {
            frame.state.text.font = Some(self.shared.fonts.index_of(self.objects, dict));
            frame.state.text.size = size;
        }
    }

    /// Shows the strings among the operands, moving by the numbers between them.
    pub(super) fn show(
        &mut self,
        operands: &[Token<'_>],
        frame: &mut Frame<'a>,
    ) -> Result<(), Stop> {
        let text = frame.state.text;
        let Some(font_index) = text.font else { return Ok(()) };
        let Some(font) = self.shared.fonts.fonts.get(font_index as usize) else { return Ok(()) };
        let placed = frame.text_matrix.then(&frame.state.to_page);
        let run = run_of(&text, font_index, font.vertical, &placed);
        let glyphs_before = self.drawing.glyphs.len();
        let glyph_limit = self.drawing.glyphs.len() + self.glyphs_left;
        let mut pen = Pen { text, placed, run: self.drawing.push_run(run), at: 0.0 };
        let in_array = matches!(operands.first(), Some(Token::ArrayOpen));
        let hidden = self.marked.hides();
        let mut result = Ok(());
        for operand in operands {
            let bytes = match operand {
                Token::Number(value) if in_array => {
                    pen.adjust(*value, font.vertical);
                    continue;
                }
                Token::Literal { raw, plain: true } => raw,
                Token::Literal { raw, .. } => {
                    self.string.clear();
                    decode_literal(raw, &mut self.string);
                    self.string.as_slice()
                }
                Token::Hex(raw) => {
                    self.string.clear();
                    decode_hex(raw, &mut self.string);
                    self.string.as_slice()
                }
                _ => continue,
            };
            let mut rest = bytes;
            while let Some(code) = font.next_code(rest) {
                rest = rest.get(code.length..).unwrap_or_default();
                let glyph = pen.glyph(&code, &run);
                if !hidden && code.letters != Letters::NONE {
                    self.drawing.glyphs.push(glyph);
                }
            }
            if self.drawing.glyphs.len() > glyph_limit {
                result = Err(Stop::Limit);
                break;
            }
        }
        if let Some(length) = self.drawing.run_lengths.last_mut() {
            *length += (self.drawing.glyphs.len() - glyphs_before) as u32;
        }
        self.glyphs_left = glyph_limit.saturating_sub(self.drawing.glyphs.len());
        let (x, y) = if run.vertical { (0.0, -pen.at) } else { (pen.at, 0.0) };
        frame.text_matrix = frame.text_matrix.translated(x, y);
        result
    }
}

/// Walks along a string in text space.
struct Pen {
    text: TextState,
    placed: Matrix,
    run: u32,
    /// Distance from the start: to the right, or downwards in vertical writing.
    at: f64,
}

impl Pen {
    /// Moves by a number of a `TJ` array, in thousandths of an em.
    fn adjust(&mut self, thousandths: f64, vertical: bool) {
        let offset = thousandths / 1000.0 * self.text.size;
        self.at += if vertical { offset } else { -offset * self.text.scale };
    }

    fn glyph(&mut self, code: &super::super::font::Code, run: &Run) -> Glyph {
        let text = &self.text;
        let spacing = text.char_spacing + if code.is_word_space { text.word_spacing } else { 0.0 };
        let (x, y, step) = if run.vertical {
            let (x, y) = self.placed.apply(0.0, text.rise - self.at);
            (x, y, f64::from(code.advance) * text.size + spacing)
        } else {
            let (x, y) = self.placed.apply(self.at, text.rise);
            (x, y, (f64::from(code.advance) * text.size + spacing) * text.scale)
        };
        self.at += step;
        let width = code.width * if run.vertical { run.size } else { run.em };
        Glyph {
            x: x as f32,
            y: y as f32,
            advance: code.advance * run.em,
            width,
            letters: code.letters,
            run: self.run,
        }
    }
}

fn run_of(text: &TextState, font: u32, vertical: bool, placed: &Matrix) -> Run {
    let sign = if text.size < 0.0 { -1.0 } else { 1.0 };
    let unit = |x: f64, y: f64, sign: f64| {
        let length = x.hypot(y).max(1e-12);
        ((x / length * sign) as f32, (y / length * sign) as f32)
    };
    let scale_sign = if text.scale < 0.0 { -sign } else { sign };
    let up = unit(placed.c, placed.d, sign);
    let across = unit(placed.a, placed.b, scale_sign);
    let width = text.size.abs() * text.scale.abs() * placed.x_scale();
    let height = text.size.abs() * placed.y_scale();
    Run {
        font,
        size: height as f32,
        em: if vertical { height } else { width } as f32,
        along: if vertical { (-up.0, -up.1) } else { across },
        up,
        vertical,
        spacing: (text.char_spacing
            * sign
            * if vertical { placed.y_scale() } else { text.scale.abs() * placed.x_scale() })
            as f32,
        hidden: matches!(text.mode, 3 | 7),
    }
}

/// A text string in the resources or inline, decoded when it is one.
pub(super) fn string_of(object: &Object) -> Option<&[u8]> {
    match object {
        Object::String(bytes, _) => Some(bytes),
        _ => None,
    }
}
