//! Page ranges as they are typed: `1-3,7,10-`.

/// Which pages are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pages(Vec<(u32, u32)>);

impl Pages {
    /// Reads ranges parted by commas.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| range(part.trim())).collect::<Option<_>>().map(Self).ok_or_else(
            || format!("{text:?} is not a list of pages; write it like 1-3,7,10- (from 1)"),
        )
    }

    pub(crate) fn contains(&self, page: u32) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&page))
    }
}

fn range(part: &str) -> Option<(u32, u32)> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
    let (first, last) = match part.split_once('-') {
        None => (number(part)?, number(part)?),
        Some(("", last)) => (1, number(last)?),
        Some((first, "")) => (number(first)?, u32::MAX),
        Some((first, last)) => (number(first)?, number(last)?),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_open_and_closed() {
        let pages = Pages::read("2-3, 7,10-").unwrap();
        let wanted: Vec<u32> = (1..12).filter(|page| pages.contains(*page)).collect();
        assert_eq!(wanted, [2, 3, 7, 10, 11]);
        assert!(Pages::read("-2").unwrap().contains(1));
        for text in ["", "0", "3-2", "a", "1,,2", "-"] {
            assert!(Pages::read(text).is_err(), "{text}");
        }
    }
}
