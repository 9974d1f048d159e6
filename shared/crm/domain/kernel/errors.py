"""Every way a request can fail for a reason the caller can act on.

CrmError
├── InvalidParameter   a query, header or cursor makes no sense               400
├── Unauthenticated    the token is of the wrong kind, or names no merchant   401
├── Forbidden          the caller lacks a permission                          403
├── NotFound           there is no such thing, or not for this merchant       404
├── Conflict           the state of the resource does not allow it            409
├── DuplicateCustomer  another customer holds this identity                   409
├── Stale              it changed since the caller last read it               412
├── TooLarge           the body or file is over the limit                     413
├── Invalid            a field of the body breaks a rule                      422
├── IfMatchRequired    the request must say which version it saw              428
└── Busy               too many at once, try again in a moment                503

Anything else that escapes is a defect, and becomes a 500 and an alarm. No error carries the value
that was refused: values are personal data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_of


class Refused(Exception):
    """A value that its field cannot take: the code of a message and what the message needs."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Problem:
    """A field that was refused: its path ("addresses.0.line") and the code of a message."""

    field: str
    code: str
    params: Mapping[str, str | int] = made_of(default_factory=dict)


class CrmError(Exception):
    """A failure to act on: the code of a message, what the message needs, and fields."""

    def __init__(self, code: str, *problems: Problem, **params: str | int | bool | None) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems
        self.params = params


class InvalidParameter(CrmError):
    """A query, header or cursor makes no sense."""


class Unauthenticated(CrmError):
    """The token is of the wrong kind, or names no merchant."""


class Forbidden(CrmError):
    """The caller lacks a permission."""


class NotFound(CrmError):
    """There is no such thing, or not for this merchant."""


class Conflict(CrmError):
    """The state of the resource does not allow it."""


class DuplicateCustomer(CrmError):
    """Another customer holds this identity."""


class Stale(CrmError):
    """It changed since the caller last read it."""


class TooLarge(CrmError):
    """The body or file is over the limit."""


class Invalid(CrmError):
    """A field of the body breaks a rule."""


class IfMatchRequired(CrmError):
    """The request must say which version it saw."""


class Busy(CrmError):
    """Too many at once, try again in a moment."""
