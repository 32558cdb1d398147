//! Bills compared with results calculated by hand. Prices and measurements are round numbers here.

use std::time::Duration;

use rust_decimal::Decimal;
use tidings_cost::{Area, Bill, Load, Measured, Mode, Prices, batch::records_per_batch};

use crate::{decimal, tables};

/// The repository's tables with round numbers: 10 events/s, half of them transfers and half logins.
fn round_tables() -> (Prices, Load, Measured) {
    let (mut prices, mut load, mut measured) = tables();
    for (id, usd) in [
        ("lambda-requests", "0.20"),
        ("lambda-arm64", "0.00001"),
        ("lambda-poller-units", "0.2"),
        ("dynamodb-writes", "0.5"),
        ("dynamodb-storage", "0.25"),
        ("dynamodb-recovery", "0.2"),
        ("s3-puts", "0.005"),
        ("s3-standard", "0.02"),
        ("traces", "5"),
        ("logs-ingested", "0.5"),
        ("logs-stored", "0.03"),
        ("zone-transfer", "0.02"),
        ("interface-endpoints", "0.01"),
        ("msk-m7g-large", "0.2"),
        ("msk-storage", "0.1"),
        ("sms-us", "0.01"),
        ("sms-us-carrier-fee", "0.002"),
    ] {
        prices.prices.get_mut(id).unwrap().usd = Some(decimal(usd));
    }
    load.hours_per_month = 1000;
    for (topic, share) in &mut load.topics {
        *share = match topic.as_str() {
            "transaction.completed" | "user.login" => decimal("0.5"),
            _ => Decimal::ZERO,
        };
    }
    load.kafka.event_bytes = 1000;
    load.records.fact_bytes = 400;
    load.records.fact_days = 50;
    load.records.log_days = 125;
    for function in measured.functions.values_mut() {
        function.milliseconds_per_record = decimal("20");
        function.log_bytes_per_record = 400;
        function.log_bytes_per_invocation = 1200;
        function.object_bytes_per_record = 250;
    }
    (prices, load, measured)
}

/// The cost of a month with 10 events/s, at one price, for one function or for what all share.
fn usd(load: &Load, function: Option<&str>, price: &str) -> Decimal {
    let (prices, _, measured) = round_tables();
    let bill = Bill::of(&prices, load, &measured, decimal("10")).unwrap();
    bill.sum(|line| line.function.as_deref() == function && line.price == price).normalize()
}

#[test]
fn a_record_costs_its_share_of_a_batch_and_two_writes() {
    let (_, load, _) = round_tables();
    let email = |price| usd(&load, Some("bank-email"), price);
    // 5/s: a record and the five of the next second make a batch of 6. 3.6 million s: 18 million records, 3 million
    // invocations.
    assert_eq!(email("lambda-requests"), decimal("0.6"));
    // 18 million × 0.02 s × 0.25 GB = 90,000 GB-s
    assert_eq!(email("lambda-arm64"), decimal("0.9"));
    // 36 million writes
    assert_eq!(email("dynamodb-writes"), decimal("18"));
    // 50 of 41.67 days are 1.2 months: 21.6 million facts of 500 bytes are 10.8 GB
    assert_eq!(email("dynamodb-storage"), decimal("2.7"));
    assert_eq!(email("dynamodb-recovery"), decimal("2.16"));
    // 18 million × 400 B + 3 million × 1,200 B = 10.8 GB, kept for three months
    assert_eq!(email("logs-ingested"), decimal("5.4"));
    assert_eq!(email("logs-stored"), decimal("0.972"));
    // 0.8333 invocations/s are below one a second: all 3 million are traced
    assert_eq!(email("traces"), decimal("15"));
}

#[test]
fn audit_puts_an_object_per_partition_and_batch() {
    let (_, load, _) = round_tables();
    // Two topics of 5/s, windows of 5 s: batches of 26 records from all ten partitions; 36 million records,
    // 1.384615 million batches.
    let puts = usd(&load, Some("bank-audit"), "s3-puts");
    assert_eq!(puts.round_dp(6), decimal("69.230769"));
    // 36 million × 12 months × 250 B = 108 GB
    assert_eq!(usd(&load, Some("bank-audit"), "s3-standard"), decimal("2.16"));
}

#[test]
fn items_are_charged_in_units_and_for_storage() {
    let (_, mut load, _) = round_tables();
    let ledger = load.functions.get_mut("bank-ledger").unwrap();
    (ledger.cost.read_bytes, ledger.cost.written_bytes) = (4097, 1025);
    let ledger = |price| usd(&load, Some("bank-ledger"), price);
    // 18 million records, each two halves of a read unit, as 4,096 bytes are one
    assert_eq!(ledger("dynamodb-reads"), decimal("2.25"));
    // two write units each, as 1,024 bytes are one, and two for the claim: 72 million
    assert_eq!(ledger("dynamodb-writes"), decimal("36"));
    // 18 million × 12 months × 1,025 B = 221.4 GB, and 10.8 GB of facts
    assert_eq!(ledger("dynamodb-storage"), decimal("58.05"));
    assert_eq!(ledger("dynamodb-recovery"), decimal("46.44"));
}

#[test]
fn each_sms_part_is_charged_all_named_prices_and_pushed_ones_none() {
    let (_, mut load, _) = round_tables();
    load.records.sms_parts = 2;
    load.settings.sms_as_push = decimal("0.25");
    // 18 million, a quarter pushed: 13.5 million of two parts
    assert_eq!(usd(&load, Some("bank-sms"), "sms-us"), decimal("270000"));
    assert_eq!(usd(&load, Some("bank-sms"), "sms-us-carrier-fee"), decimal("54000"));
    assert_eq!(usd(&load, Some("bank-sms"), "sns-push"), decimal("2.25"));
}

#[test]
fn push_claims_each_device_as_well() {
    let (_, mut load, _) = round_tables();
    load.records.devices_per_customer = decimal("1.5");
    // 18 million records and 27 million devices, two writes each
    assert_eq!(usd(&load, Some("bank-push"), "dynamodb-writes"), decimal("45"));
    assert_eq!(usd(&load, Some("bank-push"), "sns-push"), decimal("13.5"));
}

#[test]
fn the_cluster_is_paid_by_the_hour_and_its_traffic_by_the_byte() {
    let (_, mut load, _) = round_tables();
    load.kafka.storage_gb_per_broker = 100;
    assert_eq!(usd(&load, None, "msk-m7g-large"), decimal("600"));
    assert_eq!(usd(&load, None, "msk-storage"), decimal("30"));
    // Transfers are read by five subscribers, logins by one: 3 reads and 1 write per event. Two thirds of
    // 36 million × 4 × 1,000 B are 96 GB.
    assert_eq!(usd(&load, None, "zone-transfer").round_dp(10), decimal("1.92"));
}

#[test]
fn pollers_share_units_by_tens_or_by_throughput() {
    let (prices, mut load, measured) = round_tables();
    let mut units = |mode, rate: &str| {
        load.settings.pollers = mode;
        let bill = Bill::of(&prices, &load, &measured, decimal(rate)).unwrap();
        let line = bill.lines.iter().find(|line| line.area == Area::Pollers).unwrap();
        (line.quantity / decimal("1000")).normalize()
    };
    assert_eq!(units(Mode::ProvisionedShared, "10"), decimal("3"));
    assert_eq!(units(Mode::ProvisionedAlone, "10"), decimal("27"));
    assert_eq!(units(Mode::OnDemand, "10"), decimal("0"));
    // 30,000 events/s × 3 reads × 1 KB = 90 MB/s
    assert_eq!(units(Mode::ProvisionedShared, "30000"), decimal("5"));
    // 15 MB/s of each of six mappings fit into one unit each
    assert_eq!(units(Mode::ProvisionedAlone, "30000"), decimal("27"));
    assert_eq!(units(Mode::ProvisionedAlone, "60000"), decimal("33"));
}

#[test]
fn on_demand_mappings_need_two_more_endpoints_in_three_zones() {
    let (_, mut load, _) = round_tables();
    assert_eq!(usd(&load, None, "interface-endpoints"), decimal("30"));
    load.settings.pollers = Mode::OnDemand;
    assert_eq!(usd(&load, None, "interface-endpoints"), decimal("90"));
}

#[test]
fn busy_functions_are_traced_once_a_second_and_one_time_in_twenty() {
    let (_, mut load, _) = round_tables();
    for mapping in &mut load.functions.get_mut("bank-email").unwrap().mappings {
        (mapping.batch_size, mapping.batching_window) = (1, Duration::ZERO);
    }
    // 5/s: one, and a twentieth of four: 1.2 × 3.6 million
    assert_eq!(usd(&load, Some("bank-email"), "traces"), decimal("21.6"));
}

#[test]
fn price_steps_apply_one_after_the_other() {
    let (prices, _, _) = tables();
    let cost = |emails: &str| prices.cost("ses-essentials", decimal(emails)).unwrap().normalize();
    assert_eq!(cost("10000000"), decimal("1600"));
    // 1,600 + 90 million × 0.00014 + 10 million × 0.00011
    assert_eq!(cost("110000000"), decimal("15300"));
}

#[test]
fn a_batch_ends_by_its_window_its_size_or_the_payload() {
    let (_, load, _) = tables();
    let email = &load.functions["bank-email"].mappings[0];
    assert_eq!(records_per_batch(email, Decimal::ZERO, 1000), Decimal::ONE);
    assert_eq!(records_per_batch(email, decimal("2.5"), 1000), decimal("3.5"));
    assert_eq!(records_per_batch(email, decimal("500"), 1000), decimal("100"));
    // 6,291,456 / (300,000 × 4/3 + 500)
    assert_eq!(records_per_batch(email, decimal("500"), 300_000), decimal("15"));
}
