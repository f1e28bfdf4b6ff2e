//! Finds the tables of a document that hold a list: their header rows and column bands.
//!
//! Works on rows and cells alone, so that it serves every format; ruled lines have cut the
//! cells already.

use std::ops::Range;

use super::leaf::List;
use crate::document::Rect;
use crate::local::lexicon::Lexicon;
use crate::local::page::View;
use crate::local::text::{canonical, key};

/// Longest column head in printed words.
const HEAD_TOKENS_MAX: usize = 6;
/// What two cells of a row under one head cost, in points of distance.
const CROWD_COST: f32 = 30.0;
/// Rows below a header that show a column without a head.
const BARE_ROWS: usize = 6;
/// A header whose columns are understood less well than this is none.
const HEADER_SCORE_MIN: f32 = 1.25;

/// The head of one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head {
    /// Left end in points.
    pub(crate) x0: f32,
    /// Right end in points.
    pub(crate) x1: f32,
    /// The printed words.
    pub(crate) text: String,
    /// Columns of the list that it may be, with weights.
    pub(crate) columns: Vec<(usize, f32)>,
    /// Column concepts that it may be, with weights.
    pub(crate) concepts: Vec<(usize, f32)>,
}

/// A header row with what its columns are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// First row below the header.
    pub(crate) body: usize,
    /// First row of the header.
    pub(crate) row: usize,
    /// Its column heads from left to right.
    pub(crate) heads: Vec<Head>,
    /// By column of the list: the index of its head.
    pub(crate) head_of: Vec<Option<usize>>,
    /// How well the list's columns are found.
    pub(crate) score: f32,
}

impl Header {
    /// The heads that the cells of a row stand under: never to the left of the cell before,
    /// each head once where that fits.
    pub(crate) fn align(&self, cells: &[(f32, f32)]) -> Vec<usize> {
        let heads = self.heads.len();
        // As many cells as heads: most likely each has its own.
        let crowd = if cells.len() == heads { 3.0 * CROWD_COST } else { CROWD_COST };
        let mut costs = vec![vec![f32::MAX; heads]; cells.len()];
        let mut from = vec![vec![0_usize; heads]; cells.len()];
        for (i, (x0, x1)) in cells.iter().enumerate() {
            for (j, head) in self.heads.iter().enumerate() {
                let (mut best, mut origin) = (0.0, 0);
                if i > 0 {
                    best = f32::MAX;
                    for before in 0..=j {
                        let crowd = if before == j { crowd } else { 0.0 };
                        let cost = costs.get(i - 1).and_then(|row| row.get(before));
                        let cost = cost.map_or(f32::MAX, |c| c + crowd);
                        if cost < best {
                            (best, origin) = (cost, before);
                        }
                    }
                }
                let cost = best + distance(head, *x0, *x1);
                if let Some(place) = costs.get_mut(i).and_then(|row| row.get_mut(j)) {
                    *place = cost;
                }
                if let Some(place) = from.get_mut(i).and_then(|row| row.get_mut(j)) {
                    *place = origin;
                }
            }
        }
        let last = costs.last().into_iter().flatten().enumerate();
        let mut at = last.min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(head, _)| head);
        let mut path = Vec::with_capacity(cells.len());
        for row in from.iter().rev() {
            path.push(at);
            at = row.get(at).copied().unwrap_or(0);
        }
        path.reverse();
        path
    }

    /// The head that a stretch of a row stands under.
    pub(crate) fn head_at(&self, x0: f32, x1: f32) -> Option<usize> {
        let scored = self.heads.iter().enumerate().map(|(i, head)| (i, distance(head, x0, x1)));
        scored.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
    }
}

/// How far a stretch of a row is from standing under a head, in points.
fn distance(head: &Head, x0: f32, x1: f32) -> f32 {
    let edges = [(x0 - head.x0).abs(), (x1 - head.x1).abs()];
    let centre = (f32::midpoint(x0, x1) - f32::midpoint(head.x0, head.x1)).abs();
    let nearest = edges.into_iter().fold(centre, f32::min);
    let overlap = x1.min(head.x1) - x0.max(head.x0);
    if overlap > 0.0 { nearest * 0.5 } else { nearest + 4.0 - overlap.max(-60.0) }
}

/// The headers that may hold a list, in reading order.
pub(crate) fn headers(view: &View, list: &List<'_>) -> Vec<Header> {
    let lexicon = Lexicon::columns();
    let mut found: Vec<Header> = Vec::new();
    for row in 0..view.rows.len() {
        let one = header(view, list, lexicon, row, 1);
        let two = header(view, list, lexicon, row, 2);
        let three = header(view, list, lexicon, row, 3);
        let best = [one, two, three].into_iter().flatten();
        // Fewer rows win when more rows understand no more.
        let best = best.reduce(|a, b| if b.score > a.score + 0.3 { b } else { a });
        found.extend(best);
    }
    // A row above a header adds nothing to it when the header does as well alone.
    let is_padded = |header: &Header| {
        found
            .iter()
            .any(|h| header.row < h.row && h.row < header.body && h.score >= header.score - 0.05)
    };
    let padded: Vec<bool> = found.iter().map(is_padded).collect();
    let kept = found.into_iter().zip(padded).filter(|(_, padded)| !padded).map(|(h, _)| h);
    kept.map(|header| with_bare_column(view, list, header)).collect()
}

/// Gives the one column without a head the last column of the body, when that has none.
fn with_bare_column(view: &View, list: &List<'_>, mut header: Header) -> Header {
    let mut missing = (0..list.columns.len()).filter(|c| header.head_of.get(*c) == Some(&None));
    let (Some(column), None) = (missing.next(), missing.next()) else { return header };
    let right = header.heads.iter().map(|h| h.x1).fold(0.0, f32::max);
    let rows = header.body..header.body + BARE_ROWS;
    let beyond: Vec<Rect> = rows
        .filter_map(|row| view.row_cells(row).last())
        .filter(|cell| cell.bbox.x0 > right)
        .map(|cell| cell.bbox)
        .collect();
    let Some(whole) = beyond.iter().copied().reduce(|a, b| a.union(&b)) else { return header };
    if beyond.len() * 2 > BARE_ROWS {
        let (text, concepts) = (String::new(), Vec::new());
        let columns = vec![(column, 0.6)];
        header.heads.push(Head { x0: whole.x0, x1: whole.x1, text, columns, concepts });
        if let Some(place) = header.head_of.get_mut(column) {
            *place = Some(header.heads.len() - 1);
        }
    }
    header
}

fn header(
    view: &View,
    list: &List<'_>,
    lexicon: &Lexicon,
    row: usize,
    height: usize,
) -> Option<Header> {
    let first = view.rows.get(row)?;
    let last = view.rows.get(row + height - 1)?;
    let size = view.row_cells(row).iter().map(|c| c.size).fold(6.0_f32, f32::max);
    let is_near =
        last.page == first.page && last.bbox.y0 - first.bbox.y0 < 1.6 * size * height as f32;
    if height > 1 && !is_near {
        return None;
    }
    let pieces = pieces(view, row..row + height);
    let digits = pieces.iter().filter(|p| is_number_like(&view.text((*p).clone()))).count();
    if digits * 4 > pieces.len() {
        return None;
    }
    let heads: Vec<Head> = if height == 1 {
        pieces.iter().flat_map(|piece| split(view, list, lexicon, piece.clone())).collect()
    } else {
        stacked(view, list, lexicon, &pieces)
    };
    let head_of = pair(list, &heads);
    let score: f32 = head_of
        .iter()
        .enumerate()
        .filter_map(|(column, head)| weight_of(heads.get((*head)?)?, column))
        .sum();
    let matched = head_of.iter().flatten().count();
    let known = heads.iter().filter(|h| !h.concepts.is_empty() || !h.columns.is_empty()).count();
    let needed = list.columns.len().min(2);
    let enough = matched >= needed
        && (score >= HEADER_SCORE_MIN || list.columns.len() < 2)
        && known * 2 >= heads.len();
    enough.then_some(Header { body: row + height, row, heads, head_of, score })
}

fn weight_of(head: &Head, column: usize) -> Option<f32> {
    head.columns.iter().find(|(c, _)| *c == column).map(|(_, weight)| *weight)
}

fn is_number_like(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits > 0 && digits * 2 >= text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// The cells of some rows as stretches of words.
fn pieces(view: &View, rows: Range<usize>) -> Vec<Range<usize>> {
    rows.flat_map(|row| view.row_cells(row).iter().map(|c| c.tokens.clone())).collect()
}

/// Who a head with these words may be: columns of the list and column concepts.
fn owners(list: &List<'_>, lexicon: &Lexicon, words: &[String]) -> Head {
    let key_of = key(words);
    let concepts = lexicon.by_label.get(&key_of).cloned().unwrap_or_default();
    let mut columns: Vec<(usize, f32)> = Vec::new();
    for (index, column) in list.columns.iter().enumerate() {
        // The column's own name on the page is surer than any synonym.
        let own = column.labels.iter().filter(|(w, _)| key(w) == key_of).map(|(_, w)| *w + 0.1);
        // A name may mean more than the one concept it was given.
        let other = lexicon.named(&column.name_words);
        let by_concept = concepts.iter().filter_map(|(c, weight)| {
            if column.concept == Some(*c) {
                return Some(*weight);
            }
            other.iter().find(|(o, w)| o == c && *w > 0.7).map(|_| 0.85 * weight)
        });
        let all = own.chain(by_concept);
        if let Some(best) = all.reduce(f32::max) {
            columns.push((index, best));
        }
    }
    Head { x0: 0.0, x1: 0.0, text: String::new(), columns, concepts }
}

fn placed(view: &View, tokens: Range<usize>, head: Head) -> Head {
    let bbox = view.bbox(tokens.clone());
    Head { x0: bbox.x0, x1: bbox.x1, text: view.text(tokens), ..head }
}

/// Splits a cell of a header into the heads it holds; words nobody knows go with the head
/// before them.
fn split(view: &View, list: &List<'_>, lexicon: &Lexicon, cell: Range<usize>) -> Vec<Head> {
    let words = |range: Range<usize>| canonical(&view.text(range));
    let whole = owners(list, lexicon, &words(cell.clone()));
    if !whole.columns.is_empty() || !whole.concepts.is_empty() || cell.len() == 1 {
        return vec![placed(view, cell, whole)];
    }
    let mut parts: Vec<(Range<usize>, Head)> = Vec::new();
    let mut at = cell.start;
    while at < cell.end {
        let ends = (at + 1..=cell.end.min(at + HEAD_TOKENS_MAX)).rev();
        let known = ends
            .map(|end| (end, owners(list, lexicon, &words(at..end))))
            .find(|(_, head)| !head.columns.is_empty() || !head.concepts.is_empty());
        match known {
            Some((end, head)) => {
                parts.push((at..end, head));
                at = end;
            }
            None => {
                match parts.last_mut() {
                    Some((range, _)) => range.end = at + 1,
                    None => parts.push((at..at + 1, owners(list, lexicon, &[]))),
                }
                at += 1;
            }
        }
    }
    // Unknown words before a known head belong to it: nothing parts them.
    if parts.len() > 1
        && parts.first().is_some_and(|(_, h)| h.columns.is_empty() && h.concepts.is_empty())
    {
        let (first, _) = parts.remove(0);
        if let Some((range, _)) = parts.first_mut() {
            range.start = first.start;
        }
    }
    parts.into_iter().map(|(range, head)| placed(view, range, head)).collect()
}

/// Heads of a header of several rows: cells that stand over each other are one head.
fn stacked(view: &View, list: &List<'_>, lexicon: &Lexicon, pieces: &[Range<usize>]) -> Vec<Head> {
    let mut columns: Vec<(f32, f32, Vec<Range<usize>>)> = Vec::new();
    for piece in pieces {
        let bbox = view.bbox(piece.clone());
        match columns.iter_mut().find(|(x0, x1, _)| bbox.x0 < *x1 && *x0 < bbox.x1) {
            Some((x0, x1, ranges)) => {
                *x0 = x0.min(bbox.x0);
                *x1 = x1.max(bbox.x1);
                ranges.push(piece.clone());
            }
            None => columns.push((bbox.x0, bbox.x1, vec![piece.clone()])),
        }
    }
    columns.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut heads = Vec::with_capacity(columns.len());
    for (x0, x1, ranges) in columns {
        let texts: Vec<String> = ranges.iter().map(|r| view.text(r.clone())).collect();
        let text = texts.join(" ");
        let joined = text.replace("- ", "");
        let tries = [text.as_str(), joined.as_str()];
        let tries = tries.into_iter().chain(texts.iter().map(String::as_str));
        let known = tries
            .map(|t| owners(list, lexicon, &canonical(t)))
            .find(|head| !head.columns.is_empty() || !head.concepts.is_empty());
        let head = known.unwrap_or_else(|| owners(list, lexicon, &[]));
        heads.push(Head { x0, x1, text, ..head });
    }
    heads
}

/// Gives each column of a list at most one head and each head at most one column.
fn pair(list: &List<'_>, heads: &[Head]) -> Vec<Option<usize>> {
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (index, head) in heads.iter().enumerate() {
        // A head that can be fewer columns is surer of each.
        let crowd = 0.01 * head.columns.len() as f32;
        pairs.extend(head.columns.iter().map(|(column, weight)| (weight - crowd, index, *column)));
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
    let weight = |column: usize, head: usize| {
        pairs.iter().find(|(_, h, c)| *h == head && *c == column).map(|(w, ..)| *w)
    };
    let mut head_of = vec![None; list.columns.len()];
    let mut column_of: Vec<Option<usize>> = vec![None; heads.len()];
    for (_, head, column) in &pairs {
        let (Some(place), Some(taken)) = (head_of.get_mut(*column), column_of.get_mut(*head))
        else {
            continue;
        };
        if place.is_none() && taken.is_none() {
            *place = Some(*head);
            *taken = Some(*column);
        }
    }
    // Two columns change heads when that fits better.
    for a in 0..head_of.len() {
        for b in a + 1..head_of.len() {
            let of = |column: usize| head_of.get(column).copied().flatten();
            let (Some(h), Some(g)) = (of(a), of(b)) else { continue };
            let sum = |x: Option<f32>, y: Option<f32>| x.zip(y).map(|(x, y)| x + y);
            let (now, then) = (sum(weight(a, h), weight(b, g)), sum(weight(a, g), weight(b, h)));
            if then > now {
                for (column, head) in [(a, g), (b, h)] {
                    if let Some(place) = head_of.get_mut(column) {
                        *place = Some(head);
                    }
                    if let Some(place) = column_of.get_mut(head) {
                        *place = Some(column);
                    }
                }
            }
        }
    }
    // A column that was left out takes a head whose column does well with another one.
    for column in 0..head_of.len() {
        if head_of.get(column).is_some_and(Option::is_some) {
            continue;
        }
        let step = pairs.iter().filter(|(_, _, c)| *c == column).find_map(|(_, head, _)| {
            let other = column_of.get(*head).copied().flatten()?;
            let free = pairs.iter().find(|(w, h, c)| {
                let is_free = column_of.get(*h).is_some_and(Option::is_none);
                *c == other && is_free && weight(other, *head).is_some_and(|now| *w > now - 0.35)
            });
            free.map(|(_, free, _)| (*head, other, *free))
        });
        let Some((head, other, free)) = step else { continue };
        for (column, head) in [(other, free), (column, head)] {
            if let Some(place) = head_of.get_mut(column) {
                *place = Some(head);
            }
            if let Some(place) = column_of.get_mut(head) {
                *place = Some(column);
            }
        }
    }
    head_of
}
