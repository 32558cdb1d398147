//! The checks, one in each file; a finding names its check.

mod alarms;
mod audit_table;
mod catalogs;
mod conditions;
mod dashboard;
mod keys;
mod limits;
mod log_groups;
mod mappings;
mod measurements;
mod mode;
mod network;
mod notifications;
mod policies;
mod references;
mod roles;
mod secrets;
mod security_groups;
mod subscribers;
mod timeouts;
mod tls_only;
mod topics;
mod tracing;
mod variables;
mod wildcards;

use crate::finding::Finding;
use crate::permissions::{self, Workspace};
use crate::variants::Deployment;

type Check = fn(&Deployment, &Workspace) -> Vec<Finding>;

/// The checks with their names.
pub const ALL: &[(&str, Check)] = &[
    ("alarms", |it, _| alarms::check(it)),
    ("audit_table", |it, _| audit_table::check(it)),
    ("catalogs", |it, _| catalogs::check(it)),
    ("conditions", |it, _| conditions::check(it)),
    ("dashboard", |it, _| dashboard::check(it)),
    ("keys", |it, _| keys::check(it)),
    ("limits", |it, _| limits::check(it)),
    ("log_groups", |it, _| log_groups::check(it)),
    ("mappings", |it, _| mappings::check(it)),
    ("measurements", |it, _| measurements::check(it)),
    ("mode", |it, _| mode::check(it)),
    ("network", |it, _| network::check(it)),
    ("notifications", |it, _| notifications::check(it)),
    ("permissions_missing", permissions::missing),
    ("permissions_unneeded", permissions::unneeded),
    ("policies", |it, _| policies::check(it)),
    ("references", |it, _| references::check(it)),
    ("roles", |it, _| roles::check(it)),
    ("secrets", |it, _| secrets::check(it)),
    ("security_groups", |it, _| security_groups::check(it)),
    ("subscribers", |it, _| subscribers::check(it)),
    ("timeouts", timeouts::check),
    ("tls_only", |it, _| tls_only::check(it)),
    ("topics", |it, _| topics::check(it)),
    ("tracing", |it, _| tracing::check(it)),
    ("variables", variables::check),
    ("wildcards", |it, _| wildcards::check(it)),
];
