"""Build what is deployed: `sam build`, layers at the versions of uv.lock, workflows as JSON.

pip fills the layers with uv.lock as hashed constraints, so the tested versions are the shipped
ones. Modules ship compiled: Lambda's file system is read-only, so it would otherwise compile them
at every cold start. Workflows are written in YAML, which AWS reads and the local engine does not.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from samtranslator.yaml_helper import yaml_parse

from local.failures import CommandError

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
HOME = ROOT / ".local"

#: The programs of our own environment come first on PATH: SAM looks for python3.13 there.
BIN = Path(sys.executable).parent

_SOURCES = ("functions", "layers", "shared/crm", "statemachines")
_FILES = ("template.yaml", "samconfig.toml", "uv.lock", "local/building.py")


#: Where Lambda mounts layers; tracebacks show paths below it.
_LAYER_ROOT = "/opt"
#: Data tables that make up half of a layer and that our code never imports.
_NOT_COMPILED = "/phonenumbers/(geodata|carrierdata|tzdata)/"


class Built(NamedTuple):
    """A built template and the fingerprint of its sources."""

    template: Path
    fingerprint: str


def build(architecture: str, folder: Path) -> Built:
    """Build everything into `folder`, unless it holds a build of the same sources."""
    fingerprint = _fingerprint(architecture)
    result = Built(folder / "template.yaml", fingerprint)
    mark = folder / "fingerprint"
    with _build_lock(folder):
        if not mark.exists() or mark.read_text() != fingerprint:
            mark.unlink(missing_ok=True)
            _sam_build(architecture, folder)
            for layer in folder.glob("*Layer"):
                compile_modules(layer)
            _convert_workflows(result.template)
            mark.write_text(fingerprint)
    return result


def environment() -> dict[str, str]:
    """Return the environment variables for the programs that we start."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    sam = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS": "1"}
    return {**os.environ, "PATH": path, **sam}


def _fingerprint(architecture: str) -> str:
    digest = hashlib.sha256(architecture.encode())
    sources = (file for tree in _SOURCES for file in (ROOT / tree).rglob("*") if file.is_file())
    for file in sorted({*sources, *(ROOT / name for name in _FILES)}):
        if "__pycache__" not in file.parts:
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@contextmanager
def _build_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's build lock, so that one process builds there at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sam_build(architecture: str, folder: Path) -> None:
    constraints = _constraints(folder)
    cache = HOME / "cache" / hashlib.sha256(constraints.read_bytes()).hexdigest()[:16]
    run(
        [
            *(str(BIN / "sam"), "build", "--cached", "--parallel"),
            *("--template-file", str(TEMPLATE)),
            *("--build-dir", str(folder)),
            *("--cache-dir", str(cache)),
            *("--parameter-overrides", f"Architecture={architecture}"),
        ],
        environment() | {"PIP_CONSTRAINT": str(constraints), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )


def compile_modules(layer: Path) -> None:
    """Compile the modules of a built layer beside their sources.

    Python uses the compiled files without comparing the sources' dates, which archives may change.
    """
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "-x", _NOT_COMPILED]
    command += ["-s", str(layer), "-p", _LAYER_ROOT]
    run([*command, "--invalidation-mode", "unchecked-hash", str(layer)], environment())


def _constraints(folder: Path) -> Path:
    """Write the locked versions and hashes of all runtime dependencies as pip constraints."""
    constraints = folder.with_suffix(".constraints.txt")
    uv = ROOT / ".uv/bin/uv"
    command = [str(uv) if uv.exists() else "uv", "export", "--quiet", "--frozen", "--no-dev"]
    run([*command, "--no-emit-project", "--output-file", str(constraints)], environment())
    return constraints


def _convert_workflows(template: Path) -> None:
    built: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    for logical_id, resource in built["Resources"].items():
        # A loop (Fn::ForEach) is a list; no loop creates a state machine.
        if isinstance(resource, dict) and resource["Type"] == "AWS::Serverless::StateMachine":
            properties = resource["Properties"]
            definition = template.parent / properties["DefinitionUri"]
            numbers = _numeric_placeholders(built, properties.get("DefinitionSubstitutions", {}))
            target = template.parent / f"{logical_id}.asl.json"
            target.write_text(
                as_json(definition.read_text(encoding="utf-8"), numbers), encoding="utf-8"
            )
            properties["DefinitionUri"] = target.name
    template.write_text(json.dumps(built, ensure_ascii=False, indent=1), encoding="utf-8")


def _numeric_placeholders(template: dict[str, Any], substitutions: dict[str, Any]) -> list[str]:
    """Return the placeholders that are filled by a parameter of type Number."""
    parameters = template.get("Parameters", {})
    return [
        name
        for name, value in substitutions.items()
        if isinstance(value, dict) and parameters.get(value.get("Ref"), {}).get("Type") == "Number"
    ]


def as_json(definition: str, numbers: Collection[str]) -> str:
    """Convert a workflow to JSON, with the `${placeholders}` of numbers unquoted."""
    text = json.dumps(yaml.safe_load(definition), ensure_ascii=False, indent=1)
    for name in numbers:
        text = re.sub(rf'"(\$\{{{name}\}})"', r"\1", text)
    return text


def run(command: list[str], env: dict[str, str]) -> None:
    """Run a program and wait for it; raise `CommandError` with its output if it fails."""
    completed = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if completed.returncode:
        output = completed.stdout.decode(errors="replace")[-4000:]
        raise CommandError(f"{Path(command[0]).name} {command[1]} failed:\n{output}")
