//! Sends e-mails with Amazon SES, API version 2.

use aws_config::SdkConfig;
use aws_sdk_sesv2::{
    Client,
    error::BuildError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use tidings_consumer::{HandlerError, SettingError, Settings};

use crate::{Mail, Mailer};

/// Sends e-mails with SES from the configured address.
pub struct SesMailer {
    client: Client,
    from: String,
    configuration_set: Option<String>,
}

impl SesMailer {
    /// Reads `EMAIL_FROM`, an address or `Name <address>` of a verified SES identity, and optionally
    /// `SES_CONFIGURATION_SET`.
    pub fn new(aws: &SdkConfig, settings: &Settings) -> Result<Self, SettingError> {
        Self::with_client(Client::new(aws), settings)
    }

    /// As [`new`](Self::new), but with an existing client.
    pub fn with_client(client: Client, settings: &Settings) -> Result<Self, SettingError> {
        let from = settings.require("EMAIL_FROM")?;
        let configuration_set = settings.get("SES_CONFIGURATION_SET").map(str::to_owned);
        Ok(Self { client, from, configuration_set })
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<(), HandlerError> {
        let unbuildable = |_| HandlerError::permanent("EmailUnbuildable", "the e-mail lacks a required part");
        self.client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(mail.to.as_str()).build())
            .content(content(mail).map_err(unbuildable)?)
            .email_tags(tag("event_id", mail.event_id.as_str()).map_err(unbuildable)?)
            .email_tags(tag("event_type", mail.event_type).map_err(unbuildable)?)
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await?;
        Ok(())
    }
}

fn content(mail: &Mail) -> Result<EmailContent, BuildError> {
    let event_id = MessageHeader::builder().name("X-Event-Id").value(mail.event_id.as_str()).build()?;
    let body = Body::builder().text(utf8(&mail.text)?).html(utf8(&mail.html)?).build();
    let message = Message::builder().subject(utf8(&mail.subject)?).body(body).headers(event_id).build();
    Ok(EmailContent::builder().simple(message).build())
}

fn utf8(text: &str) -> Result<Content, BuildError> {
    Content::builder().data(text).charset("UTF-8").build()
}

/// A tag for SES's events. Its value may contain only letters, digits, `_` and `-` (`MessageTag` in the API
/// reference), so `transaction.completed` becomes `transaction_completed`.
fn tag(name: &str, value: &str) -> Result<MessageTag, BuildError> {
    let value: String = value
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || matches!(it, '_' | '-') { it } else { '_' })
        .collect();
    MessageTag::builder().name(name).value(value).build()
}
