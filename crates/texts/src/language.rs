//! The languages that texts are written in.

use tidings_events::Metadata;

/// A language that every text exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English; also for customers whose language is absent or not among these.
    English,
    /// Hindi, in the formal register that banks write.
    Hindi,
}

impl Language {
    /// Every language.
    pub const ALL: &[Self] = &[Self::English, Self::Hindi];

    /// The language that an event asks for, by the primary subtag of its BCP 47 locale in any case
    /// (`hi`, `hi-IN`, `HI_in`).
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let locale = metadata.locale.as_deref().unwrap_or_default();
        let primary = locale.split(['-', '_']).next().unwrap_or_default().trim();
        Self::ALL
            .iter()
            .copied()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
            .unwrap_or(Self::English)
    }

    /// The primary subtag: the name of the language's template folder, and HTML's `lang`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Hindi => "hi",
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, Language::English)]
    #[case(Some("en-GB"), Language::English)]
    #[case(Some("hi"), Language::Hindi)]
    #[case(Some("HI-in"), Language::Hindi)]
    #[case(Some("hi_IN"), Language::Hindi)]
    #[case(Some("hi-Latn-IN"), Language::Hindi)]
    #[case(Some("hil-PH"), Language::English)]
    #[case(Some("fr"), Language::English)]
    #[case(Some(""), Language::English)]
    fn the_primary_subtag_decides(#[case] locale: Option<&str>, #[case] expected: Language) {
        let metadata = Metadata { locale: locale.map(str::to_owned), ..Metadata::default() };
        assert_eq!(Language::of(&metadata), expected);
    }
}
