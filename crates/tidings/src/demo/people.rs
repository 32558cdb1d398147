//! The demo bank's customers, with names in several languages and scripts.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tidings_bank_events::{
    AccountId, UserId,
    payloads::{Account, Beneficiary},
};
use tidings_events::Currency;

/// Name, language, currency.
const PEOPLE: &[(&str, &str, Currency)] = &[
    ("John Doe", "en", Currency::USD),
    ("प्रिया शर्मा", "hi", Currency::INR),
    ("María Fernández Núñez", "es", Currency::EUR),
    ("王小明", "zh", Currency::CNY),
    ("山田 花子", "ja", Currency::JPY),
    ("김민준", "ko", Currency::KRW),
    ("فاطمة الزهراء", "ar", Currency::KWD),
    ("Зоя Космодемьянская", "ru", Currency::EUR),
    ("Ægir Þórðarson", "is", Currency::EUR),
    ("Søren Kjær", "da", Currency::DKK),
    ("राजेश कुमार", "hi-IN", Currency::INR),
    ("Nguyễn Thị Hồng", "vi", Currency::USD),
    ("Ελένη Παπαδοπούλου", "el", Currency::EUR),
    ("O'Brien, Siobhán \"Shiv\"", "en-IE", Currency::EUR),
    ("דנה כהן", "he", Currency::USD),
    ("ஸ்ரீதேவி", "ta", Currency::INR),
    ("Łukasz Żółć", "pl", Currency::EUR),
    ("Jean-Baptiste L'Écuyer", "fr", Currency::EUR),
    ("<script>alert('hi')</script>", "en", Currency::GBP),
    ("Adaeze Okonkwo", "en-NG", Currency::USD),
    ("অনন্যা সেন", "bn", Currency::INR),
    ("İpek Yılmaz", "tr", Currency::EUR),
    ("ณัฐพล", "th", Currency::USD),
    ("Jürgen Groß", "de", Currency::CHF),
];

/// A customer of the demo bank.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub account: Account,
    /// What the customer's application reports.
    pub locale: &'static str,
    pub currency: Currency,
    /// How many devices get pushes.
    pub devices: usize,
    /// In hundredths of the currency's unit; the same for every copy of the person.
    balance: Arc<AtomicUsize>,
}

/// What everybody starts the day with, in hundredths.
const OPENING_BALANCE: usize = 10_000_000;

/// All of them.
pub(super) fn people() -> Vec<Person> {
    PEOPLE
        .iter()
        .enumerate()
        .map(|(number, &(name, locale, currency))| person(number, name, locale, currency))
        .collect()
}

impl Person {
    /// Takes so many hundredths from the account; the balance afterwards.
    pub fn debit(&self, hundredths: usize) -> usize {
        self.balance.fetch_sub(hundredths, Ordering::Relaxed) - hundredths
    }

    /// The same person as the receiver of a transfer.
    pub fn beneficiary(&self) -> Beneficiary {
        Beneficiary {
            account_id: self.account.account_id.clone(),
            beneficiary_name: self.account.user_name.clone(),
        }
    }
}

fn person(number: usize, name: &str, locale: &'static str, currency: Currency) -> Person {
    let id = |prefix: &str| format!("{prefix}{:06}", 100_100 + number * 7);
    let account = Account {
        account_id: AccountId::try_from(id("ACC")).expect("digits and letters"),
        user_id: UserId::try_from(id("USR")).expect("digits and letters"),
        user_name: name.into(),
        user_email: format!("customer{number}@example.com").as_str().into(),
        user_phone: format!("+1202555{:04}", 100 + number).as_str().into(),
    };
    Person { account, locale, currency, devices: number % 3, balance: Arc::new(OPENING_BALANCE.into()) }
}
