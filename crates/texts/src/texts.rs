//! Templates, compiled into the function, and the texts that they make of an event.

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig};
use tidings_events::Event;

use crate::{IanaTimeZone, facts::Facts};

/// A template's name, `{event type}/{language}/{part}`, and its source.
pub type Template = (&'static str, &'static str);

/// Compiles a function's templates in: for each event type, the files `templates/{event type}/{part}` of
/// its crate, and the files `templates/{name}` that several of them include or extend.
///
/// ```ignore
/// let templates = templates!(
///     events: ["bill.paid", "loan.applied"],
///     parts: ["en/subject", "en/body.html", "hi/subject", "hi/body.html"],
///     shared: ["layout.html"],
/// );
/// ```
///
/// A file that is missing does not compile.
#[macro_export]
macro_rules! templates {
    (events: [$($event:literal),+ $(,)?], parts: $parts:tt, shared: [$($shared:literal),* $(,)?] $(,)?) => {
        [$($crate::templates!(@event $event, $parts),)+ &[$(($shared, $crate::templates!(@file $shared))),*]]
            as [&[$crate::texts::Template]; _]
    };
    (@event $event:literal, [$($part:literal),+ $(,)?]) => {
        &[$((concat!($event, "/", $part), $crate::templates!(@file $event, "/", $part))),+]
    };
    (@file $($name:literal),+) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/" $(, $name)+))
    };
}

/// A function's texts: one for every event type it knows, in every language.
pub struct Texts {
    environment: Environment<'static>,
    zone: IanaTimeZone,
}

/// An event cannot be put into words. All of these are permanent.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The function is given events of a type that it has no templates for.
    #[error("there is no text for {event_type}; add templates or remove the function's trigger for it")]
    NoText {
        /// The event's type.
        event_type: &'static str,
    },
    /// A template asks for something that the event does not say.
    #[error("template {template} could not be rendered ({kind:?}, line {line}); mend the template")]
    NotRendered {
        /// The template's name.
        template: String,
        /// What went wrong, without values.
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
    /// Parses the templates of [`templates!`]. Those named `*.html` escape what they insert. Moments are told in `zone`; templates know `bank_name`, which
    /// is none where the bank's name is not set.
    ///
    /// # Panics
    /// Where a template has a syntax error: it is compiled in, so no setting could mend it.
    #[must_use]
    pub fn new(templates: &[&[Template]], zone: IanaTimeZone, bank_name: Option<&str>) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(whole_line_blocks());
        environment.add_global("bank_name", Value::from(bank_name));
        for (name, source) in templates.iter().copied().flatten() {
            environment.add_template(name, source).expect("compiled-in templates have no syntax errors");
        }
        Self { environment, zone }
    }

    /// What the event says, for [`render`](Self::render).
    #[must_use]
    pub fn facts(&self, event: &Event) -> Facts {
        Facts::of(event, &self.zone.0)
    }

    /// Renders the named parts of the event's text in the language of its facts.
    pub fn render<const N: usize>(
        &self,
        event: &Event,
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
        let name = format!("{event_type}/{}/{part}", facts.language.tag());
        let template =
            self.environment.get_template(&name).map_err(|_| TextError::NoText { event_type })?;
        template.render(&facts.values).map_err(|error| TextError::NotRendered {
            template: name,
            kind: error.kind(),
            line: error.line().unwrap_or(0),
        })
    }
}

/// A block tag on a line of its own leaves no empty line behind.
fn whole_line_blocks() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters are the default ones")
}
