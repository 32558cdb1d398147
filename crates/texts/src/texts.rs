//! Renders texts from templates that are compiled into the function.

use jiff::tz::TimeZone;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig};
use tidings_events::{Catalog, Event, Notifiable};

use crate::{Facts, TextSettings};

/// A template's name, `{event type}/{language}/{part}`, and its source.
pub type Template = (&'static str, &'static str);

/// A function's templates, as [`templates!`](crate::templates) compiles them in.
pub type Templates = &'static [&'static [Template]];

/// Compiles templates into the function: for each event type the files `templates/{event type}/{part}` of its crate,
/// and the files `templates/{name}` that several of them include or extend.
///
/// ```ignore
/// const TEMPLATES: Templates = templates!(
///     events: ["bill.paid", "loan.applied"],
///     parts: ["en/subject", "en/body.html", "hi/subject", "hi/body.html"],
///     shared: ["wording/en", "wording/hi"],
/// );
/// ```
///
/// A missing file is a compile error.
#[macro_export]
macro_rules! templates {
    (events: [$($event:literal),+ $(,)?], parts: $parts:tt, shared: [$($shared:literal),* $(,)?] $(,)?) => {
        &[$($crate::templates!(@event $event, $parts),)+ &[$(($shared, $crate::templates!(@file $shared))),*]]
    };
    (@event $event:literal, [$($part:literal),+ $(,)?]) => {
        &[$((concat!($event, "/", $part), $crate::templates!(@file $event, "/", $part))),+]
    };
    (@file $($name:literal),+) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/" $(, $name)+))
    };
}

/// A function's texts for all of its event types, in every language.
pub struct Texts {
    environment: Environment<'static>,
    zone: TimeZone,
}

/// No text could be rendered for an event. All of these errors are permanent.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The function has no templates for this type of event.
    #[error("there is no text for {event_type}; add templates or remove the function's trigger for it")]
    NoText {
        /// The event's type.
        event_type: &'static str,
    },
    /// A template uses a fact that the event does not have.
    #[error("template {template} could not be rendered ({kind:?}, line {line}); fix the template")]
    NotRendered {
        /// The template's name.
        template: String,
        /// The kind of error, without values.
        kind: ErrorKind,
        /// The template's line, from 1; 0 where it is unknown.
        line: usize,
    },
}

impl TextError {
    /// A stable name for logs, dead letters and alarms.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::NoText { .. } => "NoTextForEvent",
            Self::NotRendered { .. } => "TextNotRendered",
        }
    }
}

impl Texts {
    /// Parses the templates of [`templates!`](crate::templates). Those named `*.html` escape inserted text. All of them
    /// can use `sender`.
    ///
    /// # Panics
    /// If a template has a syntax error. Templates are compiled in, so no setting could fix it.
    #[must_use]
    pub fn new(templates: Templates, settings: TextSettings) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(whole_line_blocks());
        environment.add_global("sender", Value::from(settings.sender));
        let texts = Self { environment, zone: settings.zone };
        templates.iter().fold(texts, |texts, templates| texts.with_shared(templates))
    }

    /// Adds another crate's templates, such as a channel's layout, for the function's templates to include or extend.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    pub fn with_shared(mut self, templates: &[Template]) -> Self {
        for (name, source) in templates {
            self.environment.add_template(name, source).expect("compiled-in templates have no syntax errors");
        }
        self
    }

    /// The event's facts, for [`render`](Self::render).
    #[must_use]
    pub fn facts<P: Notifiable>(&self, event: &Event<P>) -> Facts {
        Facts::of(event, &self.zone)
    }

    /// Renders the named parts of the event's text in the language of its facts.
    pub fn render<P: Catalog, const N: usize>(
        &self,
        event: &Event<P>,
        facts: &Facts,
        parts: [&str; N],
    ) -> Result<[String; N], TextError> {
        let mut rendered = [const { String::new() }; N];
        for (text, part) in rendered.iter_mut().zip(parts) {
            *text = self.render_part(event.event_type(), facts, part)?;
        }
        Ok(rendered)
    }

    fn render_part(&self, event_type: &'static str, facts: &Facts, part: &str) -> Result<String, TextError> {
        let name = format!("{event_type}/{}/{part}", facts.language().tag());
        let template = self.environment.get_template(&name).map_err(|_| TextError::NoText { event_type })?;
        template.render(&facts.values).map_err(|error| TextError::NotRendered {
            template: name,
            kind: error.kind(),
            line: error.line().unwrap_or(0),
        })
    }
}

/// A block tag on a line by itself leaves no empty line.
fn whole_line_blocks() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters are the default ones")
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tidings_events::{Currency, Fact, Metadata, Personal, Recipient, Topic, catalog};

    use super::*;

    /// A payment.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Paid {
        shop: Personal,
    }

    catalog! {
        /// Events of a shop.
        enum Payload [Topic::event("paid"), Topic::event("refunded")];
        /// A customer paid.
        Paid(Paid) = "paid", key |_| "shop";
        /// A customer got their money back.
        Refunded(Paid) = "refunded", key |_| "shop";
    }

    impl Notifiable for Payload {
        fn recipient(&self) -> Option<Recipient> {
            None
        }

        fn facts(&self) -> Vec<(&'static str, Fact)> {
            let (Self::Paid(it) | Self::Refunded(it)) = self;
            let amount = Fact::Money("5000".parse().unwrap(), Currency::INR);
            vec![("shop", Fact::Reference(it.shop.clone())), ("amount", amount)]
        }
    }

    fn event(payload: fn(Paid) -> Payload) -> Event<Payload> {
        Event {
            event_id: "EVT-1".parse().unwrap(),
            timestamp: "2025-01-15T10:30:00Z".parse().unwrap(),
            payload: payload(Paid { shop: "<script>".into() }),
            metadata: Metadata::default(),
        }
    }

    fn render(source: &'static str, part: &str, event: &Event<Payload>) -> Result<String, TextError> {
        let name = format!("paid/en/{part}").leak();
        let templates: Templates = vec![&*vec![(&*name, source)].leak()].leak();
        let settings = TextSettings { sender: Some("Example Bank".to_owned()), zone: TimeZone::UTC };
        let texts = Texts::new(templates, settings).with_shared(&[("shared", "shared text")]);
        let [text] = texts.render(event, &texts.facts(event).with("extra", "fact"), [part])?;
        Ok(text)
    }

    #[test]
    fn only_html_templates_escape() {
        let event = event(Payload::Paid);
        let html = render("{{ shop }}", "body.html", &event).unwrap();
        assert!(html.starts_with("&lt;script&gt;"), "{html}");
        assert!(render("{{ shop }}", "body.txt", &event).unwrap().starts_with("<script>"));
    }

    #[test]
    fn a_template_knows_the_sender_shared_templates_and_what_the_function_adds() {
        let source = "{{ sender }}, {% include 'shared' %}, {{ extra }}, {{ amount_plain }}";
        let text = render(source, "text", &event(Payload::Paid)).unwrap();
        assert_eq!(text, "Example Bank, shared text, fact, Rs.5000.00");
    }

    #[test]
    fn a_missing_fact_is_an_error_that_names_the_template_and_no_value() {
        let error = render("{{ shop }}\n{{ salary }}", "text", &event(Payload::Paid)).unwrap_err();
        assert_eq!(error.error_type(), "TextNotRendered");
        let message =
            "template paid/en/text could not be rendered (UndefinedError, line 2); fix the template";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn an_event_without_templates_is_an_error_that_names_it() {
        let error = render("text", "text", &event(Payload::Refunded)).unwrap_err();
        assert_eq!(error.error_type(), "NoTextForEvent");
        assert!(error.to_string().contains("refunded"), "{error}");
    }
}
