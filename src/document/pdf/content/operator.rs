//! The table of operators (ISO 32000-1, annex A): reads operands and calls what does the work.

use super::super::lexer::{Lexer, Token};
use super::super::matrix::Matrix;
use super::state::{Frame, Paint};
use super::{Interpreter, Stop};

/// An operator's name as a number, so that the table is one `match` on integers.
const fn key(name: &[u8]) -> u32 {
    match name {
        [a] => *a as u32,
        [a, b] => (*a as u32) << 8 | *b as u32,
        [a, b, c] => (*a as u32) << 16 | (*b as u32) << 8 | *c as u32,
        _ => 0,
    }
}

macro_rules! operators {
    ($($constant:ident = $name:literal),* $(,)?) => {
        $(const $constant: u32 = key($name);)*
    };
}

operators! {
    SAVE = b"q", RESTORE = b"Q", CONCAT = b"cm", LINE_WIDTH = b"w", EXT_STATE = b"gs",
    MOVE = b"m", LINE = b"l", CURVE = b"c", CURVE_V = b"v", CURVE_Y = b"y", CLOSE = b"h",
    RECTANGLE = b"re", STROKE = b"S", CLOSE_STROKE = b"s", FILL = b"f", FILL_OLD = b"F",
    FILL_EVEN_ODD = b"f*", FILL_STROKE = b"B", FILL_STROKE_EVEN_ODD = b"B*",
    CLOSE_FILL_STROKE = b"b", CLOSE_FILL_STROKE_EVEN_ODD = b"b*", END_PATH = b"n",
    BEGIN_TEXT = b"BT", CHAR_SPACING = b"Tc", WORD_SPACING = b"Tw", SCALE = b"Tz",
    LEADING = b"TL", FONT = b"Tf", MODE = b"Tr", RISE = b"Ts", NEXT_LINE_BY = b"Td",
    NEXT_LINE_LEADING = b"TD", TEXT_MATRIX = b"Tm", NEXT_LINE = b"T*", SHOW = b"Tj",
    SHOW_ARRAY = b"TJ", SHOW_NEXT_LINE = b"'", SHOW_SPACED = b"\"", DRAW = b"Do",
    INLINE_IMAGE = b"BI", BEGIN_MARKED = b"BMC", BEGIN_MARKED_PROPERTIES = b"BDC",
    END_MARKED = b"EMC", FILL_GRAY = b"g", STROKE_GRAY = b"G", FILL_RGB = b"rg",
    STROKE_RGB = b"RG", FILL_CMYK = b"k", STROKE_CMYK = b"K", FILL_SPACE = b"cs",
    STROKE_SPACE = b"CS", FILL_COLOR = b"sc", FILL_COLOR_NAMED = b"scn", STROKE_COLOR = b"SC",
    STROKE_COLOR_NAMED = b"SCN",
}

/// The last `N` numbers of the operands; missing ones are 0.
fn numbers<const N: usize>(operands: &[Token<'_>]) -> [f64; N] {
    let mut values = [0.0; N];
    for (value, operand) in values.iter_mut().rev().zip(operands.iter().rev()) {
        if let Token::Number(number) = operand {
            *value = *number;
        }
    }
    values
}

fn last_name<'c>(operands: &[Token<'c>]) -> Option<&'c [u8]> {
    operands.iter().rev().find_map(|operand| match operand {
        Token::Name(name) => Some(*name),
        _ => None,
    })
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn operator(
        &mut self,
        word: &[u8],
        operands: &[Token<'_>],
        lexer: &mut Lexer<'_>,
        frame: &mut Frame<'a>,
    ) -> Result<(), Stop> {
        let operator = key(word);
        match operator {
            BEGIN_TEXT | CHAR_SPACING | WORD_SPACING | SCALE | LEADING | FONT | MODE | RISE
            | NEXT_LINE_BY | NEXT_LINE_LEADING | TEXT_MATRIX | NEXT_LINE => {
                self.text_operator(operator, operands, frame);
            }
            SHOW | SHOW_ARRAY => self.show(operands, frame)?,
            SHOW_NEXT_LINE => {
                frame.next_line(0.0, -frame.state.text.leading);
                self.show(operands, frame)?;
            }
            SHOW_SPACED => {
                if let [Token::Number(word_spacing), Token::Number(char_spacing), ..] = operands {
                    frame.state.text.word_spacing = spacing(*word_spacing);
                    frame.state.text.char_spacing = spacing(*char_spacing);
                }
                frame.next_line(0.0, -frame.state.text.leading);
                self.show(operands, frame)?;
            }
            SAVE => frame.save(),
            RESTORE => frame.restore(),
            CONCAT => {
                let matrix = Matrix::from_array(numbers(operands));
                frame.state.to_page = matrix.then(&frame.state.to_page);
            }
            LINE_WIDTH => frame.state.line_width = numbers::<1>(operands)[0].abs(),
            EXT_STATE => self.extended_state(last_name(operands), frame),
            DRAW => self.draw(last_name(operands), frame)?,
            INLINE_IMAGE => self.inline_image(lexer, frame),
            BEGIN_MARKED => self.marked.open_plain(),
            BEGIN_MARKED_PROPERTIES => self.begin_marked(operands, frame),
            END_MARKED => self.marked.close(&mut self.drawing, &mut self.shared.fonts.store),
            _ if !color_operator(operator, operands, frame) => {
                self.path_operator(operator, operands, frame);
            }
            _ => {}
        }
        Ok(())
    }

    fn text_operator(&mut self, operator: u32, operands: &[Token<'_>], frame: &mut Frame<'a>) {
        let [x, y] = numbers(operands);
        let text = &mut frame.state.text;
        match operator {
            BEGIN_TEXT => frame.set_text_matrix(Matrix::IDENTITY),
            CHAR_SPACING => text.char_spacing = spacing(y),
            WORD_SPACING => text.word_spacing = spacing(y),
            SCALE => text.scale = y / 100.0,
            LEADING => text.leading = y,
            RISE => text.rise = y,
            MODE => text.mode = y as u8,
            FONT => {
                text.size = y;
                if let Some(name) = last_name(operands) {
                    text.font = Some(self.font(name, frame.resources));
                }
            }
            NEXT_LINE_BY => frame.next_line(x, y),
            NEXT_LINE_LEADING => {
                text.leading = -y;
                frame.next_line(x, y);
            }
            TEXT_MATRIX => frame.set_text_matrix(Matrix::from_array(numbers(operands))),
            NEXT_LINE => frame.next_line(0.0, -frame.state.text.leading),
            _ => {}
        }
    }

    fn path_operator(&mut self, operator: u32, operands: &[Token<'_>], frame: &mut Frame<'a>) {
        let to_page = frame.state.to_page;
        let [x, y] = numbers(operands);
        match operator {
            MOVE => frame.path.move_to(to_page.apply(x, y)),
            LINE => frame.path.line_to(to_page.apply(x, y)),
            CURVE | CURVE_V | CURVE_Y => frame.path.curve_to(to_page.apply(x, y)),
            CLOSE => frame.path.close(),
            RECTANGLE => {
                let [x, y, width, height] = numbers(operands);
                frame.path.rectangle(&to_page, [x, y, x + width, y + height]);
            }
            STROKE => self.paint(frame, false, true),
            CLOSE_STROKE => {
                frame.path.close();
                self.paint(frame, false, true);
            }
            FILL | FILL_OLD | FILL_EVEN_ODD => self.paint(frame, true, false),
            FILL_STROKE | FILL_STROKE_EVEN_ODD => self.paint(frame, true, true),
            CLOSE_FILL_STROKE | CLOSE_FILL_STROKE_EVEN_ODD => {
                frame.path.close();
                self.paint(frame, true, true);
            }
            END_PATH => frame.path.clear(),
            _ => {}
        }
    }
}

/// Letter or word spacing; one that leads off any page is none.
fn spacing(value: f64) -> f64 {
    if value.abs() < 1e5 { value } else { 0.0 }
}

/// Handles the colour operators; false when it is none.
fn color_operator(operator: u32, operands: &[Token<'_>], frame: &mut Frame<'_>) -> bool {
    let paint = match operator {
        FILL_GRAY | FILL_RGB | FILL_CMYK | FILL_SPACE | FILL_COLOR | FILL_COLOR_NAMED => {
            &mut frame.state.fill
        }
        STROKE_GRAY | STROKE_RGB | STROKE_CMYK | STROKE_SPACE | STROKE_COLOR
        | STROKE_COLOR_NAMED => &mut frame.state.stroke,
        _ => return false,
    };
    match operator {
        FILL_SPACE | STROKE_SPACE => {
            let name = last_name(operands).unwrap_or_default();
            let is_additive = matches!(name, b"DeviceGray" | b"G" | b"CalGray" | b"DeviceRGB");
            *paint = Paint { is_white: false, is_additive, color: 0 };
        }
        FILL_GRAY | STROKE_GRAY | FILL_RGB | STROKE_RGB => {
            let is_white = all_at_least(operands, 0.99);
            *paint = Paint { is_white, is_additive: true, color: color(operands) };
        }
        FILL_CMYK | STROKE_CMYK => {
            let is_white = all_at_most(operands, 0.01);
            *paint = Paint { is_white, is_additive: false, color: color(operands) };
        }
        _ => {
            paint.color = color(operands);
            paint.is_white = match operands.len() {
                1 => paint.is_additive && all_at_least(operands, 0.99),
                3 => all_at_least(operands, 0.99),
                4 => all_at_most(operands, 0.01),
                _ => false,
            };
        }
    }
    true
}

/// One number for the components of a colour; black is 0 in gray and RGB.
fn color(operands: &[Token<'_>]) -> u32 {
    operands.iter().fold(0, |sum: u32, operand| match operand {
        Token::Number(value) => sum.wrapping_mul(257).wrapping_add((*value * 255.0) as u32),
        _ => sum.wrapping_add(1),
    })
}

fn all_at_least(operands: &[Token<'_>], least: f64) -> bool {
    operands.iter().all(|operand| matches!(operand, Token::Number(value) if *value >= least))
}

fn all_at_most(operands: &[Token<'_>], most: f64) -> bool {
    operands.iter().all(|operand| matches!(operand, Token::Number(value) if *value <= most))
}
