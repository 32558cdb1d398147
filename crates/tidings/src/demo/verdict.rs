//! Whether every record ended as it should.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::effect::{Effect, Happened};

/// One record for one subscriber, and what should come of it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The subscriber's binary.
    pub function: String,
    /// When the record was published.
    pub published: Timestamp,
    /// What should happen, each once; nothing for tombstones and duplicates.
    pub effects: Vec<Effect>,
    /// Whether the mapping has committed it.
    pub committed: bool,
}

/// How the deliveries ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// All of them.
    pub deliveries: usize,
    /// Committed, with each effect exactly once.
    pub settled: usize,
    /// With an effect that did not happen, or not committed.
    pub lost: usize,
    /// With an effect that happened more than once.
    pub twice: usize,
    /// What was wrong, in words; also effects that no published record asks for.
    pub problems: Vec<String>,
}

impl Verdict {
    /// Whether every record ended as expected.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.settled == self.deliveries && self.problems.is_empty()
    }

    /// The demo's last line.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { deliveries, settled, lost, twice, .. } = self;
        format!("settled {settled} of {deliveries} records, {lost} lost, {twice} delivered twice")
    }
}

/// Compares what should have happened with what did.
#[must_use]
pub fn judge(deliveries: &[Delivery], happened: &Happened) -> Verdict {
    let mut verdict = Verdict { deliveries: deliveries.len(), ..Verdict::default() };
    let mut expected = HashSet::new();
    for delivery in deliveries {
        let count = |effect: &Effect| happened.get(effect).map_or(0, Vec::len);
        let missing: Vec<&Effect> = delivery.effects.iter().filter(|effect| count(effect) == 0).collect();
        let repeated: Vec<&Effect> = delivery.effects.iter().filter(|effect| count(effect) > 1).collect();
        for effect in &missing {
            verdict.problems.push(format!("{}: no {effect}", delivery.function));
        }
        for effect in &repeated {
            verdict.problems.push(format!("{}: {} times {effect}", delivery.function, count(effect)));
        }
        if !delivery.committed {
            verdict.problems.push(format!("{}: a record was not committed", delivery.function));
        }
        let lost = !missing.is_empty() || !delivery.committed;
        verdict.lost += usize::from(lost);
        verdict.twice += usize::from(!repeated.is_empty());
        verdict.settled += usize::from(!lost && repeated.is_empty());
        expected.extend(&delivery.effects);
    }
    let unexpected = happened.keys().filter(|effect| !expected.contains(effect));
    verdict
        .problems
        .extend(unexpected.map(|effect| format!("{}: nobody asked for this {effect}", effect.function)));
    verdict
}

/// Milliseconds from publication to effect, per function, sorted.
#[must_use]
pub fn latencies(deliveries: &[Delivery], happened: &Happened) -> BTreeMap<String, Vec<i64>> {
    let mut latencies: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for delivery in deliveries {
        let times = delivery.effects.iter().filter_map(|effect| happened.get(effect)?.first());
        let elapsed = times.map(|time| time.duration_since(delivery.published).as_millis());
        let elapsed = elapsed.filter_map(|milliseconds| i64::try_from(milliseconds).ok());
        latencies.entry(delivery.function.clone()).or_default().extend(elapsed);
    }
    for list in latencies.values_mut() {
        list.sort_unstable();
    }
    latencies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(event_id: &str) -> Effect {
        Effect::new("bank-email", "e-mail", event_id)
    }

    fn delivery(effects: Vec<Effect>, committed: bool) -> Delivery {
        Delivery { function: "bank-email".to_owned(), published: Timestamp::UNIX_EPOCH, effects, committed }
    }

    fn happened(times: &[(Effect, usize)]) -> Happened {
        times.iter().map(|(effect, count)| (effect.clone(), vec![Timestamp::UNIX_EPOCH; *count])).collect()
    }

    #[test]
    fn each_effect_once_is_good() {
        let (a, b) = (mail("a"), mail("b"));
        let deliveries =
            [delivery(vec![a.clone()], true), delivery(vec![b.clone()], true), delivery(Vec::new(), true)];
        let verdict = judge(&deliveries, &happened(&[(a, 1), (b, 1)]));
        assert!(verdict.is_good());
        assert_eq!(verdict.line(), "settled 3 of 3 records, 0 lost, 0 delivered twice");
    }

    #[test]
    fn what_is_missing_repeated_uncommitted_or_uncalled_for_is_not() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(mail);
        let deliveries =
            [delivery(vec![a], true), delivery(vec![b.clone()], true), delivery(vec![c.clone()], false)];
        let verdict = judge(&deliveries, &happened(&[(b, 2), (c, 1), (d, 1)]));
        assert!(!verdict.is_good());
        assert_eq!(verdict.line(), "settled 0 of 3 records, 2 lost, 1 delivered twice");
        assert_eq!(
            verdict.problems,
            [
                "bank-email: no e-mail for a",
                "bank-email: 2 times e-mail for b",
                "bank-email: a record was not committed",
                "bank-email: nobody asked for this e-mail for d",
            ]
        );
    }
}
