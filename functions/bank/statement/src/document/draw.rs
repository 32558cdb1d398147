//! Draws laid-out pages as a PDF.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use lopdf::{Object, StringFormat};
use printpdf::{
    Color, FontId, Mm, OffsetDateTime, Op, PaintMode, PdfDocument, PdfFont, PdfFontHandle, PdfPage,
    PdfParseErrorSeverity, PdfSaveOptions, PdfWarnMsg, Pt, Rect, Rgb, TextItem, TextMatrix,
};

use super::{
    Fill, Ink, Page, Statement, Text,
    font::{Face, SubsetError},
    page::HEIGHT,
};

/// A statement could not be written as a PDF.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// A font could not be reduced to what the document needs.
    #[error(transparent)]
    Font(#[from] SubsetError),
    /// printpdf found a problem in the document.
    #[error("printpdf reports: {0}")]
    Reported(String),
    /// The finished document could not be written.
    #[error("the PDF could not be written: {0}")]
    Write(#[from] io::Error),
}

pub fn draw(pages: &[Page], statement: &Statement) -> Result<Vec<u8>, DrawError> {
    let mut pdf = PdfDocument::new("Account statement");
    describe(&mut pdf, statement);
    for (face, characters) in used_characters(pages) {
        pdf.resources.fonts.map.insert(font_id(face), PdfFont::new(face.embed(&characters)?));
    }
    pdf.with_pages(pages.iter().map(draw_page).collect());
    let mut warnings = Vec::new();
    let mut document = printpdf::to_lopdf_doc(&pdf, &PdfSaveOptions::default(), &mut warnings);
    check(warnings)?;
    finish(&mut document, statement);
    document.compress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}

fn describe(pdf: &mut PdfDocument, statement: &Statement) {
    let info = &mut pdf.metadata.info;
    info.author.clone_from(&statement.bank_name);
    info.creator.clone_from(&statement.bank_name);
    "Tidings".clone_into(&mut info.producer);
    let seconds = statement.requested_at.as_second();
    if let Ok(moment) = OffsetDateTime::from_unix_timestamp(seconds) {
        info.creation_date = moment;
        info.modification_date = moment;
        info.metadata_date = moment;
    }
}

fn finish(document: &mut lopdf::Document, statement: &Statement) {
    // printpdf makes random ids, but the same statement must have the same bytes.
    let id = Object::String(statement.id.to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![id.clone(), id]);
    // printpdf writes these even if they are empty, and then readers take the document for PDF/X.
    let info = document.trailer.get(b"Info").and_then(Object::as_reference);
    if let Ok(info) = info.and_then(|id| document.get_dictionary_mut(id)) {
        info.remove(b"GTS_PDFXVersion");
        info.remove(b"Identifier");
    }
}

fn check(warnings: Vec<PdfWarnMsg>) -> Result<(), DrawError> {
    let error = warnings.into_iter().find(|warning| warning.severity == PdfParseErrorSeverity::Error);
    error.map_or(Ok(()), |error| Err(DrawError::Reported(error.msg)))
}

fn font_id(face: Face) -> FontId {
    FontId(face.name().to_owned())
}

fn used_characters(pages: &[Page]) -> BTreeMap<Face, BTreeSet<char>> {
    let mut used: BTreeMap<Face, BTreeSet<char>> = BTreeMap::new();
    for text in pages.iter().flat_map(|page| &page.texts) {
        used.entry(text.face).or_default().extend(text.content.chars());
    }
    used
}

fn draw_page(page: &Page) -> PdfPage {
    let fills = page.fills.iter().flat_map(draw_fill);
    let texts = page.texts.iter().filter(|text| !text.content.is_empty()).flat_map(draw_text);
    let ops = fills.chain([Op::StartTextSection]).chain(texts).chain([Op::EndTextSection]).collect();
    PdfPage::new(Mm(210.0), Mm(297.0), ops)
}

fn draw_fill(fill: &Fill) -> [Op; 2] {
    let lower = Pt(HEIGHT - fill.y - fill.height);
    let mut rectangle = Rect::from_xywh(Pt(fill.x), lower, Pt(fill.width), Pt(fill.height));
    rectangle.mode = Some(PaintMode::Fill);
    [Op::SetFillColor { col: color(fill.ink) }, Op::DrawRectangle { rectangle }]
}

fn draw_text(text: &Text) -> [Op; 4] {
    [
        Op::SetFillColor { col: color(text.ink) },
        Op::SetFont { font: PdfFontHandle::External(font_id(text.face)), size: Pt(text.size) },
        Op::SetTextMatrix { matrix: TextMatrix::Translate(Pt(text.x), Pt(HEIGHT - text.baseline)) },
        Op::ShowText { items: vec![TextItem::Text(text.content.clone())] },
    ]
}

fn color(ink: Ink) -> Color {
    let (red, green, blue) = ink.rgb();
    Color::Rgb(Rgb { r: red, g: green, b: blue, icc_profile: None })
}
