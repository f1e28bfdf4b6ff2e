//! Checksums of what is stored large: requests, responses and the pieces of documents.
//!
//! SQLite believes the disk. A bit that turned over inside a text or a document would come
//! back as a result like any other, so each is stored with a CRC-32 and checked whenever it is
//! read. The key goes in, too: a whole row in a wrong place is damage as well. It must not know
//! what the bytes mean.

use flate2::Crc;

use crate::store::StoreError;

/// What has a checksum. Its name goes in as well: pages of two tables look alike.
#[derive(Debug, Clone, Copy)]
pub(super) enum Summed {
    Request,
    Slots,
    Response,
    Chunk,
    Attachment,
}

impl Summed {
    fn name(self) -> &'static str {
        match self {
            Self::Request => "a request",
            Self::Slots => "the list of a request's documents",
            Self::Response => "a response",
            Self::Chunk => "a document",
            Self::Attachment => "a template's document",
        }
    }

    /// The checksum of these pieces, stored under this key.
    pub(super) fn checksum(self, key: i64, pieces: &[&[u8]]) -> u32 {
        let mut crc = Crc::new();
        crc.update(self.name().as_bytes());
        crc.update(&key.to_le_bytes());
        pieces.iter().for_each(|piece| crc.update(piece));
        crc.sum()
    }

    /// Makes sure that what was read is what was stored. What has no checksum was stored
    /// before there were any.
    pub(super) fn verify(
        self,
        stored: Option<i64>,
        key: i64,
        pieces: &[&[u8]],
    ) -> Result<(), StoreError> {
        if stored.is_none_or(|stored| stored == i64::from(self.checksum(key, pieces))) {
            return Ok(());
        }
        let what = self.name();
        tracing::error!(what, key, "the data file is damaged: a checksum does not fit");
        Err(StoreError::Corrupt(format!("{what} was damaged on the disk")))
    }
}

#[cfg(test)]
mod tests {
    use super::Summed;

    #[test]
    fn each_bit_the_place_and_the_table_count() {
        let bytes = *b"some bytes";
        let stored = Some(i64::from(Summed::Request.checksum(7, &[&bytes])));
        assert!(Summed::Request.verify(stored, 7, &[&bytes[..4], &bytes[4..]]).is_ok());
        assert!(Summed::Request.verify(stored, 8, &[&bytes]).is_err());
        assert!(Summed::Response.verify(stored, 7, &[&bytes]).is_err());
        for bit in 0..bytes.len() * 8 {
            let mut turned = bytes;
            turned[bit / 8] ^= 1 << (bit % 8);
            assert!(Summed::Request.verify(stored, 7, &[&turned]).is_err(), "{bit}");
        }
    }
}
