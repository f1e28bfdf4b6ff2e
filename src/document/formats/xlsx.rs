//! Excel workbooks through `calamine`: one page a sheet, merged cells as spans, dates as ISO 8601.
//!
//! Cells are streamed one by one, for a range as a whole may be made to fill memory by two cells
//! in far corners.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};

use super::Flow;
use super::archive::Archive;
use super::builder::FlowPage;
use super::ooxml;
use super::sheet::Sheet;
use crate::base::limits;
use crate::document::block::Block;
use crate::document::error::DocumentError;
use crate::document::model::WarningKind;

/// Reads a workbook.
pub(crate) fn read(bytes: &[u8]) -> Result<Flow, DocumentError> {
    Archive::open(bytes)?.check_all()?;
    let metadata = ooxml::metadata(&mut Archive::open(bytes)?)?;
    let mut flow = Flow { metadata, ..Flow::default() };
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| DocumentError::Damaged {
        detail: format!("the workbook cannot be read: {error}"),
    })?;
    let sheets = workbook.sheets_metadata().to_vec();
    for sheet in sheets.into_iter().take(limits::DOCUMENT_PAGES_MAX) {
        let is_shown = sheet.visible == SheetVisible::Visible;
        if !is_shown || sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let mut cells = Sheet::default();
        if let Err(error) = read_cells(&mut workbook, &sheet.name, &mut cells) {
            let message = format!("the sheet {} is damaged: {error}", sheet.name);
            flow.warn(WarningKind::Damaged, message);
        }
        let (table, truncated) = cells.into_table();
        flow.warn_if_truncated(truncated);
        flow.pages.push(FlowPage {
            name: Some(sheet.name),
            blocks: table.map(Block::Table).into_iter().collect(),
            text: None,
        });
    }
    Ok(flow)
}

fn read_cells(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    cells: &mut Sheet,
) -> Result<(), calamine::XlsxError> {
    for merged in workbook.merge_cells_by_sheet_name(name).unwrap_or_default() {
        let rows = merged.end.0.saturating_sub(merged.start.0).saturating_add(1);
        let columns = merged.end.1.saturating_sub(merged.start.1).saturating_add(1);
        cells.span(merged.start.0, merged.start.1, rows, columns);
    }
    let mut reader = workbook.worksheet_cells_reader(name)?;
    while let Some(cell) = reader.next_cell()? {
        let (row, column) = cell.get_position();
        cells.put(row, column, &shown(cell.get_value()));
        if cells.truncated() {
            break;
        }
    }
    Ok(())
}

fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => shown_number(*number),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::DateTime(date) => shown_date(date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A number with the 15 digits that Excel keeps, so that 0.1 + 0.2 is 0.3.
pub(super) fn shown_number(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number == 0.0 { "0".to_owned() } else { String::new() };
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    rounded.to_string()
}

fn shown_date(date: &ExcelDateTime) -> String {
    if date.is_duration() {
        let seconds = (date.as_f64() * 86_400.0).round();
        let (sign, seconds) = if seconds < 0.0 { ("-", -seconds) } else { ("", seconds) };
        let (hours, rest) = ((seconds / 3600.0).floor(), seconds % 3600.0);
        return format!("{sign}{hours}:{:02}:{:02}", (rest / 60.0).floor(), rest % 60.0);
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let whole_day = (hour, minute, second) == (0, 0, 0);
    match (date.as_f64() < 1.0, whole_day) {
        (true, _) => format!("{hour:02}:{minute:02}:{second:02}"),
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::super::archive::tests::container;
    use super::*;

    /// A workbook of one sheet with this `sheetData` and what follows it.
    pub(in super::super) fn workbook(sheet: &str) -> Vec<u8> {
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        let book = format!(
            "<workbook xmlns='{main}' xmlns:r='{relations}'><sheets>\
             <sheet name='Orders' sheetId='1' r:id='rId1'/></sheets></workbook>"
        );
        let links = format!(
            "<Relationships xmlns='{package}'><Relationship Id='rId1' \
             Type='{relations}/worksheet' Target='worksheets/sheet1.xml'/>\
             <Relationship Id='rId2' Type='{relations}/styles' Target='styles.xml'/>\
             </Relationships>"
        );
        let styles = format!(
            "<styleSheet xmlns='{main}'><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs>\
             </styleSheet>"
        );
        let sheet = format!("<worksheet xmlns='{main}'>{sheet}</worksheet>");
        let root = format!(
            "<Relationships xmlns='{package}'><Relationship Id='rId1' \
             Type='{relations}/officeDocument' Target='xl/workbook.xml'/></Relationships>"
        );
        container(&[
            ("_rels/.rels", root.as_bytes()),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", links.as_bytes()),
            ("xl/styles.xml", styles.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ])
    }

    #[test]
    fn a_sheet_is_a_page_with_a_table() {
        let bytes = workbook(
            "<sheetData><row r='2'><c r='B2' t='inlineStr'><is><t>Item</t></is></c>\
             <c r='C2' t='inlineStr'><is><t>Day</t></is></c></row>\
             <row r='3'><c r='B3'><v>0.30000000000000004</v></c><c r='C3' s='1'><v>46023</v></c>\
             </row></sheetData><mergeCells count='1'><mergeCell ref='B2:B2'/></mergeCells>",
        );
        let flow = read(&bytes).unwrap();
        assert_eq!(flow.pages[0].name.as_deref(), Some("Orders"));
        let Block::Table(table) = &flow.pages[0].blocks[0] else { panic!("{flow:?}") };
        assert_eq!(table.grid(), [["Item", "Day"], ["0.3", "2026-01-01"]]);
        assert_eq!(table.header_rows, 1);
    }

    #[test]
    fn two_cells_in_far_corners_cost_nothing() {
        let bytes = workbook(
            "<sheetData><row r='1'><c r='A1'><v>1</v></c></row>\
             <row r='1048576'><c r='XFD1048576'><v>2</v></c></row></sheetData>",
        );
        let flow = read(&bytes).unwrap();
        let Block::Table(table) = &flow.pages[0].blocks[0] else { panic!("{flow:?}") };
        assert_eq!(table.grid(), [["1", ""], ["", "2"]]);
    }
}
