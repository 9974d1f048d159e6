"""Optimistic concurrency: refuse an outdated version, and try again after a concurrent write."""

from collections.abc import Callable
from itertools import chain, repeat

from crm.domain.kernel.errors import Busy, CrmError, Outdated, Stale

#: How often a change of a person's records is tried; events may change all of them at once.
PERSON_ROUNDS = 12


def require_version(seen: int, current: int) -> None:
    """Raise `Outdated` unless the caller saw the current version."""
    if seen != current:
        raise Outdated("stale", current_version=current)


def retry_on_conflict[Result](
    attempt: Callable[[], Result],
    *,
    first: Callable[[], Result] | None = None,
    rounds: int = 8,
    exhausted: CrmError | None = None,
) -> Result:
    """Return the result of `attempt`, called again at once while it raises `Stale`.

    Each attempt reads what it decides on; `first` replaces the first attempt by one that decides
    on what was read before. After `rounds` attempts, raises `exhausted`, by default `Busy`.
    `Outdated` is not retried, because the caller's version stays outdated.
    """
    for each in chain([first or attempt], repeat(attempt, rounds - 1)):
        try:
            return each()
        except Outdated:
            raise
        except Stale:
            continue
    raise exhausted or Busy("busy")
