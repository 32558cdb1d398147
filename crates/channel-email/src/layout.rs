//! The frame around every e-mail. It knows no domain and no language.

/// Templates for [`Texts::with_shared`](tidings_texts::Texts::with_shared).
///
/// `layout.txt` and `layout.html` are what a mail's bodies extend, with their own content in the block `content`.
/// `parts.html` has macros for these contents. What a layout itself says comes from the function's template
/// `wording/{language}`, which defines four macros: `title` (where the sender has no name), `greeting`, `closing` and
/// `notice`, the small print.
pub const LAYOUT: &[tidings_texts::Template] = &[
    ("layout.txt", include_str!("../templates/layout.txt")),
    ("layout.html", include_str!("../templates/layout.html")),
    ("parts.html", include_str!("../templates/parts.html")),
];
