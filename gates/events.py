"""A JSON Schema for the detail of every event that we hear or say.

python -m gates.events docs/events           writes them
python -m gates.events --check docs/events   compares them
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm.bus.inbound import INBOUND
from crm.http.events.models import OUTBOUND

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by the path of its file below the folder."""
    return {
        f"{way}/{kind}.json": {
            "$schema": DIALECT,
            **model.model_json_schema(mode="validation"),
            "title": kind,
        }
        for way, models in (("inbound", INBOUND), ("outbound", OUTBOUND))
        for kind, model in models.items()
    }


def spelled(schema: dict[str, Any]) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def differences(folder: Path) -> Iterator[str]:
    """Name every file that is missing, stale, or of no event."""
    wanted = schemas()
    for name, schema in wanted.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != spelled(schema):
            yield f"{file} is not what the models say"
    for file in folder.glob("*/*.json"):
        if str(file.relative_to(folder)) not in wanted:
            yield f"{file} is of no event"


def main(*arguments: str) -> None:
    """Write the schemas, or say which differ."""
    folder = Path(arguments[-1])
    if arguments[0] == "--check":
        faults = list(differences(folder))
        if faults:
            print("\n".join(faults))
            raise SystemExit("Events and their schemas differ: `make events`.")
        return
    for name, schema in schemas().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(spelled(schema), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
