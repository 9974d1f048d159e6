"""Cursors of job lists, newest first: the id of the last job of a page."""

from typing import Protocol

from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.paging import Cursor
from crm.http.cursors import Cursors


class _Job(Protocol):
    """What every job has in common."""

    @property
    def id(self) -> str: ...

    @property
    def created_at(self) -> str: ...


def older_than(merchant_id: MerchantId, cursors: Cursors, kind: str, cursor: str) -> str | None:
    """Return the id of the job after which a page starts, or raise `InvalidParameter`."""
    return cursors.read(merchant_id, {"list": kind}, cursor).tiebreak if cursor else None


def cursor_after(
    merchant_id: MerchantId, cursors: Cursors, kind: str, last: _Job | None
) -> str | None:
    """Return the cursor for the jobs after a page, or None if the page is empty."""
    if last is None:
        return None
    end = Cursor(last.created_at, last.id)
    return cursors.write(merchant_id, {"list": kind}, end)
