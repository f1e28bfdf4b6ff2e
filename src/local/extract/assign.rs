//! Gives each leaf at most one candidate and each place at most one leaf.

use std::collections::HashMap;

use super::candidate::Candidate;

/// Candidates below this are not believed.
pub(crate) const BELIEF: f32 = 0.44;

/// A rival closer than this part of the winner's score makes it less sure.
const CLOSE: f32 = 0.6;
/// How much less sure an equal rival makes it.
const DOUBT: f32 = 0.35;

/// Chooses candidates: best first, no place twice, agreement of several places counts.
pub(crate) fn assign(mut candidates: Vec<Candidate>, leaves: usize) -> Vec<Option<Candidate>> {
    reward_agreement(&mut candidates);
    candidates.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(a.tokens.start.cmp(&b.tokens.start))
            .then(a.leaf.cmp(&b.leaf))
    });
    let rivals = rivals(&candidates);
    let mut chosen: Vec<Option<Candidate>> = vec![None; leaves];
    let mut taken: Vec<(usize, usize, usize)> = Vec::new();
    for candidate in candidates {
        if candidate.score < BELIEF {
            break;
        }
        let Some(place) = chosen.get_mut(candidate.leaf) else { continue };
        if place.is_some() {
            continue;
        }
        let (start, end) = (candidate.tokens.start, candidate.tokens.end);
        let is_taken = taken.iter().any(|(s, e, _)| start < *e && *s < end);
        if is_taken && !candidate.shares {
            continue;
        }
        if !candidate.shares {
            taken.push((start, end, candidate.leaf));
        }
        *place = Some(candidate);
    }
    for candidate in chosen.iter_mut().flatten() {
        let other = rivals.get(&candidate.leaf).into_iter().flatten();
        let rival = other.filter(|(v, _)| *v != candidate.value).map(|(_, s)| *s).reduce(f32::max);
        candidate.score = doubted(candidate.score, rival.unwrap_or(0.0));
    }
    chosen
}

/// By leaf: its values, each with its best score.
fn rivals(candidates: &[Candidate]) -> HashMap<usize, Vec<(serde_json::Value, f32)>> {
    let mut found: HashMap<usize, Vec<(serde_json::Value, f32)>> = HashMap::new();
    for candidate in candidates {
        let values = found.entry(candidate.leaf).or_default();
        match values.iter_mut().find(|(value, _)| *value == candidate.value) {
            Some((_, score)) => *score = score.max(candidate.score),
            None => values.push((candidate.value.clone(), candidate.score)),
        }
    }
    found
}

/// A score that a close rival makes less sure.
fn doubted(score: f32, rival: f32) -> f32 {
    let closeness = (rival / score.max(0.01)).min(1.0);
    score * (1.0 - DOUBT * ((closeness - CLOSE) / (1.0 - CLOSE)).max(0.0))
}

/// The same value at several places is surer than at one.
fn reward_agreement(candidates: &mut [Candidate]) {
    let mut places: HashMap<(usize, String), Vec<usize>> = HashMap::new();
    for candidate in candidates.iter() {
        let starts = places.entry((candidate.leaf, candidate.value.to_string())).or_default();
        if !starts.contains(&candidate.tokens.start) {
            starts.push(candidate.tokens.start);
        }
    }
    for candidate in candidates {
        let key = (candidate.leaf, candidate.value.to_string());
        let others = places.get(&key).map_or(0, |starts| starts.len().saturating_sub(1));
        candidate.score = (candidate.score + 0.04 * others.min(3) as f32).min(1.0);
    }
}
