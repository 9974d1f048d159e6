"""The `Idempotency-Key` header of POSTs, and how a repeated request is recognized."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from crm.domain.idempotency.requests import LONGEST_KEY
from crm.usecases.idempotency.answer_once import Made

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Names the request for 24 hours: sent again, it has its effect once and is"
        " answered with `Idempotency-Replayed: true`. Empty for none.",
    ),
]


def content_hash(event: Mapping[str, Any]) -> str:
    """Return the hash of a request's query and body."""
    query = event.get("multiValueQueryStringParameters") or {}
    content = json.dumps([sorted(query.items()), event.get("body") or ""], ensure_ascii=False)
    return sha256(content.encode()).hexdigest()


def made_of(answer: Response[str]) -> Made[Response[str]]:
    """Return what an answer created: the `id` of its body and the `Location` header."""
    location = answer.headers.get("Location")
    return Made(
        answer,
        answer.status_code,
        json.loads(answer.body or "{}").get("id"),
        location if isinstance(location, str) else None,
    )


def repeated_answer(made: Made[Response[str]]) -> Response[str]:
    """Return the answer, marked with a header if it repeats an earlier one."""
    if made.replayed:
        made.answer.status_code = made.status
        made.answer.headers["Idempotency-Replayed"] = "true"
        if made.location is not None:
            made.answer.headers["Location"] = made.location
    return made.answer
