//! Functions are traced as the platform's parameters say: by Lambda or by their own spans, but not by both.

use crate::finding::Finding;
use crate::roles::functions;
use crate::variants::Deployment;

pub fn check(deployment: &Deployment) -> Vec<Finding> {
    let told = |name| deployment.platform.outputs.get(name).map(String::as_str);
    let (Some(tracing), Some(collector)) = (told("Tracing"), told("OtlpEndpoint")) else {
        return vec![Finding::new(
            deployment.platform.file(),
            "lacks the output Tracing or OtlpEndpoint, which the functions' stacks need",
        )];
    };
    let mut found = Vec::new();
    for function in functions(deployment) {
        let by_lambda = function.resource.properties["TracingConfig"]["Mode"] == "Active";
        let endpoint = function.spans_endpoint();
        let goes_there = match (tracing, collector) {
            ("Otlp", "") => function.sends_spans_to_cloudwatch(),
            ("Otlp", collector) => endpoint == Some(collector),
            _ => endpoint.is_none(),
        };
        if by_lambda != (tracing == "XRay") || !goes_there {
            let wanted = format!("Tracing is {tracing}, OtlpEndpoint {collector:?}");
            let problem =
                format!("{wanted}, but traced by Lambda is {by_lambda} and spans go to {endpoint:?}");
            found.push(Finding::new(function.binary, problem));
        }
    }
    found
}
