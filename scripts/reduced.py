"""Takes out of a template what the AWS emulator cannot create, and says what and why."""

import re

import yaml

# Type of a resource: why it is taken out. Types that the emulator does not know make it refuse
# the whole stack, so a new one of them is noticed.
REFUSED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "not emulated",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "not emulated",
    "AWS::EC2::FlowLog": "not emulated",
    "AWS::EC2::SecurityGroupEgress": "not emulated",
    "AWS::EC2::SecurityGroupIngress": "not emulated",
    "AWS::MSK::Cluster": "not emulated by CloudFormation; the test makes one by Kafka's own API",
    "AWS::MSK::Configuration": "not emulated",
    "AWS::MSK::Topic": "not emulated",
}


def refusal(resource: dict) -> str | None:
    """Why a resource is taken out, if it is."""
    if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return "alarms over metric math are not emulated"
    return REFUSED.get(resource["Type"])


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their long ones."""


def _long_form(loader: _Loader, name: str, node: yaml.Node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)


def read_template(text: str) -> dict:
    """A template with every intrinsic function in its long form."""
    return yaml.load(text, _Loader)


def reduce(template: dict, stand_ins: dict[str, str]) -> list[str]:
    """Takes out what is refused and replaces references to it by its type's stand-in. Returns a line for each."""
    gone, lines = {}, []
    for name, resource in list(template["Resources"].items()):
        if reason := refusal(resource):
            gone[name] = stand_ins.get(resource["Type"], "taken-out")
            lines.append(f"{name} ({resource['Type']}): {reason}")
            del template["Resources"][name]
    template.update(_without(template, gone))
    # Parameters, mappings and conditions that nobody uses any more are no fault.
    config = template.setdefault("Metadata", {}).setdefault("cfn-lint", {}).setdefault("config", {})
    config["ignore_checks"] = [*config.get("ignore_checks", []), "W2001", "W7001", "W8001"]
    return lines


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
        case {"Fn::GetAtt": [name, *_]} if name in gone:
            return gone[name]
    kept = {key: _without(item, gone) for key, item in value.items()}
    if "DependsOn" in kept:
        needed = [kept["DependsOn"]] if isinstance(kept["DependsOn"], str) else kept["DependsOn"]
        kept["DependsOn"] = [name for name in needed if name not in gone]
    return kept
