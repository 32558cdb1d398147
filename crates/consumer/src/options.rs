//! The consumer's own settings.

use std::time::Duration;

use crate::settings::{SettingError, Settings};

/// The settings of a function's consumer.
#[derive(Debug, Clone)]
pub struct Options {
    /// Records of different keys handled at the same time, or a partition's records claimed at the same time
    /// (`MAX_CONCURRENCY`, 10).
    pub max_concurrency: usize,
    /// How long one handler call may take (`HANDLER_TIMEOUT_SECONDS`, 15).
    pub handler_timeout: Duration,
    /// Whether the mapping has `ReportBatchItemFailures` (`PARTIAL_BATCH_RESPONSES`). The two must agree: a mapping
    /// without it treats a partial batch response as success, and the listed records are lost.
    pub partial_batch_responses: bool,
}

impl Options {
    /// Reads the settings that every function has.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        settings.require("PARTIAL_BATCH_RESPONSES")?;
        let max_concurrency = settings.parse_or("MAX_CONCURRENCY", 10_usize)?;
        if max_concurrency == 0 {
            return Err(SettingError::Invalid {
                name: "MAX_CONCURRENCY".to_owned(),
                problem: "expected at least 1".to_owned(),
            });
        }
        Ok(Self {
            max_concurrency,
            handler_timeout: Duration::from_secs(
                settings.parse_or("HANDLER_TIMEOUT_SECONDS", 15_u32)?.into(),
            ),
            partial_batch_responses: settings.parse_or("PARTIAL_BATCH_RESPONSES", false)?,
        })
    }
}
