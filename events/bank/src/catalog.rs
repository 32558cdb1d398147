//! The table of topics and events: name, payload type, key. Each topic carries one type of event, with the same name.

use tidings_events::{Topic, catalog};

use crate::payloads::{
    AccountFrozen, BillPaid, LoanApplied, LoanApproved, StatementGenerated, StatementRequested,
    TransactionFailed, Transfer, UserLogin, UserRegistered,
};

catalog! {
    /// The payload of a bank event: the `data` of its envelope.
    pub enum Payload [
        Topic::event("transaction.completed"),
        Topic::event("transaction.failed"),
        Topic::event("user.registered"),
        Topic::event("user.login"),
        Topic::event("loan.applied"),
        Topic::event("loan.approved"),
        Topic::event("account.frozen"),
        Topic::event("bill.paid"),
        Topic::event("statement.requested"),
        Topic::event("statement.generated"),
        Topic::event("scheduled.transfer"),
    ];
    /// A transfer succeeded.
    TransactionCompleted(Transfer) = "transaction.completed", key |it| it.from_account.account_id.as_str();
    /// A transfer failed.
    TransactionFailed(TransactionFailed) = "transaction.failed", key |it| it.from_account.account_id.as_str();
    /// A customer signed up.
    UserRegistered(UserRegistered) = "user.registered", key |it| it.user.user_id.as_str();
    /// A customer logged in.
    UserLogin(UserLogin) = "user.login", key |it| it.user_id.as_str();
    /// A customer applied for a loan.
    LoanApplied(LoanApplied) = "loan.applied", key |it| it.applicant.user_id.as_str();
    /// A loan was approved.
    LoanApproved(LoanApproved) = "loan.approved", key |it| it.applicant.user_id.as_str();
    /// An administrator froze an account.
    AccountFrozen(AccountFrozen) = "account.frozen", key |it| it.account.account_id.as_str();
    /// A bill payment succeeded.
    BillPaid(BillPaid) = "bill.paid", key |it| it.from_account.account_id.as_str();
    /// A customer asked for a statement.
    StatementRequested(StatementRequested) = "statement.requested", key |it| it.account.account_id.as_str();
    /// A statement's PDF is stored.
    StatementGenerated(StatementGenerated) = "statement.generated", key |it| it.account.account_id.as_str();
    /// A standing order ran.
    ScheduledTransfer(Transfer) = "scheduled.transfer", key |it| it.from_account.account_id.as_str();
}
