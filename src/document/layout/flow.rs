//! From the lines and tables of a page to its blocks, in the order of drawing.

use super::furniture::Parted;
use super::heading;
use super::line::Line;
use super::list::Marker;
use super::margin::Margins;
use super::paragraph::{self, Group};
use super::tables::Placed;
use super::typography::Typography;
use crate::document::block::{Block, Text};

/// The blocks of a page: running heads, then text and tables, then running feet.
pub(super) fn blocks(
    lines: Vec<Line<'_>>,
    mut tables: Vec<Placed>,
    furniture: Parted<'_>,
    typography: &Typography,
) -> Vec<Block> {
    let margins = Margins::of(&lines);
    let mut blocks = Vec::new();
    push_furniture(&mut blocks, furniture.head);
    tables.sort_by_key(Placed::order);
    let mut tables = tables.into_iter().peekable();
    let mut open = Vec::new();
    for line in lines {
        while let Some(placed) = tables.next_if(|placed| placed.order() < line.order()) {
            let text = std::mem::take(&mut open);
            push_groups(&mut blocks, paragraph::groups(text, typography, &margins), typography);
            blocks.push(Block::Table(placed.table));
        }
        open.push(line);
    }
    push_groups(&mut blocks, paragraph::groups(open, typography, &margins), typography);
    blocks.extend(tables.map(|placed| Block::Table(placed.table)));
    push_furniture(&mut blocks, furniture.foot);
    blocks
}

fn push_furniture(blocks: &mut Vec<Block>, lines: Vec<Line<'_>>) {
    let texts = lines.iter().map(|line| Block::Furniture(Text::plain(line.text())));
    blocks.extend(texts);
}

fn push_groups(blocks: &mut Vec<Block>, groups: Vec<Group<'_>>, typography: &Typography) {
    let levels = heading::levels(&groups, typography);
    // Left edges of the open lists, the outermost first.
    let mut edges: Vec<f32> = Vec::new();
    for (group, level) in groups.iter().zip(levels) {
        let Some(first) = group.lines.first() else { continue };
        if first.monospaced && !typography.body_monospaced {
            edges.clear();
            blocks.push(preformatted(group));
        } else if let Some(level) = level {
            edges.clear();
            let text = group.heading_text();
            blocks.push(Block::Heading { level, text: Text::plain(text) });
        } else if let Some(marker) = group.marker() {
            edges.retain(|edge| *edge < first.x0 - 0.5 * first.size);
            let depth = u8::try_from(edges.len()).unwrap_or(u8::MAX);
            edges.push(first.x0);
            let label = match marker {
                Marker::Bullet => None,
                Marker::Label(label) => Some(label.to_owned()),
            };
            blocks.push(Block::ListItem { depth, label, text: group.text(typography) });
        } else {
            edges.clear();
            blocks.push(Block::Paragraph(group.text(typography)));
        }
    }
}

impl Group<'_> {
    fn heading_text(&self) -> String {
        self.lines.iter().map(Line::text).collect::<Vec<_>>().join(" ")
    }
}

/// A listing: its lines with the blanks that their places ask for.
fn preformatted(group: &Group<'_>) -> Block {
    let left = group.lines.iter().map(|line| line.x0).fold(f32::MAX, f32::min);
    let mut source = String::new();
    for line in &group.lines {
        if !source.is_empty() {
            source.push('\n');
        }
        let letters = line.letters().max(1);
        let width: f32 = line.tokens.iter().map(|token| token.bbox.width()).sum();
        let advance = (width / letters as f32).max(0.1);
        let start = source.len();
        for token in &line.tokens {
            let column = ((token.bbox.x0 - left) / advance).round().clamp(0.0, 400.0) as usize;
            let written = source.get(start..).map_or(0, |line| line.chars().count());
            let blanks = column.saturating_sub(written).max(usize::from(written > 0));
            source.extend(std::iter::repeat_n(' ', blanks));
            source.push_str(token.text);
        }
    }
    Block::Preformatted(source)
}
