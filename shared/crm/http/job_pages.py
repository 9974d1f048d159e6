"""Cursors of lists of jobs, newest first: the id of the last one that was seen."""

from typing import Protocol

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Position
from crm.http.cursors import Cursors


class _Job(Protocol):
    """What every job has."""

    @property
    def id(self) -> str: ...

    @property
    def created_at(self) -> str: ...


def older_than(merchant_id: MerchantId, cursors: Cursors, kind: str, cursor: str) -> str | None:
    """Return the job that a page starts after, or raise `InvalidParameter`."""
    return cursors.read(merchant_id, {"list": kind}, cursor).id if cursor else None


def cursor_after(
    merchant_id: MerchantId, cursors: Cursors, kind: str, last: _Job | None
) -> str | None:
    """Return the cursor of what comes after the last job of a page; None for no job."""
    if last is None:
        return None
    position = Position(last.created_at, CustomerId(last.id))
    return cursors.write(merchant_id, {"list": kind}, position)
