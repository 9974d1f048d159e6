"""A customer's history: add a note, read any time range."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.domain.customers.activities import Activity, ActivityPage, ActivityPosition, ActivityQuery
from crm.domain.customers.fields import LONGEST_NOTE
from crm.domain.kernel.acts import Act, Author
from crm.domain.kernel.errors import Invalid, NotFound, Problem, read_each
from crm.domain.kernel.ids import CustomerId, MerchantId, moment_of
from crm.domain.kernel.texts import is_visible, read_line, read_text
from crm.domain.kernel.times import stamp
from crm.ports.customers import Activities, Customers
from crm.usecases.customers.survivors import records_of


def pooled_activities(
    merchant_id: MerchantId,
    ids: Sequence[CustomerId],
    query: ActivityQuery,
    *,
    activities: Activities,
) -> ActivityPage:
    """Return a page of the merged history of several records; a page with a `next` may be short.

    It ends at the newest `next` of the records: lines of some record beyond it are unread.
    """
    pages = [activities.page(merchant_id, each, query) for each in ids]
    if len(pages) == 1:
        return pages[0]
    ends = [each.next for each in pages if each.next is not None]
    floor = max(ends) if ends else None
    lines = [line for each in pages for line in each.items]
    complete = sorted(
        (line for line in lines if floor is None or _position(line) >= floor),
        key=_position,
        reverse=True,
    )
    shown = complete[: query.limit]
    if len(shown) < len(complete):
        return ActivityPage(tuple(shown), _position(shown[-1]))
    return ActivityPage(tuple(shown), floor)


def _position(line: Activity) -> ActivityPosition:
    return ActivityPosition(line.at, line.id)


_LONGEST_SOURCE = 100
_NOTES_A_MOMENT = 100
#: The time range of the history by default (D10).
WINDOW = timedelta(days=3)


def add_note(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    note_id: str,
    text: str,
    *,
    act: Act,
    activities: Activities,
) -> Activity:
    """Add a note to a customer's history; the source may be another system (000-09)."""
    read = read_each({"text": text, "source": act.by.source}, _read)
    if not is_visible(read["text"]):
        raise Invalid("invalid_fields", Problem("text", "note_blank"))
    author = Author(read["source"], act.by.actor)
    note = Activity(id=note_id, at=act.at, kind="note", by=author, text=read["text"])
    activities.add(merchant_id, customer_id, note)
    return note


def get_note(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    note_id: str,
    *,
    customers: Customers,
    activities: Activities,
) -> Activity:
    """Return a note by its id, which contains its moment in the history; or raise `NotFound`."""
    _, ids = records_of(merchant_id, customer_id, customers=customers)
    at = stamp(moment_of(note_id))
    query = ActivityQuery(since=at, until=at, kind="note", limit=_NOTES_A_MOMENT)
    found = pooled_activities(merchant_id, ids, query, activities=activities).items
    for note in found:
        if note.id == note_id:
            return note
    raise NotFound("not_found")


def list_activities(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    query: ActivityQuery,
    *,
    customers: Customers,
    activities: Activities,
) -> ActivityPage:
    """Return a page of a customer's history, newest first, or raise `NotFound`.

    It covers all records of the person.
    """
    _, ids = records_of(merchant_id, customer_id, customers=customers)
    return pooled_activities(merchant_id, ids, query, activities=activities)


def recent(now: datetime) -> str:
    """Return the start of the default time range of the history."""
    return stamp(now - WINDOW)


def _read(field: str, typed: str) -> str:
    if field == "text":
        return read_text(typed, LONGEST_NOTE)
    return read_line(typed, _LONGEST_SOURCE)
