"""The functions in the templates: their names, topics, and the effects of one record from each function.toml."""

import base64
import dataclasses
import json
import pathlib
import sys
import tomllib

import templates


@dataclasses.dataclass(frozen=True)
class Effect:
    """An AWS call or a published event, with the fields of function.toml."""

    name: str
    per: str
    operation: str | None = None
    resource: str = ""
    publishes: str | None = None
    idempotent: bool = False


@dataclasses.dataclass(frozen=True)
class Function:
    """`deployed_as` has `${Stage}` in place of the stage's name."""

    binary: str
    deployed_as: str
    topics: list[str]
    effects: list[Effect]


@dataclasses.dataclass(frozen=True)
class Fixture:
    """A record as Lambda sends it to a function, and its event."""

    path: pathlib.Path
    event: dict

    @property
    def users(self) -> set[str]:
        """The users that the event is about."""
        return set(_users(self.event))


def _users(value) -> list[str]:
    if isinstance(value, list):
        return [user for item in value for user in _users(item)]
    if isinstance(value, dict):
        found = [user for item in value.values() for user in _users(item)]
        return found + [value["user_id"]] if "user_id" in value else found
    return []


def functions() -> list[Function]:
    """Every function of every template."""
    return [function for stack in templates.stacks() for function in _functions_of(stack)]


def _functions_of(stack: str) -> list[Function]:
    resources = templates.expanded(templates.read(templates.path(stack)))["Resources"]
    topics: dict[str, list[str]] = {name: [] for name in resources}
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            topics[resource["Properties"]["FunctionName"]["Ref"]] += resource["Properties"]["Topics"]
    found = []
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource["Metadata"]["BuildProperties"]["Binary"]
            if not topics[name]:
                sys.exit(f"{templates.path(stack)}: no event source mapping triggers {binary}; add its topics")
            deployed_as = resource["Properties"]["FunctionName"]["Fn::Sub"]
            found.append(Function(binary, deployed_as, topics[name], _effects(binary, templates.path(stack))))
    return found


def _effects(binary: str, template: pathlib.Path) -> list[Effect]:
    # The facts of bank-email are in functions/bank/email.
    path = pathlib.Path("functions", binary.replace("-", "/", 1), "function.toml")
    effects = tomllib.loads(path.read_text(encoding="utf-8")).get("effects", []) if path.is_file() else []
    if not effects:
        sys.exit(f"{template} has {binary}, but {path} says no effects; add them as in the other functions' files")
    return [Effect(**effect) for effect in effects]


def fixture(function: Function, topic: str) -> Fixture:
    """The basic fixture of one of the function's topics, of any domain."""
    for path in pathlib.Path("events").glob(f"*/fixtures/kafka/{topic}-basic.json"):
        [[record]] = json.loads(path.read_text(encoding="utf-8"))["records"].values()
        return Fixture(path, json.loads(base64.b64decode(record["value"])))
    sys.exit(f"{function.binary} cannot be invoked: add the fixture events/*/fixtures/kafka/{topic}-basic.json")
