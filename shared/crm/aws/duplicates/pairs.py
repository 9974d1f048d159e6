"""`ports.Pairs`: each pair has a row, a row pointing to it, and a row in the list of its status.

One transaction writes all three, on condition that the pair has not changed since it was read. So
duplicate detection and people never overwrite each other, and a pair is listed once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crm.aws.dynamodb import duplicate_keys, keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, starting_with
from crm.domain.duplicates.scoring import (
    EventEvidence,
    KeptPair,
    PairId,
    PairPage,
    PairQuery,
    format_pair_id,
    parse_pair_id,
    position_of,
)
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor

#: Rows that one page reads at most, however few of them have the requested reason.
_MOST_ROWS_READ = 1_000
_WRITTEN = ("status", "place", "score", "reasons", "found_at", "decided_at", "decided_by")


class DynamoPairs:
    """Pairs of all merchants; each method reads or writes those of one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, merchant_id: MerchantId, pair: PairId) -> KeptPair:
        """Return a pair, or raise `NotFound`."""
        item = self._table.get(duplicate_keys.of_pair(merchant_id, *pair))
        if item is None:
            raise NotFound("pair_not_found")
        return _pair_of(item)

    def of(self, merchant_id: MerchantId, customer_id: CustomerId) -> Sequence[KeptPair]:
        """Return all pairs of a customer: a query, and a batch read of the pairs pointed to."""
        rows = list(
            self._table.query_all(
                **starting_with(
                    duplicate_keys.of_pairs(merchant_id), duplicate_keys.pairs_of(customer_id)
                ),
                ConsistentRead=True,
            )
        )
        others = [duplicate_keys.pair_of(item["sk"]["S"])[1] for item in rows]
        away = [
            duplicate_keys.of_pair(merchant_id, other, customer_id)
            for other in others
            if other < customer_id
        ]
        mine = [item for item, other in zip(rows, others, strict=True) if other > customer_id]
        return [_pair_of(item) for item in [*mine, *(self._table.get_many(away) if away else ())]]

    def replace(
        self, merchant_id: MerchantId, before: KeptPair | None, after: KeptPair | None
    ) -> None:
        """Replace `before` by `after`, or delete it; raise `Stale` if `before` is not stored."""
        pair = after or before
        if pair is None:
            return
        was, now = _place_of(before), _place_of(after)
        actions = [self._pair_action(merchant_id, pair.id, before, after)]
        pointer = duplicate_keys.of_pair(merchant_id, pair.id.higher, pair.id.lower)
        actions.append(
            self._table.putting({**pointer, **row({"id": pair.id.lower})})
            if after
            else self._table.deleting(pointer)
        )
        if before and was and was != now:
            actions.append(self._table.deleting(_listed_at(merchant_id, before)))
        if after and now:
            listed = {**_listed_at(merchant_id, after), **row(_values(after))}
            actions.append(self._table.putting(listed))
        try:
            self._table.transact(actions)
        except Cancelled as cancelled:
            raise Stale("stale", current_version=None) from cancelled

    def page(self, merchant_id: MerchantId, query: PairQuery) -> PairPage:
        """Return the next listed pairs; a short page may have a next one."""
        partition = duplicate_keys.of_listed_pairs(merchant_id, query.status)
        values: dict[str, Any] = {
            ":pk": {"S": partition},
            ":least": {"S": duplicate_keys.score_text(query.least)},
        }
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk >= :least",
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if query.reason:
            values[":reason"] = {"S": query.reason}
            request["FilterExpression"] = "contains(reasons, :reason)"
        request["ExpressionAttributeValues"] = values
        if query.after:
            request["ExclusiveStartKey"] = keys.key(partition, _sort_key_after(query.after))
        found: list[KeptPair] = []
        left = _MOST_ROWS_READ
        while True:
            # Without a filter, read no more rows than the page shows.
            limit = min(left, _MOST_ROWS_READ if query.reason else query.limit - len(found))
            answer = self._table.query(**request, Limit=limit)
            left -= answer["ScannedCount"]
            found += map(_listed_of, answer["Items"])
            last = answer.get("LastEvaluatedKey")
            if len(found) >= query.limit:
                shown = tuple(found[: query.limit])
                more = last or len(found) > query.limit
                return PairPage(shown, position_of(shown[-1]) if more else None)
            if last is None:
                return PairPage(tuple(found), None)
            if not left:
                return PairPage(tuple(found), _cursor_at(last["sk"]["S"]))
            request["ExclusiveStartKey"] = last

    def _pair_action(
        self,
        merchant_id: MerchantId,
        pair: PairId,
        before: KeptPair | None,
        after: KeptPair | None,
    ) -> Action:
        """Return the write of the pair's row, which leaves the evidence of events unchanged."""
        key = duplicate_keys.of_pair(merchant_id, *pair)
        condition, seen = _unchanged(before)
        names = {"#status": "status"} if ":status" in seen else {}
        if after is None:
            nothing_named = f"{condition} AND attribute_not_exists(named)"
            if before and before.named:
                nothing_named = condition
            return self._table.deleting(key, nothing_named, seen, names)
        stored = row(_values(after))
        names = {f"#{name}": name for name in _WRITTEN}
        sets = [f"#{name} = :new_{name}" for name in _WRITTEN if name in stored]
        gone = [f"#{name}" for name in _WRITTEN if name not in stored]
        expression = "SET " + ", ".join(sets) + (" REMOVE " + ", ".join(gone) if gone else "")
        values = {
            f":new_{name}": value for name, value in _values(after).items() if value is not None
        }
        return self._table.updating(key, expression, condition, {**values, **seen}, names)


def _unchanged(before: KeptPair | None) -> tuple[str, dict[str, Any]]:
    """Return the condition that a pair is stored as it was read, and its values."""
    if before is None:
        return "attribute_not_exists(pk)", {}
    if not before.found_at:
        return "attribute_not_exists(found_at) AND attribute_exists(pk)", {}
    place = _place_of(before)
    condition = "#status = :status AND found_at = :found"
    seen = {":status": before.status, ":found": before.found_at}
    if place is None:
        return f"{condition} AND attribute_not_exists(place)", seen
    return f"{condition} AND place = :place", {**seen, ":place": place}


def _values(pair: KeptPair) -> dict[str, Any]:
    return {
        "status": pair.status,
        "place": _place_of(pair),
        "score": pair.score,
        "reasons": list(pair.reasons),
        "found_at": pair.found_at or None,
        "decided_at": pair.decided_at,
        "decided_by": pair.decided_by,
    }


def _place_of(pair: KeptPair | None) -> str | None:
    """Return where a pair is listed, as status and sort key; None if it is not listed."""
    if pair is None or not pair.is_listed:
        return None
    return duplicate_keys.place_of_listed_pair(pair.status, _sort_key(pair))


def _listed_at(merchant_id: MerchantId, pair: KeptPair) -> keys.Key:
    partition = duplicate_keys.of_listed_pairs(merchant_id, pair.status)
    return keys.key(partition, _sort_key(pair))


def _sort_key(pair: KeptPair) -> str:
    return duplicate_keys.sort_key_of_listed_pair(pair.score, *pair.id)


def _sort_key_after(cursor: Cursor) -> str:
    pair = parse_pair_id(cursor.tiebreak)
    if pair is None:
        raise ValueError("not the cursor of a pair")
    return duplicate_keys.sort_key_of_listed_pair(int(cursor.value), *pair)


def _cursor_at(sort_key: str) -> Cursor:
    score, *pair = duplicate_keys.listed_pair_of(sort_key)
    return Cursor(score, format_pair_id(PairId(*pair)))


def _listed_of(item: Row) -> KeptPair:
    stored = plain_row(item)
    return _pair_from(PairId(*duplicate_keys.listed_pair_of(stored["sk"])[1:]), stored)


def _pair_of(item: Row) -> KeptPair:
    stored = plain_row(item)
    return _pair_from(PairId(*duplicate_keys.pair_of(stored["sk"])), stored)


def _pair_from(pair: PairId, stored: Mapping[str, Any]) -> KeptPair:
    named = stored.get("named")
    return KeptPair(
        id=pair,
        status=stored.get("status", "open"),
        is_listed="place" in stored,
        score=stored.get("score", 0),
        reasons=tuple(stored.get("reasons", ())),
        found_at=stored.get("found_at", ""),
        named=EventEvidence(named["kind"], named["source"], named["at"]) if named else None,
        decided_at=stored.get("decided_at"),
        decided_by=stored.get("decided_by"),
    )
