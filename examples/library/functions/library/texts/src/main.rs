//! The Lambda function `library-texts`.

use library_texts::LoanTexts;
use tidings_channel_sms::SnsTextSender;
use tidings_consumer::{RunError, SettingError};

#[tokio::main]
async fn main() -> Result<(), RunError> {
    tidings_consumer::run("library-texts", |aws, settings| {
        Ok::<_, SettingError>(LoanTexts::new(SnsTextSender::new(aws, settings)?))
    })
    .await
}
