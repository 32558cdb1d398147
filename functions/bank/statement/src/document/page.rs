//! A page of positioned text, in points from its upper left corner.

use super::font::Face;

/// A4 in points.
pub const WIDTH: f32 = 595.28;
/// A4 in points.
pub const HEIGHT: f32 = 841.89;
/// The margin on each side.
pub const MARGIN: f32 = 48.0;
/// The right edge of the content.
pub const RIGHT: f32 = WIDTH - MARGIN;

/// One page.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    /// Filled rectangles, including rules. They are drawn below the texts.
    pub fills: Vec<Fill>,
    /// Texts, each on one line.
    pub texts: Vec<Text>,
}

/// A filled rectangle.
#[derive(Debug, PartialEq)]
pub struct Fill {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width in points.
    pub width: f32,
    /// Height in points.
    pub height: f32,
    /// The fill or text colour.
    pub ink: Ink,
}

/// A text on one line, in which every character has a glyph.
#[derive(Debug, PartialEq)]
pub struct Text {
    /// Left edge.
    pub x: f32,
    /// The baseline.
    pub baseline: f32,
    /// The font size.
    pub size: f32,
    /// The font.
    pub face: Face,
    /// The fill or text colour.
    pub ink: Ink,
    /// The text itself.
    pub content: String,
}

/// The colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// For the main text.
    Dark,
    /// For labels and notes.
    Muted,
    /// For the bank's name and the rule below it.
    Brand,
    /// For the background of column headers and of the summary.
    Band,
    /// For rules between rows.
    Rule,
}

impl Ink {
    /// Red, green and blue from 0 to 1.
    #[must_use]
    pub const fn rgb(self) -> (f32, f32, f32) {
        match self {
            Self::Dark => (0.11, 0.13, 0.16),
            Self::Muted => (0.40, 0.43, 0.48),
            Self::Brand => (0.05, 0.22, 0.40),
            Self::Band => (0.93, 0.95, 0.97),
            Self::Rule => (0.85, 0.87, 0.90),
        }
    }
}

/// A text's style.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub face: Face,
    pub size: f32,
    pub ink: Ink,
}

impl Style {
    pub const fn new(face: Face, size: f32, ink: Ink) -> Self {
        Self { face, size, ink }
    }
}

impl Page {
    /// Writes a text with its left edge at `x`.
    pub fn left(&mut self, x: f32, baseline: f32, style: Style, text: &str) {
        let content = style.face.shown(text);
        self.texts.push(Text { x, baseline, size: style.size, face: style.face, ink: style.ink, content });
    }

    /// Writes a text with its right edge at `right`, in smaller letters if it is wider than `width`. A number is never
    /// cut.
    pub fn right(&mut self, right: f32, baseline: f32, width: f32, style: Style, text: &str) {
        let natural = style.face.width(text, style.size);
        let size = if natural > width { style.size * width / natural } else { style.size };
        self.left(right - natural.min(width), baseline, Style { size, ..style }, text);
    }

    /// Fills a rectangle.
    pub fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        self.fills.push(Fill { x, y, width, height, ink });
    }

    /// Draws a horizontal rule between the margins.
    pub fn rule(&mut self, y: f32, thickness: f32, ink: Ink) {
        self.fill(MARGIN, y, RIGHT - MARGIN, thickness, ink);
    }
}
