//! Arabic letters in the shape their neighbours ask for (Unicode, Arabic presentation forms).
//!
//! Fonts draw joined letters by these code points when nothing shapes them. The table is made
//! from the compatibility decompositions of the Unicode Character Database.

/// A letter and its isolated, final, initial and medial shape; 0 where there is none.
type Shapes = (u32, u32, u32, u32, u32);

const SHAPES: [Shapes; 42] = [
    (0x0621, 0xfe80, 0x0000, 0x0000, 0x0000),
    (0x0622, 0xfe81, 0xfe82, 0x0000, 0x0000),
    (0x0623, 0xfe83, 0xfe84, 0x0000, 0x0000),
    (0x0624, 0xfe85, 0xfe86, 0x0000, 0x0000),
    (0x0625, 0xfe87, 0xfe88, 0x0000, 0x0000),
    (0x0626, 0xfe89, 0xfe8a, 0xfe8b, 0xfe8c),
    (0x0627, 0xfe8d, 0xfe8e, 0x0000, 0x0000),
    (0x0628, 0xfe8f, 0xfe90, 0xfe91, 0xfe92),
    (0x0629, 0xfe93, 0xfe94, 0x0000, 0x0000),
    (0x062a, 0xfe95, 0xfe96, 0xfe97, 0xfe98),
    (0x062b, 0xfe99, 0xfe9a, 0xfe9b, 0xfe9c),
    (0x062c, 0xfe9d, 0xfe9e, 0xfe9f, 0xfea0),
    (0x062d, 0xfea1, 0xfea2, 0xfea3, 0xfea4),
    (0x062e, 0xfea5, 0xfea6, 0xfea7, 0xfea8),
    (0x062f, 0xfea9, 0xfeaa, 0x0000, 0x0000),
    (0x0630, 0xfeab, 0xfeac, 0x0000, 0x0000),
    (0x0631, 0xfead, 0xfeae, 0x0000, 0x0000),
    (0x0632, 0xfeaf, 0xfeb0, 0x0000, 0x0000),
    (0x0633, 0xfeb1, 0xfeb2, 0xfeb3, 0xfeb4),
    (0x0634, 0xfeb5, 0xfeb6, 0xfeb7, 0xfeb8),
    (0x0635, 0xfeb9, 0xfeba, 0xfebb, 0xfebc),
    (0x0636, 0xfebd, 0xfebe, 0xfebf, 0xfec0),
    (0x0637, 0xfec1, 0xfec2, 0xfec3, 0xfec4),
    (0x0638, 0xfec5, 0xfec6, 0xfec7, 0xfec8),
    (0x0639, 0xfec9, 0xfeca, 0xfecb, 0xfecc),
    (0x063a, 0xfecd, 0xfece, 0xfecf, 0xfed0),
    (0x0641, 0xfed1, 0xfed2, 0xfed3, 0xfed4),
    (0x0642, 0xfed5, 0xfed6, 0xfed7, 0xfed8),
    (0x0643, 0xfed9, 0xfeda, 0xfedb, 0xfedc),
    (0x0644, 0xfedd, 0xfede, 0xfedf, 0xfee0),
    (0x0645, 0xfee1, 0xfee2, 0xfee3, 0xfee4),
    (0x0646, 0xfee5, 0xfee6, 0xfee7, 0xfee8),
    (0x0647, 0xfee9, 0xfeea, 0xfeeb, 0xfeec),
    (0x0648, 0xfeed, 0xfeee, 0x0000, 0x0000),
    (0x0649, 0xfeef, 0xfef0, 0xfbe8, 0xfbe9),
    (0x064a, 0xfef1, 0xfef2, 0xfef3, 0xfef4),
    (0x067e, 0xfb56, 0xfb57, 0xfb58, 0xfb59),
    (0x0686, 0xfb7a, 0xfb7b, 0xfb7c, 0xfb7d),
    (0x0698, 0xfb8a, 0xfb8b, 0x0000, 0x0000),
    (0x06a9, 0xfb8e, 0xfb8f, 0xfb90, 0xfb91),
    (0x06af, 0xfb92, 0xfb93, 0xfb94, 0xfb95),
    (0x06cc, 0xfbfc, 0xfbfd, 0xfbfe, 0xfbff),
];

fn shapes(letter: char) -> Option<&'static Shapes> {
    let at = SHAPES.binary_search_by_key(&u32::from(letter), |shapes| shapes.0).ok()?;
    SHAPES.get(at)
}

/// Marks that letters join across.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// The text with each Arabic letter in its joined shape.
pub(super) fn shape(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    // A letter joins to the next one when it has an initial shape; tatweel joins both ways.
    let joins_on = |letter: char| letter == '\u{640}' || shapes(letter).is_some_and(|s| s.3 != 0);
    let joins_back = |letter: char| letter == '\u{640}' || shapes(letter).is_some_and(|s| s.2 != 0);
    let mut shaped = String::with_capacity(text.len());
    for (index, &letter) in letters.iter().enumerate() {
        let Some((_, isolated, last, first, middle)) = shapes(letter).copied() else {
            shaped.push(letter);
            continue;
        };
        let before = letters.iter().take(index).rev().find(|l| !is_mark(**l));
        let after = letters.iter().skip(index + 1).find(|l| !is_mark(**l));
        let is_joined_before = last != 0 && before.is_some_and(|l| joins_on(*l));
        let is_joined_after = first != 0 && after.is_some_and(|l| joins_back(*l));
        let code = match (is_joined_before, is_joined_after) {
            (true, true) if middle != 0 => middle,
            (true, _) => last,
            (false, true) => first,
            (false, false) => isolated,
        };
        shaped.push(char::from_u32(code).filter(|_| code != 0).unwrap_or(letter));
    }
    shaped
}

/// The letter that a shape belongs to.
pub(super) fn plain(shape: char) -> char {
    let code = u32::from(shape);
    if !(0xfb50..=0xfefc).contains(&code) {
        return shape;
    }
    let owner = SHAPES.iter().find(|s| [s.1, s.2, s.3, s.4].contains(&code));
    owner.and_then(|shapes| char::from_u32(shapes.0)).unwrap_or(shape)
}

#[cfg(test)]
mod tests {
    use super::{plain, shape};

    #[test]
    fn letters_join_their_neighbours() {
        // Beh, alef: initial beh, final alef; alef never joins what follows.
        assert_eq!(shape("\u{628}\u{627}\u{628}"), "\u{fe91}\u{fe8e}\u{fe8f}");
        assert_eq!(shape("abc"), "abc");
        assert_eq!(plain('\u{fe91}'), '\u{628}');
    }
}
