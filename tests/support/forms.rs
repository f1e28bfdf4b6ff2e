//! Draws small forms for tests: the same questions with interactive fields and without.

use std::fmt::Write as _;

use super::pdf::PdfMaker;

/// The DA of every field; a size of 0 leaves it to the writer.
const LOOKS: &str = "/Helv 0 Tf 0 g";

/// A form in the making, on one page of 600 by 800 points. `y` is measured from the top.
pub(crate) struct FormMaker {
    maker: PdfMaker,
    content: String,
    fields: Vec<usize>,
    widgets: Vec<usize>,
    form: String,
    page: String,
}

impl FormMaker {
    pub(crate) fn new() -> Self {
        let mut maker = PdfMaker::new();
        let helvetica = maker.add(
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        );
        let form = format!("/DA ({LOOKS}) /DR << /Font << /Helv {helvetica} 0 R >> >>");
        Self {
            maker,
            content: String::new(),
            fields: Vec::new(),
            widgets: Vec::new(),
            form,
            page: String::new(),
        }
    }

    pub(crate) fn text(&mut self, x: f32, y: f32, text: &str) -> &mut Self {
        let y = 800.0 - y;
        let _ = writeln!(self.content, "BT /F1 9 Tf {x} {y} Td ({text}) Tj ET");
        self
    }

    pub(crate) fn rule(&mut self, x0: f32, y: f32, x1: f32) -> &mut Self {
        let y = 800.0 - y;
        let _ = writeln!(self.content, "0.5 w {x0} {y} m {x1} {y} l S");
        self
    }

    pub(crate) fn rect(&mut self, [x0, y0, x1, y1]: [f32; 4]) -> &mut Self {
        let (width, height, y) = (x1 - x0, y1 - y0, 800.0 - y1);
        let _ = writeln!(self.content, "0.5 w {x0} {y} {width} {height} re S");
        self
    }

    /// A field that is its own widget.
    pub(crate) fn field(&mut self, name: &str, rect: [f32; 4], entries: &str) -> usize {
        let rect = user_space(rect);
        let field = self.maker.add(format!(
            "<< /Type /Annot /Subtype /Widget /F 4 /T ({name}) /Rect {rect} {entries} >>"
        ));
        self.fields.push(field);
        self.widgets.push(field);
        field
    }

    /// A tick box with drawn states.
    pub(crate) fn tick(&mut self, name: &str, at: (f32, f32), on: &str) -> usize {
        let states = self.states(on);
        let (x, y) = at;
        self.field(name, [x, y, x + 10.0, y + 10.0], &format!("/FT /Btn {states}"))
    }

    /// Radio buttons of one field; each with its on state.
    pub(crate) fn radio(&mut self, name: &str, buttons: &[(&str, (f32, f32))]) {
        let flags = 1 << 15;
        // The kids come after the field, so that they can name it.
        let field = self.maker.add("null");
        let mut kids = String::new();
        for (on, (x, y)) in buttons {
            let states = self.states(on);
            let rect = user_space([*x, *y, x + 10.0, y + 10.0]);
            let kid = self.maker.add(format!(
                "<< /Type /Annot /Subtype /Widget /F 4 /Parent {field} 0 R /Rect {rect} {states} >>"
            ));
            let _ = write!(kids, "{kid} 0 R ");
            self.widgets.push(kid);
        }
        let body = format!("<< /FT /Btn /Ff {flags} /T ({name}) /Kids [{kids}] >>");
        self.maker.replace(field, body);
        self.fields.push(field);
    }

    fn states(&mut self, on: &str) -> String {
        let entries = "/Type /XObject /Subtype /Form /BBox [0 0 10 10]";
        let frame = "0.5 w 0.5 0.5 9 9 re S";
        let drawn = self.maker.stream(entries, format!("{frame} 2 2 6 6 re f"));
        let empty = self.maker.stream(entries, frame);
        format!("/AS /Off /AP << /N << /{on} {drawn} 0 R /Off {empty} 0 R >> >>")
    }

    /// Entries of the page, such as `/Rotate 90`.
    pub(crate) fn page(&mut self, entries: &str) -> &mut Self {
        self.page.push_str(entries);
        self
    }

    /// Entries of the form's dictionary, such as `/NeedAppearances true`.
    pub(crate) fn form(&mut self, entries: &str) -> &mut Self {
        self.form.push_str(entries);
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let list =
            |ids: &[usize]| ids.iter().map(|id| format!("{id} 0 R")).collect::<Vec<_>>().join(" ");
        let annotations = list(&self.widgets);
        self.maker.page(&format!("/Annots [{annotations}] {}", self.page), &self.content);
        if !self.fields.is_empty() {
            let fields = list(&self.fields);
            self.maker.catalog(&format!("/AcroForm << /Fields [{fields}] {} >>", self.form));
        }
        self.maker.finish()
    }
}

fn user_space([x0, y0, x1, y1]: [f32; 4]) -> String {
    format!("[{x0} {} {x1} {}]", 800.0 - y1, 800.0 - y0)
}

/// A form with every kind of interactive field.
pub(crate) fn application() -> Vec<u8> {
    let mut form = FormMaker::new();
    form.text(50.0, 62.0, "Full name").text(50.0, 92.0, "Date of birth");
    form.text(50.0, 122.0, "Social security no.").text(50.0, 152.0, "Remarks");
    form.text(300.0, 92.0, "Amount").text(50.0, 232.0, "Country").text(300.0, 232.0, "Language");
    form.field("f1", [150.0, 50.0, 290.0, 66.0], "/FT /Tx");
    form.field("f2", [150.0, 80.0, 290.0, 96.0], "/FT /Tx /MK << /BC [0] /BG [0.95] >>");
    let comb = format!("/FT /Tx /MaxLen 9 /Ff {}", 1 << 24);
    form.field("f3", [150.0, 110.0, 290.0, 126.0], &comb);
    let lines = format!("/FT /Tx /Ff {} /DA (/Helv 10 Tf 0 g)", 1 << 12);
    form.field("f4", [150.0, 140.0, 400.0, 200.0], &lines);
    form.field("f5", [350.0, 80.0, 450.0, 96.0], "/FT /Tx /Q 2");
    let combo = format!("/FT /Ch /Ff {} /Opt [[(pl) (Poland)] [(de) (Germany)]]", 1 << 17);
    form.field("f6", [150.0, 220.0, 290.0, 236.0], &combo);
    form.field("f7", [350.0, 220.0, 450.0, 264.0], "/FT /Ch /Opt [(English) (Polski) (Deutsch)]");
    form.text(50.0, 288.0, "Account type");
    form.text(165.0, 288.0, "Checking").text(265.0, 288.0, "Savings");
    form.radio("f8", &[("0", (150.0, 280.0)), ("1", (250.0, 280.0))]);
    form.text(65.0, 318.0, "I agree to the terms").text(65.0, 338.0, "Send me letters");
    form.tick("f9", (50.0, 310.0), "Ja");
    form.field("f10", [50.0, 330.0, 60.0, 340.0], "/FT /Btn /MK << /CA (8) /BC [0] >>");
    form.form("/NeedAppearances true /XFA (old)");
    form.finish()
}

/// The questions of a form that has lines and boxes and no interactive fields.
pub(crate) fn flat_application() -> Vec<u8> {
    let mut form = FormMaker::new();
    form.text(50.0, 62.0, "Full name:").rule(110.0, 64.0, 300.0);
    form.text(310.0, 62.0, "Phone:").rule(345.0, 64.0, 550.0);
    form.text(50.0, 92.0, "Remarks").rect([50.0, 96.0, 550.0, 150.0]);
    form.text(50.0, 172.0, "Account type:");
    form.rect([130.0, 164.0, 140.0, 174.0]).text(145.0, 172.0, "Checking");
    form.rect([230.0, 164.0, 240.0, 174.0]).text(245.0, 172.0, "Savings");
    form.text(50.0, 202.0, "Town: ______________________________");
    form.finish()
}
