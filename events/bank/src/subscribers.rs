//! Which functions subscribe to which topics.

/// Which of the bank's functions subscribe to which topic. infra/checks compares the templates with it, and the
/// whole-system tests compare what happens. A function that is not named here may subscribe to anything.
pub const SUBSCRIBERS: &[(&str, &[&str])] = &[
    ("transaction.completed", &["email", "sms", "push", "audit", "ledger"]),
    ("transaction.failed", &["email", "audit"]),
    ("user.registered", &["email", "sms"]),
    ("user.login", &["audit"]),
    ("loan.applied", &["email"]),
    ("loan.approved", &["email", "sms"]),
    ("account.frozen", &["email", "sms", "audit"]),
    ("bill.paid", &["email", "sms", "audit", "ledger"]),
    ("statement.requested", &["statement"]),
    ("statement.generated", &["email"]),
    ("scheduled.transfer", &["email", "sms", "push", "audit", "ledger"]),
];
