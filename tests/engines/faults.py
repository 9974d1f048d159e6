"""DynamoDB clients that inject failures which local engines never produce."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class KilledError(BaseException):
    """The worker was killed; a `BaseException`, so that no handler catches it."""


class Faulty:
    """Injects the given faults into successive transactions; None lets one succeed."""

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


class Fate:
    """Raises `KilledError` once: at the n-th write of its clients, before or after its effect."""

    _WRITES = frozenset(
        {"put_item", "update_item", "delete_item", "transact_write_items", "put_object"}
    )

    def __init__(self, kill_at: int, *, after: bool) -> None:
        self._kill_at = kill_at
        self._after = after
        self.writes = 0

    @property
    def came(self) -> bool:
        """Whether the n-th write was reached."""
        return self.writes >= self._kill_at

    def over(self, client: Any) -> Any:
        """Return a client that forwards to this one and may be killed."""
        return _Fated(client, self)

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a client's call, wrapped if it writes."""

        def write(**request: Any) -> Any:
            self.writes += 1
            if self.writes != self._kill_at:
                return call(**request)
            if self._after:
                call(**request)
            raise KilledError

        return write if name in self._WRITES else call


class _Fated:
    def __init__(self, client: Any, fate: Fate) -> None:
        self._client = client
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        return self._fate.wrap(name, getattr(self._client, name))


def _cancelled(reason: str, actions: int) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason}, *[{"Code": "None"}] * (actions - 1)],
    }
    return ClientError(response, "TransactWriteItems")
