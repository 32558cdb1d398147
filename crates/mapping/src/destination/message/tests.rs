use super::super::super::batch::LastAnswer;
use super::super::super::record::Position;
use super::*;

const ARN: &str = "arn:aws:kafka:x";

fn facts(source: &EventSource) -> Facts {
    Facts {
        function_arn: "arn:aws:lambda:us-east-1:000000000000:function:email".to_owned(),
        envelope: Envelope::new("t", source, "b:1"),
        event_source_arn: matches!(source, EventSource::Msk(_)).then(|| ARN.to_owned()),
        bootstrap_servers: "b:1".to_owned(),
    }
}

fn msk() -> Facts {
    facts(&EventSource::Msk(ARN.to_owned()))
}

fn record(partition: i32, offset: i64, timestamp: i64) -> Record {
    let json = format!(r#"{{"offset":{offset},"key":"aw=="}}"#);
    Record::alone(Position { partition, offset }, timestamp, json)
}

fn answer(function_error: Option<&str>) -> LastAnswer {
    LastAnswer {
        request_id: "r-1".to_owned(),
        status: 200,
        version: "$LATEST".to_owned(),
        function_error: function_error.map(str::to_owned),
    }
}

fn job(failures: u32, last: Option<LastAnswer>) -> Job {
    let records = vec![record(0, 100, 0), record(0, 120, 1500), record(3, 7, -1)];
    Job { batch: 1, records, failures, last, deliveries: 0 }
}

fn failure<'a>(facts: &'a Facts, job: &'a Job, condition: Condition) -> Failure<'a> {
    Failure::new(facts, job, condition, Timestamp::from_millisecond(1_767_225_600_000).unwrap())
}

/// The message for SQS and SNS, without its last brace.
const METADATA: &str = concat!(
    r#"{"requestContext":{"requestId":"r-1","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:email","#,
    r#""condition":"RetryAttemptsExhausted","approximateInvokeCount":11},"#,
    r#""responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"#,
    r#""version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","#,
    r#""KafkaBatchInfo":{"batchSize":3,"eventSourceArn":"arn:aws:kafka:x","bootstrapServers":"b:1","#,
    r#""payloadSize":197,"recordsInfo":{"#,
    r#""t-0":{"firstRecordOffset":"100","lastRecordOffset":"120","#,
    r#""firstRecordTimestamp":"1970-01-01T00:00:00.000Z","lastRecordTimestamp":"1970-01-01T00:00:01.500Z"},"#,
    r#""t-3":{"firstRecordOffset":"7","lastRecordOffset":"7","#,
    r#""firstRecordTimestamp":"1969-12-31T23:59:59.999Z","lastRecordTimestamp":"1969-12-31T23:59:59.999Z"}}}"#
);

#[test]
fn sqs_and_sns_get_the_documented_metadata() {
    let (facts, job) = (msk(), job(11, Some(answer(Some("Unhandled")))));
    let failure = failure(&facts, &job, Condition::RetryAttemptsExhausted);
    assert_eq!(failure.metadata().unwrap(), format!("{METADATA}}}"));
}

#[test]
fn s3_also_gets_the_whole_event_as_a_string() {
    let (facts, job) = (msk(), job(11, Some(answer(Some("Unhandled")))));
    let failure = failure(&facts, &job, Condition::RetryAttemptsExhausted);
    let event = concat!(
        r#","payload":"{\"eventSource\":\"aws:kafka\",\"eventSourceArn\":\"arn:aws:kafka:x\","#,
        r#"\"bootstrapServers\":\"b:1\",\"records\":{\"t-0\":[{\"offset\":100,\"key\":\"aw==\"},"#,
        r#"{\"offset\":120,\"key\":\"aw==\"}],\"t-3\":[{\"offset\":7,\"key\":\"aw==\"}]}}"}"#
    );
    assert_eq!(failure.with_event().unwrap(), format!("{METADATA}{event}"));
}

#[test]
fn a_kafka_topic_gets_the_documented_message_per_record() {
    let (facts, job) = (msk(), job(3, Some(answer(Some("Unhandled")))));
    let failure = failure(&facts, &job, Condition::RetryAttemptsExhausted);
    let message = failure.of_record(&failure.records()[1]).unwrap();
    assert_eq!(
        str::from_utf8(&message).unwrap(),
        concat!(
            r#"{"requestContext":{"requestId":"r-1","#,
            r#""functionArn":"arn:aws:lambda:us-east-1:000000000000:function:email:$LATEST","#,
            r#""condition":"RetriesExhausted","approximateInvokeCount":3},"#,
            r#""responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"#,
            r#""version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","#,
            r#""KafkaBatchInfo":{"batchSize":1,"eventSourceArn":"arn:aws:kafka:x","bootstrapServers":"b:1","#,
            r#""payloadSize":135,"recordInfo":{"offset":"120","timestamp":"1970-01-01T00:00:01.500Z"}},"#,
            r#""payload":{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:x","#,
            r#""bootstrapServers":"b:1","records":{"t-0":[{"offset":120,"key":"aw=="}]}}}"#
        )
    );
}

#[test]
fn a_self_managed_cluster_has_no_arn() {
    let facts = facts(&EventSource::SelfManagedKafka(vec!["b:1".to_owned()]));
    let job = job(11, Some(answer(Some("Unhandled"))));
    let message = failure(&facts, &job, Condition::RetryAttemptsExhausted).metadata().unwrap();
    let expected = METADATA
        .replace(r#""eventSourceArn":"arn:aws:kafka:x","#, "")
        .replace(r#""payloadSize":197"#, r#""payloadSize":169"#);
    assert_eq!(message, format!("{expected}}}"));
}

#[test]
fn function_error_is_null_for_records_listed_in_the_response() {
    let (facts, job) = (msk(), job(11, Some(answer(None))));
    let message = failure(&facts, &job, Condition::RetryAttemptsExhausted).metadata().unwrap();
    assert_eq!(message, format!("{METADATA}}}").replace(r#""Unhandled""#, "null"));
}

#[test]
fn response_context_is_null_for_a_too_large_record_and_absent_for_an_expired_one() {
    let facts = msk();
    for (condition, job, count, response) in [
        (Condition::MaximumPayloadSizeExceeded, job(0, None), 1, r#""responseContext":null,"#),
        (Condition::RecordAgeExceeded, job(0, None), 1, ""),
        (Condition::RecordAgeExceeded, job(8, Some(answer(Some("Unhandled")))), 8, ""),
    ] {
        let failure = failure(&facts, &job, condition);
        let name = condition.as_str();
        let middle =
            format!(r#""condition":"{name}","approximateInvokeCount":{count}}},{response}"version":"1.0","#);
        for message in [
            failure.metadata().unwrap(),
            failure.with_event().unwrap(),
            String::from_utf8(failure.of_record(&failure.records()[0]).unwrap()).unwrap(),
        ] {
            assert!(message.contains(&middle), "{message}");
        }
    }
}
