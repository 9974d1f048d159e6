"""Generate one OpenAPI document from the routes of all HTTP functions.

python -m gates.openapi docs/api/openapi.json           write the document
python -m gates.openapi --check docs/api/openapi.json   check that it is up to date and complete
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from gates import handlers, network
from gates.expand import template

Document = dict[str, Any]

METHODS = {"get", "put", "post", "delete", "patch"}
_PROBLEM = "application/problem+json"
_SHOWN = 40

#: The response that Powertools documents for every route but none of our routes returns.
_POWERTOOLS_ANSWER = "#/components/schemas/HTTPValidationError"
_POWERTOOLS_SCHEMAS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")

_HEAD: Document = {
    "openapi": "3.1.0",
    "info": {
        "title": "Khách Quen",
        "version": "1",
        "summary": "A customer book that a merchant owns.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "servers": [{"url": "/v1"}],
    "security": [{"id_token": []}],
}
_SECURITY = {
    "id_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The ID token of the user pool; it names the merchant. Send it bare.",
    }
}


def merged(documents: Mapping[str, Document]) -> Document:
    """Merge documents; exit if two define the same name differently."""
    paths: Document = {}
    schemas: Document = {}
    for source, document in documents.items():
        for path, item in document["paths"].items():
            for method, operation in item.items():
                _add(paths.setdefault(path, {}), method, operation, f"{source}: {path}")
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            _add(schemas, name, schema, f"{source}: schema")
    return _HEAD | {
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY},
    }


def _add(target: Document, name: str, value: Any, where: str) -> None:  # noqa: ANN401 - JSON
    if target.setdefault(name, value) != value:
        raise SystemExit(f"{where} {name} contradicts another function")


def undocumented(document: Document) -> Iterator[str]:
    """Yield a line for each fault in the documented responses of an operation."""
    for path, item in document["paths"].items():
        for method in sorted(item.keys() & METHODS):
            for fault in _faults_of(path, method, item[method]):
                yield f"{method.upper()} {path} {fault}"


def _faults_of(path: str, method: str, operation: Document) -> Iterator[str]:
    kinds = {
        status: set(answer.get("content", {})) for status, answer in operation["responses"].items()
    }
    successes = {status for status in kinds if status[0] in "23"}
    if not successes:
        yield "documents no success response"
    lacking = _failures(path, method, operation) - kinds.keys()
    if lacking:
        yield f"lacks problem responses {sorted(lacking)}"
    foreign = {status for status in kinds.keys() - successes if kinds[status] != {_PROBLEM}}
    if foreign:
        yield f"has failures that are not problem responses: {sorted(foreign)}"


def _failures(path: str, method: str, operation: Document) -> set[str]:
    """Return the failure statuses that an operation of this kind can always return."""
    if operation.get("security") == []:
        return {"503"}
    failures = {"401", "403", "429", "503"}
    if operation.get("parameters"):
        failures.add("400")
    if "{" in path:
        failures.add("404")
    if "requestBody" in operation:
        failures |= {"413", "415", "422"}
    if method in {"patch", "put", "delete"} and "/tags/" not in path:
        failures |= {"412", "428"}
    return failures


def own_document(folder: str) -> Document:
    """Return the document of one HTTP function, with the gateway's open routes marked open."""
    own: Document = json.loads(handlers.handler(folder).app.openapi())
    own["paths"] = {
        path.replace("<", "{").replace(">", "}"): item
        for path, item in own.get("paths", {}).items()
    }
    for operation in (each for item in own["paths"].values() for each in item.values()):
        if _POWERTOOLS_ANSWER in json.dumps(operation["responses"].get("422", {})):
            del operation["responses"]["422"]
    for name in _POWERTOOLS_SCHEMAS:
        own["components"]["schemas"].pop(name, None)
    for route in routed(folder):
        if route.get("Auth", {}).get("Authorizer") == "NONE":
            own["paths"][route["Path"]][route["Method"].lower()]["security"] = []
    return own


def routed(folder: str) -> list[dict[str, Any]]:
    """Return the routes that the template's gateway sends to a function."""
    function = template()["Resources"][handlers.logical_id(folder)]["Properties"]
    events = function.get("Events", {}).values()
    return [event["Properties"] for event in events if event["Type"] == "Api"]


def document() -> Document:
    """Return the merged document of the `app` of every `*_api` function."""
    handlers.remove_aws_account()
    os.environ.update(handlers.environment())
    network.refuse()
    return merged(
        {folder: own_document(folder) for folder in handlers.folders() if folder.endswith("_api")}
    )


def _text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _faults(current: Document, file: Path) -> Iterator[str]:
    yield from (str(error.message) for error in OpenAPIV31SpecValidator(current).iter_errors())
    yield from undocumented(current)
    if not file.exists():
        yield f"{file} is missing"
        return
    committed = file.read_text(encoding="utf-8")
    difference = unified_diff(
        committed.splitlines(),
        _text(current).splitlines(),
        str(file),
        "the routes",
        lineterm="",
        n=1,
    )
    yield from islice(difference, _SHOWN)


def main(*arguments: str) -> None:
    """Write the document, or with --check fail if the committed one is faulty."""
    current = document()
    if arguments[0] != "--check":
        Path(arguments[0]).parent.mkdir(parents=True, exist_ok=True)
        Path(arguments[0]).write_text(_text(current), encoding="utf-8")
        return
    faults = list(_faults(current, Path(arguments[1])))
    if faults:
        print("\n".join(faults))
        raise SystemExit(
            "The routes and their documentation differ: correct the route, or run `make openapi`."
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
