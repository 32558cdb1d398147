//! India's register of commercial SMS (Distributed Ledger Technology, DLT): operators deliver an SMS only with the ids
//! of its registered sender and text.

use std::collections::BTreeMap;

use tidings_consumer::{SettingError, Settings};
use tidings_texts::Language;

use crate::TextMessage;

/// The ids registered for the sender.
#[derive(Default)]
pub struct Dlt {
    entity_id: Option<String>,
    template_ids: BTreeMap<String, String>,
}

impl Dlt {
    /// Reads the optional settings `SMS_DLT_ENTITY_ID` and `SMS_DLT_TEMPLATE_IDS`, a JSON object from event type to
    /// template id. Texts in other languages than English are separate templates. Their keys end with a slash and the
    /// language, e.g. `transaction.completed/hi`.
    pub fn new(settings: &Settings) -> Result<Self, SettingError> {
        let template_ids = settings.get("SMS_DLT_TEMPLATE_IDS").unwrap_or("{}");
        let template_ids = serde_json::from_str(template_ids).map_err(|_| SettingError::Invalid {
            name: "SMS_DLT_TEMPLATE_IDS".to_owned(),
            problem: "expected a JSON object from event type to template id".to_owned(),
        })?;
        Ok(Self { entity_id: settings.get("SMS_DLT_ENTITY_ID").map(str::to_owned), template_ids })
    }

    /// The SNS attributes of a message: none unless it is sent to India.
    #[must_use]
    pub fn attributes(&self, message: &TextMessage) -> Vec<(&'static str, &str)> {
        if !message.to.is_indian() {
            return Vec::new();
        }
        let template = if message.language == Language::English {
            message.event_type.to_owned()
        } else {
            format!("{}/{}", message.event_type, message.language.tag())
        };
        let entity_id = self.entity_id.as_deref().map(|id| ("AWS.MM.SMS.EntityId", id));
        let template_id = self.template_ids.get(&template).map(|id| ("AWS.MM.SMS.TemplateId", id.as_str()));
        entity_id.into_iter().chain(template_id).collect()
    }
}
