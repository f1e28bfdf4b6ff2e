//! Trials: each takes any bytes, gives them to one part of docspool that reads what
//! strangers send, and panics when what must hold does not. The fuzz targets run them for
//! hours, and the tests for seconds, from the same seeds and with the same dictionaries.
//!
//! A trial may not know anything but public entries; how often it runs is not its affair.

pub(crate) mod child_framing;
pub(crate) mod create_body;
pub(crate) mod data_url;
pub(crate) mod document_load;
pub(crate) mod formats;
pub(crate) mod found;
pub(crate) mod gate;
pub(crate) mod gate_reading;
pub(crate) mod schema;

use super::random::Random;

/// One part that is tried.
pub(crate) struct Trial {
    /// Of the fuzz target and of its corpus.
    pub(crate) name: &'static str,
    /// Takes any bytes; tells whether they were sound.
    pub(crate) run: fn(&[u8]) -> bool,
    /// Small sound inputs by name.
    pub(crate) seeds: fn() -> Vec<(String, Vec<u8>)>,
    /// Words worth putting in, in the syntax of libFuzzer.
    pub(crate) dictionary: &'static str,
}

const HTTP: &str = include_str!("../../../fuzz/dictionaries/http.dict");
const JSON: &str = include_str!("../../../fuzz/dictionaries/json.dict");
const FORMATS: &str = include_str!("../../../fuzz/dictionaries/formats.dict");

/// All of them.
pub(crate) const ALL: [Trial; 6] = [
    Trial { name: "gate", run: gate::run, seeds: gate::seeds, dictionary: HTTP },
    Trial { name: "data_url", run: data_url::run, seeds: data_url::seeds, dictionary: JSON },
    Trial {
        name: "create_body",
        run: create_body::run,
        seeds: create_body::seeds,
        dictionary: JSON,
    },
    Trial {
        name: "child_framing",
        run: child_framing::run,
        seeds: child_framing::seeds,
        dictionary: JSON,
    },
    Trial { name: "schema", run: schema::run, seeds: schema::seeds, dictionary: JSON },
    Trial {
        name: "document_load",
        run: document_load::run,
        seeds: document_load::seeds,
        dictionary: FORMATS,
    },
];

/// Ways to cut the bytes into the pieces in which they may arrive: two of which the bytes
/// themselves are the seed, and one by one while they are few.
pub(crate) fn cuts(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let seed = bytes.iter().fold(bytes.len() as u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut random = Random::new(seed);
    let mut ways = Vec::new();
    if bytes.len() <= 2_048 {
        ways.push(bytes.chunks(1).collect());
    }
    for longest in [7, 1 + bytes.len() as u64] {
        let (mut pieces, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let length = 1 + usize::try_from(random.below(longest)).unwrap_or_default();
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        ways.push(pieces);
    }
    ways
}
