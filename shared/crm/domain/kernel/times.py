"""Timestamps as fixed-width RFC 3339 UTC strings, which sort as text; days in a time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"


def stamp(at: datetime) -> str:
    """Format a moment as "2026-11-22T03:04:05.123Z"."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(stamped: str) -> datetime:
    """Parse the output of `stamp`, or any RFC 3339 timestamp with an offset."""
    return datetime.fromisoformat(stamped)


def day_of(stamped: str, zone: str = DEFAULT_ZONE) -> date:
    """Return the calendar day of a timestamp in the merchant's time zone."""
    return moment(stamped).astimezone(ZoneInfo(zone)).date()
