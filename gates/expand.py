"""Expand the SAM template to CloudFormation, without calling AWS.

    python -m gates.expand template.yaml build/expanded.json

Linters and tests read the result, which has the permissions, routes and mappings that SAM adds.
"""

import json
import logging
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.transform import Translator
from samtranslator.utils.py27hash_fix import (
    to_py27_compatible_template,
    undo_mark_unicode_str_in_template,
)
from samtranslator.yaml_helper import yaml_parse

Template = dict[str, Any]

TEMPLATE = Path(__file__).parent.parent / "template.yaml"
REGION = "ap-southeast-1"

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about its own features

#: Properties that name local files; SAM needs an S3 address there, which `sam package` would put.
_FILES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


#: The transform that unrolls loops, and the prefix of a loop's key.
_LOOPS = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"


@cache
def _read(path: Path) -> Template:
    parsed: Template = yaml_parse(path.read_text(encoding="utf-8"))
    return parsed


def template(path: Path = TEMPLATE) -> Template:
    """Return the template with its `!` tags spelled `Fn::…` and its loops unrolled.

    The caller may change the result.
    """
    return unrolled(deepcopy(_read(path)))


def unrolled(source: Template) -> Template:
    """Return a template with its loops unrolled and their transform removed."""
    transforms = source.get("Transform", [])
    if isinstance(transforms, str):
        transforms = [transforms]
    others = [each for each in transforms if each != _LOOPS]
    return source | {"Transform": others, "Resources": _unrolled_section(source["Resources"])}


def _unrolled_section(section: Template) -> Template:
    """Return a section, or a loop's body, with its loops unrolled."""
    resources: Template = {}
    for key, value in section.items():
        if key.startswith(_LOOP):
            variable, items, body = value
            parts = [_unrolled_section(_filled(body, variable, item)) for item in items]
        else:
            parts = [{key: value}]
        for part in parts:
            if repeated := resources.keys() & part.keys():
                raise ValueError(f"{key} repeats resources: {sorted(repeated)}")
            resources |= part
    return resources


def _filled(part: Any, variable: str, item: str) -> Any:  # noqa: ANN401 - any part of a template
    """Return a part of a loop's body with the loop variable replaced in keys, `Ref` and `Fn::Sub`.

    Other strings stay unchanged, as in CloudFormation.
    """
    placeholder = f"${{{variable}}}"
    if isinstance(part, list):
        return [_filled(each, variable, item) for each in part]
    if not isinstance(part, dict):
        return part
    if part == {"Ref": variable}:
        return item
    if isinstance(text := part.get("Fn::Sub"), str):
        text = text.replace(placeholder, item)
        return {"Fn::Sub": text} if "${" in text else text
    filled = {
        key.replace(placeholder, item): _filled(value, variable, item)
        for key, value in part.items()
    }
    if isinstance(form := part.get("Fn::Sub"), list):
        filled["Fn::Sub"][0] = form[0].replace(placeholder, item)
    return filled


def expanded(path: Path = TEMPLATE) -> Template:
    """Return the CloudFormation template with every parameter at its default."""
    source = template(path)
    for resource in source["Resources"].values():
        property_name = _FILES.get(resource["Type"])
        if property_name and isinstance(resource["Properties"].get(property_name), str):
            resource["Properties"][property_name] = "s3://bucket/key"
    parameters = {
        name: parameter["Default"]
        for name, parameter in source.get("Parameters", {}).items()
        if "Default" in parameter
    }
    to_py27_compatible_template(source, parameters)
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=REGION))
    translated = translator.translate(
        source, parameters | {"AWS::Region": REGION}, get_managed_policy_map=dict
    )
    cloudformation: Template = undo_mark_unicode_str_in_template(translated)
    return cloudformation


def main(source: str, target: str) -> None:
    """Write the expansion of `source` as JSON to `target`."""
    Path(target).write_text(json.dumps(expanded(Path(source)), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
