"""The SAM template as the CloudFormation template that it stands for, without asking AWS.

    python -m gates.expand template.yaml build/expanded.json

Linters and tests read this one: they see the permissions, routes and mappings that SAM writes.
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

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own features

#: Where a resource names files of ours, which `sam package` would upload: SAM wants S3 there.
_FILES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


#: The transform that writes out loops, and what the key of one begins with.
_LOOPS = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"


@cache
def _read(path: Path) -> Template:
    read: Template = yaml_parse(path.read_text(encoding="utf-8"))
    return read


def template(path: Path = TEMPLATE) -> Template:
    """Return the template with its `!` tags spelled `Fn::…` and its loops unrolled.

    The caller owns what is returned.
    """
    return unrolled(deepcopy(_read(path)))


def unrolled(source: Template) -> Template:
    """Return a template with a resource for each turn of its loops, without their transform."""
    transforms = source.get("Transform", [])
    if isinstance(transforms, str):
        transforms = [transforms]
    others = [each for each in transforms if each != _LOOPS]
    return source | {"Transform": others, "Resources": _turns(source["Resources"])}


def _turns(section: Template) -> Template:
    """Return a section, or the body of a loop, with every loop in it unrolled."""
    resources: Template = {}
    for key, value in section.items():
        if key.startswith(_LOOP):
            variable, items, body = value
            parts = [_turns(_filled(body, variable, item)) for item in items]
        else:
            parts = [{key: value}]
        for part in parts:
            if again := resources.keys() & part.keys():
                raise ValueError(f"{key} makes what is there already: {sorted(again)}")
            resources |= part
    return resources


def _filled(part: Any, variable: str, item: str) -> Any:  # noqa: ANN401 - any part of a template
    """Return a part of a loop's body with the item in keys, `Ref` and `Fn::Sub`.

    Other strings stay as they are, as CloudFormation leaves them.
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
    """Return what CloudFormation gets when every parameter has its default."""
    source = template(path)
    for resource in source["Resources"].values():
        place = _FILES.get(resource["Type"])
        if place and isinstance(resource["Properties"].get(place), str):
            resource["Properties"][place] = "s3://bucket/key"
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
