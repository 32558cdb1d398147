"""Translates a template as AWS would, but without AWS: expands its loops, and replaces SAM's resources with those of
CloudFormation.

SAM's models of its resources and its translator also find mistakes that cfn-lint accepts, such as a misspelt property of
an event.
"""

import logging
import os

# The translator only asks boto3 for a region.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
# The translator warns about metrics that are not collected.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

import templates
from ministack.services.cloudformation import language_extensions
from samtranslator.compat import pydantic
from samtranslator.internal.schema_source import aws_serverless_function as model
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

FUNCTION = "AWS::Serverless::Function"


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
        template = templates.expanded(template)
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
