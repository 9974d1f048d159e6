"""An import from the terminal: a file is sent, watched on its way, and counted."""

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.api import Answer, Api
from local.failures import Impossible

_SECONDS_BETWEEN = 0.5
_SECONDS = 3600
#: Nothing more happens by itself, or only once somebody has seen the plan.
_RESTS = {"finished", "failed", "cancelled", "expired", "awaiting_commit"}
_WIDTH = 30


def carry_in(api: Api, asked: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Import a file, a bar of its progress on the screen, and return the import at its end."""
    try:
        content = file.read_bytes()
    except OSError as why:
        raise Impossible(f"{file} cannot be read: {why.strerror}") from why
    body = {**asked, "file_name": file.name}
    job = _told(api.call("POST", "/imports", body), HTTPStatus.CREATED)
    _send(job["upload"], content)
    deadline = time.monotonic() + _SECONDS
    while job["status"] not in _RESTS:
        if time.monotonic() > deadline:
            raise Impossible(f"The import {job['id']} is still {job['status']}.")
        time.sleep(_SECONDS_BETWEEN)
        job = _told(api.call("GET", f"/imports/{job['id']}"), HTTPStatus.OK)
        print(f"\r{bar(job)}", end="", flush=True)
    print()
    return job


def bar(job: Mapping[str, Any]) -> str:
    """Return how far an import is in one line: half the bar is the plan, half its carrying out."""
    progress = job["progress"]
    total = progress["total"]
    steps = progress["planned"] + progress["applied"]
    done = _WIDTH * steps // (2 * total) if total else 0
    told = f"{progress['applied']:,} of {total:,}" if total else f"{progress['read']:,} read"
    return f"{job['status']:16}[{'#' * done:{_WIDTH}}] {told}"


def summary(job: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines that tell how an import ended, and where more is told of it."""
    if job["failure"]:
        yield f"{job['status']}: {job['failure']['detail']}"
    for outcome, count in (job["result"] or {}).items():
        if count:
            yield f"  {count:>9,} {outcome}"
    if job["ignored_columns"]:
        yield f"Columns that nothing was read from: {', '.join(job['ignored_columns'])}"
    if job["status"] == "awaiting_commit":
        yield f"Nothing was changed yet. The plan: GET /imports/{job['id']}/rows"
        yield f"To carry it out: POST /imports/{job['id']}/commit"
        yield f"  with the plan_hash {job['plan_hash']}"
    elif job["report_available"]:
        yield f"The rows to mend: GET /imports/{job['id']}/report"
    else:
        yield f"Row by row: GET /imports/{job['id']}/rows"


def _send(form: Mapping[str, Any], content: bytes) -> None:
    """Send a file as a browser would, by the form that the import gave."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = Api(form["url"]).call("POST", "", body, headers=kind)
    if answer.status != HTTPStatus.NO_CONTENT:
        raise Impossible(f"The file was not taken ({answer.status}): {answer.text}")


def _told(answer: Answer, wanted: HTTPStatus) -> dict[str, Any]:
    if answer.status != wanted:
        raise Impossible(f"The API answered {answer.status}: {answer.text}")
    told: dict[str, Any] = answer.body
    return told
