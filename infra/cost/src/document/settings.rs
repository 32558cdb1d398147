//! The changes that an operator can make, with their consequences.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::input::{Load, LogLevel, Mode, ObjectPer};

/// One change of the load's settings.
pub struct Change {
    /// The change in words.
    pub what: &'static str,
    /// What it requires, or what is lost.
    pub price: &'static str,
    /// Makes the change.
    pub apply: fn(&mut Load),
}

/// The changes in the document.
pub const CHANGES: &[Change] = &[
    Change {
        what: "half of the SMS as a push",
        price: "customers need the app; SMS for pushes that it does not confirm",
        apply: |load| load.settings.sms_as_push = Decimal::new(5, 1),
    },
    Change {
        what: "customers in India, DLT-registered",
        price: "entity, sender and templates registered (`SMS_DLT_…`)",
        apply: |load| load.settings.sms = vec!["sms-india-local".to_owned()],
    },
    Change {
        what: "customers in India, not registered",
        price: "without DLT, SMS go over international routes",
        apply: |load| load.settings.sms = vec!["sms-india-international".to_owned()],
    },
    Change {
        what: "SMS of two parts",
        price: "happens with a letter outside GSM-7 or a Hindi text",
        apply: |load| load.records.sms_parts = 2,
    },
    Change {
        what: "SES Essentials instead of à la carte",
        price: "the default of a new account",
        apply: |load| "ses-essentials".clone_into(&mut load.settings.email),
    },
    Change {
        what: "batch window of 60 s for functions with an object per batch",
        price: "objects a minute later; BatchSize 10,000",
        apply: |load| gather(load, true, 60, 10_000),
    },
    Change {
        what: "batch window of 5 s for the other functions",
        price: "messages up to 4 s later; BatchSize 1,000",
        apply: |load| gather(load, false, 5, 1000),
    },
    Change {
        what: "no point-in-time recovery of the claims",
        price: "a lost table means that 30 days of events could have their effects again",
        apply: |load| load.settings.idempotency_recovery = false,
    },
    Change {
        what: "log level warn instead of info",
        price: "no log line per settled record, only metrics",
        apply: |load| load.settings.log_level = LogLevel::Warn,
    },
    Change {
        what: "no X-Ray",
        price: "no traces; trace ids stay in the logs",
        apply: |load| load.settings.tracing = false,
    },
    Change {
        what: "no metrics in the log (EMF)",
        price: "no alarms on the records' outcomes",
        apply: |load| load.records.metrics_per_function = 0,
    },
    Change {
        what: "on-demand mappings",
        price: "no partial batches: one failure repeats the whole batch",
        apply: |load| load.settings.pollers = Mode::OnDemand,
    },
    Change {
        what: "no poller group",
        price: "gains nothing but isolation",
        apply: |load| load.settings.pollers = Mode::ProvisionedAlone,
    },
    Change {
        what: "100 GB per broker instead of 250",
        price: "needs storage autoscaling on peak days",
        apply: |load| load.kafka.storage_gb_per_broker = 100,
    },
    Change {
        what: "kafka.m5.large brokers",
        price: "an older generation",
        apply: |load| "msk-m5-large".clone_into(&mut load.kafka.broker),
    },
    Change { what: "one more interface endpoint", price: "", apply: |load| load.settings.endpoints += 1 },
    Change {
        what: "seven years kept instead of one",
        price: "the functions' tables and objects grow",
        apply: |load| load.settings.years_kept = 7,
    },
];

/// Changes the mappings of the functions with an object per partition and batch, or those of the other functions.
fn gather(load: &mut Load, objects: bool, seconds: u64, batch_size: usize) {
    for function in load.functions.values_mut() {
        if objects == (function.cost.object_per == Some(ObjectPer::Partition)) {
            for mapping in &mut function.mappings {
                (mapping.batching_window, mapping.batch_size) = (Duration::from_secs(seconds), batch_size);
            }
        }
    }
}
