"""Optimistic concurrency: refuse an outdated version, and try again after a concurrent write."""

from collections.abc import Callable

from crm.domain.kernel.errors import Busy, CrmError, Outdated, Stale


def require_version(seen: int, current: int) -> None:
    """Raise `Outdated` unless the caller saw the current version."""
    if seen != current:
        raise Outdated("stale", current_version=current)


def retry_on_conflict[Result](
    attempt: Callable[[], Result], *, rounds: int = 8, exhausted: CrmError | None = None
) -> Result:
    """Return the result of `attempt`, called again at once while it raises `Stale`.

    Each attempt must read what it decides on. Raises `exhausted` after `rounds` attempts, `Busy`
    by default. `Outdated` is not retried, because the caller's version stays outdated.
    """
    for _ in range(rounds):
        try:
            return attempt()
        except Outdated:
            raise
        except Stale:
            continue
    raise exhausted or Busy("busy")
