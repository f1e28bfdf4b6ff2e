//! Values in parts: names and addresses that a form asks for whole and instructions give in
//! pieces, or the other way round.

use std::ops::Range;

use super::Work;
use super::asked::Asked;
use super::facts::Fact;
use super::terms::{Kind, Term, terms};
use crate::form::Role;

/// Fields of one address or name stand at most this many fields apart.
const NEAR: usize = 6;

/// A piece of a fact's value.
type Piece = (Kind, String);

impl Work<'_> {
    /// Takes apart `last Raman, first Priya` into facts of their own.
    pub(super) fn split_lists(&mut self) {
        let facts = std::mem::take(&mut self.facts);
        for fact in facts {
            match self.listed(&fact) {
                Some(parts) => self.facts.extend(parts),
                None => self.facts.push(fact),
            }
        }
        self.used = vec![false; self.facts.len()];
    }

    fn listed(&self, fact: &Fact) -> Option<Vec<Fact>> {
        let parts: Vec<&str> = fact.value.split([',', ';']).map(str::trim).collect();
        if parts.len() < 2 {
            return None;
        }
        parts
            .into_iter()
            .map(|part| {
                let words: Vec<&str> = part.split_whitespace().collect();
                let cut = (1..words.len().min(4)).rev().find(|cut| {
                    let head = words.get(..*cut).unwrap_or_default().join(" ");
                    let label = terms(&format!("{} {head}", fact.label));
                    let own = terms(&head);
                    let known = self.asked.iter().any(|asked| {
                        asked.names.iter().any(|name| own.iter().all(|t| name.contains(t)))
                            && asked.named_by(&label) > 0.75
                    });
                    known && !own.is_empty()
                })?;
                let (head, rest) = words.split_at_checked(cut)?;
                let at = fact.value.find(part).unwrap_or(0);
                Some(Fact {
                    label: format!("{} {}", fact.label, head.join(" ")),
                    value: rest.join(" "),
                    span: fact.span.start + at..fact.span.start + at + part.len(),
                })
            })
            .collect()
    }

    /// Fills fields that ask for several things at once from facts that give them one by one.
    pub(super) fn join_parts(&mut self) {
        for field in 0..self.fields.len() {
            let Some(asked) = self.asked.get(field).filter(|_| self.is_text(field)) else {
                continue;
            };
            let wanted = wanted_pieces(asked);
            if wanted.is_empty() {
                continue;
            }
            let found: Vec<(Kind, usize)> = wanted
                .iter()
                .filter_map(|kind| Some((*kind, self.fact_of_kind(asked, *kind)?)))
                .collect();
            if found.len() < 2 {
                continue;
            }
            let pieces: Vec<Piece> = found
                .iter()
                .filter_map(|(kind, fact)| Some((*kind, self.facts.get(*fact)?.value.clone())))
                .collect();
            let spans =
                found.iter().filter_map(|(_, fact)| Some(self.facts.get(*fact)?.span.clone()));
            let span = spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
            let backwards = self.asks_family_first(field);
            if self.put(field, &joined(&pieces, backwards), span.unwrap_or(0..0)) {
                for (_, fact) in found {
                    self.use_up(fact);
                }
            }
        }
    }

    fn is_text(&self, field: usize) -> bool {
        let is_text = self.fields.get(field).is_some_and(|f| matches!(f.role, Role::Text { .. }));
        is_text && self.is_open(field)
    }

    fn asks_family_first(&self, field: usize) -> bool {
        let label = self.fields.get(field).map(|field| field.label.own.to_lowercase());
        label.is_some_and(|label| match (label.find("last"), label.find("first")) {
            (Some(last), Some(first)) => last < first,
            _ => false,
        })
    }

    /// The unused fact of a kind whose other words agree best with a field.
    fn fact_of_kind(&self, asked: &Asked, kind: Kind) -> Option<usize> {
        let of_kind = self
            .facts
            .iter()
            .enumerate()
            .filter(|(index, _)| !self.used.get(*index).copied().unwrap_or(true));
        of_kind
            .filter_map(|(index, fact)| {
                let words = terms(&fact.label);
                let is_kind = words.iter().rev().find_map(|term| term.kind) == Some(kind);
                is_kind.then(|| (index, strangers(asked, &words)))
            })
            .filter(|(_, strangers)| *strangers == 0)
            .map(|(index, _)| index)
            .next()
    }

    /// Takes apart whole names and addresses for fields that ask for their pieces.
    pub(super) fn split_values(&mut self) {
        for fact in 0..self.facts.len() {
            let Some(stated) = self.facts.get(fact).cloned() else { continue };
            let words = terms(&stated.label);
            let kinds: Vec<Kind> = words.iter().filter_map(|term| term.kind).collect();
            let pieces = match kinds.last() {
                Some(Kind::Name) => pieces_of_name(&stated.value),
                Some(Kind::Address | Kind::Street | Kind::Zip | Kind::State) => {
                    pieces_of_address(&stated.value)
                }
                _ => Vec::new(),
            };
            if pieces.len() < 2 {
                continue;
            }
            match self.used.get(fact) {
                Some(true) => self.share_out(&stated, &pieces),
                _ => {
                    if self.spread(&words, &pieces, &stated.span) {
                        self.use_up(fact);
                    }
                }
            }
        }
    }

    /// Puts pieces into open fields that stand together and ask for them.
    fn spread(&mut self, words: &[Term], pieces: &[Piece], span: &Range<usize>) -> bool {
        let kinds: Vec<Kind> = pieces.iter().map(|(kind, _)| *kind).collect();
        let starts: Vec<usize> = (0..self.fields.len())
            .filter(|field| self.is_text(*field) && self.asks_for(*field, &kinds))
            .collect();
        let best = starts.into_iter().max_by(|a, b| {
            let agreement =
                |field: &usize| self.asked.get(*field).map_or(0.0, |asked| asked.asked_by(words));
            agreement(a).total_cmp(&agreement(b)).then(b.cmp(a))
        });
        let Some(start) = best else { return false };
        let near: Vec<usize> = (start.saturating_sub(NEAR)..(start + NEAR).min(self.fields.len()))
            .filter(|field| self.is_text(*field))
            .filter(|field| self.section(*field) == self.section(start))
            .collect();
        self.place(&near, pieces, span) > 1
    }

    /// A whole address went into one field although fields for its pieces follow: shares it out.
    fn share_out(&mut self, stated: &Fact, pieces: &[Piece]) {
        let taken = self
            .values
            .iter()
            .find(|(_, (value, span))| *span == stated.span && value.trim() == stated.value.trim());
        let Some(holder) = taken.map(|(field, _)| *field) else { return };
        let rest: Vec<Piece> = pieces
            .iter()
            .filter(|(kind, _)| !matches!(kind, Kind::Street | Kind::Unit))
            .cloned()
            .collect();
        let street = pieces.iter().find(|(kind, _)| *kind == Kind::Street);
        let near: Vec<usize> = (holder + 1..(holder + NEAR).min(self.fields.len()))
            .filter(|field| self.is_text(*field))
            .filter(|field| self.section(*field) == self.section(holder))
            .collect();
        let kinds: Vec<Kind> = rest.iter().map(|(kind, _)| *kind).collect();
        let askers = near.iter().filter(|field| self.asks_for(**field, &kinds)).count();
        let asks_two = near.iter().any(|field| {
            self.asked.get(*field).is_some_and(|asked| wanted_pieces(asked).len() > 1)
        });
        if (askers < 2 && !asks_two) || street.is_none() {
            return;
        }
        if self.place(&near, &rest, &stated.span) > 0
            && let Some((_, street)) = street
        {
            let unit = pieces.iter().find(|(kind, _)| *kind == Kind::Unit);
            let has_own = near.iter().any(|field| self.asks_for(*field, &[Kind::Unit]));
            let value = match unit {
                Some((_, unit)) if !has_own => format!("{street}, {unit}"),
                _ => street.clone(),
            };
            self.values.insert(holder, (value, stated.span.clone()));
        }
    }

    fn place(&mut self, fields: &[usize], pieces: &[Piece], span: &Range<usize>) -> usize {
        let mut placed = 0;
        for field in fields {
            let Some(asked) = self.asked.get(*field) else { continue };
            let wanted = wanted_pieces(asked);
            let text = if wanted.len() > 1 {
                let parts: Vec<Piece> =
                    pieces.iter().filter(|(kind, _)| wanted.contains(kind)).cloned().collect();
                (parts.len() > 1).then(|| joined(&parts, false))
            } else {
                let own = asked.kind;
                pieces.iter().find(|(kind, _)| Some(*kind) == own).map(|(_, text)| text.clone())
            };
            if let Some(text) = text
                && self.put(*field, &text, span.clone())
            {
                placed += 1;
            }
        }
        placed
    }

    fn asks_for(&self, field: usize, kinds: &[Kind]) -> bool {
        let asked = self.asked.get(field);
        asked.is_some_and(|asked| asked.kind.is_some_and(|kind| kinds.contains(&kind)))
    }

    fn section(&self, field: usize) -> Option<&str> {
        self.fields.get(field).map(|field| field.label.section.as_str())
    }
}

/// Words of a fact that neither name a kind nor stand around a field.
fn strangers(asked: &Asked, words: &[Term]) -> usize {
    let known = |term: &Term| {
        term.kind.is_some()
            || asked.context.iter().chain(asked.names.iter().flatten()).any(|t| t.word == term.word)
    };
    words.iter().filter(|term| !known(term)).count()
}

/// The pieces that a field asks for together; none when it asks for one thing.
fn wanted_pieces(asked: &Asked) -> Vec<Kind> {
    const ADDRESS: [Kind; 6] =
        [Kind::Street, Kind::Unit, Kind::City, Kind::State, Kind::Zip, Kind::Country];
    const NAME: [Kind; 4] = [Kind::Given, Kind::Initial, Kind::Name, Kind::Family];
    let has = |kind: &Kind| asked.kinds.contains(kind);
    let address: Vec<Kind> = ADDRESS.into_iter().filter(has).collect();
    if address.len() > 1 {
        return address;
    }
    match asked.kind {
        Some(Kind::Address) => ADDRESS.to_vec(),
        Some(Kind::Name) => vec![Kind::Given, Kind::Initial, Kind::Family],
        _ => {
            let name: Vec<Kind> = NAME.into_iter().filter(has).collect();
            if name.len() > 1 { name } else { Vec::new() }
        }
    }
}

/// Pieces as people write them together.
fn joined(pieces: &[Piece], family_first: bool) -> String {
    let get = |kind: Kind| pieces.iter().find(|(k, _)| *k == kind).map(|(_, text)| text.as_str());
    if let Some(family) = get(Kind::Family) {
        let given = [Kind::Given, Kind::Initial].into_iter().filter_map(get);
        let given = given.collect::<Vec<_>>().join(" ");
        return match family_first && !given.is_empty() {
            true => format!("{family}, {given}"),
            false => format!("{given} {family}").trim().to_owned(),
        };
    }
    if let (Some(given), Some(initial)) = (get(Kind::Given), get(Kind::Initial)) {
        return format!("{given} {initial}");
    }
    let street =
        [Kind::Street, Kind::Unit].into_iter().filter_map(get).collect::<Vec<_>>().join(", ");
    let (city, state, zip) = (get(Kind::City), get(Kind::State), get(Kind::Zip));
    let place = match (city, state, zip) {
        // Where there are states they stand before the code, elsewhere the code comes first.
        (Some(city), None, Some(zip)) => format!("{zip} {city}"),
        _ => {
            let code = [state, zip].into_iter().flatten().collect::<Vec<_>>().join(" ");
            [city.unwrap_or_default(), &code]
                .into_iter()
                .filter(|p| !p.is_empty())
                .collect::<Vec<_>>()
                .join(", ")
        }
    };
    let country = get(Kind::Country).unwrap_or_default();
    [street.as_str(), &place, country]
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn pieces_of_name(value: &str) -> Vec<Piece> {
    const TITLES: &[&str] =
        &["dr", "mr", "mrs", "ms", "miss", "prof", "herr", "frau", "m", "mme", "sr", "sra"];
    let (value, turned) = match value.split_once(',') {
        Some((family, given)) if given.split_whitespace().count() <= 3 => {
            (format!("{} {}", given.trim(), family.trim()), Some(family.trim().to_owned()))
        }
        Some(_) => return Vec::new(),
        None => (value.to_owned(), None),
    };
    let words: Vec<&str> = value
        .split_whitespace()
        .skip_while(|w| TITLES.contains(&w.trim_end_matches('.').to_lowercase().as_str()))
        .collect();
    let (Some((first, rest)), true) = (words.split_first(), words.len() >= 2) else {
        return Vec::new();
    };
    let is_initial = |word: &&&str| word.trim_end_matches('.').chars().count() == 1;
    let initial = rest.iter().find(is_initial).map(|word| (*word).to_owned());
    let family = turned.unwrap_or_else(|| {
        rest.iter().filter(|word| !is_initial(word)).copied().collect::<Vec<_>>().join(" ")
    });
    let mut pieces = vec![(Kind::Given, (*first).to_owned())];
    pieces.extend(initial.map(|initial| (Kind::Initial, initial)));
    pieces.push((Kind::Family, family));
    pieces
}

/// Street, unit, city, state and code of an address on one line.
fn pieces_of_address(value: &str) -> Vec<Piece> {
    let parts: Vec<&str> =
        value.split([',', '\n']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let is_code = |word: &str| {
        digits(word) >= 4
            && word.len() <= 10
            && word.chars().all(|c| c.is_ascii_digit() || c == '-')
    };
    let mut pieces = Vec::new();
    let Some((first, rest)) = parts.split_first() else { return pieces };
    let starts_street =
        digits(first) > 0 && first.chars().any(char::is_alphabetic) && !rest.is_empty();
    if starts_street {
        pieces.push((Kind::Street, (*first).to_owned()));
    }
    let tail = if starts_street { rest } else { parts.as_slice() };
    let mut city = None;
    for part in tail {
        let words: Vec<&str> = part.split_whitespace().collect();
        let lower = part.to_lowercase();
        let is_unit = ["apt", "unit", "suite", "ste", "#", "apartment", "floor", "wohnung"]
            .iter()
            .any(|unit| lower.starts_with(unit));
        if is_unit {
            pieces.push((Kind::Unit, (*part).to_owned()));
            continue;
        }
        let mut names = Vec::new();
        for word in &words {
            if is_code(word) {
                pieces.push((Kind::Zip, (*word).to_owned()));
            } else if word.len() == 2 && word.chars().all(char::is_uppercase) {
                pieces.push((Kind::State, (*word).to_owned()));
            } else {
                names.push(*word);
            }
        }
        if !names.is_empty() && city.is_none() {
            city = Some(names.join(" "));
        } else if !names.is_empty() {
            pieces.push((Kind::Country, names.join(" ")));
        }
    }
    pieces.extend(city.map(|city| (Kind::City, city)));
    let has_code = pieces.iter().any(|(kind, _)| *kind == Kind::Zip);
    let has_state = pieces.iter().any(|(kind, _)| *kind == Kind::State);
    if has_code || has_state { pieces } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_apart_and_together() {
        let pieces = pieces_of_address("88 Quarry Street, Apt 4, Ann Arbor, MI 48104");
        let get = |kind| pieces.iter().find(|(k, _)| *k == kind).map(|(_, text)| text.as_str());
        assert_eq!(get(Kind::Street), Some("88 Quarry Street"));
        assert_eq!((get(Kind::Unit), get(Kind::City)), (Some("Apt 4"), Some("Ann Arbor")));
        assert_eq!((get(Kind::State), get(Kind::Zip)), (Some("MI"), Some("48104")));
        assert_eq!(joined(&pieces, false), "88 Quarry Street, Apt 4, Ann Arbor, MI 48104");
        assert!(pieces_of_address("Ask my mother").is_empty());
        let german = pieces_of_address("Lindenweg 5, 24103 Kiel");
        assert_eq!(joined(&german, false), "Lindenweg 5, 24103 Kiel");
    }

    #[test]
    fn names_come_apart() {
        let name =
            |text: &str| pieces_of_name(text).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(name("Victor Almeida"), ["Victor", "Almeida"]);
        assert_eq!(name("Dr. Maria L. Keller"), ["Maria", "L.", "Keller"]);
        assert_eq!(name("Almeida, Victor"), ["Victor", "Almeida"]);
        assert!(name("Cher").is_empty());
    }
}
