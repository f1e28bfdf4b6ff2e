//! HTML to blocks: headings, paragraphs, lists, listings and tables, in document order.
//!
//! The tokenizer follows the parts of the HTML standard (section 13.2.5) that matter for text:
//! tags, quoted attributes, comments, raw text elements and character references. No tree is
//! built, so depth costs nothing; unclosed elements end where their block ends.

use super::builder::{FlowBuilder, FlowPage, Kind, Style};

/// What a page of HTML says.
#[derive(Debug)]
pub(crate) struct Html {
    pub(crate) page: FlowPage,
    pub(crate) title: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) truncated: bool,
}

/// Bytes of a document's beginning in which its encoding may be declared (as browsers do).
const CHARSET_REACH_BYTES: usize = 1024;

/// The encoding that a `meta` element or an XML declaration names.
pub(crate) fn declared_charset(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(CHARSET_REACH_BYTES)).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = ["charset=", "encoding="].into_iter().find_map(|key| {
        let at = head.find(key)?;
        head.get(at + key.len()..)
    })?;
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "-_:.".contains(*letter))
        .collect();
    (!label.is_empty()).then_some(label)
}

/// Reads a whole document or a fragment.
pub(crate) fn read(source: &str) -> Html {
    let mut reader = Reader::default();
    let mut rest = source;
    while !rest.is_empty() {
        rest = reader.step(rest);
    }
    let truncated = reader.builder.truncated();
    let page = reader.builder.finish().into_iter().next().unwrap_or_default();
    Html { page, title: reader.title, language: reader.language, truncated }
}

#[derive(Debug, Default)]
struct Reader {
    builder: FlowBuilder,
    bold: u32,
    italic: u32,
    pre: u32,
    lists: Vec<List>,
    title: Option<String>,
    language: Option<String>,
}

#[derive(Debug)]
struct List {
    ordered: bool,
    next: i64,
}

impl Reader {
    /// Takes one token off the front of `rest` and gives what is left.
    fn step<'a>(&mut self, rest: &'a str) -> &'a str {
        let Some(after) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (text, rest) = rest.split_at(end);
            self.text(text);
            return rest;
        };
        if let Some(comment) = after.strip_prefix("!--") {
            return past(comment, "-->");
        }
        if after.starts_with(['!', '?']) {
            return past(after, ">");
        }
        let (closing, name_on) = match after.strip_prefix('/') {
            Some(name_on) => (true, name_on),
            None => (false, after),
        };
        if !name_on.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            self.text("<");
            return after;
        }
        let (tag, rest) = Tag::read(name_on);
        if closing {
            self.close(&tag.name);
            return rest;
        }
        match tag.name.as_str() {
            "script" | "style" | "template" | "noscript" | "svg" | "math" | "object" => {
                past_element(rest, &tag.name)
            }
            "title" => {
                let end = find_close(rest, "title");
                let title = unescape(rest.get(..end).unwrap_or_default());
                let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
                self.title = (!title.is_empty()).then_some(title);
                past_element(rest, "title")
            }
            _ => {
                self.open(&tag);
                rest
            }
        }
    }

    fn style(&self) -> Style {
        Style { bold: self.bold > 0, italic: self.italic > 0 }
    }

    fn text(&mut self, source: &str) {
        let text = unescape(source);
        if self.pre > 0 {
            self.builder.push(&text, Style::default());
        } else {
            self.builder.push_collapsed(&text, self.style());
        }
    }

    fn open(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "html" => self.language = tag.attribute("lang").map(str::to_owned),
            "b" | "strong" => self.bold += 1,
            "i" | "em" => self.italic += 1,
            "br" => self.builder.push("\n", self.style()),
            "img" => self.text(tag.attribute("alt").unwrap_or_default()),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_block();
                let level = tag.name.bytes().last().map_or(1, |digit| digit - b'0');
                self.builder.set_kind(Kind::Heading(level));
            }
            "pre" | "textarea" | "listing" => {
                self.end_block();
                self.pre += 1;
                self.builder.set_kind(Kind::Preformatted);
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.end_block();
                let ordered = tag.name == "ol";
                let start = tag.attribute("start").and_then(|start| start.parse().ok());
                self.lists.push(List { ordered, next: start.unwrap_or(1) });
            }
            "li" => self.open_item(),
            "table" => {
                self.end_block();
                self.builder.open_table();
            }
            "tr" => self.builder.open_row(),
            "td" | "th" => {
                let span = |name| tag.attribute(name).and_then(|span| span.trim().parse().ok());
                let (rows, columns) = (span("rowspan"), span("colspan"));
                let is_head = tag.name == "th";
                let (rows, columns) = (rows.unwrap_or(1), columns.unwrap_or(1));
                self.builder.open_cell_spanning(rows, columns, is_head);
            }
            name if is_block(name) => self.end_block(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "b" | "strong" => self.bold = self.bold.saturating_sub(1),
            "i" | "em" => self.italic = self.italic.saturating_sub(1),
            "pre" | "textarea" | "listing" => {
                self.end_block();
                self.pre = self.pre.saturating_sub(1);
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.end_block();
                self.lists.pop();
            }
            "table" => {
                self.end_block();
                self.builder.close_table();
            }
            "td" | "th" | "tr" => {
                self.end_block();
                self.builder.close_cell();
            }
            "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.end_block(),
            name if is_block(name) => self.end_block(),
            _ => {}
        }
    }

    /// A paragraph right after an item's marker belongs to the item (`<li><p>`).
    fn end_block(&mut self) {
        let waits = matches!(self.builder.kind(), Kind::ListItem { .. });
        if !(waits && self.builder.is_paragraph_empty()) {
            self.builder.end_paragraph();
        }
        if self.pre > 0 {
            self.builder.set_kind(Kind::Preformatted);
        }
    }

    fn open_item(&mut self) {
        self.builder.end_paragraph();
        let depth = u8::try_from(self.lists.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let label = self.lists.last_mut().filter(|list| list.ordered).map(|list| {
            list.next = list.next.saturating_add(1);
            format!("{}.", list.next - 1)
        });
        self.builder.set_kind(Kind::ListItem { depth, label });
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "main"
            | "nav"
            | "option"
            | "p"
            | "section"
            | "summary"
            | "tbody"
            | "tfoot"
            | "thead"
    )
}

/// What follows the first `end`, or nothing.
fn past<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).and_then(|at| text.get(at + end.len()..)).unwrap_or_default()
}

/// Where `</name` begins, or the end of the text.
fn find_close(text: &str, name: &str) -> usize {
    let is_close = |at: &usize| {
        let after = text.as_bytes().get(at + 2..at + 2 + name.len());
        after.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    };
    memchr::memmem::find_iter(text.as_bytes(), b"</").find(is_close).unwrap_or(text.len())
}

fn past_element<'a>(text: &'a str, name: &str) -> &'a str {
    past(text.get(find_close(text, name)..).unwrap_or_default(), ">")
}

/// An opening or closing tag.
#[derive(Debug, Default, PartialEq)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// Reads a tag from its name on; gives it and what follows its `>`.
    fn read(text: &str) -> (Self, &str) {
        let end = text.find(|letter: char| letter.is_ascii_whitespace() || "/>".contains(letter));
        let (name, mut rest) = text.split_at(end.unwrap_or(text.len()));
        let mut tag = Self { name: name.to_ascii_lowercase(), attributes: Vec::new() };
        loop {
            rest = rest
                .trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == '/');
            if let Some(after) = rest.strip_prefix('>') {
                return (tag, after);
            }
            if rest.is_empty() {
                return (tag, rest);
            }
            rest = tag.read_attribute(rest);
        }
    }

    fn read_attribute<'a>(&mut self, text: &'a str) -> &'a str {
        let is_end = |letter: char| letter.is_ascii_whitespace() || "=/>".contains(letter);
        // A name may begin with "=", so at least one letter is taken.
        let first = text.chars().next().map_or(0, char::len_utf8);
        let end = text.get(first..).and_then(|after| after.find(is_end)).map(|at| at + first);
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let after_name = rest.trim_start();
        let Some(value) = after_name.strip_prefix('=') else {
            self.attributes.push((name.to_ascii_lowercase(), String::new()));
            return rest;
        };
        let value = value.trim_start();
        let (value, rest) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = value.get(1..).unwrap_or_default();
                let end = inner.find(quote).unwrap_or(inner.len());
                (inner.get(..end).unwrap_or_default(), inner.get(end + 1..).unwrap_or_default())
            }
            _ => {
                let is_end = |letter: char| letter.is_ascii_whitespace() || letter == '>';
                value.split_at(value.find(is_end).unwrap_or(value.len()))
            }
        };
        self.attributes.push((name.to_ascii_lowercase(), unescape(value)));
        rest
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Longest character reference, `&CounterClockwiseContourIntegral;`.
const REFERENCE_BYTES_MAX: usize = 33;

/// Replaces character references; what is none stays as it is.
pub(crate) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let reach = from.get(..from.floor_char_boundary(REFERENCE_BYTES_MAX)).unwrap_or(from);
        let end = reach.find(';');
        let meaning = end.and_then(|end| reach.get(1..end)).and_then(reference);
        match (meaning, end) {
            (Some(meaning), Some(end)) => {
                plain.push_str(&meaning);
                rest = from.get(end + 1..).unwrap_or_default();
            }
            _ => {
                plain.push('&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn reference(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        return quick_xml::escape::resolve_html5_entity(name).map(str::to_owned);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    // The standard reads the C1 range as windows-1252, for that is what pages mean by it.
    if let Ok(byte @ 0x80..=0x9f) = u8::try_from(code) {
        return Some(encoding_rs::WINDOWS_1252.decode(&[byte]).0.into_owned());
    }
    let letter = char::from_u32(code).filter(|letter| *letter != '\0');
    Some(letter.unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use crate::document::block::{Block, Text};

    fn blocks(source: &str) -> Vec<Block> {
        read(source).page.blocks
    }

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(Text::plain(text))
    }

    #[test]
    fn blocks_come_in_document_order() {
        let html = read(
            "<!doctype html><html lang=de><head><title>A &amp; B</title><style>p{}</style></head>\
             <body><!-- c --><h2>Top <em>one</em></h2>text\n more<p>next<br>line</body>",
        );
        assert_eq!(html.title.as_deref(), Some("A & B"));
        assert_eq!(html.language.as_deref(), Some("de"));
        let Block::Heading { level: 2, text } = &html.page.blocks[0] else { panic!("{html:?}") };
        assert_eq!(text.to_plain(), "Top one");
        assert_eq!(html.page.blocks[1..], [paragraph("text more"), paragraph("next\nline")]);
    }

    #[test]
    fn lists_nest_and_count() {
        let made = blocks("<ul><li>a<ol start=3><li><p>b</p><li>c</ol><li>d</ul>");
        let item = |depth, label: Option<&str>, text: &str| Block::ListItem {
            depth,
            label: label.map(str::to_owned),
            text: Text::plain(text),
        };
        let expected = [
            item(0, None, "a"),
            item(1, Some("3."), "b"),
            item(1, Some("4."), "c"),
            item(0, None, "d"),
        ];
        assert_eq!(made, expected);
    }

    #[test]
    fn tables_keep_their_spans_and_heads() {
        let made = blocks(
            "<table><thead><tr><th>Item<th colspan='2'>Price</thead>\
             <tr><td rowspan=2>x<td>1<td>2</tr><tr><td>3<td>4</table>after",
        );
        let Block::Table(table) = &made[0] else { panic!("{made:?}") };
        assert_eq!(table.grid(), [["Item", "Price", ""], ["x", "1", "2"], ["", "3", "4"]]);
        assert_eq!(table.header_rows, 1);
        assert_eq!(made[1], paragraph("after"));
    }

    #[test]
    fn a_table_for_the_looks_leaves_its_contents() {
        let made = blocks("<table><tr><td><h1>Hello</h1></td></tr><tr><td>you</table>");
        assert_eq!(made.len(), 2);
        assert_eq!(made[1], paragraph("you"));
    }

    #[test]
    fn listings_keep_their_blanks() {
        let made = blocks("<pre>a\n  b &lt;</pre>");
        assert_eq!(made, [Block::Preformatted("a\n  b <".into())]);
    }

    #[test]
    fn references_are_read_as_browsers_do() {
        assert_eq!(
            unescape("&eacute;&#233;&#xE9;&#150;&nope;&#0; & &amp"),
            "ééé–&nope;\u{fffd} & &amp"
        );
    }

    #[test]
    fn scripts_and_broken_markup_do_no_harm() {
        assert_eq!(
            blocks("<script>if (a<b) '</p>'</SCRIPT>x < y<p title='>'>z<"),
            [paragraph("x < y"), paragraph("z<")]
        );
        assert_eq!(blocks("<p a=\"never closed"), []);
        assert_eq!(blocks("<script>never closed"), []);
    }

    #[test]
    fn the_declared_encoding_is_found() {
        let found = declared_charset(b"<meta http-equiv=x content='text/html; charset=GBK'>");
        assert_eq!(found.as_deref(), Some("gbk"));
        let found = declared_charset(b"<?xml version='1.0' encoding=\"ISO-8859-2\"?>");
        assert_eq!(found.as_deref(), Some("iso-8859-2"));
    }
}
