"""Answers of routes, as JSON."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from crm.http.etags import etag

JSON = "application/json"


def answer(
    body: Mapping[str, object],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    version: int | None = None,
    location: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Serialize a body that is known to be valid; `version` becomes the ETag."""
    known = {
        "Cache-Control": "no-store",
        "ETag": None if version is None else etag(version),
        "Location": location,
        **(headers or {}),
    }
    return Response(
        status_code=status.value,
        content_type=JSON,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        headers={name: value for name, value in known.items() if value is not None},
    )


def answer_page(
    items: Sequence[object],
    next_cursor: str | None = None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    version: int | None = None,
) -> Response[str]:
    """Serialize a page of a collection, and the cursor of the next page if there is one."""
    return answer({"items": items, "next_cursor": next_cursor}, status, version=version)
