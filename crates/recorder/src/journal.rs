//! A human-readable log of the calls, one JSON object per line. Recipients are masked; contents and keys are left
//! out.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Value, json};
use tidings_process::StartError;

use super::call::{Call, CallDetails};
use super::lock::lock;

pub(super) struct Journal(Mutex<File>);

impl Journal {
    pub(super) fn create(path: PathBuf) -> Result<Self, StartError> {
        match File::create(&path) {
            Ok(file) => Ok(Self(Mutex::new(file))),
            Err(source) => Err(StartError::File { path, source }),
        }
    }

    pub(super) fn write(&self, call: &Call) {
        let line = format!("{}\n", line(call));
        // A full disk must not fail the call.
        let _ = lock(&self.0).write_all(line.as_bytes());
    }
}

fn line(call: &Call) -> Value {
    json!({
        "at": call.at.to_string(),
        "answered": call.answered.to_string(),
        "source": call.source,
        "service": call.service,
        "operation": call.operation,
        "status": call.status,
        "reached": call.reached,
        "killed": call.killed,
        "event_id": call.event_id,
        "resource": call.resource,
        "to": recipients(&call.details),
        "sha256": if let CallDetails::PutObject { sha256, .. } = &call.details { Some(sha256) } else { None },
    })
}

fn recipients(details: &CallDetails) -> Vec<String> {
    match details {
        CallDetails::SendEmail { to, .. } => to.iter().map(|address| mask_address(address)).collect(),
        CallDetails::PublishSms { phone, .. } => vec![mask_phone(phone)],
        _ => Vec::new(),
    }
}

/// Keeps the first character and the domain's last label.
fn mask_address(address: &str) -> String {
    let first = address.chars().next().unwrap_or('*');
    let label = address.rsplit_once('.').map_or("", |(_, label)| label.trim_end_matches('>'));
    format!("{first}***@***.{label}")
}

/// Keeps the last two digits.
fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    format!("***{}", digits[digits.len().saturating_sub(2)..].iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;

    #[test]
    fn recipients_are_masked_and_contents_left_out() {
        let written = |details| {
            line(&Call {
                at: Timestamp::UNIX_EPOCH,
                answered: Timestamp::UNIX_EPOCH,
                source: "email.1".into(),
                function: "email".into(),
                service: "ses".into(),
                operation: "SendEmail".into(),
                status: 200,
                reached: true,
                killed: false,
                event_id: Some("EVT-1".into()),
                resource: None,
                details,
            })
            .to_string()
        };
        let mail = written(CallDetails::SendEmail {
            to: vec!["asha@bank.example".into()],
            subject: "secret".into(),
            text: Some("secret".into()),
            html: None,
            tags: BTreeMap::new(),
            headers: BTreeMap::new(),
        });
        assert!(mail.contains(r#""to":["a***@***.example"]"#), "{mail}");
        let sms = written(CallDetails::PublishSms {
            phone: "+919876543210".into(),
            message: "secret".into(),
            attributes: BTreeMap::new(),
        });
        assert!(sms.contains(r#""to":["***10"]"#), "{sms}");
        for line in [mail, sms] {
            assert!(!line.contains("secret") && !line.contains("asha") && !line.contains("98765"), "{line}");
        }
    }
}
