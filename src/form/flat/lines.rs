//! Lines to write on: ruled, of underscores or dots, and open spaces after a colon.

use super::segments::Segment;
use super::{Blank, Shape, Sheet};
use crate::document::Rect;
use crate::form::phrase::Phrase;

/// Shortest line to write on, in points.
const LENGTH_MIN: f32 = 18.0;
/// Room above a line that is wanted, and that is needed, in points.
const ROOM: f32 = 15.0;
const ROOM_MIN: f32 = 6.5;
/// Thicker lines part sections, in points.
const THICKNESS_MAX: f32 = 2.0;
/// From this share of the page's width on a line may part sections.
const WIDE_SHARE: f32 = 0.7;
/// Free width that an open space needs, in points.
const OPEN_MIN: f32 = 75.0;

/// Runs of underscores and dots.
pub(super) fn leaders(sheet: &Sheet<'_>) -> Vec<Blank> {
    let all = sheet.text.leaders.iter();
    all.filter(|leader| leader.width() >= LENGTH_MIN)
        // Dots that lead to a number are a table of contents.
        .filter(|leader| !leads_to_a_number(sheet, leader))
        .map(|leader| {
            let base = leader.y1 - leader.height() * 0.18;
            let bbox = Rect { y0: base - ROOM.min(leader.height() * 1.15), y1: base, ..*leader };
            Blank { bbox, shape: Shape::Line, caption: None }
        })
        .collect()
}

fn leads_to_a_number(sheet: &Sheet<'_>, leader: &Rect) -> bool {
    sheet.phrases().iter().any(|phrase| {
        let p = &phrase.bbox;
        let follows = (p.x0 - leader.x1).abs() < 30.0 && p.x0 >= leader.x1 - 2.0;
        let on_line = p.y0 < leader.y1 && p.y1 > leader.y0;
        follows && on_line && phrase.text.trim().chars().all(|c| c.is_ascii_digit())
    })
}

/// Ruled lines that are no walls of cells, cut where text stands on them.
pub(super) fn rules(sheet: &Sheet<'_>, cells: &[Rect]) -> Vec<Blank> {
    let mut found = Vec::new();
    for line in &sheet.segments.horizontal {
        let is_plain = line.length() >= LENGTH_MIN && line.thickness <= THICKNESS_MAX;
        if !is_plain || is_wall(line, cells) || is_double(line, &sheet.segments.horizontal) {
            continue;
        }
        for part in free_parts(sheet, line) {
            for part in parted_by_captions(sheet, &part) {
                found.extend(blank_over(sheet, &part));
            }
        }
    }
    found
}

fn is_wall(line: &Segment, cells: &[Rect]) -> bool {
    let covered: f32 = cells
        .iter()
        .filter(|cell| (cell.y0 - line.at).abs() < 1.5 || (cell.y1 - line.at).abs() < 1.5)
        .filter(|cell| cell.x0 < line.to && cell.x1 > line.from)
        .map(Rect::width)
        .fold(0.0, f32::max);
    covered > 0.3 * line.length()
}

fn is_double(line: &Segment, all: &[Segment]) -> bool {
    all.iter().any(|other| {
        let distance = (other.at - line.at).abs();
        (0.5..5.0).contains(&distance)
            && (other.from - line.from).abs() < 5.0
            && (other.to - line.to).abs() < 5.0
    })
}

/// The parts of a line that no text stands on; none when most of it is an underline.
fn free_parts(sheet: &Sheet<'_>, line: &Segment) -> Vec<Segment> {
    let mut texts: Vec<(f32, f32)> = sheet
        .phrases()
        .iter()
        .filter(|phrase| {
            let rise = line.at - phrase.baseline;
            (-1.5..4.5).contains(&rise) && phrase.bbox.x1 > line.from && phrase.bbox.x0 < line.to
        })
        .map(|phrase| (phrase.bbox.x0 - 1.0, phrase.bbox.x1 + 2.0))
        .collect();
    texts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = Vec::new();
    let mut from = line.from;
    for (start, end) in texts {
        if start - from >= LENGTH_MIN {
            free.push(Segment { from, to: start, ..*line });
        }
        from = from.max(end);
    }
    if line.to - from >= LENGTH_MIN {
        free.push(Segment { from, ..*line });
    }
    let left: f32 = free.iter().map(Segment::length).sum();
    // Words in the midst of a line across the page say where to cut it.
    let is_wide = line.length() > WIDE_SHARE * sheet.page.width;
    let is_cut = is_wide && (free.len() > 1 || is_headed(sheet, line));
    if left < 0.35 * line.length() || is_cut { Vec::new() } else { free }
}

/// One line with several captions below it is several blanks.
fn parted_by_captions(sheet: &Sheet<'_>, line: &Segment) -> Vec<Segment> {
    let mut starts: Vec<f32> = sheet
        .phrases()
        .iter()
        .filter(|phrase| !is_sentence(phrase))
        .filter(|phrase| {
            let drop = phrase.bbox.y0 - line.at;
            (-2.0..7.0).contains(&drop)
                && phrase.bbox.x0 > line.from - 4.0
                && phrase.bbox.x1 < line.to + 12.0
                && phrase.size < 11.5
        })
        .map(|phrase| {
            let b = &phrase.bbox;
            // A caption at the right end stands under the end of its blank.
            let is_at_end = (b.x1 - line.to).abs() < 12.0 && b.x0 - line.from > b.width();
            if is_at_end { b.x0 - b.width() } else { b.x0 }
        })
        .collect();
    // What a label on the left asks for begins with the line.
    if sheet.phrases().iter().any(|phrase| is_left_of(phrase, line)) {
        starts.push(line.from);
    }
    starts.sort_by(f32::total_cmp);
    starts.dedup_by(|a, b| (*a - *b).abs() < 12.0);
    let mut parts = Vec::new();
    let mut from = line.from;
    for start in starts.into_iter().skip(1) {
        if start - from >= LENGTH_MIN * 1.5 && line.to - start >= LENGTH_MIN * 1.5 {
            parts.push(Segment { from, to: start - 3.0, ..*line });
            from = start;
        }
    }
    parts.push(Segment { from, ..*line });
    parts
}

/// The blank over a line, when something asks for it and there is room.
fn blank_over(sheet: &Sheet<'_>, line: &Segment) -> Option<Blank> {
    let above = sheet
        .phrases()
        .iter()
        .filter(|p| p.bbox.x1 > line.from + 1.0 && p.bbox.x0 < line.to - 1.0)
        .map(|p| p.bbox.y1)
        .filter(|bottom| *bottom <= line.at + 1.0)
        .fold(f32::MIN, f32::max);
    let rules = sheet
        .segments
        .horizontal
        .iter()
        .filter(|other| other.at < line.at - 1.0 && other.from < line.to && other.to > line.from)
        .map(|other| other.at)
        .fold(f32::MIN, f32::max);
    let room = line.at - above.max(rules);
    if room < ROOM_MIN {
        return None;
    }
    let is_wide = line.length() > WIDE_SHARE * sheet.page.width;
    let left = sheet.phrases().iter().any(|phrase| is_left_of(phrase, line));
    let below = sheet.phrases().iter().any(|phrase| is_caption_of(phrase, line));
    let over = sheet.phrases().iter().any(|phrase| is_over(phrase, line));
    let is_asked = left || below || (over && !is_wide);
    let is_tight = room < ROOM_MIN * 1.4 && !left;
    if !is_asked || is_tight || (is_wide && room > 60.0 && !left && !below) {
        return None;
    }
    let bbox = Rect { x0: line.from, x1: line.to, y0: line.at - ROOM.min(room), y1: line.at };
    Some(Blank { bbox, shape: Shape::Line, caption: None })
}

/// Whether words that ask for nothing stand on the beginning of a line.
fn is_headed(sheet: &Sheet<'_>, line: &Segment) -> bool {
    sheet.phrases().iter().any(|phrase| {
        let rise = line.at - phrase.baseline;
        let starts = (phrase.bbox.x0 - line.from).abs() < 4.0;
        starts && (-1.5..4.5).contains(&rise) && !phrase.text.trim_end().ends_with(':')
    })
}

fn is_left_of(phrase: &Phrase, line: &Segment) -> bool {
    let gap = line.from - phrase.bbox.x1;
    let rise = line.at - phrase.baseline;
    (-3.0..50.0).contains(&gap) && (-4.0..7.0).contains(&rise) && !is_sentence(phrase)
}

fn is_caption_of(phrase: &Phrase, line: &Segment) -> bool {
    let drop = phrase.bbox.y0 - line.at;
    let starts = phrase.bbox.x0 - line.from;
    let middle =
        (f32::midpoint(phrase.bbox.x0, phrase.bbox.x1) - f32::midpoint(line.from, line.to)).abs();
    let is_below = (-3.0..9.0).contains(&drop) && phrase.size < 11.5 && !phrase.is_bold;
    let fits = phrase.bbox.width() < line.length() * 1.25;
    let is_at_end = (phrase.bbox.x1 - line.to).abs() < 12.0;
    let is_centred = middle < 0.12 * line.length() + 4.0;
    is_below
        && fits
        && !is_sentence(phrase)
        && ((-4.0..30.0).contains(&starts) || is_centred || is_at_end)
}

fn is_over(phrase: &Phrase, line: &Segment) -> bool {
    let rise = line.at - phrase.bbox.y1;
    let starts = (phrase.bbox.x0 - line.from).abs();
    let is_near = (ROOM_MIN..30.0).contains(&rise) && starts < 12.0;
    is_near && phrase.bbox.width() < line.length() && !is_sentence(phrase)
}

/// Whether a phrase tells something and asks for nothing.
fn is_sentence(phrase: &Phrase) -> bool {
    let text = phrase.text.trim_end();
    let words = text.split_whitespace().count();
    words > 9 || (words > 5 && text.ends_with(['.', ';'])) || text.ends_with("...")
}

/// Open spaces after words that end in a colon, on pages that have other blanks.
pub(super) fn open(sheet: &Sheet<'_>, blanks: &[Blank]) -> Vec<Blank> {
    let mut found = Vec::new();
    for phrase in sheet.phrases() {
        let words = phrase.text.split_whitespace().count();
        let asks = phrase.text.trim_end().ends_with(':') && words <= 20;
        let is_heading = phrase.is_bold || !phrase.text.chars().any(char::is_lowercase);
        if !asks || is_heading {
            continue;
        }
        let next = next_below(sheet, blanks, phrase);
        let p = &phrase.bbox;
        let on_line = |b: &Rect| b.y0 < p.y1 - 1.0 && b.y1 > p.y0 + 1.0;
        let rivals = sheet.phrases().iter().map(|other| other.bbox);
        let rivals = rivals.chain(blanks.iter().map(|blank| blank.bbox));
        let wall = sheet.segments.walls().into_iter();
        let end = rivals
            .chain(wall)
            .filter(|b| on_line(b) && b.x0 > p.x1 - 1.0)
            .map(|b| b.x0)
            .fold(right_margin(sheet), f32::min);
        let has_blank = blanks.iter().any(|blank| {
            let b = &blank.bbox;
            let beside = on_line(b) && b.x0 >= p.x1 - 4.0 && b.x0 - p.x1 < 60.0;
            let under = b.x0 < p.x1 && b.x1 > p.x0 && (-4.0..20.0).contains(&(b.y0 - p.y1));
            beside || under
        });
        // Text that follows below is what the colon announces.
        let announces = sheet.phrases().iter().any(|other| {
            let o = &other.bbox;
            let drop = o.y0 - p.y1;
            (-1.0..phrase.size * 0.9).contains(&drop) && o.x0 < p.x1 + 40.0 && o.x1 > p.x0
        });
        if has_blank || announces {
            continue;
        }
        let room = next - p.y1;
        let bbox = if words <= 6 && end - p.x1 >= OPEN_MIN {
            // With much room below, an answer may take several lines.
            let down = if room > 26.0 { (room - 5.0).min(24.0) } else { 1.0 };
            Rect { x0: p.x1 + 3.0, x1: end - 3.0, y0: p.y0 - 2.0, y1: p.y1 + down }
        } else if room > 26.0 && words > 6 {
            let right = right_margin(sheet) - 3.0;
            Rect { x0: p.x0 + 12.0, x1: right, y0: p.y1 + 1.0, y1: p.y1 + room.min(40.0) }
        } else {
            continue;
        };
        found.push(Blank { bbox, shape: Shape::Open, caption: None });
    }
    found
}

/// Where something begins below a phrase.
fn next_below(sheet: &Sheet<'_>, blanks: &[Blank], phrase: &Phrase) -> f32 {
    let b = &phrase.bbox;
    let texts = sheet.phrases().iter().map(|other| other.bbox.y0);
    let rules = sheet.segments.horizontal.iter().map(|line| line.at);
    let boxes = blanks.iter().map(|blank| blank.bbox.y0);
    let all = texts.chain(rules).chain(boxes).filter(|y| *y > b.y1 + 0.5);
    all.fold(sheet.page.height - 30.0, f32::min)
}

/// Rows without lines of their own: captions right under the walls of the boxes above them.
pub(super) fn rows(sheet: &Sheet<'_>, cells: &[Rect]) -> Vec<Blank> {
    let mut found = Vec::new();
    for line in sheet.segments.horizontal.iter().filter(|line| {
        line.length() > WIDE_SHARE * sheet.page.width
            && cells.iter().any(|cell| {
                (cell.y1 - line.at).abs() < 1.5
                    && cell.x0 > line.from - 3.0
                    && cell.x1 < line.to + 3.0
            })
    }) {
        let mut captions: Vec<&Phrase> = sheet
            .phrases()
            .iter()
            .filter(|phrase| {
                let drop = phrase.bbox.y0 - line.at;
                let inside = phrase.bbox.x0 > line.from - 4.0 && phrase.bbox.x1 < line.to + 4.0;
                (-2.0..7.0).contains(&drop) && inside && phrase.size < 9.6 && !is_sentence(phrase)
            })
            .collect();
        captions.sort_by(|a, b| a.bbox.x0.total_cmp(&b.bbox.x0));
        let Some(bottom) = captions.iter().map(|c| c.bbox.y1).reduce(f32::max) else { continue };
        // Boxes below the line have captions of their own.
        let is_boxed = cells.iter().any(|cell| (cell.y0 - line.at).abs() < 1.5);
        let texts = sheet.phrases().iter().map(|phrase| phrase.bbox.y0);
        let rules = sheet.segments.horizontal.iter().map(|rule| rule.at);
        let next = texts.chain(rules).filter(|y| *y > bottom + 0.5).fold(f32::MAX, f32::min);
        let room = next - bottom;
        if is_boxed || !(ROOM_MIN * 1.6..90.0).contains(&room) {
            continue;
        }
        for (index, caption) in captions.iter().enumerate() {
            let is_last = index > 0 && index + 1 == captions.len();
            let b = &caption.bbox;
            let wide = |c: &Phrase| {
                let is_at_end = (c.bbox.x1 - line.to).abs() < 12.0;
                if is_at_end { c.bbox.x0 - c.bbox.width() } else { c.bbox.x0 }
            };
            let x0 = if is_last { wide(caption) } else { b.x0.min(line.from + 2.0).max(line.from) };
            let x1 = captions.get(index + 1).map_or(line.to, |next| wide(next) - 3.0);
            let bbox = Rect { x0, x1, y0: bottom, y1: bottom + room.min(ROOM + 2.0) };
            if x1 - x0 > LENGTH_MIN * 2.0 {
                found.push(Blank { bbox, shape: Shape::Open, caption: None });
            }
        }
    }
    found
}

/// The right end of what the page shows.
fn right_margin(sheet: &Sheet<'_>) -> f32 {
    let texts = sheet.phrases().iter().map(|phrase| phrase.bbox.x1);
    let lines = sheet.segments.horizontal.iter().map(|line| line.to);
    texts.chain(lines).fold(0.0, f32::max).min(sheet.page.width)
}
