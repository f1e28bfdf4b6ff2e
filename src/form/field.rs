//! What a field of a form is, whether it is an interactive field or a drawn blank.

use lopdf::ObjectId;

use crate::document::Rect;

/// A place of a form that takes a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Unique in its form, in snake case.
    pub key: String,
    /// What it asks for, for people.
    pub description: String,
    /// Text, or a box to be ticked.
    pub is_checkbox: bool,
    /// Page, from 1.
    pub page: u32,
    /// Its box on the page as shown: points, origin at the top left.
    pub bbox: Rect,
    /// Width and height of the page as shown, in points.
    pub page_size: (f32, f32),
    /// What the form says about it.
    pub label: Label,
    /// What it takes.
    pub role: Role,
    /// Its value before the filling; the label of the chosen option for a choice, `true` for a
    /// ticked box.
    pub value: Option<String>,
    /// A person may not change it.
    pub read_only: bool,
    /// Fields of the same number exclude each other or belong together: the boxes of a question.
    pub group: Option<usize>,
    /// Where its value is written.
    pub(crate) target: Target,
}

/// What a form says about a field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Label {
    /// Printed beside, above, below or inside the field.
    pub own: String,
    /// A second label, where two stand beside it.
    pub also: String,
    /// The question that a group of boxes answers, or the label of the field's row.
    pub group: String,
    /// The heading above it.
    pub section: String,
    /// What the form's author wrote for people who point at it.
    pub tooltip: String,
    /// The name of an interactive field, where it reads like words.
    pub name: String,
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// Text.
    Text {
        /// More than one line.
        multiline: bool,
        /// Most letters, where there is a limit.
        letters_max: Option<usize>,
        /// Each letter stands in a cell of its own.
        comb: bool,
        /// How dates or numbers are to be written, as the form's script names it.
        format: Option<String>,
    },
    /// A tick.
    Check {
        /// It is one of several of which one can be on.
        exclusive: bool,
    },
    /// One of these labels.
    Choice {
        /// The labels people see.
        options: Vec<String>,
        /// Other text may be entered too.
        editable: bool,
    },
    /// A signature; never filled.
    Signature,
}

impl Field {
    /// A blank of a page, without a place yet.
    #[must_use]
    pub fn drawn(label: Label, role: Role) -> Self {
        Self {
            key: String::new(),
            description: String::new(),
            is_checkbox: matches!(role, Role::Check { .. }),
            page: 1,
            bbox: Rect::default(),
            page_size: (612.0, 792.0),
            label,
            role,
            value: None,
            read_only: false,
            group: None,
            target: Target::Drawn,
        }
    }

    /// Whether both are the same interactive field, shown in two places.
    #[must_use]
    pub fn is_same_field(&self, other: &Self) -> bool {
        match (&self.target, &other.target) {
            (Target::Interactive { field: a, .. }, Target::Interactive { field: b, .. }) => a == b,
            _ => false,
        }
    }
}

impl Role {
    /// A line of text without limits.
    #[must_use]
    pub fn line() -> Self {
        Self::Text { multiline: false, letters_max: None, comb: false, format: None }
    }
}

/// Where a value is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// An interactive field.
    Interactive {
        /// The field.
        field: ObjectId,
        /// The widget of a button that is one of several; otherwise all widgets of the field.
        widget: ObjectId,
    },
    /// The page itself.
    Drawn,
}
