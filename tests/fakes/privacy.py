"""In-memory fakes of the ports of privacy requests and erasure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crm.domain.customers.activities import Activity, ActivityQuery
from crm.domain.customers.anonymization import Tombstone
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.jobs import JobPage
from crm.domain.loyalty.points import PointsEntry, PointsMove
from crm.domain.merges.changeset import Changeset, LedgerMove, OrderMove
from crm.domain.orders.orders import KeptOrder, Order
from crm.domain.privacy.personal_data import PersonalDataPage, PersonalDataRow
from crm.domain.privacy.requests import PrivacyRequest
from crm.ports.files import Area
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.history import InMemoryHistory
from tests.fakes.imports import InMemoryFiles

_MANY = 10_000


class InMemoryPrivacyRequests:
    """`ports.PrivacyRequests` over dictionaries."""

    def __init__(self) -> None:
        self._requests: dict[tuple[MerchantId, str], PrivacyRequest] = {}
        self._tombstones: dict[tuple[MerchantId, CustomerId], Tombstone] = {}
        self.lines: dict[str, Activity] = {}

    def add(
        self,
        merchant_id: MerchantId,
        request: PrivacyRequest,
        line: Activity,
        tombstones: Collection[Tombstone] = (),
    ) -> None:
        if (merchant_id, request.id) in self._requests:
            return
        self._bury(merchant_id, tombstones)
        self._requests[merchant_id, request.id] = request
        self.lines[line.id] = line

    def get(self, merchant_id: MerchantId, request_id: str) -> PrivacyRequest:
        try:
            return self._requests[merchant_id, request_id]
        except KeyError:
            raise NotFound("privacy_not_found") from None

    def newest(
        self, merchant_id: MerchantId, *, limit: int, before: str | None
    ) -> JobPage[PrivacyRequest]:
        ids = sorted(
            (each for owner, each in self._requests if owner == merchant_id), reverse=True
        )
        older = [each for each in ids if before is None or each < before]
        items = tuple(self._requests[merchant_id, each] for each in older[:limit])
        return JobPage(items, len(older) > limit)

    def replace(
        self,
        merchant_id: MerchantId,
        before: PrivacyRequest,
        after: PrivacyRequest,
        line: Activity | None = None,
        tombstones: Collection[Tombstone] = (),
    ) -> PrivacyRequest:
        if self._requests[merchant_id, before.id].revision != before.revision:
            raise Stale("stale", current_version=None)
        self._bury(merchant_id, tombstones)
        after = replace(after, revision=before.revision + 1)
        self._requests[merchant_id, after.id] = after
        if line is not None:
            self.lines[line.id] = line
        return after

    def tombstone(self, merchant_id: MerchantId, customer_id: CustomerId) -> Tombstone | None:
        return self._tombstones.get((merchant_id, customer_id))

    def tombstones(self, merchant_id: MerchantId) -> Iterable[Tombstone]:
        return [
            stone for (owner, _), stone in sorted(self._tombstones.items()) if owner == merchant_id
        ]

    def _bury(self, merchant_id: MerchantId, tombstones: Collection[Tombstone]) -> None:
        for stone in tombstones:
            stored = self._tombstones.get((merchant_id, stone.customer_id), stone)
            if stored.request_id != stone.request_id:
                raise Stale("stale", current_version=None)
        for stone in tombstones:
            self._tombstones[merchant_id, stone.customer_id] = stone


class RecordedErasures:
    """`ports.PrivacyRuns` that records the runs it starts."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []

    def start(self, merchant_id: MerchantId, request_id: str, run: str) -> None:  # noqa: ARG002
        self.started.append((request_id, run))


class InMemoryVersions:
    """`ports.FileVersions` over files in memory, with their earlier versions."""

    def __init__(self, files: InMemoryFiles) -> None:
        self._files = files
        self.older: dict[tuple[MerchantId, Area, str], list[bytes]] = {}

    def names(self, merchant_id: MerchantId, area: Area, folder: str) -> Sequence[str]:
        return sorted(
            name
            for owner, where, name in self._files.kept
            if (owner, where) == (merchant_id, area) and name.startswith(folder)
        )

    def read(self, merchant_id: MerchantId, area: Area, name: str) -> bytes:
        return self._files.read(merchant_id, area, name)

    def write(self, merchant_id: MerchantId, area: Area, name: str, content: bytes) -> None:
        before = self._files.kept.get((merchant_id, area, name))
        if before is not None:
            self.older.setdefault((merchant_id, area, name), []).append(before)
        self._files.write(merchant_id, area, name, content)

    def purge(
        self, merchant_id: MerchantId, area: Area, beginning: str, *, older_only: bool = False
    ) -> int:
        removed = 0
        for key in [*self.older]:
            if key[:2] == (merchant_id, area) and key[2].startswith(beginning):
                removed += len(self.older.pop(key))
        if not older_only:
            for name in self.names(merchant_id, area, beginning):
                del self._files.kept[merchant_id, area, name]
                removed += 1
        return removed


class InMemoryPersonalDataRows:
    """`ports.PersonalDataRows` over the lines, orders and ledgers of other fakes."""

    def __init__(self, history: InMemoryHistory, changesets: InMemoryChangesets) -> None:
        self._history = history
        self._changesets = changesets

    def page(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, limit: int, after: str | None
    ) -> PersonalDataPage:
        rows = sorted(
            (
                *map(_of_activity, self._activities(merchant_id, customer_id)),
                *map(_of_order, self._orders(merchant_id, customer_id)),
                *map(_of_points, self._points(merchant_id, customer_id)),
            ),
            key=lambda row: row.place,
        )
        left = [row for row in rows if after is None or row.place > after]
        more = len(left) > limit
        return PersonalDataPage(tuple(left[:limit]), left[limit - 1].place if more else None)

    def strip(
        self, merchant_id: MerchantId, customer_id: CustomerId, rows: Collection[PersonalDataRow]
    ) -> None:
        places = {row.place for row in rows if row.personal}
        for line in self._activities(merchant_id, customer_id):
            if _of_activity(line).place in places:
                stripped = replace(line, text=None, changes=())
                self._history.write(merchant_id, customer_id, stripped)
        for order in self._orders(merchant_id, customer_id):
            if _of_order(order).place in places:
                before, after = (
                    KeptOrder(each, customer_id) for each in (order, order.anonymous())
                )
                self._changesets.write(merchant_id, Changeset(order=OrderMove(before, after)))
        for entry in self._points(merchant_id, customer_id):
            if _of_points(entry).place in places:
                move = LedgerMove(customer_id, PointsMove(entry, replace(entry, reason=None)))
                self._changesets.loyalty.move(merchant_id, Changeset(points=(move,)))

    def _activities(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[Activity]:
        query = ActivityQuery(since="", until="~", limit=_MANY)
        return self._history.page(merchant_id, customer_id, query).items

    def _orders(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[Order]:
        return self._changesets.history(merchant_id, customer_id).orders

    def _points(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[PointsEntry]:
        return self._changesets.loyalty.page(merchant_id, customer_id, limit=_MANY).items


def _of_activity(line: Activity) -> PersonalDataRow:
    values = {
        "id": line.id,
        "at": line.at,
        "kind": line.kind,
        "source": line.by.source,
        "actor": line.by.actor,
        "text": line.text,
        "changes": [change._asdict() for change in line.changes] or None,
    }
    return PersonalDataRow(f"ACT#{line.at}#{line.id}", "activity", _without_none(values))


def _of_order(order: Order) -> PersonalDataRow:
    place = f"ORDER#{order.placed_at}#{order.source}#{order.id}"
    values = {
        "id": order.id,
        "total": order.total,
        "shipping_address": order.shipping_address,
    }
    return PersonalDataRow(place, "order", _without_none(values))


def _of_points(entry: PointsEntry) -> PersonalDataRow:
    values = {
        "id": entry.id,
        "at": entry.at,
        "points": entry.points,
        "reason": entry.reason,
    }
    return PersonalDataRow(f"POINTS#{entry.at}#{entry.id}", "points", _without_none(values))


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
