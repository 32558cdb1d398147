"""Translates a template as AWS would, but without AWS: expands its loops, and replaces SAM's resources with those of
CloudFormation.

SAM's models of its resources and its translator also find mistakes that cfn-lint accepts, such as a misspelt property of
an event.
"""

import copy
import logging
import os
import pathlib

# The translator only asks boto3 for a region.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
# The translator warns about metrics that are not collected, and the emulator about signatures that are not needed.
for name in ("samtranslator", "kms"):
    logging.getLogger(name).setLevel(logging.ERROR)

from ministack.services.cloudformation import language_extensions
from samtranslator.compat import pydantic
from samtranslator.internal.schema_source import aws_serverless_function as model
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


FUNCTION = "AWS::Serverless::Function"


def read(path: pathlib.Path) -> dict:
    """A template with its short forms (!Ref) as long forms."""
    return yaml_parse(path.read_text(encoding="utf-8"))


def expand(template: dict) -> dict:
    """The template without loops. Parts that depend on parameters stay, because each variant has other values."""
    transforms = template.get("Transform", [])
    transforms = transforms if isinstance(transforms, list) else [transforms]
    if language_extensions.TRANSFORM not in transforms:
        language_extensions.refuse_undeclared(template)
        return copy.deepcopy(template)
    others = [it for it in transforms if it != language_extensions.TRANSFORM]
    return language_extensions.apply(template, {}) | {"Transform": others}


def misspelt(template: dict) -> list[str]:
    """Properties that SAM's models of functions, of their events and of Globals do not have."""
    parts = [("Globals.Function", model.Globals, template.get("Globals", {}).get("Function", {}))]
    for name, resource in template["Resources"].items():
        if resource.get("Type") == FUNCTION:
            properties = {key: value for key, value in resource.get("Properties", {}).items() if key != "Events"}
            parts.append((name, model.Resource, resource | {"Properties": properties}))
            for event, declared in resource.get("Properties", {}).get("Events", {}).items():
                parts.append((f"{name}.{event}", model.MSKEvent, declared))
    found = []
    for name, wanted, part in parts:
        try:
            wanted.parse_obj(part)
        except pydantic.ValidationError as error:
            found += [f"{name}: {'.'.join(map(str, it['loc']))}: {it['msg']}" for it in error.errors()]
    return found


def translate(template: dict) -> tuple[dict, list[tuple[str, str]]]:
    """The translated template, which is empty if the template is refused, and the findings as checks with messages."""
    try:
        template = expand(template)
    except language_extensions.LanguageExtensionsError as error:
        return {}, [("loops", str(error))]
    found = [("sam_models", it) for it in misspelt(template)]
    # Packaging inserts the URL of the uploaded archive here.
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for resource in template["Resources"].values():
        if resource.get("Type") == FUNCTION:
            resource["Properties"]["CodeUri"] = "s3://deployments/archive.zip"
    try:
        # Without managed policies, because each role has its own permissions.
        return Translator({}, Parser(), None).translate(template, {}), found
    except InvalidDocumentException as error:
        return {}, found + [("sam_translator", cause.message) for cause in error.causes]
