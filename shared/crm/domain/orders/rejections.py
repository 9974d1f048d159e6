"""Why an inbound event is rejected, in words without personal data."""

from collections.abc import Sequence
from typing import Literal, get_args

#: invalid: fields are missing or wrong; too_large: over 200 KB; unknown_merchant: no merchant has
#: that id; source_not_connected: the merchant's `connections` do not list the event's source.
Reason = Literal["invalid", "too_large", "unknown_merchant", "source_not_connected"]
REASONS: tuple[Reason, ...] = get_args(Reason)


class Rejected(Exception):
    """An event that no retry can fix: its reason, and the paths of the fields at fault."""

    def __init__(self, reason: Reason, fields: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.fields = tuple(fields)
