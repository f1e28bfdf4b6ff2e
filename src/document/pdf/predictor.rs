//! Undoes PNG and TIFF prediction in place (ISO 32000-1, 7.4.4.4).

/// Samples of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    colors: usize,
    bits: usize,
    columns: usize,
}

impl Shape {
    /// `None` when a number is out of range.
    pub(super) fn new(colors: i64, bits: i64, columns: i64) -> Option<Self> {
        let in_range = (1..=32).contains(&colors)
            && matches!(bits, 1 | 2 | 4 | 8 | 16)
            && (1..=1 << 20).contains(&columns);
        in_range.then_some(Self {
            colors: colors as usize,
            bits: bits as usize,
            columns: columns as usize,
        })
    }

    fn row_bytes(self) -> usize {
        (self.colors * self.bits * self.columns).div_ceil(8)
    }

    fn pixel_bytes(self) -> usize {
        (self.colors * self.bits).div_ceil(8)
    }
}

/// Undoes predictor `kind`: 2 is TIFF, 10 and above are PNG.
pub(super) fn undo(bytes: &mut Vec<u8>, kind: i64, shape: Shape) {
    if kind == 2 {
        undo_tiff(bytes, shape);
    } else if kind >= 10 {
        undo_png(bytes, shape);
    }
}

/// TIFF: each sample is the difference to the one on its left (8-bit samples only).
fn undo_tiff(bytes: &mut [u8], shape: Shape) {
    if shape.bits != 8 {
        return;
    }
    for row in bytes.chunks_mut(shape.row_bytes()) {
        for index in shape.colors..row.len() {
            let left = row.get(index - shape.colors).copied().unwrap_or(0);
            if let Some(sample) = row.get_mut(index) {
                *sample = sample.wrapping_add(left);
            }
        }
    }
}

/// PNG: each row starts with the number of its own predictor.
fn undo_png(bytes: &mut Vec<u8>, shape: Shape) {
    let (row_bytes, pixel_bytes) = (shape.row_bytes(), shape.pixel_bytes());
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; row_bytes];
    let mut row = vec![0_u8; row_bytes];
    for packed in bytes.chunks(row_bytes + 1) {
        let Some((&method, samples)) = packed.split_first() else { break };
        row.fill(0);
        for (target, sample) in row.iter_mut().zip(samples) {
            *target = *sample;
        }
        undo_png_row(method, &mut row, &above, pixel_bytes);
        out.extend_from_slice(row.get(..samples.len()).unwrap_or_default());
        std::mem::swap(&mut row, &mut above);
    }
    *bytes = out;
}

fn undo_png_row(method: u8, row: &mut [u8], above: &[u8], pixel_bytes: usize) {
    for index in 0..row.len() {
        let before = |line: &[u8]| {
            index.checked_sub(pixel_bytes).and_then(|at| line.get(at).copied()).unwrap_or(0)
        };
        let (left, corner) = (before(row), before(above));
        let up = above.get(index).copied().unwrap_or(0);
        let guess = match method {
            1 => left,
            2 => up,
            3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
            4 => paeth(left, up, corner),
            _ => 0,
        };
        if let Some(sample) = row.get_mut(index) {
            *sample = sample.wrapping_add(guess);
        }
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let guess = a + b - c;
    let (da, db, dc) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if da <= db && da <= dc {
        left
    } else if db <= dc {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Shape, undo};

    #[test]
    fn png_rows_use_their_own_method() {
        let mut bytes = vec![1, 1, 1, 1, 2, 1, 1, 1];
        undo(&mut bytes, 12, Shape::new(1, 8, 3).unwrap());
        assert_eq!(bytes, [1, 2, 3, 2, 3, 4]);
    }

    #[test]
    fn tiff_rows_add_up() {
        let mut bytes = vec![1, 1, 1, 5, 1, 1];
        undo(&mut bytes, 2, Shape::new(1, 8, 3).unwrap());
        assert_eq!(bytes, [1, 2, 3, 5, 6, 7]);
    }

    #[test]
    fn shapes_out_of_range_are_refused() {
        assert!(Shape::new(0, 8, 1).is_none());
        assert!(Shape::new(1, 8, i64::MAX).is_none());
    }
}
