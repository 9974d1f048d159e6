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


@cache
def _read(path: Path) -> Template:
    read: Template = yaml_parse(path.read_text(encoding="utf-8"))
    return read


def template(path: Path = TEMPLATE) -> Template:
    """Return the template as it is written, its `!` tags spelled `Fn::…`; the caller owns it."""
    return deepcopy(_read(path))


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
