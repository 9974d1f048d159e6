"""An attempt that meets a concurrent write is made again; an outdated version is refused."""

from collections.abc import Callable

import pytest

from crm.domain.kernel.conflicts import require_version, retry_on_conflict
from crm.domain.kernel.errors import Busy, Conflict, CrmError, Outdated, Stale


def _failing(*errors: CrmError) -> Callable[[], int]:
    """Return an attempt that raises the errors in turn, then returns how many there were."""
    left = list(errors)

    def attempt() -> int:
        if left:
            raise left.pop(0)
        return len(errors)

    return attempt


def test_an_attempt_that_meets_a_concurrent_write_is_made_again() -> None:
    assert retry_on_conflict(_failing()) == 0
    assert retry_on_conflict(_failing(Stale("stale"), Stale("stale")), rounds=3) == 2


def test_after_the_last_attempt_the_caller_learns_that_it_is_busy() -> None:
    with pytest.raises(Busy) as refused:
        retry_on_conflict(_failing(Stale("stale"), Stale("stale")), rounds=2)

    assert refused.value.code == "busy"
    with pytest.raises(Conflict):
        retry_on_conflict(_failing(Stale("stale")), rounds=1, exhausted=Conflict("import_moving"))


@pytest.mark.parametrize("error", [Conflict("merge_itself"), Busy("busy"), Outdated("stale")])
def test_only_a_concurrent_write_is_tried_again(error: CrmError) -> None:
    attempt = _failing(error)

    with pytest.raises(type(error)):
        retry_on_conflict(attempt)

    assert attempt() == 1


def test_a_version_that_the_caller_did_not_see_is_outdated() -> None:
    require_version(3, 3)

    with pytest.raises(Stale) as refused:
        require_version(2, 3)

    assert refused.value.params == {"current_version": 3}
