//! The detailed tables.

use rust_decimal::Decimal;

use super::{
    Costs,
    format::{dollars, number, table},
    settings,
};
use crate::{
    bill::{Area, Bill, Line},
    error::CostError,
    input::Mode,
    price::{Price, Step},
};

impl Costs<'_> {
    pub fn functions_table(&self) -> String {
        let rows = self.load.functions.keys().map(|name| {
            let work = &self.average.work[name];
            let usd = |bill: &Bill, wanted: &dyn Fn(&Line) -> bool| {
                bill.sum(|line| line.function.as_ref() == Some(name) && wanted(line))
            };
            let all = |line: &Line| !line.area.is_message();
            let cell = |area: Area| dollars(usd(&self.average, &|line| line.area == area));
            let effects = [Area::Tables, Area::S3, Area::Traces, Area::DeadLetters];
            vec![
                name.clone(),
                number(work.records / self.average.events, 3),
                number(work.records / work.invocations.max(Decimal::ONE), 1),
                cell(Area::Lambda),
                cell(Area::Claims),
                cell(Area::Logs),
                dollars(usd(&self.average, &|line| effects.contains(&line.area))),
                dollars(usd(&self.average, &all)),
                dollars(usd(&self.peak, &all)),
                dollars(self.average.per_million(usd(&self.average, &all))),
            ]
        });
        table(
            &[
                "function",
                "records per event",
                "records per batch",
                "Lambda",
                "claims",
                "logs",
                "its stores, traces",
                "average",
                "peak, all month",
                "per million events",
            ],
            "lrrrrrrrrr",
            rows,
        )
    }

    pub fn pollers_table(&self) -> Result<String, CostError> {
        let modes = [
            ("provisioned, one poller group", Mode::ProvisionedShared),
            ("provisioned, each mapping on its own", Mode::ProvisionedAlone),
            ("on-demand", Mode::OnDemand),
        ];
        let mut rows = Vec::new();
        for (name, mode) in modes {
            let mut load = self.load.clone();
            load.settings.pollers = mode;
            let average = Bill::of(self.prices, &load, self.measured, load.rates.average)?;
            let peak = Bill::of(self.prices, &load, self.measured, load.rates.peak)?;
            let usd = |bill: &Bill, id: &str| bill.sum(|line| line.price == id);
            let units = average.lines.iter().find(|line| line.area == Area::Pollers);
            let hours = Decimal::from(load.hours_per_month);
            let both = |bill: &Bill| usd(bill, "lambda-poller-units") + usd(bill, "interface-endpoints");
            rows.push(vec![
                name.to_owned(),
                number(units.map(|line| line.quantity / hours).unwrap_or_default(), 0),
                dollars(usd(&average, "lambda-poller-units")),
                dollars(usd(&average, "interface-endpoints")),
                dollars(both(&average)),
                dollars(both(&peak)),
            ]);
        }
        let header =
            ["mappings", "units", "units a month", "interface endpoints", "both", "both at the peak"];
        Ok(table(&header, "lrrrrr", rows))
    }

    pub fn settings_table(&self) -> Result<String, CostError> {
        let total = self.average.total();
        let mut rows = Vec::new();
        for change in settings::CHANGES {
            let mut load = self.load.clone();
            (change.apply)(&mut load);
            let changed = Bill::of(self.prices, &load, self.measured, load.rates.average)?.total();
            rows.push((changed - total, vec![change.what.to_owned(), change.price.to_owned()]));
        }
        rows.sort_by_key(|(difference, _)| *difference);
        let rows = rows.into_iter().map(|(difference, cells)| {
            let [what, price] = <[String; 2]>::try_from(cells).expect("two were put in");
            vec![what, dollars(difference), price]
        });
        let header = ["change", "a month, average", "what it takes"];
        Ok(table(&header, "lrl", rows))
    }

    pub fn measured_table(&self) -> String {
        let rows = self.measured.functions.iter().map(|(name, found)| {
            vec![
                name.clone(),
                number(found.records.into(), 0),
                number(found.invocations.into(), 0),
                number(found.milliseconds_per_record, 2),
                number(found.max_memory_mb.into(), 0),
                number(self.load.functions[name].memory_mb.into(), 0),
                number(found.log_bytes_per_record.into(), 0),
                number(found.log_bytes_per_invocation.into(), 0),
            ]
        });
        let header = [
            "function",
            "records",
            "invocations",
            "ms per record",
            "memory used, MB",
            "memory set, MB",
            "log bytes per record",
            "per invocation",
        ];
        table(&header, "lrrrrrrr", rows)
    }

    /// Every price with its unit and source.
    pub fn prices_table(&self) -> String {
        let rows = self.prices.prices.iter().map(|(id, price)| {
            let quantity = |bill: &Bill| {
                bill.lines.iter().filter(|line| line.price == *id).map(|line| line.quantity).sum()
            };
            let usd = |bill: &Bill| dollars(bill.sum(|line| line.price == *id));
            vec![
                format!("[{id}]({})", price.source),
                amounts(price),
                if price.per == 1 {
                    price.unit.clone()
                } else {
                    format!("{} {}", number(price.per.into(), 0), price.unit)
                },
                if price.unverified {
                    format!("not verified since {}", price.seen)
                } else {
                    price.seen.clone()
                },
                number(quantity(&self.average), 0),
                usd(&self.average),
                usd(&self.peak),
            ]
        });
        table(
            &["price", "US dollars", "for", "seen", "units, average", "average", "peak, all month"],
            "lrllrrr",
            rows,
        )
    }
}

fn amounts(price: &Price) -> String {
    let amount = |step: &Step| {
        if step.above.is_zero() {
            step.usd.to_string()
        } else {
            format!("{} above {}", step.usd, number(step.above, 0))
        }
    };
    price.steps().iter().map(amount).collect::<Vec<_>>().join(", ")
}
