//! Boxes that lines close: cells to write in, combs, and boxes to tick.

use super::segments::{CORNER, Segment, Segments};
use super::{Blank, Shape, Sheet};
use crate::base::limits;
use crate::document::Rect;

/// Sides of a box to tick, in points.
const TICK: std::ops::RangeInclusive<f32> = 4.5..=17.0;
/// Smallest room to write, in points.
const WIDTH_MIN: f32 = 16.0;
const HEIGHT_MIN: f32 = 8.0;
/// A box higher than this is a frame, in points.
const HEIGHT_MAX: f32 = 340.0;
/// Most of a page that a box may cover to be no frame.
const AREA_SHARE_MAX: f32 = 0.35;
/// Cells of a comb, at least, and their widest, in points.
const COMB_MIN: usize = 4;
const COMB_WIDTH_MAX: f32 = 26.0;
/// Lines of text in a box that make it a text and not a caption.
const CAPTION_LINES_MAX: usize = 3;
/// Highest row whose text may stand left of its blank, in points.
const ROW_HEIGHT_MAX: f32 = 30.0;

/// The smallest boxes that lines close, in reading order.
pub(super) fn cells(segments: &Segments) -> Vec<Rect> {
    let mut found: Vec<Rect> = Vec::new();
    let mut steps = 0;
    for top in &segments.horizontal {
        for left in meeting(segments, top) {
            let is_full = found.len() > 2 * limits::FORM_FIELDS_MAX;
            if is_full || steps > limits::FORM_BOX_STEPS_MAX {
                return found;
            }
            if let Some(cell) = smallest(segments, top, left, &mut steps)
                && !found.iter().any(|other| is_same(other, &cell))
            {
                found.push(cell);
            }
        }
    }
    found
}

fn is_same(a: &Rect, b: &Rect) -> bool {
    let near = |x: f32, y: f32| (x - y).abs() < 1.5;
    near(a.x0, b.x0) && near(a.x1, b.x1) && near(a.y0, b.y0) && near(a.y1, b.y1)
}

/// Walls that go down from a line.
fn meeting<'s>(
    segments: &'s Segments,
    top: &'s Segment,
) -> impl Iterator<Item = &'s Segment> + use<'s> {
    segments.vertical.iter().filter(move |wall| {
        wall.from <= top.at + CORNER
            && wall.to > top.at + 4.0
            && wall.at >= top.from - CORNER
            && wall.at < top.to - 3.0
    })
}

/// The smallest box with its corner where a line and a wall meet.
fn smallest(segments: &Segments, top: &Segment, left: &Segment, steps: &mut usize) -> Option<Rect> {
    // Lines are in order of their places.
    let below = segments.horizontal.partition_point(|line| line.at <= top.at + 4.0);
    let rights = segments.vertical.iter().filter(|wall| {
        wall.at > left.at + 4.0 && wall.at <= top.to + CORNER && wall.from <= top.at + CORNER
    });
    for right in rights {
        let end = left.to.min(right.to) + CORNER;
        let reached = segments.horizontal.iter().skip(below).take_while(|line| line.at <= end);
        let bottom = reached.inspect(|_| *steps += 1).find(|line| line.covers(left.at, right.at));
        *steps += 1;
        if *steps > limits::FORM_BOX_STEPS_MAX {
            return None;
        }
        if let Some(bottom) = bottom.filter(|_| top.covers(left.at, right.at)) {
            return Some(Rect { x0: left.at, y0: top.at, x1: right.at, y1: bottom.at });
        }
    }
    None
}

/// The blanks among the cells of a page.
pub(super) fn find(sheet: &Sheet<'_>, cells: &[Rect]) -> Vec<Blank> {
    let mut found = Vec::new();
    let combs = combs(sheet, cells);
    for comb in &combs {
        found.push(Blank { bbox: comb.0, shape: Shape::Comb(comb.1), caption: None });
    }
    let page_area = sheet.page.width * sheet.page.height;
    for cell in cells {
        let in_comb = combs.iter().any(|(comb, _)| {
            let middle = f32::midpoint(cell.x0, cell.x1);
            middle > comb.x0 && middle < comb.x1 && (cell.y0 - comb.y0).abs() < 3.0
        });
        let is_frame = cell.height() > HEIGHT_MAX
            || cell.area() > AREA_SHARE_MAX * page_area
            || holds_others(cell, cells, sheet);
        if in_comb || is_frame {
            continue;
        }
        match blank_of(sheet, cell, cells) {
            Some(blank) => found.push(blank),
            None => found.extend(left_of_right_text(sheet, cell)),
        }
    }
    found
}

/// Lines of a box that end at its right wall leave room to write before them: `____ COUNTY`.
fn left_of_right_text(sheet: &Sheet<'_>, cell: &Rect) -> Vec<Blank> {
    let inside = sheet.inside(cell);
    let is_alone = |at: usize, p: &Rect| {
        inside
            .iter()
            .all(|(other, o)| *other == at || o.bbox.y1 < p.y0 + 2.0 || o.bbox.y0 > p.y1 - 2.0)
    };
    let asks = inside.iter().filter(|(at, phrase)| {
        let p = &phrase.bbox;
        let is_at_right = cell.x1 - p.x1 < 14.0 && p.x0 - cell.x0 > 45.0;
        is_at_right && phrase.text.split(' ').count() <= 3 && is_alone(*at, p)
    });
    // All lines at the right are a text that is set that way.
    let count = inside.len();
    let found: Vec<Blank> = asks
        .map(|(at, phrase)| {
            let p = &phrase.bbox;
            let bbox = Rect { x0: cell.x0 + 2.0, x1: p.x0 - 2.0, y0: p.y0 - 2.0, y1: p.y1 + 1.0 };
            Blank { bbox, shape: Shape::Open, caption: Some(*at) }
        })
        .collect();
    if found.len() == count && count > 1 { Vec::new() } else { found }
}

/// Whether other boxes or lines to write on stand inside a box.
fn holds_others(cell: &Rect, cells: &[Rect], sheet: &Sheet<'_>) -> bool {
    let holds = |other: &Rect| {
        other.x0 >= cell.x0 - 1.0
            && other.x1 <= cell.x1 + 1.0
            && other.y0 >= cell.y0 - 1.0
            && other.y1 <= cell.y1 + 1.0
            && other.area() < cell.area() * 0.95
    };
    let boxes = cells.iter().any(holds);
    let rules = sheet.segments.horizontal.iter().any(|line| {
        line.length() > 25.0
            && line.at > cell.y0 + 4.0
            && line.at < cell.y1 - 4.0
            && line.from > cell.x0 - 1.0
            && line.to < cell.x1 + 1.0
    });
    let marks = sheet.text.leaders.iter().chain(&sheet.text.glyph_boxes).any(holds);
    boxes || rules || marks
}

fn blank_of(sheet: &Sheet<'_>, cell: &Rect, cells: &[Rect]) -> Option<Blank> {
    let inside = sheet.inside(cell);
    let (width, height) = (cell.width(), cell.height());
    let is_square = TICK.contains(&width) && TICK.contains(&height);
    if is_square && inside.is_empty() && (0.6..1.7).contains(&(width / height)) {
        return Some(Blank { bbox: *cell, shape: Shape::Tick, caption: None });
    }
    if width < WIDTH_MIN || height < HEIGHT_MIN || is_shaded(sheet, cell) {
        return None;
    }
    let Some(&(first, caption)) = inside.first() else {
        return Some(Blank { bbox: *cell, shape: Shape::Box, caption: None });
    };
    let whole = inside.iter().map(|(_, p)| p.bbox).reduce(|a, b| a.union(&b))?;
    let below = cell.y1 - whole.y1;
    let starts_high = caption.bbox.y0 - cell.y0 < (height * 0.3).max(7.0);
    let is_left = caption.bbox.x0 - cell.x0 < 14.0;
    let lines = rows(&inside.iter().map(|(_, p)| p.bbox).collect::<Vec<_>>());
    // A caption that does not begin at the left is a few words alone.
    let is_short = lines == 1 && inside.len() == 1 && caption.text.split(' ').count() <= 3;
    let is_caption = is_left || (is_short && below >= HEIGHT_MIN * 1.5);
    if starts_high && is_caption && lines <= CAPTION_LINES_MAX && below >= HEIGHT_MIN {
        let bbox = Rect { y0: whole.y1, ..*cell };
        return Some(Blank { bbox, shape: Shape::Box, caption: Some(first) });
    }
    // A label on the left leaves the rest of its row free.
    let right = cell.x1 - whole.x1;
    let has_own_cell = cells.iter().any(|other| {
        (other.x0 - cell.x1).abs() < 3.0
            && (other.y0 - cell.y0).abs() < 3.0
            && other.width() >= WIDTH_MIN
            && sheet.inside(other).is_empty()
    });
    // The head of a column has empty cells below.
    let is_head = cells.iter().any(|other| {
        (other.x0 - cell.x0).abs() < 3.0
            && (other.x1 - cell.x1).abs() < 3.0
            && (other.y0 - cell.y1).abs() < 3.0
            && sheet.inside(other).is_empty()
    });
    let is_label = caption.text.trim_end().ends_with(':') || right > width * 0.45;
    if lines == 1
        && is_left
        && height <= ROW_HEIGHT_MAX
        && right >= 40.0
        && is_label
        && !has_own_cell
        && !is_head
    {
        let bbox = Rect { x0: whole.x1 + 2.0, ..*cell };
        return Some(Blank { bbox, shape: Shape::Box, caption: Some(first) });
    }
    None
}

/// How many lines of text some boxes make.
fn rows(boxes: &[Rect]) -> usize {
    let mut tops: Vec<f32> = boxes.iter().map(|b| b.y0).collect();
    tops.sort_by(f32::total_cmp);
    tops.dedup_by(|a, b| (*a - *b).abs() < 4.0);
    tops.len()
}

/// Whether a box is filled: a heading's bar, not a place to write. Light fills are told by
/// text that stands on them elsewhere; an empty bar that is thin is a decoration.
fn is_shaded(sheet: &Sheet<'_>, cell: &Rect) -> bool {
    sheet.page.fills.iter().any(|fill| {
        let shared = fill.intersection(cell).map_or(0.0, |shared| shared.area());
        shared > 0.9 * cell.area() && fill.area() < 1.3 * cell.area() && cell.height() < 9.0
    })
}

/// Rows of touching equal cells, with how many they are.
fn combs(sheet: &Sheet<'_>, cells: &[Rect]) -> Vec<(Rect, usize)> {
    let mut narrow: Vec<&Rect> = cells
        .iter()
        .filter(|cell| {
            cell.width() <= COMB_WIDTH_MAX
                && cell.width() >= 6.0
                && (9.0..=34.0).contains(&cell.height())
                && sheet.inside(cell).is_empty()
        })
        .collect();
    narrow.sort_by(|a, b| {
        let line = |r: &Rect| (r.y0 / 3.0).round() as i32;
        line(a).cmp(&line(b)).then(a.x0.total_cmp(&b.x0))
    });
    let mut found: Vec<(Rect, usize)> = Vec::new();
    let mut open: Option<(Rect, usize, f32)> = None;
    for cell in narrow {
        match &mut open {
            Some((all, count, width))
                if (cell.x0 - all.x1).abs() < 1.5
                    && (cell.y0 - all.y0).abs() < 2.0
                    && (cell.width() - *width).abs() < 2.5 =>
            {
                *all = all.union(cell);
                *count += 1;
            }
            _ => {
                found.extend(open.take().map(|(all, count, _)| (all, count)));
                open = Some((*cell, 1, cell.width()));
            }
        }
    }
    found.extend(open.map(|(all, count, _)| (all, count)));
    found.retain(|(_, count)| *count >= COMB_MIN);
    found
}
