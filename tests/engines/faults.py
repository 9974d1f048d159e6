"""A DynamoDB client that fails as AWS does and no engine here will."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class KilledError(BaseException):
    """The worker is gone: nothing catches this."""


class Faulty:
    """Meets the transactions of a client with faults, in the order given; None lets one pass."""

    def __init__(self, client: Any, *faults: str | None) -> None:
        self._client = client
        self.faults = list(faults)

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Any] = getattr(self._client, name)
        return self._transact(call) if name == "transact_write_items" else call

    def _transact(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def transact(**request: Any) -> Any:
            fault = self.faults.pop(0) if self.faults else None
            if fault == "killed before":
                raise KilledError
            if fault == "conflict":
                raise _cancelled("TransactionConflict", len(request["TransactItems"]))
            if fault == "throttled":
                raise _cancelled("ThrottlingError", len(request["TransactItems"]))
            answer = call(**request)
            if fault == "lost":
                raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
            if fault == "killed after":
                raise KilledError
            return answer

        return transact


def _cancelled(reason: str, actions: int) -> ClientError:
    told: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason}, *[{"Code": "None"}] * (actions - 1)],
    }
    return ClientError(told, "TransactWriteItems")
