"""The clock and new ids; only the outermost layer may use them."""

from datetime import UTC, datetime
from secrets import token_bytes

from crm.domain.kernel.ids import ulid_of


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def new_id(at: datetime) -> str:
    """Return a new ULID for a time."""
    return ulid_of(at, token_bytes(10))
