//! The tables of docs/cost.md. Each is between `<!-- table NAME -->` and `<!-- end -->`. The rest of the document is
//! written by hand.

mod details;
mod format;
mod settings;

use rust_decimal::Decimal;

use crate::{
    bill::{Area, Bill},
    error::CostError,
    input::{Load, Measured, Message},
    price::Prices,
};
use format::{bar, dollars, number, table};

/// The reference design's costs of Kafka: three m5.large, 1,500 GB, 100 GB of traffic.
const REFERENCE: [(&str, u32); 3] = [("brokers", 450), ("storage", 150), ("traffic", 10)];

/// The data of all tables.
struct Costs<'a> {
    prices: &'a Prices,
    load: &'a Load,
    measured: &'a Measured,
    average: Bill,
    peak: Bill,
}

/// The document with newly calculated tables.
pub fn fill(text: &str, prices: &Prices, load: &Load, measured: &Measured) -> Result<String, CostError> {
    let bill = |rate| Bill::of(prices, load, measured, rate);
    let (average, peak) = (bill(load.rates.average)?, bill(load.rates.peak)?);
    let costs = Costs { prices, load, measured, average, peak };
    let tables = [
        ("load", costs.load_table()),
        ("reference", costs.reference_table()),
        ("areas", costs.areas_table()),
        ("messages", costs.messages_table()?),
        ("functions", costs.functions_table()),
        ("pollers", costs.pollers_table()?),
        ("settings", costs.settings_table()?),
        ("measured", costs.measured_table()),
        ("prices", costs.prices_table()),
    ];
    tables.iter().try_fold(text.to_owned(), |text, (name, table)| replace(&text, name, table))
}

fn replace(text: &str, name: &str, table: &str) -> Result<String, CostError> {
    let (begin, end) = (format!("<!-- table {name} -->\n"), "<!-- end -->");
    let missing = |marker: &str| CostError::MissingMarker { marker: marker.trim_end().to_owned() };
    let (before, rest) = text.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| missing(end))?;
    Ok(format!("{before}{begin}\n{table}\n{end}{after}"))
}

impl Costs<'_> {
    fn load_table(&self) -> String {
        let rates = &self.load.rates;
        let row = |name: &str, rate: Decimal, bill: &Bill| {
            let records: Decimal = bill.work.values().map(|work| work.records).sum();
            let million = Decimal::from(1_000_000);
            vec![
                name.to_owned(),
                number(rate, 0),
                number(bill.events / million, 1),
                number(records / million, 1),
                number(bill.work.values().map(|work| work.invocations).sum::<Decimal>() / million, 1),
            ]
        };
        table(
            &[
                "",
                "events/s",
                "million events/month",
                "million records at subscribers",
                "million invocations",
            ],
            "lrrrr",
            [row("average", rates.average, &self.average), row("peak, all month", rates.peak, &self.peak)],
        )
    }

    /// Compares the costs of the reference design's Kafka with this project's.
    fn reference_table(&self) -> String {
        let ours = |price: &str| self.average.sum(|line| line.price == price);
        let of_kafka = [&*self.load.kafka.broker, "msk-storage", "zone-transfer"].map(ours);
        let rows = REFERENCE.iter().zip(of_kafka).map(|((what, reference), usd)| {
            vec![(*what).to_owned(), dollars(Decimal::from(*reference)), dollars(usd)]
        });
        let sum = REFERENCE.iter().map(|(_, usd)| Decimal::from(*usd)).sum();
        let total = ["**Kafka**".to_owned(), dollars(sum), dollars(of_kafka.iter().sum())];
        let others = self.average.sum(|line| !line.area.is_message()) - of_kafka.iter().sum::<Decimal>();
        let without = "everything else, without messages to customers".to_owned();
        let more = vec![without, "not counted".to_owned(), dollars(others)];
        table(
            &["a month", "reference design", "Tidings, average load"],
            "lrr",
            rows.chain([total.to_vec(), more]),
        )
    }

    /// All kinds of cost except messages, the largest first.
    fn areas_table(&self) -> String {
        let mut areas: Vec<Area> = self.average.lines.iter().map(|line| line.area).collect();
        areas.sort_unstable();
        areas.dedup();
        areas.retain(|area| !area.is_message());
        let usd = |bill: &Bill, area: Area| bill.sum(|line| line.area == area);
        areas.sort_by_key(|area| std::cmp::Reverse(usd(&self.average, *area)));
        let total = |bill: &Bill| bill.sum(|line| !line.area.is_message());
        let most = areas.first().map(|area| usd(&self.average, *area)).unwrap_or_default();
        let row = |name: String, picture: String, [average, peak]: [Decimal; 2]| {
            let per_million = dollars(self.average.per_million(average));
            vec![name, dollars(average), dollars(peak), per_million, picture]
        };
        let rows = areas.iter().map(|area| {
            let sums = [&self.average, &self.peak].map(|bill| usd(bill, *area));
            row(area.to_string(), bar(sums[0], most), sums)
        });
        let sum = row("**all**".to_owned(), String::new(), [total(&self.average), total(&self.peak)]);
        table(
            &["without messages", "average", "peak, all month", "per million events", "average"],
            "lrrrl",
            rows.chain([sum]),
        )
    }

    fn messages_table(&self) -> Result<String, CostError> {
        let million = Decimal::from(1_000_000);
        let parts = Decimal::from(self.load.records.sms_parts);
        let channels: [(&str, Message, &[&str], Decimal); 6] = [
            ("SMS, United States, 10DLC", Message::Sms, &["sms-us", "sms-us-carrier-fee"], parts),
            ("SMS, India, DLT-registered", Message::Sms, &["sms-india-local"], parts),
            ("SMS, India, not registered", Message::Sms, &["sms-india-international"], parts),
            ("e-mail, à la carte", Message::Email, &["ses-a-la-carte"], Decimal::ONE),
            ("e-mail, Essentials", Message::Email, &["ses-essentials"], Decimal::ONE),
            ("push, one device", Message::Push, &["sns-requests", "sns-push"], Decimal::ONE),
        ];
        let mut rows = Vec::new();
        for (name, message, prices, parts) in channels {
            let cost = |messages: Decimal| -> Result<Decimal, CostError> {
                prices.iter().map(|price| self.prices.cost(price, messages * parts)).sum()
            };
            let senders =
                || self.load.functions.iter().filter(|(_, function)| function.cost.message == Some(message));
            let month =
                |bill: &Bill| cost(senders().map(|(name, _)| bill.work[name].records).sum()).map(dollars);
            rows.push(vec![
                name.to_owned(),
                dollars(cost(million)?),
                month(&self.average)?,
                month(&self.peak)?,
            ]);
        }
        let header = ["messages", "per million messages", "average", "peak, all month"];
        Ok(table(&header, "lrrr", rows))
    }
}
