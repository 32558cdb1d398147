//! Settings from environment variables, read once at startup.

use std::{collections::BTreeMap, str::FromStr};

/// The environment variables of a function.
#[derive(Debug, Clone, Default)]
pub struct Settings(BTreeMap<String, String>);

/// A variable is missing or cannot be read. The function does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A required variable is absent or empty.
    #[error("the environment variable {0} is required; set it in the function's template")]
    Missing(String),
    /// A variable's value has the wrong form.
    #[error("the environment variable {name} is invalid: {problem}")]
    Invalid {
        /// The variable's name.
        name: String,
        /// The expected form.
        problem: String,
    },
}

impl Settings {
    /// Reads the process's environment.
    #[must_use]
    pub fn from_environment() -> Self {
        std::env::vars().collect()
    }

    /// A variable's value; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a required variable.
    pub fn require(&self, name: &str) -> Result<String, SettingError> {
        self.get(name).map(str::to_owned).ok_or_else(|| SettingError::Missing(name.to_owned()))
    }

    /// The parsed value of a variable, or `default` if it is absent.
    pub fn parse_or<T: FromStr>(&self, name: &str, default: T) -> Result<T, SettingError> {
        let Some(value) = self.get(name) else { return Ok(default) };
        value.parse().map_err(|_| SettingError::Invalid {
            name: name.to_owned(),
            problem: format!("expected a value of type {}", std::any::type_name::<T>()),
        })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let settings: Settings = [("OTHER", "x"), ("EMPTY", "")].into_iter().collect();
        assert_eq!(settings.require("EMPTY"), Err(SettingError::Missing("EMPTY".to_owned())));
        assert_eq!(settings.require("OTHER").as_deref(), Ok("x"));
    }

    #[test]
    fn a_value_of_the_wrong_form_is_named() {
        let settings: Settings = [("COUNT", "ten")].into_iter().collect();
        let error = settings.parse_or("COUNT", 3_u32).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment variable COUNT is invalid: expected a value of type u32"
        );
        assert_eq!(settings.parse_or("ABSENT", 3_u32), Ok(3));
    }
}
