//! Links to the bank's portal, the only links in e-mails.

use tidings_bank_events::{Payload, payloads::StatementGenerated};
use tidings_consumer::{SettingError, Settings};
use url::Url;

/// The customer portal.
pub struct Portal(Url);

impl Portal {
    /// Reads `PORTAL_URL`, an absolute http or https address.
    pub fn new(settings: &Settings) -> Result<Self, SettingError> {
        let invalid = || SettingError::Invalid {
            name: "PORTAL_URL".to_owned(),
            problem: "expected an address like https://portal.example.com".to_owned(),
        };
        let url: Url = settings.require("PORTAL_URL")?.parse().map_err(|_| invalid())?;
        if matches!(url.scheme(), "http" | "https") { Ok(Self(url)) } else { Err(invalid()) }
    }

    /// The link in an event's e-mail: a statement's page if there is a statement, otherwise the portal itself.
    #[must_use]
    pub fn link(&self, payload: &Payload) -> String {
        match payload {
            Payload::StatementGenerated(statement) => self.statement(statement),
            _ => self.0.to_string(),
        }
    }

    /// `/statements/{account}/{start}_{end}`. The portal asks the customer to sign in and reads the PDF from S3, so the
    /// e-mail alone does not give access to the PDF.
    fn statement(&self, statement: &StatementGenerated) -> String {
        let mut url = self.0.clone();
        let period = format!("{}_{}", statement.start_date, statement.end_date);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["statements", statement.account.account_id.as_str(), &period]);
        }
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn portal(url: &str) -> Result<Portal, SettingError> {
        Portal::new(&[("PORTAL_URL", url)].into_iter().collect())
    }

    fn statement() -> Payload {
        let json = include_bytes!("../../../../events/bank/fixtures/events/statement.generated-basic.json");
        tidings_events::Event::decode(json, "statement.generated").unwrap().payload
    }

    #[rstest]
    #[case("https://portal.example.com")]
    #[case("https://portal.example.com/")]
    fn a_statement_is_found_by_account_and_period(#[case] url: &str) {
        let link = portal(url).unwrap().link(&statement());
        assert_eq!(link, "https://portal.example.com/statements/ACC123456/2025-01-01_2025-01-31");
    }

    #[test]
    fn the_portal_may_have_a_path() {
        let link = portal("https://example.com/bank/en/").unwrap().link(&statement());
        assert!(link.starts_with("https://example.com/bank/en/statements/ACC123456/"), "{link}");
    }

    #[rstest]
    #[case("portal.example.com")]
    #[case("javascript:alert(1)")]
    #[case("mailto:bank@example.com")]
    fn what_no_browser_opens_is_refused(#[case] url: &str) {
        assert!(matches!(portal(url), Err(SettingError::Invalid { .. })));
    }
}
