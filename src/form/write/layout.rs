//! Fitting text into a box: size, lines, alignment.
//!
//! Knows widths of letters only; must not know PDF objects.

/// Smallest size that text is shrunk to, in points.
pub(super) const SIZE_MIN: f32 = 4.0;
/// Largest size of text whose size is left to the viewer, in points.
pub(super) const AUTO_SIZE_MAX: f32 = 12.0;
/// Distance of lines, in sizes.
pub(super) const LEADING: f32 = 1.16;
/// Height of capitals over the baseline and depth of descenders below it, in sizes.
const CAPITALS: f32 = 0.72;
const DESCENT: f32 = 0.21;

/// Width in em of a text.
pub(super) type Measure<'a> = &'a dyn Fn(&str) -> f32;

/// A line of text and where its baseline begins, seen from the lower left corner of the box.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlacedLine {
    pub(super) text: String,
    pub(super) x: f32,
    pub(super) y: f32,
}

/// Placed text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Placed {
    pub(super) size: f32,
    pub(super) lines: Vec<PlacedLine>,
    /// Even the smallest size is too large for the box.
    pub(super) overflows: bool,
}

/// The room for text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) width: f32,
    pub(super) height: f32,
    /// Kept free at each side.
    pub(super) padding: f32,
    /// 0 left, 1 centre, 2 right.
    pub(super) alignment: i64,
}

/// One line, centred vertically. A size of 0 lets it choose; a given size shrinks to fit.
pub(super) fn one_line(text: &str, measure: Measure<'_>, room: Room, size: f32) -> Placed {
    let inner = (room.width - 2.0 * room.padding).max(1.0);
    let mut fitted =
        if size > 0.0 { size } else { (room.height * 0.72).clamp(SIZE_MIN, AUTO_SIZE_MAX) };
    let em = measure(text).max(0.001);
    if em * fitted > inner {
        fitted = (inner / em).max(SIZE_MIN).min(fitted);
    }
    let overflows = em * fitted > inner + 0.5;
    let x = aligned(em * fitted, inner, room);
    let y = (room.height - CAPITALS * fitted) / 2.0;
    let line = PlacedLine { text: text.to_owned(), x, y: y.max(DESCENT * fitted * 0.5) };
    Placed { size: fitted, lines: vec![line], overflows }
}

/// Several lines from the top, wrapped at words.
pub(super) fn many_lines(text: &str, measure: Measure<'_>, room: Room, size: f32) -> Placed {
    let inner = (room.width - 2.0 * room.padding).max(1.0);
    let mut fitted = if size > 0.0 { size } else { AUTO_SIZE_MAX };
    let (mut lines, mut fits);
    loop {
        lines = wrap(text, measure, inner / fitted);
        let height = lines.len() as f32 * fitted * LEADING + 2.0 * room.padding;
        let widest = lines.iter().map(|line| measure(line)).fold(0.0, f32::max);
        fits = height <= room.height + 0.5 && widest * fitted <= inner + 0.5;
        if fits || fitted <= SIZE_MIN {
            break;
        }
        fitted = (fitted - 0.5).max(SIZE_MIN);
    }
    let top = room.height - room.padding - 0.92 * fitted;
    // A single line in a box that is hardly higher stands in the middle.
    let top = match lines.len() {
        1 => top.max((room.height - CAPITALS * fitted) / 2.0).min(room.height - 0.8 * fitted),
        _ => top,
    };
    let placed = lines.into_iter().enumerate().map(|(index, text)| {
        let x = aligned(measure(&text) * fitted, inner, room);
        PlacedLine { text, x, y: top - index as f32 * fitted * LEADING }
    });
    Placed { size: fitted, lines: placed.collect(), overflows: !fits }
}

/// One letter for each of equal cells.
pub(super) fn comb(
    text: &str,
    measure: Measure<'_>,
    room: Room,
    size: f32,
    cells: usize,
) -> Placed {
    let cell = room.width / cells.max(1) as f32;
    let letters: Vec<String> = text.chars().map(String::from).collect();
    let widest = letters.iter().map(|letter| measure(letter)).fold(0.001, f32::max);
    let auto = (room.height * 0.72).clamp(SIZE_MIN, AUTO_SIZE_MAX);
    let wanted = if size > 0.0 { size } else { auto };
    let fitted = wanted.min((cell / widest).max(SIZE_MIN));
    let free = cells.saturating_sub(letters.len());
    let start = match room.alignment {
        1 => free / 2,
        2 => free,
        _ => 0,
    };
    let y = (room.height - CAPITALS * fitted) / 2.0;
    let lines = letters.iter().enumerate().map(|(index, letter)| {
        let x = (start + index) as f32 * cell + (cell - measure(letter) * fitted) / 2.0;
        PlacedLine { text: letter.clone(), x, y }
    });
    Placed { size: fitted, lines: lines.collect(), overflows: letters.len() > cells }
}

fn aligned(width: f32, inner: f32, room: Room) -> f32 {
    let free = (inner - width).max(0.0);
    room.padding
        + match room.alignment {
            1 => free / 2.0,
            2 => free,
            _ => 0.0,
        }
}

/// Lines no wider than `width` em where words allow; a longer word is cut.
fn wrap(text: &str, measure: Measure<'_>, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if measure(&longer) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if measure(&line) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::take(&mut line));
                    line.push(letter);
                }
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;

    const HALF: Measure<'static> = &|text| text.chars().count() as f32 * 0.5;
    const ROOM: Room = Room { width: 104.0, height: 20.0, padding: 2.0, alignment: 0 };

    #[test]
    fn a_line_shrinks_to_its_box() {
        let short = one_line("short", HALF, ROOM, 0.0);
        assert_eq!((short.size, short.overflows), (12.0, false));
        let long = one_line(&"x".repeat(40), HALF, ROOM, 12.0);
        assert_eq!((long.size, long.lines[0].x, long.overflows), (5.0, 2.0, false));
        assert!(one_line(&"x".repeat(90), HALF, ROOM, 12.0).overflows);
        let right = one_line("xx", HALF, Room { alignment: 2, ..ROOM }, 10.0);
        assert_eq!(right.lines[0].x, 92.0);
    }

    #[test]
    fn lines_wrap_at_words() {
        let room = Room { height: 60.0, ..ROOM };
        let placed = many_lines("one two three four five six\nend", HALF, room, 10.0);
        let lines: Vec<&str> = placed.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["one two three four", "five six", "end"]);
        assert!(placed.lines[0].y > placed.lines[1].y && !placed.overflows);
    }

    #[test]
    fn a_comb_has_a_letter_in_each_cell() {
        let room = Room { width: 100.0, ..ROOM };
        let placed = comb("1975", HALF, room, 10.0, 4);
        let x: Vec<f32> = placed.lines.iter().map(|line| line.x).collect();
        assert_eq!(x, [10.0, 35.0, 60.0, 85.0]);
    }
}
