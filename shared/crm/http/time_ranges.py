"""Time ranges in queries: timestamps, or days in the merchant's time zone."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.domain.kernel.errors import InvalidParameter, Problem
from crm.domain.kernel.times import moment, stamp

_day = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII).fullmatch


class TimeRange:
    """Parse both ends of a time range; the zone is looked up only if a day is given."""

    def __init__(self, zone: Callable[[], str]) -> None:
        self._zone = zone

    def start(self, typed: str, field: str = "from") -> str:
        """Return the first instant of a timestamp or day."""
        return stamp(self._read(typed, field, timedelta()))

    def end(self, typed: str, field: str = "to") -> str:
        """Return the last instant, to the millisecond, of a timestamp or day."""
        return stamp(self._read(typed, field, timedelta(days=1, milliseconds=-1)))

    @staticmethod
    def refuse_upside_down(since: str, until: str) -> None:
        """Raise `InvalidParameter` if the range ends before it starts."""
        if since > until:
            problem = Problem("from", "range_upside_down")
            raise InvalidParameter("invalid_parameters", problem)

    def _read(self, typed: str, field: str, into_day: timedelta) -> datetime:
        try:
            if _day(typed):
                midnight = datetime.combine(date.fromisoformat(typed), time())
                return (midnight + into_day).replace(tzinfo=ZoneInfo(self._zone()))
            at = moment(typed)
            if at.tzinfo is None:
                raise _refusal(field)
            return at.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _refusal(field) from error


def _refusal(field: str) -> InvalidParameter:
    return InvalidParameter("invalid_parameters", Problem(field, "moment_invalid"))
