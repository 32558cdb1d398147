//! The languages of the texts.

use tidings_events::Metadata;

/// A language in which every text exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, also for customers whose language is absent or not listed here.
    English,
    /// Hindi, in a formal register.
    Hindi,
}

impl Language {
    /// Every language.
    pub const ALL: &[Self] = &[Self::English, Self::Hindi];

    /// The language for an event, chosen by the language and script of its BCP 47 locale, ignoring case: Hindi for
    /// `hi`, `hi-IN` and `HI_in`, but not for `hi-Latn` or Java's `hi__#Latn`, whose readers may not read Devanagari.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        let locale = metadata.locale.as_deref().unwrap_or_default().trim();
        let mut subtags = locale.split(['-', '_', '#']).filter(|subtag| !subtag.is_empty());
        let primary = subtags.next().unwrap_or_default();
        // A script has four letters and comes before the first extension, which begins with a single character (RFC
        // 5646, section 2.1).
        let script = subtags
            .take_while(|subtag| subtag.len() > 1)
            .find(|subtag| subtag.len() == 4 && subtag.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let is_asked_for = |language: &Self| {
            language.tag().eq_ignore_ascii_case(primary)
                && script.is_none_or(|script| script.eq_ignore_ascii_case(language.script()))
        };
        Self::ALL.iter().copied().find(is_asked_for).unwrap_or(Self::English)
    }

    /// The script of its texts, by its ISO 15924 name.
    const fn script(self) -> &'static str {
        match self {
            Self::English => "Latn",
            Self::Hindi => "Deva",
        }
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
    #[case(Some("hi-Deva-IN"), Language::Hindi)]
    #[case(Some("hi-Latn"), Language::English)]
    #[case(Some("HI_latn_IN"), Language::English)]
    #[case(Some("hi__#Latn"), Language::English)]
    #[case(Some("hi_IN_#Latn"), Language::English)]
    #[case(Some("hi_IN_#Deva"), Language::Hindi)]
    #[case(Some("hi-IN-u-nu-latn"), Language::Hindi)]
    #[case(Some("hi-IN-x-latn"), Language::Hindi)]
    #[case(Some("hi-1996"), Language::Hindi)]
    #[case(Some("en-Deva"), Language::English)]
    #[case(Some("hil-PH"), Language::English)]
    #[case(Some("fr"), Language::English)]
    #[case(Some(""), Language::English)]
    fn language_and_script_decide(#[case] locale: Option<&str>, #[case] expected: Language) {
        let metadata = Metadata { locale: locale.map(str::to_owned), ..Metadata::default() };
        assert_eq!(Language::of(&metadata), expected);
    }
}
