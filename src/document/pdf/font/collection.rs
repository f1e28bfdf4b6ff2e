//! Adobe's character collections for Chinese, Japanese and Korean: CIDs to letters.
//!
//! The tables are made from the `cid2code` files of Adobe's CMap resources (BSD-3-Clause): one
//! 16-bit letter for each CID, all high bytes before all low bytes, deflated. A table is
//! inflated at its first use.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::filter;

/// A character collection.
pub(super) struct Collection {
    letters: Vec<u16>,
    cids: HashMap<char, u32>,
}

/// No table is larger when inflated.
const TABLE_BYTES_MAX: usize = 1 << 17;

static JAPAN1: LazyLock<Collection> =
    LazyLock::new(|| Collection::inflate(include_bytes!("adobe_japan1.zlib")));
static GB1: LazyLock<Collection> =
    LazyLock::new(|| Collection::inflate(include_bytes!("adobe_gb1.zlib")));
static CNS1: LazyLock<Collection> =
    LazyLock::new(|| Collection::inflate(include_bytes!("adobe_cns1.zlib")));
static KOREA1: LazyLock<Collection> =
    LazyLock::new(|| Collection::inflate(include_bytes!("adobe_korea1.zlib")));

/// The collection of an `Ordering` of a CID font.
pub(super) fn find(ordering: &[u8]) -> Option<&'static Collection> {
    match ordering {
        b"Japan1" | b"Japan2" => Some(&JAPAN1),
        b"GB1" => Some(&GB1),
        b"CNS1" => Some(&CNS1),
        b"Korea1" | b"KR" => Some(&KOREA1),
        _ => None,
    }
}

impl Collection {
    fn inflate(packed: &[u8]) -> Self {
        let bytes = filter::inflate(packed, TABLE_BYTES_MAX);
        let (high, low) = bytes.split_at(bytes.len() / 2);
        let letters: Vec<u16> =
            high.iter().zip(low).map(|(high, low)| u16::from_be_bytes([*high, *low])).collect();
        let mut cids = HashMap::new();
        for (cid, unit) in (0_u32..).zip(&letters) {
            if let Some(letter) = char::from_u32(u32::from(*unit)).filter(|letter| *letter != '\0')
            {
                cids.entry(letter).or_insert(cid);
            }
        }
        Self { letters, cids }
    }

    /// The letter of a CID.
    pub(super) fn letter(&self, cid: u32) -> Option<char> {
        let unit = *self.letters.get(usize::try_from(cid).ok()?)?;
        char::from_u32(u32::from(unit)).filter(|letter| *letter != '\0')
    }

    /// The first CID of a letter.
    pub(super) fn cid(&self, letter: char) -> Option<u32> {
        self.cids.get(&letter).copied()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::find;

    #[test]
    fn collections_know_their_letters() {
        for (ordering, cid, letter) in [
            (b"Japan1".as_slice(), 843, 'あ'),
            (b"GB1", 4559, '中'),
            (b"CNS1", 661, '中'),
            (b"Korea1", 1086, '가'),
        ] {
            let collection = find(ordering).unwrap();
            assert_eq!(collection.letter(cid), Some(letter), "{ordering:?}");
            assert_eq!(collection.cid(letter), Some(cid));
            assert_eq!(collection.letter(1), Some(' '));
            assert_eq!(collection.letter(u32::MAX), None);
        }
    }
}
