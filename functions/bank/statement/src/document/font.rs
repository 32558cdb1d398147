//! The fonts: their glyphs and widths, and the subset that a document embeds.

use std::{collections::BTreeSet, sync::LazyLock};

use allsorts::{
    binary::read::ReadScope,
    font_data::FontData,
    subset::{CmapTarget, SubsetProfile, subset},
};
use printpdf::ParsedFont;

/// Replaces a character without a glyph. It is drawn as the font's glyph for missing characters, a box, and copied from
/// the PDF as Unicode's replacement character.
pub const MISSING: char = char::REPLACEMENT_CHARACTER;

static REGULAR: LazyLock<ParsedFont> =
    LazyLock::new(|| parse(include_bytes!("../../fonts/NotoSans-Regular.ttf")));
static BOLD: LazyLock<ParsedFont> = LazyLock::new(|| parse(include_bytes!("../../fonts/NotoSans-Bold.ttf")));

/// # Panics
/// Never: the two fonts above are compiled in, and tests parse them.
fn parse(bytes: &[u8]) -> ParsedFont {
    ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).expect("the embedded fonts are TrueType")
}

/// A font of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// The font for most text.
    Regular,
    /// The font for headings and totals.
    Bold,
}

impl Face {
    /// All faces.
    pub const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    fn font(self) -> &'static ParsedFont {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The font's `PostScript` name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regular => "NotoSans-Regular",
            Self::Bold => "NotoSans-Bold",
        }
    }

    /// Whether the font has a glyph for every character of a text.
    #[must_use]
    pub fn covers(self, text: &str) -> bool {
        text.chars().all(|character| self.font().lookup_glyph_index(character.into()).is_some())
    }

    /// The text with [`MISSING`] in place of every character that has no glyph.
    #[must_use]
    pub fn shown(self, text: &str) -> String {
        let has_glyph = |character: char| self.font().lookup_glyph_index(character.into()).is_some();
        text.chars().map(|character| if has_glyph(character) { character } else { MISSING }).collect()
    }

    /// The width of a text at a font size, both in points.
    #[must_use]
    pub fn width(self, text: &str, size: f32) -> f32 {
        let font = self.font();
        let units: u32 = text
            .chars()
            .map(|character| u32::from(font.get_glyph_width(self.glyph(character)).unwrap_or_default()))
            .sum();
        #[allow(clippy::cast_precision_loss)] // a line's width is far below 2^23 units
        let units = units as f32;
        units * size / f32::from(font.units_per_em)
    }

    /// The glyph of a character; 0, the box, if it has none.
    fn glyph(self, character: char) -> u16 {
        if character == MISSING {
            return 0;
        }
        self.font().lookup_glyph_index(character.into()).unwrap_or(0)
    }

    /// A font with only the glyphs of `characters`.
    pub fn embed(self, characters: &BTreeSet<char>) -> Result<ParsedFont, SubsetError> {
        let error = |reason: String| SubsetError { face: self.name(), reason };
        let whole = self.font();
        let glyphs: BTreeSet<u16> = characters.iter().map(|character| self.glyph(*character)).collect();
        // Glyph 0 comes first, as in every font. A glyph's new number is its index in the list.
        let kept: Vec<u16> =
            std::iter::once(0).chain(glyphs.into_iter().filter(|glyph| *glyph != 0)).collect();
        let data = ReadScope::new(&whole.original_bytes);
        let file = data.read::<FontData<'_>>().map_err(|reason| error(reason.to_string()))?;
        let tables = file.table_provider(0).map_err(|reason| error(reason.to_string()))?;
        let bytes = subset(&tables, &kept, &SubsetProfile::Pdf, CmapTarget::Unicode)
            .map_err(|reason| error(reason.to_string()))?;
        let mut part = ParsedFont::from_bytes(&bytes, 0, &mut Vec::new())
            .ok_or_else(|| error("the subset cannot be read".to_owned()))?;
        for character in characters {
            let place = kept.binary_search(&self.glyph(*character)).unwrap_or_default();
            part.set_codepoint_mapping((*character).into(), u16::try_from(place).unwrap_or_default());
        }
        // Six letters mark a subset (ISO 32000-1, 9.6.4).
        part.font_name = Some(format!("TDNGSA+{}", self.name()));
        part.pdf_font_metrics = whole.pdf_font_metrics.clone();
        Ok(part)
    }
}

/// A font could not be reduced to what a document needs.
#[derive(Debug, thiserror::Error)]
#[error("font {face} could not be subset: {reason}")]
pub struct SubsetError {
    face: &'static str,
    reason: String,
}
