//! Properties that hold at any load.

use std::time::Duration;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tidings_cost::{Bill, Mode};

use crate::tables;

/// Tenths of events per second.
fn rates() -> impl Strategy<Value = Decimal> {
    (1_u32..10_000_000).prop_map(|tenths| Decimal::new(i64::from(tenths), 1))
}

fn bill(rate: Decimal, mode: Mode) -> Bill {
    let (prices, mut load, measured) = tables();
    load.settings.pollers = mode;
    Bill::of(&prices, &load, &measured, rate).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn twice_the_events_cost_no_less_in_any_line(rate in rates()) {
        let (one, two) = (bill(rate, Mode::ProvisionedShared), bill(rate + rate, Mode::ProvisionedShared));
        prop_assert_eq!(one.lines.len(), two.lines.len());
        for (one, two) in one.lines.iter().zip(&two.lines) {
            prop_assert!(one.usd <= two.usd, "{:?} {:?}", one, two);
        }
    }

    #[test]
    fn the_price_per_million_times_the_millions_is_the_month(rate in rates()) {
        let bill = bill(rate, Mode::ProvisionedShared);
        for line in &bill.lines {
            let month = bill.per_million(line.usd) * bill.events / Decimal::from(1_000_000);
            prop_assert_eq!(month.round_dp(8), line.usd.round_dp(8));
        }
    }

    #[test]
    fn functions_and_shared_costs_add_up_to_the_total(rate in rates()) {
        let bill = bill(rate, Mode::ProvisionedShared);
        let shared = bill.sum(|line| line.function.is_none());
        let of_functions: Decimal =
            bill.work.keys().map(|name| bill.sum(|line| line.function.as_ref() == Some(name))).sum();
        prop_assert_eq!((shared + of_functions).round_dp(8), bill.total().round_dp(8));
    }

    #[test]
    fn sharing_pollers_never_costs_more(rate in rates()) {
        let shared = bill(rate, Mode::ProvisionedShared).total();
        prop_assert!(shared <= bill(rate, Mode::ProvisionedAlone).total());
    }

    #[test]
    fn a_longer_window_never_costs_more(rate in rates(), seconds in 0_u64..300) {
        let (prices, mut load, measured) = tables();
        let mut total = |seconds| {
            for mapping in load.functions.values_mut().flat_map(|function| &mut function.mappings) {
                mapping.batching_window = Duration::from_secs(seconds);
            }
            Bill::of(&prices, &load, &measured, rate).unwrap().total()
        };
        prop_assert!(total(seconds + 1) <= total(seconds));
    }
}
