"""Removes resources from a template that the AWS emulator cannot create, and lists them with the reasons."""

import re

import templates

# The types of resources to remove, with the reasons. The emulator refuses a whole stack with an unknown type, so new
# ones are noticed.
REFUSED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "not emulated",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "not emulated",
    "AWS::EC2::FlowLog": "not emulated",
    "AWS::EC2::SecurityGroupEgress": "not emulated",
    "AWS::EC2::SecurityGroupIngress": "not emulated",
    "AWS::MSK::Cluster": "not emulated by CloudFormation; the test creates one with MSK's API",
    "AWS::MSK::Configuration": "not emulated",
    "AWS::MSK::Topic": "not emulated",
}


def refusal(resource: dict) -> str | None:
    """Why a resource is removed, if it is."""
    if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return "alarms over metric math are not emulated"
    return REFUSED.get(resource["Type"])


def reduce(template: dict, stand_ins: dict[str, str]) -> list[str]:
    """Removes unsupported resources and replaces references to them with stand-ins. Returns a line for each resource."""
    gone, lines = {}, []
    # Loops stay, because SAM and the emulator expand them. References use the names of the expanded resources.
    for name, resource in templates.expanded(template)["Resources"].items():
        if reason := refusal(resource):
            gone[name] = stand_ins.get(resource["Type"], "taken-out")
            lines.append(f"{name} ({resource['Type']}): {reason}")
    template["Resources"] = _without_refused(template["Resources"])
    template.update(_without(template, gone))
    # Parameters, mappings and conditions that are no longer used do no harm.
    config = template.setdefault("Metadata", {}).setdefault("cfn-lint", {}).setdefault("config", {})
    config["ignore_checks"] = [*config.get("ignore_checks", []), "W2001", "W7001", "W8001"]
    return lines


def _without_refused(resources: dict) -> dict:
    kept = {}
    for name, resource in resources.items():
        if name.startswith("Fn::ForEach::"):
            *loop, body = resource
            if body := _without_refused(body):
                kept[name] = [*loop, body]
        elif not refusal(resource):
            kept[name] = resource
    return kept


def _without(value, gone: dict[str, str]):
    if isinstance(value, list):
        return [_without(item, gone) for item in value]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)(\.\w+)?\}", lambda found: gone.get(found[1], found[0]), value)
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)} if name in gone:
            return gone[name]
        case {"Fn::GetAtt": [str(name), *_]} if name in gone:
            return gone[name]
    kept = {key: _without(item, gone) for key, item in value.items()}
    if "DependsOn" in kept:
        needed = [kept["DependsOn"]] if isinstance(kept["DependsOn"], str) else kept["DependsOn"]
        kept["DependsOn"] = [name for name in needed if name not in gone]
    return kept
