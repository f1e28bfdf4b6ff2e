//! Content operators as text (ISO 32000-1, annex A).

use std::fmt::Write as _;

use super::colour::Colour;

/// A content stream in the making.
#[derive(Debug, Clone, Default)]
pub(in crate::form) struct Operators(String);

/// A number without needless digits.
fn number(value: f32) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

impl Operators {
    pub(in crate::form) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::form) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// An operator and its numbers.
    pub(in crate::form) fn op(&mut self, operands: &[f32], operator: &str) -> &mut Self {
        for operand in operands {
            let _ = write!(self.0, "{} ", number(*operand));
        }
        self.0.push_str(operator);
        self.0.push('\n');
        self
    }

    /// Operators that are written already.
    pub(in crate::form) fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }

    pub(in crate::form) fn fill_colour(&mut self, colour: Colour) -> &mut Self {
        self.op(&colour.0, "rg")
    }

    pub(in crate::form) fn stroke_colour(&mut self, colour: Colour) -> &mut Self {
        self.op(&colour.0, "RG")
    }

    /// Shows letters that are encoded for the current font.
    pub(in crate::form) fn show(&mut self, letters: &[u8]) -> &mut Self {
        self.0.push('<');
        for byte in letters {
            let _ = write!(self.0, "{byte:02X}");
        }
        self.0.push_str("> Tj\n");
        self
    }

    /// Chooses a font by its resource name.
    pub(in crate::form) fn font(&mut self, name: &str, size: f32) -> &mut Self {
        let _ = writeln!(self.0, "/{name} {} Tf", number(size));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Operators;

    #[test]
    fn numbers_are_short_and_letters_are_hexadecimal() {
        let mut content = Operators::default();
        content.op(&[1.0, 0.5, -0.0001], "Td").font("Helv", 9.0).show(b"A(");
        assert_eq!(
            String::from_utf8(content.into_bytes()).ok().as_deref(),
            Some("1 0.5 0 Td\n/Helv 9 Tf\n<4128> Tj\n")
        );
    }
}
