//! Curricula: whose they are, what was done where and when, what was learned.

use std::ops::Range;

use serde_json::Value;

use super::candidate::{Candidate, Reader};
use super::leaf::{Leaf, List, Plan};
use super::read::Reading;
use super::record::{Record, Records};
use super::section::{Entry, Section, Topic, topic, year};
use super::write;
use crate::local::kind::normal;
use crate::local::value::{code, name, place};

/// What a value from a section is worth.
const SECTION_SCORE: f32 = 0.8;
/// Items of one plain list.
const ITEMS_MAX: usize = 200;

/// What a text of an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Organisation,
    Title,
    Begin,
    End,
    Place,
}

/// Stems of the names of fields, by role.
const ROLES: &[(Role, &str)] = &[
    (
        Role::Organisation,
        "company employer organi firm institution school university arbeitgeber entreprise \
         empresa azienda werkgever hochschule etablissement pracodawca arbetsgivare",
    ),
    (
        Role::Title,
        "title position role job degree qualification stelle poste puesto cargo ruolo functie \
         abschluss diplom titulo stanowisko befattning occupation",
    ),
    (Role::Begin, "start from begin von debut inicio inizio"),
    (Role::End, "end to until bis fin fine ende year graduation date jahr"),
    (Role::Place, "location city place ort"),
];

/// Words of what people do and what they have learned, folded.
const TITLES: &str = "manager engineer developer supervisor assistant analyst consultant director \
    officer clerk technician accountant nurse teacher designer specialist coordinator lead head \
    junior senior intern trainee leiter ingenieur entwickler berater verkaufer sachbearbeiter \
    directeur ingenieure responsable chef gerente ingeniero tecnico bachelor master bsc msc ba ma \
    mba phd bachelor's master's diploma diplom licence licenciatura laurea beng meng abitur \
    certificate associate architect administrator representative operator planner buyer driver";

/// Words of schools and companies, folded.
const ORGANISATIONS: &str = "university universitat universite universidad universita college \
    school institute hochschule academy academia ecole politecnico polytechnic group company \
    partners services solutions systems labs bank hospital";

impl Reader<'_> {
    /// The rows of a list of stations, or the items of a section that bears its name.
    pub(super) fn in_sections(&self, list: &List<'_>) -> Records {
        let sections = self.sections();
        let Some(section) = find(&sections, &list.words) else { return Records::default() };
        let rows = match list.is_plain {
            true => self.items_of(section),
            false => self.stations(list, section),
        };
        let tokens = rows.iter().flat_map(|r| r.values.iter().flatten()).flat_map(|v| v.1.clone());
        Records { tokens: tokens.collect(), rows, ..Records::default() }
    }

    fn items_of(&self, section: &Section) -> Vec<Record> {
        let mut rows = Vec::new();
        for cell in section.lines.iter().flatten().filter_map(|c| self.view.cells.get(*c)) {
            let mut start = cell.tokens.start;
            for at in cell.tokens.clone() {
                let text = self.view.tokens.get(at).map(|t| t.text.as_str()).unwrap_or_default();
                let is_mark = matches!(text, "|" | "·" | "•" | "▪" | "●" | "-" | "–" | "/" | ";");
                let ends = text.ends_with([',', ';']);
                if is_mark || ends || at + 1 == cell.tokens.end {
                    let end = if is_mark { at } else { at + 1 };
                    rows.extend(self.item(start..end));
                    start = at + 1;
                }
            }
        }
        rows.truncate(ITEMS_MAX);
        rows
    }

    fn item(&self, tokens: Range<usize>) -> Option<Record> {
        let text = super::read::clean(&self.view.text(tokens.clone()));
        // `German (native)`: how well is another matter.
        let text = text.split(" (").next().unwrap_or_default().trim().to_owned();
        let good = text.chars().any(char::is_alphabetic) && text.chars().count() <= 60;
        let found = (Value::String(text), vec![tokens], SECTION_SCORE);
        good.then(|| Record { values: vec![Some(found)] })
    }

    fn stations(&self, list: &List<'_>, section: &Section) -> Vec<Record> {
        let roles: Vec<Option<Role>> = list.columns.iter().map(role_of).collect();
        if roles.iter().flatten().count() < 2 {
            return Vec::new();
        }
        let entries = self.entries(section);
        let record = |entry: &Entry| {
            let pairs = list.columns.iter().zip(&roles);
            let values = pairs.map(|(column, role)| {
                let (reading, tokens) = part(entry, (*role)?)?;
                Some((write::to_json(column, &reading)?, vec![tokens], SECTION_SCORE))
            });
            Record { values: values.collect() }
        };
        let rows = entries.iter().map(record);
        rows.filter(|row| row.values.iter().flatten().next().is_some()).collect()
    }

    /// Candidates for the single fields of a curriculum.
    pub(super) fn curriculum(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        const NAMES: &[&str] = &[
            "full_name",
            "position_title",
            "location",
            "degree",
            "institution",
            "graduation_year",
        ];
        let called = |leaf: &Leaf<'_>| {
            leaf.concept.and_then(|c| self.lexicon.concepts.get(c)).map_or("", |c| c.name)
        };
        if !plan.leaves.iter().any(|leaf| NAMES.contains(&called(leaf))) {
            return Vec::new();
        }
        let sections = self.sections();
        if sections.is_empty() {
            return Vec::new();
        }
        let first = |topic: Topic| {
            let section = sections.iter().find(|s| s.topic == topic)?;
            self.entries(section).into_iter().next()
        };
        let (job, school) = (first(Topic::Experience), first(Topic::Education));
        let of = |entry: &Option<Entry>, role: Role| entry.as_ref().and_then(|e| part(e, role));
        let mut found = Vec::new();
        for (index, leaf) in plan.leaves.iter().enumerate() {
            let value = match called(leaf) {
                "full_name" => self.own_name(),
                "position_title" => of(&job, Role::Title),
                "degree" => of(&school, Role::Title),
                "institution" => of(&school, Role::Organisation),
                "graduation_year" => of(&school, Role::End),
                "location" => self.home(),
                _ if leaf.kind == crate::local::lexicon::Kind::Phone => self.own_phone(),
                _ => None,
            };
            let Some((reading, tokens)) = value else { continue };
            let Some(value) = write::to_json(leaf, &reading) else { continue };
            let reason = "where curricula state it".to_owned();
            let (score, label, shares) = (0.75, None, true);
            found.push(Candidate { leaf: index, value, score, tokens, label, reason, shares });
        }
        found
    }

    /// The largest words at the head of the first page.
    fn own_name(&self) -> Option<(Reading, Range<usize>)> {
        let sheet = self.view.sheets.first()?;
        let cells = self.view.cells.iter().filter(|c| c.page == 0);
        let at_head = cells.filter(|c| c.bbox.y0 < 0.35 * sheet.height);
        let largest = at_head
            .filter(|c| name::fitness(&c.text) > 0.5 && !c.text.contains(','))
            .max_by(|a, b| a.size.total_cmp(&b.size).then(b.tokens.start.cmp(&a.tokens.start)))?;
        let mut tokens = vec![largest.tokens.clone()];
        // The family name may stand below the given one in the same letters.
        let next = self.view.cell_of(largest.tokens.start).and_then(|at| self.next_line(at));
        if let Some(below) = next.and_then(|at| self.view.cells.get(at))
            && (below.size - largest.size).abs() < 0.3
            && largest.tokens.len() < 3
            && below.tokens.len() < 3
        {
            tokens.push(below.tokens.clone());
        }
        let texts: Vec<String> = tokens.iter().map(|t| self.view.text(t.clone())).collect();
        Some((plain(texts.join(" ")), largest.tokens.clone()))
    }

    /// `Boise, ID` or `Lyon, France` in the head or under the contacts.
    fn home(&self) -> Option<(Reading, Range<usize>)> {
        self.view.cells.iter().filter(|c| c.page == 0).find_map(|cell| {
            let (start, end) = (cell.tokens.start, cell.tokens.end);
            // `City, XX`: a word that ends in a comma, then a state or a country.
            (start..end.saturating_sub(1)).find_map(|at| {
                let city = self.view.tokens.get(at)?.text.as_str();
                if !city.ends_with(',') || !city.starts_with(char::is_uppercase) {
                    return None;
                }
                let used = (1..=3).rev().find(|count| {
                    let rest = self.view.text(at + 1..(at + 1 + count).min(end));
                    place::is_us_state(&rest) || place::country_code(&rest).is_some()
                })?;
                let is_name = |i: &usize| {
                    let text = self.view.tokens.get(*i).map_or("", |t| t.text.as_str());
                    text.starts_with(char::is_uppercase) && text.chars().all(char::is_alphabetic)
                };
                let from = (start..at).rev().take(2).take_while(is_name).last().unwrap_or(at);
                let tokens = from..(at + 1 + used).min(end);
                Some((plain(self.view.text(tokens.clone())), tokens))
            })
        })
    }

    fn own_phone(&self) -> Option<(Reading, Range<usize>)> {
        self.view.cells.iter().filter(|c| c.page == 0).find_map(|cell| {
            let words: Vec<&str> = cell.text.split(' ').collect();
            (0..words.len()).find_map(|at| {
                let (text, used) = code::leading_phone(words.get(at..)?)?;
                let start = cell.tokens.start + at;
                Some((plain(text), start..start + used))
            })
        })
    }
}

fn plain(text: String) -> Reading {
    let number = text.parse().ok();
    Reading { text, number, tokens: 0..0, fitness: 1.0 }
}

/// The section that a list's words speak of.
fn find<'s>(sections: &'s [Section], words: &str) -> Option<&'s Section> {
    let wanted = topic(words).filter(|topic| *topic != Topic::Other);
    let by_topic = sections.iter().find(|s| Some(s.topic) == wanted);
    let plain = normal(words);
    let by_name = || {
        sections.iter().find(|s| {
            s.title.split(' ').any(|word| word.len() > 4 && plain.split(' ').any(|w| w == word))
        })
    };
    by_topic.or_else(by_name)
}

fn role_of(column: &Leaf<'_>) -> Option<Role> {
    let words = column.words.as_str();
    let found = ROLES.iter().find(|(_, stems)| {
        let mut stems = stems.split_whitespace();
        stems.any(|s| words.split(' ').any(|w| w == s || (s.len() > 3 && w.starts_with(s))))
    });
    found.map(|(role, _)| *role)
}

/// The part of an entry that plays a role.
fn part(entry: &Entry, role: Role) -> Option<(Reading, Range<usize>)> {
    let time = |point: &Option<(String, Range<usize>)>| {
        let (text, tokens) = point.as_ref()?;
        let number = year(text)?;
        let text = number.to_string();
        let reading =
            Reading { text, number: Some(number.into()), tokens: tokens.clone(), fitness: 1.0 };
        Some((reading, tokens.clone()))
    };
    let text = |(text, tokens): &(String, Range<usize>)| (plain(text.clone()), tokens.clone());
    match role {
        Role::Begin => time(&entry.begin),
        Role::End => time(&entry.end),
        Role::Place => entry.texts.get(2).map(text),
        Role::Title | Role::Organisation => {
            let [first, ..] = entry.texts.as_slice() else { return None };
            let second = entry.texts.get(1);
            let swapped = second.is_some_and(|s| leaning(&s.0) > leaning(&first.0));
            match (role == Role::Title, swapped) {
                (true, false) | (false, true) => Some(text(first)),
                (true, true) | (false, false) => second.map(text),
            }
        }
    }
}

/// Above zero when a text is what somebody does, below when it is where.
fn leaning(text: &str) -> i32 {
    let plain = normal(text);
    let has = |list: &str| {
        let known = plain.split(' ').filter(|w| list.split_whitespace().any(|l| l == *w));
        i32::from(known.count() > 0)
    };
    2 * has(TITLES) - 2 * has(ORGANISATIONS) - 3 * i32::from(name::has_legal_form(text))
}
