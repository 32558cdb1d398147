//! What an operator can change, and what it takes.

use rust_decimal::Decimal;

use crate::input::{Load, LogLevel, Mode};

/// One change of the load's settings.
pub struct Change {
    /// Which.
    pub what: &'static str,
    /// What it takes, or takes away.
    pub price: &'static str,
    /// Makes it.
    pub apply: fn(&mut Load),
}

/// The changes that the document shows.
pub const CHANGES: &[Change] = &[
    Change {
        what: "half of the SMS as a push",
        price: "an app on the phone; SMS for what it does not confirm",
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
        price: "what a letter outside GSM-7, or a Hindi text, does",
        apply: |load| load.records.sms_parts = 2,
    },
    Change {
        what: "SES Essentials instead of à la carte",
        price: "what a new account has unless it chooses",
        apply: |load| "ses-essentials".clone_into(&mut load.settings.email),
    },
    Change {
        what: "audit window of 60 s instead of 5",
        price: "audit objects a minute later; BatchSize 10,000",
        apply: |load| {
            if let Some(audit) = load.functions.get_mut("audit") {
                (audit.window_seconds, audit.batch_size) = (60, 10_000);
            }
        },
    },
    Change {
        what: "batch window of 5 s instead of 1, all but audit",
        price: "messages up to 4 s later; BatchSize 1,000",
        apply: |load| {
            for (_, function) in load.functions.iter_mut().filter(|(name, _)| *name != "audit") {
                (function.window_seconds, function.batch_size) = (5, 1000);
            }
        },
    },
    Change {
        what: "no point-in-time recovery of the claims",
        price: "a lost table means that 30 days of events could have their effects again",
        apply: |load| load.settings.idempotency_recovery = false,
    },
    Change {
        what: "log level warn instead of info",
        price: "no line per record: only metrics tell that one was settled",
        apply: |load| load.settings.log_level = LogLevel::Warn,
    },
    Change {
        what: "no X-Ray",
        price: "no traces; trace ids stay in the logs",
        apply: |load| load.settings.tracing = false,
    },
    Change {
        what: "no metrics in the log (EMF)",
        price: "no alarm on what became of records",
        apply: |load| load.records.metrics_per_function = 0,
    },
    Change {
        what: "on-demand mappings",
        price: "no partial batches: one failure repeats the whole batch",
        apply: |load| load.settings.pollers = Mode::OnDemand,
    },
    Change {
        what: "no poller group",
        price: "nothing gained but isolation",
        apply: |load| load.settings.pollers = Mode::ProvisionedAlone,
    },
    Change {
        what: "100 GB per broker instead of 250",
        price: "storage autoscaling, for days of the peak",
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
        price: "what the bill grows to: audit, ledger, statements",
        apply: |load| load.settings.years_kept = 7,
    },
];
