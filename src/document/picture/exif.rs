//! The orientation that a camera notes: tag 274 of an EXIF block, which is laid out like a
//! TIFF file (JEITA CP-3451, TIFF 6.0).

use super::raster::{Raster, Turn};

const ORIENTATION: u16 = 274;
/// Tags looked at in the first directory.
const TAGS_MAX: usize = 512;

/// How a stored picture must be turned to be seen as it was taken: 1 to 8 as EXIF numbers
/// them, 1 where the block does not say.
pub fn orientation(block: &[u8]) -> u16 {
    // JPEG puts a name in front.
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let value = match block.get(..4) {
        Some(b"II*\0") => find(block, u16::from_le_bytes, u32::from_le_bytes),
        Some(b"MM\0*") => find(block, u16::from_be_bytes, u32::from_be_bytes),
        _ => None,
    };
    value.filter(|value| (1..=8).contains(value)).unwrap_or(1)
}

fn find(block: &[u8], short: fn([u8; 2]) -> u16, long: fn([u8; 4]) -> u32) -> Option<u16> {
    let short_at = |at: usize| block.get(at..)?.first_chunk::<2>().copied().map(short);
    let directory = long(*block.get(4..)?.first_chunk::<4>()?) as usize;
    let count = usize::from(short_at(directory)?).min(TAGS_MAX);
    let entries = (0..count).map(|index| directory + 2 + index * 12);
    let mut found = entries.filter(|&at| short_at(at) == Some(ORIENTATION));
    short_at(found.next()? + 8)
}

/// Turns a picture as its orientation says.
pub fn upright(raster: Raster, orientation: u16) -> Raster {
    match orientation {
        2 => raster.mirrored(),
        3 => raster.turned(Turn::Half),
        4 => raster.turned(Turn::Half).mirrored(),
        5 => raster.turned(Turn::Right).mirrored(),
        6 => raster.turned(Turn::Right),
        7 => raster.turned(Turn::Left).mirrored(),
        8 => raster.turned(Turn::Left),
        _ => raster,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn block(little: bool, value: u16) -> Vec<u8> {
        let short = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut block = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        block.extend(long(8));
        block.extend(short(1));
        block.extend(short(ORIENTATION));
        block.extend(short(3));
        block.extend(long(1));
        block.extend(short(value));
        block
    }

    #[test]
    fn both_byte_orders_are_read() {
        assert_eq!(orientation(&block(true, 6)), 6);
        assert_eq!(orientation(&[b"Exif\0\0", block(false, 8).as_slice()].concat()), 8);
    }

    #[test]
    fn noise_is_upright() {
        assert_eq!(orientation(b""), 1);
        assert_eq!(orientation(&block(true, 99)), 1);
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), 1);
    }

    #[test]
    fn each_orientation_comes_out_upright() {
        // As seen: 1 2 over 3 4. How cameras store it, by orientation.
        let stored = [[1, 2, 3, 4], [2, 1, 4, 3], [4, 3, 2, 1], [3, 4, 1, 2]];
        let sideways = [[1, 3, 2, 4], [2, 4, 1, 3], [4, 2, 3, 1], [3, 1, 4, 2]];
        for (number, pixels) in (1..).zip(stored.into_iter().chain(sideways)) {
            let raster = Raster::new(2, 2, pixels.to_vec()).unwrap();
            assert_eq!(upright(raster, number).pixels(), [1, 2, 3, 4], "{number}");
        }
    }
}
