"""Upload a file to import, show its progress and print its result."""

import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.api import Answer, Api
from local.failures import CommandError

_SECONDS_BETWEEN = 0.5
_SECONDS = 3600
#: The statuses that only a request can change, if anything can.
_STOPPED = {"finished", "failed", "cancelled", "expired", "awaiting_commit"}
_WIDTH = 30


def run_import(api: Api, options: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Import a file with a progress bar on the screen, and return the import when it stops."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    body = {**options, "file_name": file.name}
    job = _body(api.call("POST", "/imports", body), HTTPStatus.CREATED)
    _send(job["upload"], content)
    deadline = time.monotonic() + _SECONDS
    while job["status"] not in _STOPPED:
        if time.monotonic() > deadline:
            raise CommandError(f"The import {job['id']} is still {job['status']}.")
        time.sleep(_SECONDS_BETWEEN)
        job = _body(api.call("GET", f"/imports/{job['id']}"), HTTPStatus.OK)
        print(f"\r{bar(job)}", end="", flush=True)
    print()
    return job


def bar(job: Mapping[str, Any]) -> str:
    """Return an import's progress as one line: half of the bar is planning, half is applying."""
    progress = job["progress"]
    total = progress["total"]
    steps = progress["planned"] + progress["applied"]
    done = _WIDTH * steps // (2 * total) if total else 0
    count = f"{progress['applied']:,} of {total:,}" if total else f"{progress['read']:,} read"
    return f"{job['status']:16}[{'#' * done:{_WIDTH}}] {count}"


def summary(job: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines with an import's result and where to find its details."""
    if job["failure"]:
        yield f"{job['status']}: {job['failure']['detail']}"
    for outcome, count in (job["result"] or {}).items():
        if count:
            yield f"  {count:>9,} {outcome}"
    if job["ignored_columns"]:
        yield f"Ignored columns: {', '.join(job['ignored_columns'])}"
    if job["status"] == "awaiting_commit":
        yield f"Nothing has changed yet. The plan: GET /imports/{job['id']}/rows"
        yield f"To apply it: POST /imports/{job['id']}/commit"
        yield f"  with the plan_hash {job['plan_hash']}"
    elif job["report_available"]:
        yield f"The rows to correct: GET /imports/{job['id']}/report"
    else:
        yield f"All rows: GET /imports/{job['id']}/rows"


def _send(form: Mapping[str, Any], content: bytes) -> None:
    """Upload a file with the import's presigned form, as a browser would."""
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
        raise CommandError(f"The upload was rejected ({answer.status}): {answer.text}")


def _body(answer: Answer, expected: HTTPStatus) -> dict[str, Any]:
    if answer.status != expected:
        raise CommandError(f"The API answered {answer.status}: {answer.text}")
    body: dict[str, Any] = answer.body
    return body
