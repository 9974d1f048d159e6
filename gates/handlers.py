"""Import handlers with the template's environment variables and without an AWS account."""

import os
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from gates.expand import REGION, TEMPLATE, template

FUNCTIONS = TEMPLATE.parent / "functions"

#: Invalid credentials, and no way to find others.
NO_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_PSEUDO_PARAMETERS = {
    "Partition": "aws",
    "Region": REGION,
    "AccountId": "123456789012",
    "StackName": "khach-quen",
}
_OTHER_ACCOUNTS = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


def remove_aws_account() -> None:
    """Remove AWS accounts from this process's environment."""
    for name in _OTHER_ACCOUNTS:
        os.environ.pop(name, None)
    os.environ.update(NO_ACCOUNT)


def folders() -> list[str]:
    """Return the names of the function folders."""
    return sorted(handler.parent.name for handler in FUNCTIONS.glob("*/handler.py"))


def logical_id(folder: str) -> str:
    """Return a function folder's logical id: record_orders becomes RecordOrdersFunction."""
    return "".join(word.capitalize() for word in folder.split("_")) + "Function"


def environment() -> dict[str, str]:
    """Return every variable that the template sets for functions, with placeholder values.

    A parameter becomes its default, a resource its name in kebab case (FilesBucket becomes
    "files-bucket") or, where the template sets an ARN, an ARN with that name.
    """
    sam = template()
    functions = [
        resource["Properties"]
        for resource in sam["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    return {
        name: _stand_in(value, sam)
        for properties in (*functions, sam["Globals"]["Function"])
        for name, value in properties.get("Environment", {}).get("Variables", {}).items()
    }


def _stand_in(value: Any, sam: Mapping[str, Any]) -> str:  # noqa: ANN401 - any intrinsic
    names = list(_names_in(value))
    if not names:
        return _spelled_out(value)
    name, is_arn = names[0]
    parameter = sam.get("Parameters", {}).get(name, {})
    if "Default" in parameter:
        return str(parameter["Default"])
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
    kind = sam["Resources"].get(name, {}).get("Type", "")
    if kind == "AWS::Serverless::StateMachine":
        return f"arn:aws:states:{REGION}:123456789012:stateMachine:{kebab}"
    return f"arn:aws:service:{REGION}:123456789012:{kebab}" if is_arn else kebab


def _spelled_out(value: Any) -> str:  # noqa: ANN401 - any intrinsic
    """Return a value that refers to nothing but pseudo parameters."""
    if not isinstance(value, dict):
        return str(value)
    text = str(value["Fn::Sub"])
    for name, stand_in in _PSEUDO_PARAMETERS.items():
        text = text.replace(f"${{AWS::{name}}}", stand_in)
    return text


def _names_in(value: Any) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - any intrinsic
    """Yield each name that a value refers to, and whether it refers to the ARN."""
    match value:
        case {"Ref": str(name)}:
            yield name, False
        case {"Fn::GetAtt": [str(name), attribute]}:
            yield name, attribute == "Arn"
        case {"Fn::Sub": str(text)}:
            yield from ((name, False) for name in re.findall(r"\$\{(\w+)\}", text))
        case dict():
            for part in value.values():
                yield from _names_in(part)
        case list():
            for part in value:
                yield from _names_in(part)


def handler(folder: str) -> ModuleType:
    """Import the handler of a folder."""
    return import_module(f"functions.{folder}.handler")
