//! Which words of a page say what a field is for.
//!
//! Each field takes the phrase that is nearest in the weighted sense of form design guides:
//! inside its box, left, above, below, right. A phrase labels one field, and a page tends to
//! one style: what most fields do breaks ties. Headings that label nothing become sections.

mod block;
mod sides;

use std::collections::HashMap;

use block::{Block, blocks};
use sides::{Side, question_cost, text_sides, tick_sides};

use super::field::Label;
use super::phrase::Phrase;
use crate::base::limits;
use crate::document::Rect;

/// A field as far as labelling needs it.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) bbox: Rect,
    pub(super) is_check: bool,
    /// It is a line to write on, not a box.
    pub(super) is_line: bool,
    /// The phrase that stands inside its box, when it is known already.
    pub(super) caption: Option<usize>,
    /// Boxes of one question, where the form says so.
    pub(super) group: Option<usize>,
}

struct Candidate {
    spot: usize,
    phrase: usize,
    side: Side,
    cost: f32,
}

/// Labels and groups of the fields of one page.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// In the order of the spots.
    pub(super) labels: Vec<Label>,
    /// In the order of the spots: boxes with the same number answer one question.
    pub(super) groups: Vec<Option<usize>>,
}

/// Finds the labels of the fields of a page.
pub(super) fn find(spots: &[Spot], phrases: &[Phrase]) -> Labels {
    if spots.len().saturating_mul(phrases.len()) > limits::FORM_LABEL_PAIRS_MAX {
        let (labels, groups) = (vec![Label::default(); spots.len()], vec![None; spots.len()]);
        return Labels { labels, groups };
    }
    let page = PageLabels { spots, blocks: blocks(phrases, spots) };
    let chosen = page.choose();
    let taken: Vec<usize> = chosen.values().map(|(phrase, _)| *phrase).collect();
    let mut labels: Vec<Label> = (0..spots.len())
        .map(|spot| Label {
            own: chosen.get(&spot).map(|(block, _)| page.text(*block)).unwrap_or_default(),
            ..Label::default()
        })
        .collect();
    let heads = page.tick_heads(&chosen);
    for (spot, block) in &heads {
        if let Some(label) = labels.get_mut(*spot) {
            label.own = page.text(*block);
        }
    }
    for (spot, block) in page.seconds(&chosen) {
        if let Some(label) = labels.get_mut(spot) {
            label.also = page.text(block);
        }
    }
    let groups = page.groups(&chosen);
    let taken: Vec<usize> = taken.into_iter().chain(heads.values().copied()).collect();
    let asked = page.questions(&groups, &taken);
    for (spot, label) in labels.iter_mut().enumerate() {
        let group = groups.get(spot).copied().flatten();
        if let Some(block) = group.and_then(|group| asked.get(&group)) {
            label.group = page.text(*block);
        }
        if let Some(heading) = page.heading(spot, &taken) {
            label.section = page.text(heading);
        }
    }
    page.inherit_column_heads(&chosen, &mut labels);
    Labels { labels, groups }
}

struct PageLabels<'a> {
    spots: &'a [Spot],
    blocks: Vec<Block>,
}

/// The chosen block and side of each spot.
type Chosen = HashMap<usize, (usize, Side)>;

impl PageLabels<'_> {
    fn text(&self, block: usize) -> String {
        let text = self.blocks.get(block).map(|b| b.text.as_str()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Assigns blocks to spots, cheapest pair first; a second round knows the page's style.
    fn choose(&self) -> Chosen {
        let mut candidates = self.candidates();
        let first = self.assign(&candidates);
        let mut votes: HashMap<((bool, bool), Side), f32> = HashMap::new();
        // Boxes, lines and ticks each have a style of their own.
        let class =
            |spot: usize| self.spots.get(spot).map_or((false, false), |s| (s.is_check, s.is_line));
        for (spot, (_, side)) in &first {
            let class = class(*spot);
            // A label that could as well be another field's says less about the style.
            let rivals = candidates.iter().filter(|c| c.spot == *spot && c.side != *side);
            let rival = rivals.map(|c| c.cost).fold(4.0, f32::min);
            let own = candidates.iter().filter(|c| c.spot == *spot && c.side == *side);
            let own = own.map(|c| c.cost).fold(4.0, f32::min);
            *votes.entry((class, *side)).or_default() += (rival - own).clamp(0.1, 1.0);
        }
        for candidate in &mut candidates {
            let class = class(candidate.spot);
            let all: f32 = votes.iter().filter(|((c, _), _)| *c == class).map(|(_, n)| n).sum();
            let share = votes.get(&(class, candidate.side)).copied().unwrap_or(0.0);
            candidate.cost += 0.9 * (1.0 - share / all.max(1.0));
        }
        self.assign(&candidates)
    }

    fn assign(&self, candidates: &[Candidate]) -> Chosen {
        let mut order: Vec<&Candidate> = candidates.iter().collect();
        order.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.spot.cmp(&b.spot)));
        let mut chosen = Chosen::new();
        let mut taken: Vec<usize> = Vec::new();
        for candidate in order {
            if !chosen.contains_key(&candidate.spot) && !taken.contains(&candidate.phrase) {
                chosen.insert(candidate.spot, (candidate.phrase, candidate.side));
                taken.push(candidate.phrase);
            }
        }
        chosen
    }

    /// Labels that no field took and that are near one that took another.
    fn seconds(&self, chosen: &Chosen) -> Vec<(usize, usize)> {
        let mut candidates = self.candidates();
        candidates.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut taken: Vec<usize> = chosen.values().map(|(block, _)| *block).collect();
        let mut found: Vec<(usize, usize)> = Vec::new();
        for candidate in candidates {
            let is_text = self.spots.get(candidate.spot).is_some_and(|spot| !spot.is_check);
            let first = chosen.get(&candidate.spot).map(|(_, side)| *side);
            let other_side = first.is_some_and(|side| side != candidate.side);
            let is_free = !taken.contains(&candidate.phrase)
                && !found.iter().any(|(spot, _)| *spot == candidate.spot);
            let is_near = candidate.cost < 2.2 || candidate.side == Side::Right;
            if is_text && other_side && is_free && is_near {
                taken.push(candidate.phrase);
                found.push((candidate.spot, candidate.phrase));
            }
        }
        found
    }

    fn candidates(&self) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (index, spot) in self.spots.iter().enumerate() {
            for (phrase, block) in self.blocks.iter().enumerate() {
                if spot.caption.is_some_and(|caption| block.phrases.contains(&caption)) {
                    found.push(Candidate { spot: index, phrase, side: Side::Inside, cost: 0.0 });
                    continue;
                }
                let sides =
                    if spot.is_check { tick_sides(spot, block) } else { text_sides(spot, block) };
                for (side, cost) in sides {
                    if self.is_free(index, block, side) {
                        found.push(Candidate { spot: index, phrase, side, cost });
                    }
                }
            }
        }
        found
    }

    /// No other field stands between a label and its field.
    fn is_free(&self, spot: usize, block: &Block, side: Side) -> bool {
        let Some(own) = self.spots.get(spot) else { return false };
        let b = &own.bbox;
        let (x0, x1) = match side {
            Side::Left => (block.bbox.x1, b.x0),
            Side::Right => (b.x1, block.bbox.x0),
            _ => return true,
        };
        let middle = (b.y0 + b.y1) / 2.0;
        !self.spots.iter().enumerate().any(|(index, other)| {
            let o = &other.bbox;
            index != spot
                && o.y0 <= middle
                && middle <= o.y1
                && o.x0 >= x0 - 1.0
                && o.x1 <= x1 + 1.0
        })
    }

    /// Boxes that answer one question: as the form says, or tick boxes in a row or a column.
    fn groups(&self, chosen: &Chosen) -> Vec<Option<usize>> {
        let mut groups: Vec<Option<usize>> = self.spots.iter().map(|spot| spot.group).collect();
        let mut next = groups.iter().flatten().max().map_or(0, |most| most + 1);
        let loose: Vec<usize> = (0..self.spots.len())
            .filter(|i| self.spots.get(*i).is_some_and(|s| s.is_check && s.group.is_none()))
            .collect();
        for (at, &spot) in loose.iter().enumerate() {
            let earlier = loose.get(..at).unwrap_or_default().iter().rev();
            let near = earlier.copied().find(|other| self.are_neighbours(*other, spot, chosen));
            let group = near.and_then(|other| groups.get(other).copied().flatten());
            if let Some(place) = groups.get_mut(spot) {
                *place = group.or_else(|| {
                    next += 1;
                    Some(next - 1)
                });
            }
        }
        groups
    }

    fn are_neighbours(&self, left: usize, right: usize, chosen: &Chosen) -> bool {
        let (Some(a), Some(b)) = (self.spots.get(left), self.spots.get(right)) else {
            return false;
        };
        let (a, b) = (a.bbox, b.bbox);
        let alike = (a.width() - b.width()).abs() < 2.0;
        let in_row = ((a.y0 + a.y1) - (b.y0 + b.y1)).abs() < 6.0 && b.x0 > a.x1;
        let step = b.y0 - a.y0;
        let in_column = (a.x0 - b.x0).abs() < 2.5 && step > 0.0 && step < a.height() * 2.2 + 6.0;
        // Boxes without labels of their own stand in the columns of a table: each row asks.
        // A row that words begin asks something of its own.
        let asks = self.blocks.iter().enumerate().any(|(index, block)| {
            let middle = (b.y0 + b.y1) / 2.0;
            let is_label = chosen.values().any(|(chosen, _)| *chosen == index);
            let p = &block.bbox;
            let on_line = block.first.y0 - 2.0 < middle && middle < p.y1 + 2.0;
            !is_label && on_line && p.x1 < b.x0 + 2.0 && b.x0 - p.x1 < sides::QUESTION_MAX
        });
        let is_labelled = chosen.contains_key(&left) && chosen.contains_key(&right);
        let in_column = in_column && is_labelled && !asks;
        // Between two boxes of a question stands only the label of the first.
        let between = self.blocks.iter().enumerate().any(|(index, block)| {
            let middle = (block.first.y0 + block.first.y1) / 2.0;
            let is_label = chosen.values().any(|(chosen, _)| *chosen == index);
            in_row
                && !is_label
                && middle > b.y0
                && middle < b.y1
                && block.bbox.x0 > a.x1
                && block.bbox.x1 < b.x0
        });
        alike && !between && ((in_row && b.x0 - a.x1 < 220.0) || in_column)
    }

    /// Heads of columns of tick boxes that have no words beside them.
    fn tick_heads(&self, chosen: &Chosen) -> HashMap<usize, usize> {
        let mut heads = HashMap::new();
        for (index, spot) in self.spots.iter().enumerate() {
            if !spot.is_check || chosen.contains_key(&index) {
                continue;
            }
            let b = &spot.bbox;
            let centre = (b.x0 + b.x1) / 2.0;
            let is_head = |block: &Block| {
                let p = &block.bbox;
                let over = p.y1 <= b.y0 + 2.0 && ((p.x0 + p.x1) / 2.0 - centre).abs() < 14.0;
                over && block.text.chars().count() <= 24 && p.width() < 70.0
            };
            let nearest = (self.blocks.iter().enumerate())
                .filter(|(_, block)| is_head(block))
                .max_by(|a, b| a.1.bbox.y1.total_cmp(&b.1.bbox.y1));
            // Between a head and its boxes stand only other boxes.
            if let Some((head, _)) = nearest {
                heads.insert(index, head);
            }
        }
        heads
    }

    /// The question of each group: left of its first box, or above its boxes.
    fn questions(&self, groups: &[Option<usize>], taken: &[usize]) -> HashMap<usize, usize> {
        let mut boxes: HashMap<usize, Vec<Rect>> = HashMap::new();
        for (spot, group) in self.spots.iter().zip(groups) {
            if let Some(group) = group {
                boxes.entry(*group).or_default().push(spot.bbox);
            }
        }
        let mut asked = HashMap::new();
        let mut all: Vec<(usize, Vec<Rect>)> = boxes.into_iter().collect();
        all.sort_by_key(|(group, _)| *group);
        for (group, boxes) in all {
            let best = self
                .blocks
                .iter()
                .enumerate()
                .filter(|(index, _)| !taken.contains(index) && !asked.values().any(|a| a == index))
                .filter_map(|(index, block)| Some((index, question_cost(block, &boxes)?)))
                .min_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((block, _)) = best {
                asked.insert(group, block);
            }
        }
        asked
    }

    /// The nearest heading above a field, in the field's column.
    fn heading(&self, spot: usize, used: &[usize]) -> Option<usize> {
        let spot = self.spots.get(spot)?;
        let body = self.body_size();
        let first = self.blocks.iter().map(|b| b.size).fold(0.0, f32::max);
        let is_heading = |index: usize, block: &Block| {
            let capitals = block.text.chars().filter(|c| c.is_alphabetic()).count() > 2
                && !block.text.chars().any(char::is_lowercase);
            let is_title = block.size >= first && first > body * 1.3;
            let looks = block.is_bold || block.size > body * 1.08 || capitals;
            looks && !is_title && !used.contains(&index) && block.text.chars().count() < 80
        };
        let above = |block: &Block| {
            block.bbox.y0 < spot.bbox.y0 + 2.0 && block.bbox.x0 <= spot.bbox.x0 + 12.0
        };
        let headings: Vec<(usize, &Block)> = (self.blocks.iter().enumerate())
            .filter(|(index, block)| is_heading(*index, block) && above(block))
            .collect();
        // A heading reaches to the right until the next one on its line.
        let reaches = |block: &Block| {
            !self.blocks.iter().enumerate().any(|(index, other)| {
                is_heading(index, other)
                    && (other.first.y0 - block.first.y0).abs() < 4.0
                    && other.bbox.x0 > block.bbox.x1
                    && other.bbox.x0 <= spot.bbox.x0 + 12.0
            })
        };
        headings
            .into_iter()
            .filter(|(_, block)| reaches(block))
            .max_by(|a, b| a.1.bbox.y1.total_cmp(&b.1.bbox.y1))
            .map(|(index, _)| index)
    }

    fn body_size(&self) -> f32 {
        let mut counts: HashMap<i32, usize> = HashMap::new();
        for block in &self.blocks {
            *counts.entry((block.size * 2.0).round() as i32).or_default() += block.text.len();
        }
        let most = counts.into_iter().max_by_key(|(size, count)| (*count, *size));
        most.map_or(10.0, |(size, _)| size as f32 / 2.0)
    }

    /// Cells below a labelled cell share its label; what stands left of their row is the group.
    fn inherit_column_heads(&self, chosen: &Chosen, labels: &mut [Label]) {
        let mut order: Vec<usize> =
            (0..self.spots.len()).filter(|i| !chosen.contains_key(i)).collect();
        order.sort_by(|a, b| {
            let y = |i: &usize| self.spots.get(*i).map_or(0.0, |s| s.bbox.y0);
            y(a).total_cmp(&y(b))
        });
        for index in order {
            let Some(spot) = self.spots.get(index).filter(|spot| !spot.is_check) else { continue };
            let above = self.spots.iter().enumerate().filter(|(other, o)| {
                let b = &o.bbox;
                *other != index
                    && (b.x0 - spot.bbox.x0).abs() < 3.0
                    && (b.x1 - spot.bbox.x1).abs() < 3.0
                    && b.y0 < spot.bbox.y0
                    && spot.bbox.y0 - b.y1 < 14.0
            });
            let head = above
                .max_by(|a, b| a.1.bbox.y0.total_cmp(&b.1.bbox.y0))
                .and_then(|(other, _)| labels.get(other).cloned());
            if let (Some(head), Some(label)) = (head, labels.get_mut(index)) {
                label.own = head.own;
            }
        }
    }
}
