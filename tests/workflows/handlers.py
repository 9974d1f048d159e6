"""Handlers that fail when told, and the mails that they sent."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from tests.functions.requests import CONTEXT
from tests.workflows.machine import Handler


def mails() -> list[Any]:
    """Return the mails that were sent."""
    return list(ses_backends[DEFAULT_ACCOUNT_ID]["ap-southeast-1"].sent_messages)


def faulty(handler: Callable[..., Any], *errors: Exception) -> Handler:
    """Return a function that raises these errors in turn before it succeeds."""
    pending = list(errors)

    def call(payload: dict[str, Any]) -> Any:
        if pending:
            raise pending.pop(0)
        return json.loads(json.dumps(handler(payload, CONTEXT)))

    return call


def always(error: Exception) -> Handler:
    """Return a function that always fails."""

    def call(_: dict[str, Any]) -> Any:
        raise error

    return call
