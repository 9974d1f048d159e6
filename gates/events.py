"""Generate a JSON Schema for the detail of every inbound and outbound event.

python -m gates.events docs/events           write the schemas
python -m gates.events --check docs/events   check that they are up to date
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm.bus.inbound import INBOUND
from crm.bus.outbound import OUTBOUND

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by its path below the folder."""
    return {
        f"{way}/{kind}.json": {
            "$schema": DIALECT,
            **model.model_json_schema(mode="validation"),
            "title": kind,
        }
        for way, models in (("inbound", INBOUND), ("outbound", OUTBOUND))
        for kind, model in models.items()
    }


def as_text(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def differences(folder: Path) -> Iterator[str]:
    """Yield a line for each missing, outdated or surplus file."""
    expected = schemas()
    for name, schema in expected.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != as_text(schema):
            yield f"{file} differs from the models"
    for file in folder.glob("*/*.json"):
        if str(file.relative_to(folder)) not in expected:
            yield f"{file} belongs to no event"


def main(*arguments: str) -> None:
    """Write the schemas, or with --check fail if they differ."""
    folder = Path(arguments[-1])
    if arguments[0] == "--check":
        differing = list(differences(folder))
        if differing:
            print("\n".join(differing))
            raise SystemExit("The event schemas are outdated: run `make events`.")
        return
    for name, schema in schemas().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(schema), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
