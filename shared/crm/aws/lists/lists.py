"""`ports.CustomerLists` over the list indexes, or over the members of a small facet."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from crm.aws.customers.rows import listed_of
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import attribute, plain
from crm.aws.dynamodb.table import Row, Table, in_partition
from crm.aws.lists.conditions import Expression
from crm.domain.customers.listed import ListedCustomer
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.kernel.paging import Cursor
from crm.domain.lists.facets import Facet
from crm.domain.lists.pages import ListQuery, Page, position_of
from crm.domain.lists.plans import (
    FEW_MEMBERS,
    MOST_MEMBERS,
    ROWS_A_PAGE,
    Plan,
    filters_of,
    plan_of,
    small_facet,
)

#: Rows of a walk's first query, as a multiple of the page, and of any query: 1 MB is the limit.
_FIRST_STEP, _LONGEST_STEP = 4, 1_000
_THREADS = 8
#: Attributes of a customer's row that the list indexes project.
_LISTED = "pk, sk, id, list_partition, summary"


class DynamoCustomerLists:
    """Pages of a merchant's customers."""

    def __init__(self, table: Table, shards: DynamoShards | None = None) -> None:
        self._table = table
        self._shards = shards or DynamoShards(table)
        self._threads = ThreadPoolExecutor(_THREADS)

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        """Return the next page of a list, read by the cheapest plan."""
        plan, members, probed = self._plan(merchant_id, query)
        if plan.name == "nothing":
            return Page((), None, plan)
        if plan.facet is not None:
            found = members or self._members(merchant_id, plan.facet, MOST_MEMBERS)
            if len(found) <= MOST_MEMBERS:
                return self._facet_page(merchant_id, query, plan, found, probed)
            plan = Plan("walk", query.sort)
        walk = _Walk(self._table, merchant_id, query, self._partitions(merchant_id, query))
        return walk.page(plan, probed, self._threads)

    def _partitions(self, merchant_id: MerchantId, query: ListQuery) -> list[str]:
        if query.conditions.archived:
            return [keys.of_list(merchant_id, archived=True)]
        count = self._shards.of(merchant_id).read
        return [keys.of_list(merchant_id, archived=False, shard=shard) for shard in range(count)]

    def _plan(
        self, merchant_id: MerchantId, query: ListQuery
    ) -> tuple[Plan, list[CustomerId], int]:
        """Return the plan, the members of its facet if they were read, and the rows read for it.

        Reading some members is the cheapest way to learn that a facet is small. Counts are read
        only if no facet is.
        """
        conditions, sort, limit = query.conditions, query.sort, query.limit
        facets = conditions.facets() if not conditions.are_impossible else ()
        rows = 0
        for facet in facets:
            seen = self._members(merchant_id, facet, FEW_MEMBERS)
            rows += len(seen)
            small = small_facet(conditions, sort, facet, len(seen))
            if small is not None:
                return small, seen, rows
        counts = self._counts(merchant_id, facets)
        members = {
            facet: max(counts.get(keys.sort_key_of_count(*facet), 0), FEW_MEMBERS)
            for facet in facets
        }
        everyone = counts.get(keys.CODES, 0)
        plan = plan_of(conditions, sort, limit, members=members, everyone=everyone)
        return plan, [], rows + len(counts)

    def _counts(self, merchant_id: MerchantId, facets: tuple[Facet, ...]) -> dict[str, int]:
        """Return the number of members of facets, and of customer codes ever assigned."""
        if not facets:
            return {}
        lookups = [keys.of_count(merchant_id, *facet) for facet in facets]
        lookups.append(keys.of_code_counter(merchant_id))
        found = self._table.get_many(lookups, consistent=False)
        return {item["sk"]["S"]: int(item.get("n", item.get("last"))["N"]) for item in found}  # type: ignore[index]

    def _members(self, merchant_id: MerchantId, facet: Facet, most: int) -> list[CustomerId]:
        """Return the members of a facet, at most one more than `most`."""
        request = _members_query(merchant_id, facet) | {"Limit": most + 1}
        rows = islice(self._table.query_all(**request), most + 1)
        return [CustomerId(item["id"]["S"]) for item in rows]

    def _facet_page(
        self,
        merchant_id: MerchantId,
        query: ListQuery,
        plan: Plan,
        members: list[CustomerId],
        rows: int,
    ) -> Page:
        """Read all members and sort them in memory."""
        lookups = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(members)]
        items = self._table.get_many(lookups, consistent=False, attributes=_LISTED)
        listed = [listed_of(merchant_id, item) for item in items if "list_partition" in item]
        placed = sorted(
            (
                (position_of(each, query.sort), each)
                for each in listed
                if query.conditions.hold(each)
            ),
            key=lambda pair: pair[0],
            reverse=query.descending,
        )
        if query.after is not None:
            after = query.after
            placed = [pair for pair in placed if _is_past(pair[0], after, query)]
        page, rest = placed[: query.limit], placed[query.limit :]
        return Page(
            tuple(each for _, each in page),
            page[-1][0] if rest else None,
            plan,
            max(rows, len(members)) + len(items),
        )


class _Walk:
    """A page of the list indexes: rows of all shards, merged by position."""

    def __init__(
        self, table: Table, merchant_id: MerchantId, query: ListQuery, partitions: list[str]
    ) -> None:
        self._query = query
        self._filters = filters_of(query.conditions, query.sort)
        self._shards = [
            _Shard(table, merchant_id, query, self._filters, partition) for partition in partitions
        ]

    def page(self, plan: Plan, rows_before: int, threads: ThreadPoolExecutor) -> Page:
        """Read until the page is full, the list ends or the budget is spent."""
        query = self._query
        step = query.limit if not self._filters else query.limit * _FIRST_STEP
        waiting = [shard for shard in self._shards if not shard.is_done]
        while waiting:
            step = min(step, _LONGEST_STEP)
            if len(waiting) == 1:
                waiting[0].read(step)
            else:
                list(threads.map(lambda shard, size=step: shard.read(size), waiting))
            step = _LONGEST_STEP
            if len(self._ready()) >= query.limit or self._rows() >= ROWS_A_PAGE:
                break
            waiting = [each for each in self._shards if self._is_behind(each)]
        return self._merged(plan, rows_before)

    def _merged(self, plan: Plan, rows_before: int) -> Page:
        ready = self._ready()
        page = ready[: self._query.limit]
        bound = self._bound()
        following: Cursor | None = None
        if len(ready) > len(page) or (bound is not None and len(page) == self._query.limit):
            following = page[-1][0]
        elif bound is not None:
            following = bound
        items = tuple(listed for _, listed in page)
        return Page(items, following, plan, rows_before + self._rows())

    def _rows(self) -> int:
        return sum(shard.rows_read for shard in self._shards)

    def _bound(self) -> Cursor | None:
        """Return the position up to which every shard was read; None if all are at their end."""
        reached = [each.reached for each in self._shards if each.reached and not each.is_done]
        if not reached:
            return None
        return max(reached) if self._query.descending else min(reached)

    def _is_behind(self, shard: "_Shard") -> bool:
        return not shard.is_done and shard.reached == self._bound()

    def _ready(self) -> list[tuple[Cursor, ListedCustomer]]:
        """Return the customers found up to the bound, in order and without repetition.

        A customer that moves from one shard to another may be found in both.
        """
        bound, descending = self._bound(), self._query.descending
        found = sorted(
            (pair for shard in self._shards for pair in shard.found),
            key=lambda pair: pair[0],
            reverse=descending,
        )
        once: dict[str, tuple[Cursor, ListedCustomer]] = {}
        for position, listed in found:
            if bound is not None and position != bound and _is_past(position, bound, self._query):
                break
            once.setdefault(position.tiebreak, (position, listed))
        return list(once.values())


class _Shard:
    """One partition of a sort index, read from a position."""

    def __init__(
        self,
        table: Table,
        merchant_id: MerchantId,
        query: ListQuery,
        filters: list[Any],
        partition: str,
    ) -> None:
        self._table = table
        self._merchant_id = merchant_id
        self._sort = query.sort
        self._request = _request(query, filters, partition)
        self.found: list[tuple[Cursor, ListedCustomer]] = []
        self.reached: Cursor | None = None
        self.rows_read = 0
        self.is_done = False
        self._start_at(query, partition)

    def read(self, rows: int) -> None:
        """Read the next `rows` rows."""
        answer = self._table.query(**self._request, Limit=rows)
        self.rows_read += answer["ScannedCount"]
        for item in answer["Items"]:
            listed = listed_of(self._merchant_id, item)
            self.found.append((position_of(listed, self._sort), listed))
        last: Row | None = answer.get("LastEvaluatedKey")
        if last is None:
            self.is_done = True
        else:
            self.reached = Cursor(plain(last[self._sort]), last["id"]["S"])
            self._request["ExclusiveStartKey"] = last

    def _start_at(self, query: ListQuery, partition: str) -> None:
        """Start after the cursor, whose position determines the key; or end if nothing is left.

        A cursor may lie outside the range, since "the last 7 days" change at midnight.
        """
        after, own = query.after, query.conditions.range_of(query.sort)
        if after is None:
            return
        if own is not None and not own.takes(after.value):
            before = own.is_after(after.value) if query.descending else own.is_before(after.value)
            self.is_done = not before
            return
        self._request["ExclusiveStartKey"] = {
            **keys.of_customer(self._merchant_id, CustomerId(after.tiebreak)),
            "id": attribute(after.tiebreak),
            "list_partition": attribute(partition),
            query.sort: attribute(after.value),
        }


def _request(query: ListQuery, filters: list[Any], partition: str) -> dict[str, Any]:
    expression = Expression()
    key = f"list_partition = {expression.value(partition)}"
    own = query.conditions.range_of(query.sort)
    if own is not None:
        key += f" AND {expression.key_range(query.sort, own)}"
    request: dict[str, Any] = {
        "IndexName": f"by_{query.sort}",
        "KeyConditionExpression": key,
        "ScanIndexForward": not query.descending,
    }
    if filters:
        request["FilterExpression"] = expression.filtering(filters)
    if expression.names:
        request["ExpressionAttributeNames"] = expression.names
    return request | {"ExpressionAttributeValues": expression.values}


def _members_query(merchant_id: MerchantId, facet: Facet) -> dict[str, Any]:
    if facet.kind == "tag":
        return in_partition(keys.of_tag(merchant_id, facet.value))
    return {
        "IndexName": f"by_{facet.kind}",
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": f"{facet.kind}_key"},
        "ExpressionAttributeValues": {":value": {"S": keys.of_facet(merchant_id, facet.value)}},
    }


def _is_past(position: Cursor, after: Cursor, query: ListQuery) -> bool:
    return position < after if query.descending else position > after
