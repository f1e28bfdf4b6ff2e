//! Markdown and tables of small PDFs that are drawn here, compared word for word.

use docspool::document::render::TableFormat;
use docspool::document::{Document, LoadOptions};

use crate::support::drawing::Drawing;

fn pages(pdf: &[u8], tables: TableFormat) -> Vec<String> {
    let document = Document::load(pdf, &LoadOptions::default()).expect("the PDF loads");
    document.markdown(tables)
}

fn markdown(drawing: &Drawing) -> String {
    pages(&drawing.pdf(), TableFormat::Markdown).join("\n---\n")
}

/// Rows of four columns: a name and three right-aligned figures that nearly touch.
fn income(drawing: &mut Drawing, y: f32, rows: &[[&str; 4]]) {
    for (at, [name, figures @ ..]) in rows.iter().enumerate() {
        let y = y + at as f32 * 14.0;
        drawing.text("R", 10.0, 72.0, y, name);
        for (x, figure) in [200.0, 252.0, 304.0].into_iter().zip(figures) {
            drawing.figures(10.0, x, y, figure);
        }
    }
}

#[test]
fn the_sample_reads_column_by_column_with_its_table() {
    let pages = pages(include_bytes!("../../examples/data/harbour-report.pdf"), TableFormat::Html);
    let [page] = pages.as_slice() else { panic!("one page") };
    let start = "# Harbour report, third quarter\n\nPort of Lindholm, 4 October 2026\n\n\
                 ## Traffic\n\n\
                 Between July and September 412 ships called at the three quays, nine more than in \
                 the quarter before. The new pilot boat cut the mean wait at the outer buoy from \
                 94 to 61 minutes.\n\n";
    assert!(page.starts_with(start), "{page}");
    let end = "## Income by quay\n\n<table>\n<thead>\n\
               <tr><th>Quay</th><th>Ships</th><th>Tonnes</th><th>Dues (EUR)</th></tr>\n\
               </thead>\n<tbody>\n\
               <tr><td>North</td><td>188</td><td>240,115</td><td>96,046.00</td></tr>\n\
               <tr><td>South</td><td>131</td><td>88,902</td><td>41,783.94</td></tr>\n\
               <tr><td>Ferry</td><td>93</td><td>12,460</td><td>18,690.00</td></tr>\n\
               <tr><td>Total</td><td>412</td><td>341,477</td><td>156,519.94</td></tr>\n\
               </tbody>\n</table>";
    assert!(page.ends_with(end), "{page}");
}

#[test]
fn drawn_lines_make_cells_that_span() {
    let mut drawing = Drawing::new();
    for y in [100.0, 140.0, 160.0] {
        drawing.rule(72.0, y, 372.0, y);
    }
    // The first column has one cell over both head rows, the head of the others spans them.
    drawing.rule(172.0, 120.0, 372.0, 120.0);
    for x in [72.0, 172.0, 372.0] {
        drawing.rule(x, 100.0, x, 160.0);
    }
    drawing.rule(272.0, 120.0, 272.0, 160.0);
    drawing.text("B", 10.0, 76.0, 123.0, "Quay").text("B", 10.0, 260.0, 113.0, "Ships");
    drawing.text("B", 10.0, 176.0, 133.0, "in").text("B", 10.0, 276.0, 133.0, "out");
    drawing.text("R", 10.0, 76.0, 153.0, "North").text("R", 10.0, 176.0, 153.0, "94");
    drawing.text("R", 10.0, 276.0, 153.0, "88");
    assert_eq!(
        pages(&drawing.pdf(), TableFormat::Html),
        ["<table>\n<thead>\n<tr><th rowspan=\"2\">Quay</th><th colspan=\"2\">Ships</th></tr>\n\
          <tr><th>in</th><th>out</th></tr>\n</thead>\n<tbody>\n\
          <tr><td>North</td><td>94</td><td>88</td></tr>\n</tbody>\n</table>"]
    );
    assert_eq!(
        pages(&drawing.pdf(), TableFormat::Json),
        ["```json\n[\n  {\"Quay\": \"North\", \"Ships / in\": \"94\", \
             \"Ships / out\": \"88\"}\n]\n```"]
    );
}

#[test]
fn figures_that_nearly_touch_are_columns() {
    let mut drawing = Drawing::new();
    let rows = [
        ["North quay", "1,188.20", "240,115.00", "96,046.00"],
        ["South quay", "131.00", "88,902.10", "741,783.94"],
        ["Ferry", "93.50", "112,460.00", "18,690.00"],
        ["Shore", "1,093.50", "460.25", "18,690.25"],
    ];
    income(&mut drawing, 100.0, &rows);
    assert_eq!(
        markdown(&drawing),
        "| North quay | 1,188.20 | 240,115.00 | 96,046.00 |\n| --- | --- | --- | --- |\n\
         | South quay | 131.00 | 88,902.10 | 741,783.94 |\n\
         | Ferry | 93.50 | 112,460.00 | 18,690.00 |\n\
         | Shore | 1,093.50 | 460.25 | 18,690.25 |"
    );
}

#[test]
fn wrapped_cells_are_rows_by_the_order_of_drawing() {
    let mut drawing = Drawing::new();
    let heads = [(72.0, "Term"), (160.0, "Meaning"), (400.0, "Owner")];
    for (x, head) in heads {
        drawing.text("B", 10.0, x, 100.0, head);
    }
    let rows: [(&str, &[&str], &str); 3] = [
        ("Berth", &["A place where a ship is made", "fast, with all that it needs"], "Ines Quist"),
        ("Buoy", &["A float that marks a channel,", "a rock or", "a mooring"], "Ada Vogel"),
        ("Quay", &["The wall of a harbour at which", "ships load and unload"], "Wen Xu"),
    ];
    let mut y = 114.0;
    for (term, meaning, owner) in rows {
        // Cell by cell, those of one line in the middle of the row's height.
        let middle = y + (meaning.len() as f32 - 1.0) * 6.0;
        drawing.text("R", 10.0, 72.0, middle, term).lines(10.0, 160.0, y, meaning);
        drawing.text("R", 10.0, 400.0, middle, owner);
        y += meaning.len() as f32 * 12.0;
    }
    assert_eq!(
        markdown(&drawing),
        "| Term | Meaning | Owner |\n| --- | --- | --- |\n\
         | Berth | A place where a ship is made<br>fast, with all that it needs | Ines Quist |\n\
         | Buoy | A float that marks a channel,<br>a rock or<br>a mooring | Ada Vogel |\n\
         | Quay | The wall of a harbour at which<br>ships load and unload | Wen Xu |"
    );
}

#[test]
fn a_table_goes_on_over_pages_between_heads_and_feet() {
    let mut drawing = Drawing::new();
    let row = |name| [name, "188", "240,115", "96,046.00"];
    for page in 1..=3 {
        if page > 1 {
            drawing.page();
        }
        drawing.text("R", 8.0, 72.0, 40.0, "Harbour office of Lindholm");
        if page == 1 {
            let heads = [(72.0, "Quay"), (176.0, "Ships"), (216.0, "Tonnes"), (280.0, "Dues")];
            for (x, head) in heads {
                drawing.text("B", 10.0, x, 86.0, head);
            }
        }
        income(&mut drawing, 100.0, &["North", "South", "Ferry", "Shore"].map(row));
        drawing.text("R", 8.0, 280.0, 810.0, &format!("Page {page} of 3"));
    }
    let pages = pages(&drawing.pdf(), TableFormat::Yaml);
    let record = "- \"Quay\": \"North\"\n  \"Ships\": \"188\"\n  \"Tonnes\": \"240,115\"\n  \
                  \"Dues\": \"96,046.00\"\n";
    for (page, number) in pages.iter().zip(1..) {
        let start = format!("Harbour office of Lindholm\n\n```yaml\n{record}");
        assert!(page.starts_with(&start), "{page}");
        assert!(page.ends_with(&format!("```\n\nPage {number} of 3")), "{page}");
    }
    assert_eq!(pages.len(), 3);
}

#[test]
fn type_and_place_tell_headings_lists_and_emphasis() {
    let mut drawing = Drawing::new();
    drawing.text("B", 18.0, 72.0, 80.0, "Rules of the harbour");
    let rule = [
        "Every ship reports to the harbour office before it passes the outer buoy, and waits for",
        "the pilot there. Ships longer than ninety metres take a tug; the harbour master may con-",
        "sent to other means.",
    ];
    drawing.lines(10.0, 72.0, 110.0, &rule);
    drawing.text("B", 10.0, 72.0, 160.0, "Mooring");
    drawing.text("R", 10.0, 72.0, 176.0, "Lines are made fast to");
    drawing.text("B", 10.0, 176.0, 176.0, "bollards");
    drawing.text("R", 10.0, 221.0, 176.0, "only, never to");
    drawing.text("I", 10.0, 287.0, 176.0, "railings");
    drawing.text("R", 10.0, 328.0, 176.0, "or lamps of the quay wall, and");
    drawing.text("R", 10.0, 72.0, 188.0, "are looked after at every turn of the tide.");
    drawing.text("R", 10.0, 72.0, 212.0, "1.").text("R", 10.0, 90.0, 212.0, "Bow line");
    drawing.text("R", 10.0, 72.0, 224.0, "2.").lines(
        10.0,
        90.0,
        224.0,
        &[
            "Stern line, doubled when the wind blows from the land and the tide runs out of the",
            "basin",
        ],
    );
    drawing.text("R", 10.0, 90.0, 250.0, "-").text("R", 10.0, 104.0, 250.0, "hemp or nylon");
    drawing.text("M", 10.0, 72.0, 280.0, "if wind > 7 {");
    drawing.text("M", 10.0, 72.0, 292.0, "    double();");
    drawing.text("M", 10.0, 72.0, 304.0, "}");
    assert_eq!(
        markdown(&drawing),
        "# Rules of the harbour\n\n\
         Every ship reports to the harbour office before it passes the outer buoy, and waits for \
         the pilot there. Ships longer than ninety metres take a tug; the harbour master may \
         consent to other means.\n\n\
         ## Mooring\n\n\
         Lines are made fast to **bollards** only, never to *railings* or lamps of the quay wall, \
         and are looked after at every turn of the tide.\n\n\
         1. Bow line\n\
         2. Stern line, doubled when the wind blows from the land and the tide runs out of the \
         basin\n    - hemp or nylon\n\n\
         ```\nif wind > 7 {\n    double();\n}\n```"
    );
}

#[test]
fn labels_and_addresses_keep_their_lines() {
    let mut drawing = Drawing::new();
    drawing.lines(10.0, 72.0, 100.0, &["Ines Quist Ltd.", "45 Station Road", "1298 Lindholm"]);
    let text = "Please pay within thirty days to the account named above and quote the number of";
    drawing.lines(10.0, 72.0, 160.0, &[text, "this letter."]);
    assert_eq!(
        markdown(&drawing),
        format!("Ines Quist Ltd.\n45 Station Road\n1298 Lindholm\n\n{text} this letter.")
    );
}

#[test]
fn prose_in_columns_is_no_table() {
    let mut drawing = Drawing::new();
    let line = "the tide turns at noon and the ferry waits for";
    let column: Vec<&str> = std::iter::repeat_n(line, 12).collect();
    drawing.lines(10.0, 60.0, 100.0, &column).lines(10.0, 310.0, 100.0, &column);
    let whole = column.join(" ");
    assert_eq!(markdown(&drawing), format!("{whole}\n\n{whole}"));
}

#[test]
fn lines_shaded_inside_a_shaded_cell_are_no_cells() {
    let mut drawing = Drawing::new();
    for (row, texts) in [["Quay", "Ships"], ["North", "94"], ["South", "88"]].iter().enumerate() {
        for (column, text) in texts.iter().enumerate() {
            let (x, y) = (72.0 + column as f32 * 100.0, 100.0 + row as f32 * 40.0);
            // The cell, and a band behind each of its two lines.
            drawing.shade(0.9, x, y, 99.0, 39.0);
            drawing.shade(0.9, x + 5.0, y + 4.0, 89.0, 15.0);
            drawing.shade(0.9, x + 5.0, y + 19.0, 89.0, 15.0);
            drawing.text("R", 10.0, x + 8.0, y + 15.0, text);
            drawing.text("R", 10.0, x + 8.0, y + 30.0, "below");
        }
    }
    assert_eq!(
        markdown(&drawing),
        "| Quay<br>below | Ships<br>below |\n| --- | --- |\n\
         | North<br>below | 94<br>below |\n| South<br>below | 88<br>below |"
    );
}

#[test]
fn a_shaded_head_belongs_to_the_rows_below_it() {
    let mut drawing = Drawing::new();
    for (x, width) in [(72.0, 150.0), (222.0, 80.0), (302.0, 80.0)] {
        drawing.shade(0.3, x, 100.0, width, 18.0);
    }
    for row in [0.0, 2.0] {
        drawing.shade(0.9, 72.0, 118.0 + row * 18.0, 310.0, 18.0);
    }
    let rows = [
        ["Quay", "Ships", "Dues"],
        ["North", "188", "96,046"],
        ["South", "131", "41,783"],
        ["Ferry", "93", "18,690"],
        ["Shore", "41", "2,112"],
    ];
    for (at, [name, ships, dues]) in rows.into_iter().enumerate() {
        let y = 112.0 + at as f32 * 18.0;
        let font = if at == 0 { "B" } else { "R" };
        drawing.text(font, 10.0, 76.0, y, name).text(font, 10.0, 240.0, y, ships);
        drawing.text(font, 10.0, 320.0, y, dues);
    }
    assert_eq!(
        markdown(&drawing),
        "| Quay | Ships | Dues |\n| --- | --- | --- |\n| North | 188 | 96,046 |\n\
         | South | 131 | 41,783 |\n| Ferry | 93 | 18,690 |\n| Shore | 41 | 2,112 |"
    );
}

#[test]
fn a_tall_cell_with_a_line_beside_each_row_is_a_column() {
    let mut drawing = Drawing::new();
    let names = ["Rope", "Chain", "Anchor", "Lamp"];
    // No lines between the names, as where the first column was left open.
    for y in [100.0, 180.0] {
        drawing.rule(72.0, y, 372.0, y);
    }
    for y in [120.0, 140.0, 160.0] {
        drawing.rule(172.0, y, 372.0, y);
    }
    for x in [72.0, 172.0, 272.0, 372.0] {
        drawing.rule(x, 100.0, x, 180.0);
    }
    for (at, name) in names.into_iter().enumerate() {
        let y = 113.0 + at as f32 * 20.0;
        drawing.text("R", 10.0, 76.0, y, name).text("R", 10.0, 176.0, y, "94");
        drawing.text("R", 10.0, 276.0, y, "88");
    }
    assert_eq!(
        markdown(&drawing),
        "| Rope | 94 | 88 |\n| --- | --- | --- |\n| Chain | 94 | 88 |\n\
         | Anchor | 94 | 88 |\n| Lamp | 94 | 88 |"
    );
}

#[test]
fn a_cell_whose_last_line_meets_the_next_cell_is_no_prose() {
    let mut drawing = Drawing::new();
    for (x, head) in [(72.0, "Term"), (160.0, "Meaning"), (330.0, "Owner")] {
        drawing.text("R", 10.0, x, 100.0, head);
    }
    let meaning = [
        "A place where a ship is made fast",
        "with all that it needs to stay,",
        "bollards and fenders and ropes,",
        "for as long as its papers say or",
        "the tide lets it lie.",
    ];
    for (row, (term, owner)) in
        [("Berth", "Ines"), ("Quay", "Ada"), ("Pier", "Wen")].iter().enumerate()
    {
        // All cells end on one baseline.
        let y = 118.0 + row as f32 * 66.0;
        drawing.shade(0.9 - row as f32 * 0.1, 66.0, y - 10.0, 330.0, 66.0);
        drawing.text("R", 10.0, 72.0, y + 48.0, term).lines(10.0, 160.0, y, &meaning);
        drawing.text("R", 10.0, 330.0, y + 48.0, owner);
    }
    let cell = meaning.join("<br>");
    let row = |term: &str, owner: &str| format!("\n| {term} | {cell} | {owner} |");
    let body = [row("Berth", "Ines"), row("Quay", "Ada"), row("Pier", "Wen")].concat();
    assert_eq!(
        markdown(&drawing),
        format!("| Term | Meaning | Owner |\n| --- | --- | --- |{body}")
    );
}
