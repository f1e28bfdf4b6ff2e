//! Changes to bytes that a seed repeats, with the words of a dictionary.

use super::random::Random;

/// The words of a dictionary in the syntax of libFuzzer: `name="word"`, with `\xNN`, `\\` and
/// `\"` in the word.
pub(crate) fn words(dictionary: &str) -> Vec<Vec<u8>> {
    let lines = dictionary.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.filter_map(word).collect()
}

fn word(line: &str) -> Option<Vec<u8>> {
    let text = line.get(line.find('"')? + 1..line.rfind('"')?)?;
    let (mut word, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            word.push(byte);
            continue;
        }
        match rest.next()? {
            b'x' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                word.push(u8::from_str_radix(digits, 16).ok()?);
            }
            escaped => word.push(escaped),
        }
    }
    Some(word)
}

/// Makes one to four changes.
pub(crate) fn mutate(random: &mut Random, file: &mut Vec<u8>, words: &[Vec<u8>]) {
    for _ in 0..=random.below(4) {
        let length = file.len() as u64;
        let at = random.below(length.max(1)) as usize;
        let end = (at + random.below(64) as usize).min(file.len());
        match random.below(7) {
            0 => file[at] ^= 1 << random.below(8),
            1 => file[at] = random.below(256) as u8,
            2 => drop(file.drain(at..end)),
            3 => {
                let copied = file[at..end].to_vec();
                let to = random.below(length) as usize;
                file.splice(to..to, copied);
            }
            4 => {
                let word = &words[random.below(words.len() as u64) as usize];
                file.splice(at..at, word.iter().copied());
            }
            5 => {
                let word = &words[random.below(words.len() as u64) as usize];
                file.splice(at..end, word.iter().copied());
            }
            _ => {
                // A digit: lengths, offsets, numbers of objects, sizes.
                let digits = |byte: &u8| byte.is_ascii_digit();
                if let Some(digit) = file[at..].iter().position(digits) {
                    file[at + digit] = b'0' + random.below(10) as u8;
                }
            }
        }
        if file.is_empty() {
            return;
        }
    }
}
