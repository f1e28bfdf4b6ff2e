//! From a record to what a disk may hold after a power cut at some point of it.

use proptest::prelude::Rng as _;
use proptest::test_runner::TestRng;

use super::vfs::{Event, Which};

/// What a disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// The data file and its log.
#[derive(Debug, Default, Clone)]
pub(super) struct Image {
    pub(super) data: Vec<u8>,
    pub(super) log: Vec<u8>,
}

pub(super) fn below(random: &mut TestRng, bound: usize) -> usize {
    usize::try_from(random.next_u64() % bound.max(1) as u64).unwrap()
}

impl Image {
    fn file(&mut self, which: Which) -> &mut Vec<u8> {
        match which {
            Which::Data => &mut self.data,
            Which::Log => &mut self.log,
        }
    }

    fn write(&mut self, which: Which, offset: usize, bytes: &[u8]) {
        let file = self.file(which);
        let end = offset + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset..end].copy_from_slice(bytes);
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Write(which, offset, bytes) => {
                self.write(*which, usize::try_from(*offset).unwrap(), bytes);
            }
            Event::Truncate(which, size) => {
                self.file(*which).resize(usize::try_from(*size).unwrap(), 0);
            }
            Event::Sync(_) | Event::Mark(_) => {}
        }
    }

    /// Some sectors of a write; all or nothing of anything else.
    fn tear(&mut self, event: &Event, random: &mut TestRng) {
        let Event::Write(which, offset, bytes) = event else { return self.apply(event) };
        let offset = usize::try_from(*offset).unwrap();
        for (number, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
            if random.next_u32() & 1 == 0 {
                self.write(*which, offset + number * SECTOR_BYTES, sector);
            }
        }
    }

    /// What the disk holds when the power goes after these events. What was synced is
    /// there. What was not is dropped, kept, kept up to a torn write, or each for itself.
    pub(super) fn after(events: &[Event], random: &mut TestRng) -> Self {
        let mut image = Self::default();
        let mut waiting: [Vec<&Event>; 2] = Default::default();
        for event in events {
            match event {
                Event::Write(which, ..) | Event::Truncate(which, _) => {
                    waiting[*which as usize].push(event);
                }
                Event::Sync(which) => {
                    waiting[*which as usize].drain(..).for_each(|event| image.apply(event));
                }
                Event::Mark(_) => {}
            }
        }
        let mode = below(random, 4);
        for unsynced in waiting {
            let stop = below(random, unsynced.len() + 1);
            for (place, event) in unsynced.into_iter().enumerate() {
                let choice = match mode {
                    0 => 0,
                    1 => 1,
                    2 => 1 + usize::from(place >= stop) + usize::from(place > stop) * 2,
                    _ => below(random, 3),
                };
                match choice {
                    1 => image.apply(event),
                    2 => image.tear(event, random),
                    _ => {}
                }
            }
        }
        image
    }
}
