"""Turns a SAM template into the CloudFormation template that AWS would make of it, without asking AWS.

What cfn-lint lets pass, a misspelt property of an event say, is found here: by SAM's own models of its resources, and by
its translator.
"""

import copy
import logging
import os
import pathlib

# The translator asks boto3 for a region, and nothing else.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.compat import pydantic
from samtranslator.internal.schema_source import aws_serverless_function as model
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It warns of metrics that nobody collects.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

FUNCTION = "AWS::Serverless::Function"


def read(path: pathlib.Path) -> dict:
    """A template, its short forms (!Ref) as long ones."""
    return yaml_parse(path.read_text(encoding="utf-8"))


def misspelt(template: dict) -> list[str]:
    """What SAM's models of functions, of their events and of Globals do not know."""
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


def translate(template: dict) -> tuple[dict, list[str]]:
    """The translated template, and what the translator refuses."""
    template = copy.deepcopy(template)
    # Packaging puts the place of the uploaded archive here.
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for resource in template["Resources"].values():
        if resource.get("Type") == FUNCTION:
            resource["Properties"]["CodeUri"] = "s3://deployments/archive.zip"
    try:
        # No managed policies: each role says what it allows.
        return Translator({}, Parser(), None).translate(template, {}), []
    except InvalidDocumentException as error:
        return {}, [cause.message for cause in error.causes]
