//! The settings that all functions with texts share.

use jiff::tz::TimeZone;
use tidings_consumer::{SettingError, Settings};

/// The sender and the time zone of a deployment's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSettings {
    /// The sender's name, e.g. `Example Bank`. Texts omit it if it is `None`.
    pub sender: Option<String>,
    /// The zone of dates and times.
    pub zone: TimeZone,
}

impl TextSettings {
    /// Reads `SENDER_NAME` and `TIME_ZONE`, an IANA name. Both are optional; the zone is UTC by default.
    pub fn new(settings: &Settings) -> Result<Self, SettingError> {
        let zone = settings.get("TIME_ZONE").map_or(Ok(TimeZone::UTC), TimeZone::get);
        let zone = zone.map_err(|_| SettingError::Invalid {
            name: "TIME_ZONE".to_owned(),
            problem: "expected an IANA time zone like Asia/Kolkata".to_owned(),
        })?;
        Ok(Self { sender: settings.get("SENDER_NAME").map(str::to_owned), zone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(pairs: [(&str, &str); N]) -> Result<TextSettings, SettingError> {
        TextSettings::new(&pairs.into_iter().collect())
    }

    #[test]
    fn both_settings_are_optional() {
        assert_eq!(read([]), Ok(TextSettings { sender: None, zone: TimeZone::UTC }));
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let expected = TextSettings { sender: Some("Example Bank".to_owned()), zone };
        assert_eq!(read([("SENDER_NAME", "Example Bank"), ("TIME_ZONE", "Asia/Kolkata")]), Ok(expected));
    }

    #[test]
    fn an_unknown_time_zone_is_an_error_that_names_the_variable() {
        let error = read([("TIME_ZONE", "Mars/Olympus")]).unwrap_err();
        assert!(error.to_string().contains("TIME_ZONE"), "{error}");
    }
}
