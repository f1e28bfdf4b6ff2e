//! Documents in sections, as curricula are: headings, what stands under each, and the
//! entries of careers and schools.
//!
//! A cell belongs to the nearest heading above it in its own column. Must not know schemas.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::candidate::Reader;
use crate::local::kind::normal;
use crate::local::page::Cell;
use crate::local::text::fold;

/// Longest heading in words.
const HEADING_WORDS_MAX: usize = 4;
/// Size of the compiled pattern of spans of time, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// How far left of a heading its text may begin, in points.
pub(super) const OUTDENT: f32 = 8.0;

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Experience,
    Education,
    Skills,
    Languages,
    Other,
}

/// Stems of the words of headings, folded, by topic.
const STEMS: &[(Topic, &str)] = &[
    (
        Topic::Experience,
        "experience employment career werdegang berufserfahrung erfahrung emploi parcours \
         experiencia esperienz ervaring werkervaring doswiadczenie erfarenhet anstallningar \
         laboral professionnel profissional",
    ),
    (
        Topic::Education,
        "education ausbildung bildung studium formation educacion formacion istruzione \
         formazione opleiding onderwijs formacao educacao wyksztalcenie edukacja utbildning \
         academic qualifications studies etudes",
    ),
    (
        Topic::Skills,
        "skills kenntnisse fahigkeiten competences competencias habilidades competenze \
         vaardigheden umiejetnosci kompetenser fardigheter expertise technologies aptitudes",
    ),
    (
        Topic::Languages,
        "languages sprachen sprachkenntnisse langues idiomas lingue talen jezyki sprak \
         linguas",
    ),
    (
        Topic::Other,
        "contact kontakt contacto contatti profile profil perfil profilo summary references \
         referenzen interests hobbies certifications certificates projects publications awards \
         personal about intereses loisirs zertifikate",
    ),
];

/// The topic that some words name.
pub(super) fn topic(text: &str) -> Option<Topic> {
    let plain = normal(text);
    let known = |word: &str| {
        STEMS.iter().find(|(_, stems)| {
            stems.split_whitespace().any(|s| word == s || word.strip_suffix('s') == Some(s))
        })
    };
    let words: Vec<&str> = plain.split(' ').filter(|w| !FILLERS.contains(w)).collect();
    if words.is_empty() {
        let is_work = plain.split(' ').any(|w| w == "work" || w == "history");
        return is_work.then_some(Topic::Experience);
    }
    let topics: Vec<Option<Topic>> = words.iter().map(|w| known(w).map(|(t, _)| *t)).collect();
    topics.iter().all(Option::is_some).then(|| topics.first().copied().flatten()).flatten()
}

/// Words that go with those of headings.
const FILLERS: &[&str] = &[
    "and",
    "of",
    "the",
    "key",
    "work",
    "professional",
    "personal",
    "technical",
    "additional",
    "other",
    "relevant",
    "history",
    "my",
    "me",
    "und",
    "et",
    "y",
    "e",
    "en",
    "de",
    "beruflicher",
    "berufliche",
    "details",
    "information",
    "training",
    "core",
    "soft",
];

/// A heading with what stands under it.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) topic: Topic,
    /// The heading, normal.
    pub(super) title: String,
    /// Cells by row.
    pub(super) lines: Vec<Vec<usize>>,
}

/// One station of a career: its span of time and its texts in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) begin: Option<(String, Range<usize>)>,
    pub(super) end: Option<(String, Range<usize>)>,
    pub(super) texts: Vec<(String, Range<usize>)>,
}

impl Reader<'_> {
    /// The sections of the document; none when it has fewer than two known headings.
    pub(super) fn sections(&self) -> Vec<Section> {
        let headings: Vec<usize> =
            (0..self.view.cells.len()).filter(|at| self.is_heading(*at)).collect();
        let mut sections: Vec<Section> = headings
            .iter()
            .filter_map(|at| {
                let text = &self.view.cells.get(*at)?.text;
                Some(Section {
                    topic: topic(text).unwrap_or(Topic::Other),
                    title: normal(text),
                    lines: Vec::new(),
                })
            })
            .collect();
        let known = sections.iter().filter(|s| s.topic != Topic::Other).count();
        if known < 2 {
            return Vec::new();
        }
        for (at, cell) in self.view.cells.iter().enumerate() {
            if headings.contains(&at) {
                continue;
            }
            let Some(owner) = self.heading_of(&headings, cell) else { continue };
            let Some(section) = sections.get_mut(owner) else { continue };
            let row = section.lines.last_mut().filter(|line| {
                line.last().and_then(|c| self.view.cells.get(*c)).is_some_and(|c| c.row == cell.row)
            });
            match row {
                Some(line) => line.push(at),
                None => section.lines.push(vec![at]),
            }
        }
        sections
    }

    fn is_heading(&self, at: usize) -> bool {
        let Some(cell) = self.view.cells.get(at) else { return false };
        let is_loud = cell.bold
            || cell.size > 11.5
            || !cell.text.chars().any(char::is_lowercase)
            || self.view.row_cells(cell.row).len() == 1;
        cell.tokens.len() <= HEADING_WORDS_MAX
            && is_loud
            && !cell.text.chars().any(|c| c.is_ascii_digit() || c == ',')
            && topic(&cell.text).is_some()
    }

    /// The index of the nearest heading above a cell in its column.
    fn heading_of(&self, headings: &[usize], cell: &Cell) -> Option<usize> {
        let above = headings.iter().enumerate().filter_map(|(index, at)| {
            let heading = self.view.cells.get(*at)?;
            let is_before = (heading.page, heading.row) < (cell.page, cell.row);
            let is_left = heading.bbox.x0 <= cell.bbox.x0 + OUTDENT;
            (is_before && is_left).then_some((index, heading))
        });
        let column = |h: &Cell| (h.bbox.x0 / 12.0).round() as i32;
        above.max_by_key(|(_, h)| (column(h), h.page, h.row)).map(|(index, _)| index)
    }

    /// The entries of a section: each begins where a span of time stands.
    pub(super) fn entries(&self, section: &Section) -> Vec<Entry> {
        let spans: Vec<Option<Span>> =
            section.lines.iter().map(|line| self.span_of(line)).collect();
        let dated: Vec<usize> =
            (0..spans.len()).filter(|at| spans.get(*at).is_some_and(Option::is_some)).collect();
        let Some(first) = dated.first() else { return Vec::new() };
        let lead = if *first <= 2 { *first } else { 0 };
        let mut entries = Vec::new();
        for (index, at) in dated.iter().enumerate() {
            let start = at.saturating_sub(lead);
            let next = dated.get(index + 1).map_or(section.lines.len(), |n| n.saturating_sub(lead));
            let span = spans.get(*at).cloned().flatten().unwrap_or_default();
            let mut entry = Entry { begin: span.begin, end: span.end, texts: Vec::new() };
            for line in section.lines.get(start..next.max(at + 1)).unwrap_or_default() {
                let is_bullet = line
                    .first()
                    .and_then(|c| self.view.cells.get(*c))
                    .is_some_and(|c| c.text.starts_with(['•', '·', '▪', '*', '–', '-']));
                if is_bullet {
                    break;
                }
                for cell in line.iter().filter_map(|c| self.view.cells.get(*c)) {
                    self.parts(cell, &span.tokens, &mut entry.texts);
                }
            }
            entries.push(entry);
        }
        entries
    }

    /// The texts of a cell without its span of time, parted at marks.
    fn parts(&self, cell: &Cell, span: &Range<usize>, into: &mut Vec<(String, Range<usize>)>) {
        let mut start = cell.tokens.start;
        let mut put = |from: usize, to: usize| {
            let text = super::read::clean(&self.view.text(from..to));
            let text = text.trim_matches(['|', '(', ')', '–', '—', '@', ' ']).to_owned();
            if text.chars().any(char::is_alphabetic) {
                into.push((text, from..to));
            }
        };
        for at in cell.tokens.clone() {
            let text = self.view.tokens.get(at).map(|t| t.text.as_str()).unwrap_or_default();
            let is_mark = matches!(text, "|" | "–" | "—" | "·" | "•" | "@" | "at" | "bei" | "chez");
            if is_mark || span.contains(&at) {
                put(start, at);
                start = at + 1;
            } else if text.ends_with(',') {
                put(start, at + 1);
                start = at + 1;
            }
        }
        put(start, cell.tokens.end);
    }

    fn span_of(&self, line: &[usize]) -> Option<Span> {
        line.iter().filter_map(|c| self.view.cells.get(*c)).find_map(|cell| {
            let (mut text, mut starts) = (String::new(), Vec::new());
            for at in cell.tokens.clone() {
                starts.push((text.len(), at));
                text.push_str(&fold(&self.view.tokens.get(at)?.text));
                text.push(' ');
            }
            let word = |offset: usize| {
                starts.iter().rev().find(|(start, _)| *start <= offset).map(|(_, at)| *at)
            };
            let found = spans()?.captures(&text)?;
            let (all, begin) = (found.get(0)?, found.name("begin"));
            let end = found.name("end").or_else(|| found.name("lone"))?;
            let range =
                |m: regex::Match<'_>| Some(word(m.start())?..word(m.end().saturating_sub(1))? + 1);
            let put = |m: regex::Match<'_>| Some((m.as_str().trim().to_owned(), range(m)?));
            Some(Span { begin: begin.and_then(put), end: put(end), tokens: range(all)? })
        })
    }
}

/// A span of time and the words it takes.
#[derive(Debug, Clone, Default)]
struct Span {
    begin: Option<(String, Range<usize>)>,
    end: Option<(String, Range<usize>)>,
    tokens: Range<usize>,
}

/// `2019 - 2023`, `Mar 2019 to present`, a year alone.
fn spans() -> Option<&'static Regex> {
    static SPANS: OnceLock<Option<Regex>> = OnceLock::new();
    let spans = SPANS.get_or_init(|| {
        let point = r"(?:[a-z]{3,10}\.? |\d{1,2}[/.])?(?:19|20)\d\d";
        let now = "present|current|now|today|date|heute|aujourd'hui|actualidad|actualmente|\
                   presente|oggi|heden|obecnie|nu|pagaende|ongoing|atual";
        let to = "-|to|bis|au|a|al|tot|do|till|until|hasta|ate";
        let span = format!(r"(?P<begin>{point}) ?(?:{to}) ?(?P<end>{point}|{now})\b");
        let pattern = format!("{span}|(?P<lone>{point})");
        RegexBuilder::new(&pattern).size_limit(PATTERN_BYTES_MAX).build().ok()
    });
    spans.as_ref()
}

/// The year of a point in time such as `mar 2019`; none for `present`.
pub(super) fn year(text: &str) -> Option<u32> {
    let digits = text.get(text.len().checked_sub(4)?..)?;
    digits.parse().ok().filter(|year| (1900..2100).contains(year))
}

#[cfg(test)]
mod tests {
    use super::{Topic, spans, topic, year};

    #[test]
    fn headings_of_many_languages_have_topics() {
        for (text, want) in [
            ("WORK HISTORY", Topic::Experience),
            ("Berufserfahrung", Topic::Experience),
            ("Formation", Topic::Education),
            ("Competencias", Topic::Skills),
            ("Lingue", Topic::Languages),
        ] {
            assert_eq!(topic(text), Some(want), "{text}");
        }
        assert_eq!(topic("Rosa Delgado"), None);
    }

    #[test]
    fn spans_of_time_are_found() {
        let found = |text: &str| {
            let captures = spans()?.captures(text)?;
            let part = |name: &str| captures.name(name).map(|m| m.as_str().to_owned());
            Some((part("begin"), part("end").or_else(|| part("lone"))))
        };
        let pair = |a: Option<&str>, b: &str| Some((a.map(str::to_owned), Some(b.to_owned())));
        assert_eq!(found("2019 - 2023 x"), pair(Some("2019"), "2023"));
        assert_eq!(found("mar 2019 to present"), pair(Some("mar 2019"), "present"));
        assert_eq!(found("bsc 2016"), pair(None, "bsc 2016"));
        assert_eq!((year("mar 2019"), year("present")), (Some(2019), None));
    }
}
