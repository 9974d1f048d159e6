"""The clock and the ids that only the outermost layer may take."""

from datetime import UTC, datetime
from secrets import token_bytes

from crm.domain.kernel.ids import ulid_of


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def new_id(at: datetime) -> str:
    """Return a new ULID of a moment."""
    return ulid_of(at, token_bytes(10))
