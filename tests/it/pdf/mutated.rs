//! Mutated files: whatever becomes of the bytes, the load ends and what comes out holds. The
//! same seed gives the same files each time; `fuzz/` looks further.

use crate::support::anything;
use crate::support::random::Random;
use crate::support::seeds;

/// Mutations of each seed.
const ROUNDS: usize = 250;

/// Words of the syntax, and values at its edges.
const PIECES: &[&[u8]] = &[
    b"obj",
    b"endobj",
    b"stream\n",
    b"endstream",
    b"xref",
    b"trailer",
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"%",
    b"/",
    b"#00",
    b" R",
    b"0 0 R",
    b"1 0 R",
    b"-1",
    b"0",
    b"4294967296",
    b"99999999999999999999",
    b"1e38",
    b"-1e38",
    b"NaN",
    b"/Length 0",
    b"/Kids [",
    b"/Parent 2 0 R",
    b"/Filter /FlateDecode",
    b"/Encrypt 5 0 R",
    b"/Type /ObjStm",
    b"BI ID ",
    b" EI ",
    b"BT ",
    b" ET",
    b"Tj ",
    b"'",
    b"\"",
    b"Do ",
    b"q ",
    b"Q ",
    b"\xff\xfe",
    b"\0",
];

/// Makes one to four changes.
fn mutate(random: &mut Random, file: &mut Vec<u8>) {
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
                let piece = PIECES[random.below(PIECES.len() as u64) as usize];
                file.splice(at..at, piece.iter().copied());
            }
            5 => {
                let piece = PIECES[random.below(PIECES.len() as u64) as usize];
                file.splice(at..end, piece.iter().copied());
            }
            _ => {
                // A digit: lengths, offsets, numbers of objects, sizes.
                let digits = |byte: &u8| byte.is_ascii_digit();
                if let Some(digit) = file[at..].iter().position(digits) {
                    file[at + digit] = b'0' + random.below(10) as u8;
                }
            }
        }
        if file.len() < 16 {
            return;
        }
    }
}

#[test]
fn mutated_files_end_in_a_document_or_an_error() {
    let mut random = Random::new(0x5EED);
    let mut loaded = 0;
    for (name, seed) in seeds::all() {
        assert!(anything::load(&seed), "{name} is sound");
        for _ in 0..ROUNDS {
            let mut file = seed.clone();
            mutate(&mut random, &mut file);
            loaded += usize::from(anything::load(&file));
        }
    }
    // Most damage can be read around.
    assert!(loaded > ROUNDS * seeds::all().len() / 2, "{loaded}");
}
