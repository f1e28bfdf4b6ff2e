//! CSV and its relatives: values parted by commas, semicolons, tabs or bars.
//!
//! The delimiter is the one that parts most lines of the beginning into the same number of
//! fields, as in RFC 4180 with quoted fields; the reading itself is the `csv` crate's.

use super::builder::FlowPage;
use super::looks_numeric;
use crate::document::block::{Block, TableBuilder};

/// Records looked at to find the delimiter.
const PROBE_RECORDS: usize = 50;
/// Bytes looked at to find the delimiter.
const PROBE_BYTES: usize = 64 << 10;

/// The delimiter of a text that is a table of values, `None` when it is not one.
pub(crate) fn delimiter(text: &str) -> Option<u8> {
    let probe = text.get(..text.floor_char_boundary(PROBE_BYTES)).unwrap_or(text);
    let whole = probe.len() == text.len();
    let mut best: Option<(usize, u8)> = None;
    for delimiter in [b'\t', b';', b',', b'|'] {
        let Some(score) = score(probe, delimiter, whole) else {
            continue;
        };
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

/// Fields a record when nearly all records have the same number of two or more.
fn score(probe: &str, delimiter: u8, whole: bool) -> Option<usize> {
    let mut widths: Vec<usize> = Vec::new();
    let mut prose = 0_usize;
    for record in records(probe, delimiter).take(PROBE_RECORDS) {
        let record = record.ok()?;
        prose += record.iter().filter(|field| field.len() > 200).count();
        widths.push(record.len());
    }
    if !whole && widths.len() < PROBE_RECORDS {
        widths.pop();
    }
    let most = widths.iter().copied().max()?;
    let same = widths.iter().filter(|&&width| width == most).count();
    let is_table = most >= 2 && widths.len() >= 2 && same * 10 >= widths.len() * 9 && prose == 0;
    is_table.then_some(most)
}

fn records(text: &str, delimiter: u8) -> csv::ByteRecordsIntoIter<&[u8]> {
    let mut options = csv::ReaderBuilder::new();
    options.delimiter(delimiter).has_headers(false).flexible(true);
    options.from_reader(text.as_bytes()).into_byte_records()
}

/// One page with one table; the second part tells whether cells were left out for the limits.
pub(crate) fn read(text: &str, delimiter: u8) -> (FlowPage, bool) {
    let mut builder = TableBuilder::default();
    let mut first_row_is_head = true;
    for record in records(text, delimiter) {
        // Reading from memory as flexible records cannot fail; a failure would end the table.
        let Ok(record) = record else { break };
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        builder.next_row();
        for field in &record {
            let field = String::from_utf8_lossy(field).trim().to_owned();
            if builder.rows() == 1 && (field.is_empty() || looks_numeric(&field)) {
                first_row_is_head = false;
            }
            builder.cell(field, 1, 1);
        }
    }
    let truncated = builder.truncated();
    let table = builder.finish(usize::from(first_row_is_head));
    let page = FlowPage {
        blocks: if table.cells.is_empty() { Vec::new() } else { vec![Block::Table(table)] },
        text: Some(text.trim_end_matches('\n').to_owned()),
        ..FlowPage::default()
    };
    (page, truncated)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_makes_a_table() {
        assert_eq!(delimiter("a,b\n1,2\n"), Some(b','));
        assert_eq!(delimiter("name;price\nx;3,50\ny;4,00\n"), Some(b';'));
        assert_eq!(delimiter("a\tb,c\n1\t2\n"), Some(b'\t'));
        assert_eq!(delimiter("a,\"b\nstill b\"\n1,2\n"), Some(b','));
    }

    #[test]
    fn prose_is_no_table() {
        assert_eq!(delimiter("Dear Ann,\n\nthank you, it came, all well.\nBob\n"), None);
        assert_eq!(delimiter("one line, only"), None);
        assert_eq!(delimiter(""), None);
    }

    #[test]
    fn quotes_and_head_are_understood() {
        let (page, truncated) = read("Item,Price\n\"A, \"\"b\"\"\",2\n\n", b',');
        let Block::Table(table) = &page.blocks[0] else { panic!("no table") };
        assert_eq!(table.grid(), [["Item", "Price"], ["A, \"b\"", "2"]]);
        assert_eq!(table.header_rows, 1);
        assert!(!truncated);
    }

    #[test]
    fn a_first_row_of_numbers_is_no_head() {
        let (page, _) = read("1,2\n3,4\n", b',');
        let Block::Table(table) = &page.blocks[0] else { panic!("no table") };
        assert_eq!(table.header_rows, 0);
    }
}
