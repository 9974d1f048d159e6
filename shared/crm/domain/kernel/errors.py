"""Every way a request can fail for a reason the caller can act on.

CrmError
├── InvalidParameter   a query, header or cursor is not valid               400
├── Unauthenticated    the token is of the wrong kind, or names no merchant   401
├── Forbidden          the caller lacks a permission                          403
├── NotFound           it does not exist, or belongs to another merchant      404
├── Conflict           the state of the resource does not allow it            409
├── DuplicateCustomer  another customer holds this identity                   409
├── Stale              the resource changed since the caller last read it     412
│   └── Outdated       the caller named an earlier version                    412
├── TooLarge           the body or file is over the limit                     413
├── Invalid            a field of the body breaks a rule                      422
├── IfMatchRequired    the request needs If-Match with the version it read    428
└── Busy               too many requests at once; try again in a moment       503

Any other exception that escapes is a defect: a 500 response and an alarm. No error carries the
refused value, because values are personal data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any


class Refused(Exception):
    """A field rejected its value; carries a message code and the message's params."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def of(self, field: str) -> "Problem":
        """Return the refusal as a problem of a field."""
        return Problem(field, self.code, self.params)


@dataclass(frozen=True, slots=True)
class Problem:
    """A refused field: its path ("addresses.0.line"), a message code and the message's params."""

    field: str
    code: str
    params: Mapping[str, str | int] = dataclass_field(default_factory=dict)


class CrmError(Exception):
    """A failure the caller can act on: a message code, its params and the refused fields."""

    def __init__(self, code: str, *problems: Problem, **params: str | int | bool | None) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems
        self.params = params


class InvalidParameter(CrmError):
    """A query, header or cursor is not valid."""


class Unauthenticated(CrmError):
    """The token is of the wrong kind, or names no merchant."""


class Forbidden(CrmError):
    """The caller lacks a permission."""


class NotFound(CrmError):
    """It does not exist, or belongs to another merchant."""


class Conflict(CrmError):
    """The state of the resource does not allow it."""


class DuplicateCustomer(CrmError):
    """Another customer holds this identity."""


class Stale(CrmError):
    """The resource changed since the caller last read it."""


class Outdated(Stale):
    """The caller named a version that is not the current one; trying again does not help."""


class TooLarge(CrmError):
    """The body or file is over the limit."""


class Invalid(CrmError):
    """A field of the body breaks a rule."""


def read_field[Value](field: str, read: Callable[[], Value]) -> Value:
    """Return what `read` returns; raise `Invalid` for the field if it refuses its value."""
    try:
        return read()
    except Refused as refused:
        raise Invalid("invalid_fields", refused.of(field)) from refused


def read_each[Value](
    raw: Mapping[str, Any], read: Callable[[str, Any], Value]
) -> dict[str, Value]:
    """Return what `read` makes of each value; raise `Invalid` with all their problems."""
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for name, value in raw.items():
        try:
            values[name] = read(name, value)
        except Refused as refused:
            problems.append(refused.of(name))
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid("invalid_fields", *problems)
    return values


class IfMatchRequired(CrmError):
    """The request needs If-Match with the version it read."""


class Busy(CrmError):
    """Too many requests at once; try again in a moment."""
