//! Draws small PDFs for tests of the layout: text at a place, rules and shades.

use super::pdf::PdfMaker;

/// The fonts that every page has, by their resource name.
const FONTS: [(&str, &str); 4] =
    [("R", "Helvetica"), ("B", "Helvetica-Bold"), ("I", "Helvetica-Oblique"), ("M", "Courier")];

/// Pages of 595 by 842 points that are drawn on from the top left corner.
#[derive(Debug, Default)]
pub(crate) struct Drawing {
    pages: Vec<String>,
}

impl Drawing {
    /// A drawing with one empty page.
    pub(crate) fn new() -> Self {
        Self { pages: vec![String::new()] }
    }

    /// Goes on on a new page.
    pub(crate) fn page(&mut self) -> &mut Self {
        self.pages.push(String::new());
        self
    }

    /// Text whose baseline begins at `(x, y)`; `font` is R, B, I or M. ASCII, please.
    pub(crate) fn text(&mut self, font: &str, size: f32, x: f32, y: f32, text: &str) -> &mut Self {
        let escaped = text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        let y = 842.0 - y;
        self.draw(&format!("BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET"))
    }

    /// Text that ends at `x`: figures, whose width in Helvetica is known.
    pub(crate) fn figures(&mut self, size: f32, x: f32, y: f32, text: &str) -> &mut Self {
        let width = |letter: char| if letter.is_ascii_digit() { 0.556 } else { 0.278 };
        let width: f32 = text.chars().map(width).sum();
        self.text("R", size, x - width * size, y, text)
    }

    /// Lines one below the other.
    pub(crate) fn lines(&mut self, size: f32, x: f32, y: f32, lines: &[&str]) -> &mut Self {
        for (at, line) in lines.iter().enumerate() {
            self.text("R", size, x, y + at as f32 * size * 1.2, line);
        }
        self
    }

    /// A stroked line.
    pub(crate) fn rule(&mut self, x0: f32, y0: f32, x1: f32, y1: f32) -> &mut Self {
        let (y0, y1) = (842.0 - y0, 842.0 - y1);
        self.draw(&format!("0.5 w {x0} {y0} m {x1} {y1} l S"))
    }

    /// A filled rectangle; `gray` is 0 for black and 1 for white.
    pub(crate) fn shade(
        &mut self,
        gray: f32,
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    ) -> &mut Self {
        let bottom = 842.0 - y - height;
        self.draw(&format!("q {gray} g {x} {bottom} {width} {height} re f Q"))
    }

    fn draw(&mut self, operators: &str) -> &mut Self {
        let page = self.pages.last_mut().expect("a drawing has a page");
        page.push_str(operators);
        page.push('\n');
        self
    }

    /// The file.
    pub(crate) fn pdf(&self) -> Vec<u8> {
        let mut maker = PdfMaker::new();
        for (name, base) in FONTS {
            maker.font(name, &PdfMaker::standard_font(base));
        }
        for page in &self.pages {
            maker.page("/MediaBox [0 0 595 842]", page);
        }
        maker.finish()
    }
}
