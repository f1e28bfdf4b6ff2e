//! Writes small PDFs for tests: objects by hand, the file around them by rule.

use std::fmt::Write as _;

/// Object numbers that every file has.
const CATALOG: usize = 1;
const PAGES: usize = 2;
/// Helvetica in WinAnsi, the font `F1` of every page.
const HELVETICA: usize = 3;

/// A PDF in the making.
pub(crate) struct PdfMaker {
    /// Bodies of the objects, the first one is number 1.
    bodies: Vec<Vec<u8>>,
    catalog: String,
    /// More fonts for the pages: `/F2 7 0 R`.
    fonts: String,
    /// More resources for the pages: `/XObject << … >>`.
    resources: String,
    pages: Vec<usize>,
    trailer: String,
}

impl PdfMaker {
    pub(crate) fn new() -> Self {
        Self {
            bodies: vec![Vec::new(), Vec::new(), Self::standard_font("Helvetica").into()],
            catalog: String::new(),
            fonts: String::new(),
            resources: String::new(),
            pages: Vec::new(),
            trailer: String::new(),
        }
    }

    /// A file of one page that runs this content; Helvetica is `F1`.
    pub(crate) fn of_content(content: &str) -> Vec<u8> {
        let mut maker = Self::new();
        maker.page("", content);
        maker.finish()
    }

    /// The body of a standard font in WinAnsi.
    pub(crate) fn standard_font(base: &str) -> String {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{base} /Encoding /WinAnsiEncoding >>")
    }

    /// Adds an object and gives its number.
    pub(crate) fn add(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.bodies.push(body.into());
        self.bodies.len()
    }

    /// Gives an object another body.
    pub(crate) fn replace(&mut self, number: usize, body: impl Into<Vec<u8>>) {
        self.bodies[number - 1] = body.into();
    }

    /// Adds a stream and gives its number.
    pub(crate) fn stream(&mut self, entries: &str, data: impl AsRef<[u8]>) -> usize {
        let data = data.as_ref();
        let head = format!("<< /Length {} {entries} >>\nstream\n", data.len());
        self.add([head.as_bytes(), data, b"\nendstream"].concat())
    }

    /// Adds a font for all pages.
    pub(crate) fn font(&mut self, name: &str, body: &str) -> usize {
        let number = self.add(body);
        let _ = write!(self.fonts, " /{name} {number} 0 R");
        number
    }

    /// Adds entries to the resources of all pages.
    pub(crate) fn resources(&mut self, entries: &str) {
        self.resources.push_str(entries);
    }

    /// Adds entries to the catalog.
    pub(crate) fn catalog(&mut self, entries: &str) {
        self.catalog.push_str(entries);
    }

    /// Adds a page of 600 by 800 points; `entries` may give it another box and more.
    pub(crate) fn page(&mut self, entries: &str, content: &str) -> usize {
        let content = self.stream("", content);
        let media = if entries.contains("/MediaBox") { "" } else { "/MediaBox [0 0 600 800]" };
        let page = self.add(format!(
            "<< /Type /Page /Parent {PAGES} 0 R {media} /Contents {content} 0 R {entries} >>"
        ));
        self.pages.push(page);
        page
    }

    /// Writes the file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let catalog = format!("<< /Type /Catalog /Pages {PAGES} 0 R {} >>", self.catalog);
        let kids: Vec<String> = self.pages.iter().map(|page| format!("{page} 0 R")).collect();
        let pages = format!(
            "<< /Type /Pages /Count {} /Kids [{}] \
             /Resources << /Font << /F1 {HELVETICA} 0 R {} >> {} >> >>",
            kids.len(),
            kids.join(" "),
            self.fonts,
            self.resources
        );
        self.bodies[CATALOG - 1] = catalog.into_bytes();
        self.bodies[PAGES - 1] = pages.into_bytes();
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.bodies.len() + 1);
        for (body, number) in self.bodies.iter().zip(1..) {
            let _ = writeln!(table, "{:010} 00000 n ", file.len());
            file.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            file.extend_from_slice(body);
            file.extend_from_slice(b"\nendobj\n");
        }
        let start = file.len();
        let size = self.bodies.len() + 1;
        let _ = write!(
            table,
            "trailer\n<< /Size {size} /Root {CATALOG} 0 R {} >>\nstartxref\n{start}\n%%EOF\n",
            self.trailer
        );
        file.extend_from_slice(table.as_bytes());
        file
    }

    /// Adds entries to the trailer.
    pub(crate) fn trailer(&mut self, entries: &str) {
        self.trailer.push_str(entries);
    }
}

/// A `ToUnicode` map of two-byte codes: `(code, UTF-16 in hexadecimal)`.
pub(crate) fn to_unicode(entries: &[(u16, &str)]) -> String {
    let lines: String =
        entries.iter().map(|(code, letters)| format!("<{code:04x}> <{letters}>\n")).collect();
    format!(
        "/CIDInit /ProcSet findresource begin begincmap\n\
         1 begincodespacerange <0000> <ffff> endcodespacerange\n\
         {} beginbfchar\n{lines}endbfchar endcmap end",
        entries.len()
    )
}
