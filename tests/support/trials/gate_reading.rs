//! How other programs read a request head: readers of many manners, each of which stands for
//! some proxy or server there is. They forgive what those forgive. Where two of them differ
//! about a head, it is ambiguous, and a gate may not let it through.

/// What ends a line.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LineEnd {
    CrLf,
    Lf,
    CrOrLf,
}

/// Which of several lengths counts, and when a body counts as chunked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust {
    FirstLength,
    LastLength,
    /// Any transfer coding is the chunked one, and a length beside it does not count.
    AnyCoding,
    /// Only `chunked` at the end of the list is, and a length beside it counts.
    LengthFirst,
}

/// A manner to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    line_end: LineEnd,
    trust: Trust,
    /// Blanks around the name of a field are cut off.
    trims_names: bool,
}

/// All manners.
pub(crate) const MANNERS: [Manner; 24] = {
    let line_ends = [LineEnd::CrLf, LineEnd::Lf, LineEnd::CrOrLf];
    let trusts = [Trust::FirstLength, Trust::LastLength, Trust::AnyCoding, Trust::LengthFirst];
    let first = Manner { line_end: LineEnd::CrLf, trust: Trust::FirstLength, trims_names: true };
    let mut all = [first; 24];
    let mut n = 0;
    while n < 24 {
        let (line_end, trust) = (line_ends[n % 3], trusts[n / 3 % 4]);
        all[n] = Manner { line_end, trust, trims_names: n >= 12 };
        n += 1;
    }
    all
};

/// A head as somebody reads it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reading {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) announced: u64,
    pub(crate) is_chunked: bool,
    /// Bytes of the head, what was skipped before it included.
    pub(crate) length: usize,
}

/// Reads the head at the front of the input, if all of it is there.
pub(crate) fn read(input: &[u8], manner: Manner) -> Option<Reading> {
    let mut lines = Lines { rest: input, manner };
    let mut first = lines.next()?;
    while first.is_empty() {
        first = lines.next()?;
    }
    let mut words = first.split(|byte| *byte == b' ');
    let (method, target) = (text(words.next()?), text(words.next()?));
    let mut fields: Vec<(String, String)> = Vec::new();
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            break;
        }
        // A folded line goes on with the field before it.
        if matches!(line[0], b' ' | b'\t') {
            fields.last_mut()?.1 += &text(line);
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = text(&line[..colon]).to_ascii_lowercase();
        let name = if manner.trims_names { name.trim().to_owned() } else { name };
        let value = text(line.get(colon + 1..).unwrap_or_default());
        fields.push((name, value.trim_matches([' ', '\t']).to_owned()));
    }
    let (announced, is_chunked) = framing(&fields, manner.trust);
    let length = input.len() - lines.rest.len();
    Some(Reading { method, target, fields, announced, is_chunked, length })
}

fn framing(fields: &[(String, String)], trust: Trust) -> (u64, bool) {
    let all = |wanted: &str| -> Vec<&str> {
        fields.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).collect()
    };
    let lengths = all("content-length");
    // As C reads numbers: what follows the digits does not count.
    let number = |value: &&str| {
        let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(u64::MAX)
    };
    let first = lengths.first().map(number);
    let last = lengths.last().map(number);
    let codings = all("transfer-encoding");
    let ends_chunked =
        codings.last().is_some_and(|value| value.to_ascii_lowercase().ends_with("chunked"));
    match trust {
        Trust::FirstLength if !ends_chunked => (first.unwrap_or(0), false),
        Trust::LastLength if !ends_chunked => (last.unwrap_or(0), false),
        Trust::AnyCoding if codings.is_empty() => (first.unwrap_or(0), false),
        Trust::LengthFirst if first.is_some() || !ends_chunked => (first.unwrap_or(0), false),
        _ => (0, true),
    }
}

struct Lines<'a> {
    rest: &'a [u8],
    manner: Manner,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest;
        let (end, after) = match self.manner.line_end {
            LineEnd::CrLf => {
                let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
                (end, end + 2)
            }
            LineEnd::Lf => {
                let end = rest.iter().position(|byte| *byte == b'\n')?;
                (end - usize::from(end > 0 && rest[end - 1] == b'\r'), end + 1)
            }
            LineEnd::CrOrLf => {
                let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
                (end, end + 1 + usize::from(rest[end..].starts_with(b"\r\n")))
            }
        };
        self.rest = &rest[after..];
        Some(&rest[..end])
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The data of a chunked body and its length on the wire, read without any suspicion.
pub(crate) fn body_of_chunks(input: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut lines = Lines { rest: input, manner: MANNERS[0] };
    let mut data = Vec::new();
    loop {
        let line = text(lines.next()?);
        let size = line.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        data.extend_from_slice(lines.rest.get(..size)?);
        lines.rest = lines.rest.get(size..)?;
        if !lines.next()?.is_empty() {
            return None;
        }
    }
    while !lines.next()?.is_empty() {}
    Some((data, input.len() - lines.rest.len()))
}
