"""Request an export, show its progress and save the file."""

import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from local.api import Answer, Api
from local.failures import CommandError

_SECONDS_BETWEEN = 0.5
_SECONDS = 3600
_ENDED = {"finished", "failed", "cancelled"}


def export(api: Api, body: dict[str, Any], folder: Path) -> Path:
    """Run an export with its progress on the screen, and return the saved file."""
    job = _body(api.call("POST", "/exports", body), HTTPStatus.ACCEPTED)
    deadline = time.monotonic() + _SECONDS
    while job["status"] not in _ENDED:
        if time.monotonic() > deadline:
            raise CommandError(f"The export {job['id']} is still {job['status']}.")
        time.sleep(_SECONDS_BETWEEN)
        job = _body(api.call("GET", f"/exports/{job['id']}"), HTTPStatus.OK)
        total = job["progress"]["total"]
        print(f"\r{job['status']:10}{job['progress']['read']:>9,}", end="", flush=True)
        print(f" of {total:,}" if total is not None else "", end="", flush=True)
    print()
    if job["status"] != "finished":
        raise CommandError((job["failure"] or {"detail": "It was cancelled."})["detail"])
    return _save(_body(api.call("GET", f"/exports/{job['id']}/file"), HTTPStatus.OK), folder)


def _save(link: dict[str, Any], folder: Path) -> Path:
    target = folder / str(link["file_name"])
    with urlopen(link["url"]) as file, target.open("wb") as copy:  # noqa: S310 - our own link  # nosec B310
        while block := file.read(1 << 20):
            copy.write(block)
    return target


def _body(answer: Answer, expected: HTTPStatus) -> dict[str, Any]:
    if answer.status != expected:
        raise CommandError(f"The API answered {answer.status}: {answer.text}")
    body: dict[str, Any] = answer.body
    return body
