"""The templates of the stacks that infra/stacks.toml lists."""

import copy
import logging
import pathlib
import sys
import tomllib

import yaml

# The emulator's modules warn about missing features of its other services.
logging.getLogger("kms").setLevel(logging.ERROR)

from ministack.services.cloudformation import language_extensions

LIST = pathlib.Path("infra/stacks.toml")


def stacks() -> list[str]:
    """The stacks' names, in the order in which they are deployed."""
    names = tomllib.loads(LIST.read_text(encoding="utf-8"))["stacks"]
    if missing := [str(path(name)) for name in names if not path(name).is_file()]:
        sys.exit(f"{LIST} lists a stack whose template {missing[0]} is missing; add the file or remove the name")
    return names


def path(stack: str) -> pathlib.Path:
    return LIST.parent / f"{stack}.yaml"


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as the long forms."""


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


def read(file: pathlib.Path) -> dict:
    """A YAML file with every intrinsic function in its long form."""
    return yaml.load(file.read_text(encoding="utf-8"), _Loader)


def expanded(template: dict) -> dict:
    """The template without loops. Parts that depend on parameters stay, because each stage has other values."""
    transforms = template.get("Transform", [])
    transforms = transforms if isinstance(transforms, list) else [transforms]
    if language_extensions.TRANSFORM not in transforms:
        language_extensions.refuse_undeclared(template)
        return copy.deepcopy(template)
    others = [it for it in transforms if it != language_extensions.TRANSFORM]
    return language_extensions.apply(template, {}) | {"Transform": others}
