//! The layout of all e-mails, independent of domain and language.

/// Templates for [`Texts::with_shared`](tidings_texts::Texts::with_shared).
///
/// A mail's bodies extend `layout.txt` and `layout.html` and put their content into the block `content`. `parts.html`
/// has macros for this content. The layouts' own texts come from the function's template `wording/{language}`, which
/// defines four macros: `title` (used if the sender has no name), `greeting`, `closing` and `notice` (the small print).
pub const LAYOUT: &[tidings_texts::Template] = &[
    ("layout.txt", include_str!("../templates/layout.txt")),
    ("layout.html", include_str!("../templates/layout.html")),
    ("parts.html", include_str!("../templates/parts.html")),
];
