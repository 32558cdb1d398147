//! Injected faults: the calls that they match and what happens to those calls.

use std::fmt;
use std::sync::Arc;

use super::call::CallDetails;
use super::decode::Request;

/// A condition on the decoded request.
pub type Predicate = Arc<dyn Fn(&CallDetails) -> bool + Send + Sync>;

/// Selects calls. Every field that is set must match; the default matches every call.
#[derive(Clone, Default)]
pub struct Matcher {
    /// The calling function's name.
    pub function: Option<String>,
    /// The service, as in [`super::Call::service`].
    pub service: Option<String>,
    /// The operation, as in [`super::Call::operation`].
    pub operation: Option<String>,
    /// The event's id, as in [`super::Call::event_id`].
    pub event_id: Option<String>,
    /// A part of the resource's name, as in [`super::Call::resource`].
    pub resource: Option<String>,
    /// A further condition on the decoded request.
    pub predicate: Option<Predicate>,
}

impl Matcher {
    fn matches(&self, request: &Request) -> bool {
        let is = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|w| w == actual);
        is(&self.function, &request.function)
            && is(&self.service, &request.service)
            && is(&self.operation, &request.operation)
            && self.event_id.as_ref().is_none_or(|wanted| request.event_id.as_ref() == Some(wanted))
            && self
                .resource
                .as_ref()
                .is_none_or(|part| request.resource.as_ref().is_some_and(|name| name.contains(part)))
            && self.predicate.as_ref().is_none_or(|test| test(&request.details))
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("function", &self.function)
            .field("service", &self.service)
            .field("operation", &self.operation)
            .field("event_id", &self.event_id)
            .field("resource", &self.resource)
            .field("predicate", &self.predicate.is_some())
            .finish()
    }
}

/// What happens to a call that a fault matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The caller gets this error. The call is not forwarded, and is recorded with `reached` = `false`.
    Respond {
        /// The HTTP status.
        status: u16,
        /// The error code that the caller's SDK reads, e.g. `ThrottlingException`.
        code: String,
    },
    /// The caller is killed. The call is neither forwarded nor recorded.
    KillBefore,
    /// The call is forwarded and recorded. Then the caller is killed and never sees the response.
    KillAfter,
    /// The caller gets a success response, but the call is neither forwarded nor recorded: a lost effect.
    Swallow,
    /// The call is forwarded and recorded twice, and the caller gets the first response: a duplicate effect.
    Twice,
}

/// A fault to inject.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The calls to which it applies.
    pub matcher: Matcher,
    /// How many matching calls pass before the fault takes effect.
    pub skip: u32,
    /// How many calls it affects; `None` for no limit.
    pub times: Option<u32>,
    /// What it does to a call.
    pub action: Action,
}

impl Fault {
    /// A fault that affects every matching call.
    #[must_use]
    pub fn new(matcher: Matcher, action: Action) -> Self {
        Self { matcher, skip: 0, times: None, action }
    }

    /// Lets the first `skip` matching calls pass.
    #[must_use]
    pub fn skip(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// Ends the fault after it has affected `times` calls.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// Identifies an injected fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(usize);

#[derive(Debug)]
struct Injected {
    fault: Fault,
    matched: u32,
    happened: u32,
    removed: bool,
}

/// The faults in the order in which they were injected.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Injected>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) -> FaultId {
        self.0.push(Injected { fault, matched: 0, happened: 0, removed: false });
        FaultId(self.0.len() - 1)
    }

    pub(super) fn remove(&mut self, id: FaultId) {
        self.0[id.0].removed = true;
    }

    pub(super) fn happened(&self, id: FaultId) -> u32 {
        self.0[id.0].happened
    }

    /// The action of the first matching fault that is past its skip and not used up.
    pub(super) fn decide(&mut self, request: &Request) -> Option<Action> {
        for injected in self.0.iter_mut().filter(|i| !i.removed) {
            if !injected.fault.matcher.matches(request) {
                continue;
            }
            injected.matched = injected.matched.saturating_add(1);
            let used_up = injected.fault.times.is_some_and(|times| injected.happened >= times);
            if injected.matched > injected.fault.skip && !used_up {
                injected.happened += 1;
                return Some(injected.fault.action.clone());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(function: &str, event_id: &str) -> Request {
        Request {
            source: format!("{function}.1"),
            function: function.into(),
            service: "dynamodb".into(),
            operation: "PutItem".into(),
            event_id: Some(event_id.into()),
            resource: Some("tidings-idempotency".into()),
            details: CallDetails::Other,
        }
    }

    fn killing(matcher: Matcher) -> Fault {
        Fault::new(matcher, Action::KillBefore)
    }

    #[test]
    fn every_set_field_must_match() {
        let full = Matcher {
            function: Some("email".into()),
            service: Some("dynamodb".into()),
            operation: Some("PutItem".into()),
            event_id: Some("EVT-1".into()),
            resource: Some("idempotency".into()),
            predicate: Some(Arc::new(|details| *details == CallDetails::Other)),
        };
        let met = |matcher: Matcher| {
            let mut faults = Faults::default();
            faults.add(killing(matcher));
            faults.decide(&request("email", "EVT-1")).is_some()
        };
        assert!(met(full.clone()));
        assert!(met(Matcher::default()));
        assert!(!met(Matcher { function: Some("sms".into()), ..full.clone() }));
        assert!(!met(Matcher { service: Some("s3".into()), ..full.clone() }));
        assert!(!met(Matcher { operation: Some("GetItem".into()), ..full.clone() }));
        assert!(!met(Matcher { event_id: Some("EVT-2".into()), ..full.clone() }));
        assert!(!met(Matcher { resource: Some("ledger".into()), ..full.clone() }));
        assert!(!met(Matcher { predicate: Some(Arc::new(|_| false)), ..full }));
    }

    #[test]
    fn a_fault_skips_calls_and_ends_after_its_times() {
        let mut faults = Faults::default();
        let id = faults.add(killing(Matcher::default()).skip(1).times(2));
        let outcomes: Vec<bool> =
            (0..5).map(|_| faults.decide(&request("email", "EVT-1")).is_some()).collect();
        assert_eq!(outcomes, [false, true, true, false, false]);
        assert_eq!(faults.happened(id), 2);
    }

    #[test]
    fn the_first_injected_fault_wins_until_it_is_removed() {
        let mut faults = Faults::default();
        let first = faults.add(killing(Matcher::default()));
        faults.add(Fault::new(Matcher::default(), Action::Swallow));
        assert_eq!(faults.decide(&request("email", "EVT-1")), Some(Action::KillBefore));
        faults.remove(first);
        assert_eq!(faults.decide(&request("email", "EVT-1")), Some(Action::Swallow));
    }
}
