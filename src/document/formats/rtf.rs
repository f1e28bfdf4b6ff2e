//! Rich Text Format (Microsoft's specification 1.9.1): groups, control words, character sets,
//! table rows and page breaks.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::builder::{FlowBuilder, FlowPage, Kind, Style};
use crate::base::limits;

/// Pages of an RTF document; the second part tells whether cells were left out.
pub(crate) fn read(bytes: &[u8]) -> (Vec<FlowPage>, bool) {
    let mut reader = Reader { encoding: WINDOWS_1252, ..Reader::default() };
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'{' => {
                reader.open_group();
                after
            }
            b'}' => {
                reader.close_group();
                after
            }
            b'\\' => reader.control(after),
            b'\r' | b'\n' => after,
            _ => {
                reader.byte(byte);
                after
            }
        };
    }
    reader.flush();
    reader.close_table();
    let truncated = reader.builder.truncated();
    (reader.builder.finish(), truncated)
}

#[derive(Debug, Clone, Copy)]
struct Group {
    style: Style,
    /// Nothing in this group is text (fonts, colours, pictures).
    skipped: bool,
    encoding: &'static Encoding,
    /// Bytes that stand in for a Unicode character and are left out.
    stand_in: usize,
}

impl Default for Group {
    fn default() -> Self {
        Self { style: Style::default(), skipped: false, encoding: WINDOWS_1252, stand_in: 1 }
    }
}

#[derive(Debug)]
struct Reader {
    builder: FlowBuilder,
    group: Group,
    groups: Vec<Group>,
    /// Groups opened past the limit on nesting.
    too_deep: usize,
    /// Bytes of the current character set that are not decoded yet.
    pending: Vec<u8>,
    /// The first half of a character outside the basic plane.
    high_surrogate: Option<u16>,
    /// Bytes still to be left out after a Unicode character.
    to_skip: usize,
    encoding: &'static Encoding,
    /// Character sets of the fonts, by their numbers.
    fonts: std::collections::HashMap<i32, &'static Encoding>,
    in_fonts: Option<i32>,
    in_table: bool,
    row_open: bool,
    cell_open: bool,
    heading: Option<u8>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            builder: FlowBuilder::default(),
            group: Group::default(),
            groups: Vec::new(),
            too_deep: 0,
            pending: Vec::new(),
            high_surrogate: None,
            to_skip: 0,
            encoding: WINDOWS_1252,
            fonts: std::collections::HashMap::new(),
            in_fonts: None,
            in_table: false,
            row_open: false,
            cell_open: false,
            heading: None,
        }
    }
}

impl Reader {
    fn open_group(&mut self) {
        self.flush();
        if self.groups.len() >= limits::RTF_DEPTH_MAX {
            self.too_deep += 1;
        } else {
            self.groups.push(self.group);
        }
    }

    fn close_group(&mut self) {
        self.flush();
        if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if let Some(outer) = self.groups.pop() {
            self.group = outer;
        }
        if !self.group.skipped {
            self.in_fonts = None;
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.group.skipped {
            self.pending.push(byte);
        }
    }

    /// Decodes what is pending and writes it.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let (text, _) = self.group.encoding.decode_without_bom_handling(&self.pending);
        let text = text.into_owned();
        self.pending.clear();
        self.write(&text);
    }

    fn write(&mut self, text: &str) {
        if self.group.skipped {
            return;
        }
        if self.row_open && !self.cell_open {
            self.builder.open_cell_spanning(1, 1, false);
            self.cell_open = true;
        }
        self.builder.push(text, self.group.style);
    }

    /// Reads what follows a backslash; gives what is left.
    fn control<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some((&first, after)) = rest.split_first() else {
            return rest;
        };
        if !first.is_ascii_alphabetic() {
            return self.control_symbol(first, after);
        }
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = rest.split_at(letters);
        let signed = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.iter().skip(signed).take_while(|byte| byte.is_ascii_digit()).count();
        let length = if digits > 0 { signed + digits } else { 0 };
        let (number, rest) = rest.split_at(length);
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let word = std::str::from_utf8(word).unwrap_or_default();
        if word == "bin" {
            let length = number.and_then(|length: i32| usize::try_from(length).ok());
            return rest.get(length.unwrap_or(0)..).unwrap_or_default();
        }
        self.control_word(word, number);
        rest
    }

    fn control_symbol<'a>(&mut self, symbol: u8, after: &'a [u8]) -> &'a [u8] {
        match symbol {
            b'\'' => {
                let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
                if let Some(byte) = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    self.byte(byte);
                }
                return after.get(2..).unwrap_or_default();
            }
            b'*' => self.group.skipped = true,
            b'~' => self.symbol("\u{a0}"),
            b'_' => self.symbol("-"),
            b'-' => {}
            b'\n' | b'\r' => self.end_paragraph(),
            b'\\' | b'{' | b'}' => self.byte(symbol),
            _ => {}
        }
        after
    }

    fn symbol(&mut self, text: &str) {
        self.flush();
        self.write(text);
    }

    fn control_word(&mut self, word: &str, number: Option<i32>) {
        let on = number != Some(0);
        match word {
            "u" => self.unicode(number.unwrap_or(0)),
            "uc" => {
                self.group.stand_in = number.map_or(1, |count| usize::try_from(count).unwrap_or(0))
            }
            "ansicpg" => {
                self.encoding = code_page(number.unwrap_or(1252));
                self.group.encoding = self.encoding;
            }
            "mac" => self.encoding = encoding_rs::MACINTOSH,
            "fonttbl" => (self.in_fonts, self.group.skipped) = (Some(0), true),
            "f" if self.in_fonts.is_some() => self.in_fonts = number,
            "fcharset" => {
                if let (Some(font), Some(encoding)) =
                    (self.in_fonts, number.and_then(|set| character_set(set, self.encoding)))
                    && self.fonts.len() < limits::TABLE_COLUMNS_MAX
                {
                    self.fonts.insert(font, encoding);
                }
            }
            "f" => {
                self.flush();
                let font = number.and_then(|font| self.fonts.get(&font));
                self.group.encoding = font.copied().unwrap_or(self.encoding);
            }
            "colortbl" | "stylesheet" | "info" | "pict" | "object" | "themedata" | "xmlnstbl"
            | "listtable" | "listoverridetable" | "rsidtbl" | "generator" | "fldinst"
            | "datastore" | "filetbl" | "revtbl" | "bkmkstart" | "bkmkend" => {
                self.flush();
                self.group.skipped = true;
            }
            _ if self.group.skipped => {}
            "plain" => {
                self.flush();
                self.group.style = Style::default();
            }
            "b" | "i" => {
                self.flush();
                let style = &mut self.group.style;
                *(if word == "b" { &mut style.bold } else { &mut style.italic }) = on;
            }
            _ => self.layout_word(word, number),
        }
    }

    fn layout_word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "par" | "sect" => self.end_paragraph(),
            "line" => self.symbol("\n"),
            "tab" => self.symbol("\t"),
            "emdash" => self.symbol("—"),
            "endash" => self.symbol("–"),
            "bullet" => self.symbol("•"),
            "lquote" => self.symbol("‘"),
            "rquote" => self.symbol("’"),
            "ldblquote" => self.symbol("“"),
            "rdblquote" => self.symbol("”"),
            "page" => {
                self.flush();
                self.close_table();
                self.builder.end_page();
            }
            "pard" => self.heading = None,
            "outlinelevel" => {
                let level = number.and_then(|level| u8::try_from(level).ok());
                self.heading = level.filter(|level| *level < 9).map(|level| level + 1);
            }
            "trowd" => self.open_row(),
            "cell" => {
                self.flush();
                if !self.row_open {
                    self.open_row();
                }
                if !self.cell_open {
                    self.builder.open_cell_spanning(1, 1, false);
                }
                self.builder.close_cell();
                self.cell_open = false;
            }
            "row" => {
                self.flush();
                self.builder.close_cell();
                (self.row_open, self.cell_open) = (false, false);
            }
            _ => {}
        }
    }

    /// A row may be described again before its cells; that is no new row.
    fn open_row(&mut self) {
        self.flush();
        if self.row_open {
            return;
        }
        if !self.in_table {
            self.builder.open_table();
            self.in_table = true;
        }
        self.builder.open_row();
        self.row_open = true;
    }

    fn close_table(&mut self) {
        if self.in_table {
            self.builder.close_table();
        }
        (self.in_table, self.row_open, self.cell_open) = (false, false, false);
    }

    fn end_paragraph(&mut self) {
        self.flush();
        if self.in_table && !self.row_open && !self.builder.is_paragraph_empty() {
            self.end_table_before_paragraph();
            return;
        }
        if let Some(level) = self.heading {
            self.builder.set_kind(Kind::Heading(level));
        }
        self.builder.end_paragraph();
    }

    /// Text after the last row and outside of it ends the table; the text stands below.
    fn end_table_before_paragraph(&mut self) {
        let text = self.builder.take_paragraph();
        self.close_table();
        self.builder.restore_paragraph(text);
        self.end_paragraph();
    }

    fn unicode(&mut self, code: i32) {
        self.flush();
        // Codes are written as signed 16-bit numbers.
        let unit = u16::try_from(code.rem_euclid(65_536)).unwrap_or(0xfffd);
        self.to_skip = self.group.stand_in;
        let units = match (self.high_surrogate.take(), unit) {
            (_, 0xd800..=0xdbff) => {
                self.high_surrogate = Some(unit);
                return;
            }
            (Some(high), 0xdc00..=0xdfff) => vec![high, unit],
            _ => vec![unit],
        };
        self.write(&String::from_utf16_lossy(&units));
    }
}

/// The encoding of a Windows code page.
fn code_page(number: i32) -> &'static Encoding {
    let label = match number {
        437 | 850 | 1252 => return WINDOWS_1252,
        866 => "ibm866".to_owned(),
        874 => "windows-874".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10_000 => "macintosh".to_owned(),
        65_001 => "utf-8".to_owned(),
        other => format!("windows-{other}"),
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// The encoding of a font's `\fcharset`; `None` for symbol fonts, which keep the document's.
fn character_set(number: i32, default: &'static Encoding) -> Option<&'static Encoding> {
    let page = match number {
        0 | 1 => return Some(default),
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    };
    Some(code_page(page))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use crate::document::block::{Block, Text};

    fn blocks(source: &str) -> Vec<Block> {
        read(source.as_bytes()).0.remove(0).blocks
    }

    #[test]
    fn text_styles_and_character_sets_are_read() {
        let made = blocks(
            r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Times;}}
{\*\generator x;}{\info{\title T}}\pard\outlinelevel0 Top\par\pard caf\'e9 {\b bold}\par
\f1\'cf\'f0\f0 \u8364 ?\u-10179?\u-8704?\par}",
        );
        assert_eq!(made[0], Block::Heading { level: 1, text: Text::plain("Top") });
        let Block::Paragraph(text) = &made[1] else { panic!("{made:?}") };
        assert_eq!((text.to_plain().as_str(), text.spans[1].bold), ("café bold", true));
        assert_eq!(made[2], Block::Paragraph(Text::plain("Пр€😀")));
    }

    #[test]
    fn rows_make_a_table_and_what_follows_does_not() {
        let made = blocks(
            r"{\rtf1 before\par\trowd\cellx1\cellx2\intbl a\cell b\cell\row
\trowd\cellx1\cellx2\intbl\cell d\par e\cell\row\pard after\par}",
        );
        assert_eq!(made[0], Block::Paragraph(Text::plain("before")));
        let Block::Table(table) = &made[1] else { panic!("{made:?}") };
        assert_eq!(table.grid(), [["a", "b"], ["", "d\ne"]]);
        assert_eq!(made[2], Block::Paragraph(Text::plain("after")));
    }

    #[test]
    fn pages_and_broken_groups_do_no_harm() {
        assert_eq!(read(br"{\rtf1 a\page b}").0.len(), 2);
        let deep = "{".repeat(100_000) + r"\rtf1 x";
        assert_eq!(blocks(&deep), [Block::Paragraph(Text::plain("x"))]);
        assert_eq!(blocks(r"}}}\'zz\bin999999 \u"), []);
    }
}
