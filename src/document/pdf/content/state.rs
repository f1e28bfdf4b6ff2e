//! The graphics state, as far as text, rules and pictures need it.

use lopdf::Dictionary;

use super::super::matrix::Matrix;
use super::path::Path;
use crate::base::limits::DOCUMENT_STATE_DEPTH_MAX;

/// Text state (ISO 32000-1, 9.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct TextState {
    pub(super) font: Option<u32>,
    pub(super) size: f64,
    pub(super) char_spacing: f64,
    pub(super) word_spacing: f64,
    /// Horizontal scaling, 1 for 100 %.
    pub(super) scale: f64,
    pub(super) leading: f64,
    pub(super) rise: f64,
    pub(super) mode: u8,
}

/// Graphics state (ISO 32000-1, 8.4).
#[derive(Debug, Clone, Copy)]
pub(super) struct GraphicsState {
    /// User space to page space.
    pub(super) to_page: Matrix,
    pub(super) line_width: f64,
    pub(super) fill: Paint,
    pub(super) stroke: Paint,
    pub(super) text: TextState,
}

/// A colour, as far as it matters whether it can be seen on white paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) is_white: bool,
    /// Components add up to light (gray, RGB) and not to ink (separations).
    pub(super) is_additive: bool,
    /// Tells colours apart; equal for equal components.
    pub(super) color: u32,
}

impl Paint {
    const BLACK: Self = Self { is_white: false, is_additive: true, color: 0 };
}

/// Where content runs: its resources, its state and its saved states.
pub(super) struct Frame<'a> {
    pub(super) resources: Option<&'a Dictionary>,
    pub(super) state: GraphicsState,
    saved: Vec<GraphicsState>,
    /// Saves beyond the bound, which are only counted.
    saved_beyond: usize,
    pub(super) text_matrix: Matrix,
    pub(super) line_matrix: Matrix,
    pub(super) path: Path,
}

impl<'a> Frame<'a> {
    pub(super) fn new(resources: Option<&'a Dictionary>, to_page: Matrix) -> Self {
        let text = TextState {
            font: None,
            size: 0.0,
            char_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            mode: 0,
        };
        let state = GraphicsState {
            to_page,
            line_width: 1.0,
            fill: Paint::BLACK,
            stroke: Paint::BLACK,
            text,
        };
        Self::with_state(resources, state)
    }

    /// A frame for a form, which starts with the state of its caller.
    pub(super) fn with_state(resources: Option<&'a Dictionary>, state: GraphicsState) -> Self {
        Self {
            resources,
            state,
            saved: Vec::new(),
            saved_beyond: 0,
            text_matrix: Matrix::IDENTITY,
            line_matrix: Matrix::IDENTITY,
            path: Path::default(),
        }
    }

    pub(super) fn save(&mut self) {
        if self.saved.len() < DOCUMENT_STATE_DEPTH_MAX {
            self.saved.push(self.state);
        } else {
            self.saved_beyond += 1;
        }
    }

    pub(super) fn restore(&mut self) {
        if self.saved_beyond > 0 {
            self.saved_beyond -= 1;
        } else if let Some(state) = self.saved.pop() {
            self.state = state;
        }
    }

    pub(super) fn set_text_matrix(&mut self, matrix: Matrix) {
        self.text_matrix = matrix;
        self.line_matrix = matrix;
    }

    /// Starts a line at an offset from the start of the current one.
    pub(super) fn next_line(&mut self, x: f64, y: f64) {
        self.set_text_matrix(self.line_matrix.translated(x, y));
    }
}
