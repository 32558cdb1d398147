//! Resources that one template refers to by name exist in another.

use crate::finding::Finding;
use crate::roles::functions;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions(deployment) {
        let variables = function.resource.properties["Environment"]["Variables"].as_object();
        if function.variable("EMAIL_FROM").is_some() && function.variable("SES_CONFIGURATION_SET").is_none() {
            let problem = "sends e-mails without the configuration set, so TLS is optional and bounces are not reported";
            found.push(Finding::new(function.binary, problem));
        }
        if function.variable("KAFKA_AUTH").is_some_and(|it| it != "iam") {
            found.push(Finding::new(
                function.binary,
                "does not authenticate to the brokers: KAFKA_AUTH is not iam",
            ));
        }
        let built = &function.template.source["Resources"][function.id]["Metadata"]["BuildProperties"];
        if built["Binary"] != function.binary {
            found.push(Finding::new(
                function.binary,
                format!("runs {}, not {}", built["Binary"], function.binary),
            ));
        }
        for (name, value) in variables.into_iter().flatten() {
            let kind = match name.rsplit('_').next() {
                Some("TABLE") => "AWS::DynamoDB::Table",
                Some("BUCKET") => "AWS::S3::Bucket",
                _ if name == "DEAD_LETTER_QUEUE_URL" => "AWS::SQS::Queue",
                _ if name == "SES_CONFIGURATION_SET" => "AWS::SES::ConfigurationSet",
                _ => continue,
            };
            let called = value.as_str().and_then(|value| value.rsplit('/').next()).unwrap_or_default();
            if !deployment.templates().flat_map(|it| it.of_kind(kind)).any(|(_, it)| it.name == called) {
                found.push(Finding::new(
                    function.binary,
                    format!("{name} is {called}, which no template creates"),
                ));
            }
        }
    }
    found
}
