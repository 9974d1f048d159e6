"""`ports.CustomerSearch`: claims and starts of index keys, within a budget of read units."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from crm.aws.customers.rows import listed_of
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import attribute
from crm.aws.dynamodb.table import Row, Table
from crm.domain.customers.listed import ListedCustomer
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.lists.pages import Found
from crm.domain.lists.plans import MEMBER_UNITS
from crm.domain.lists.search import UNITS, Fit, Search

_THREADS = 8
_SHOWN = "pk, sk, id, list_partition, summary, merged_into"
#: A claim and the row of its holder are read as last written; a holder may have been merged.
_IDENTITY_UNITS = 3
#: How many shards there are is read now and then; the last page of keys may be a little longer.
_SPARE_UNITS = 2
#: What remains for finding, even where many customers are to be shown.
_FEWEST_UNITS = 12
#: Rows of keys alone in one unit.
_KEYS_A_UNIT = 32


class _Start(NamedTuple):
    """Keys of an index that start with a text, in one partition."""

    partition: str
    index_name: str
    key: str
    start: str


class DynamoCustomerSearch:
    """Searches of merchants' customers."""

    def __init__(self, table: Table, shards: DynamoShards | None = None) -> None:
        self._table = table
        self._shards = shards or DynamoShards(table)
        self._threads = ThreadPoolExecutor(_THREADS)

    def find(self, merchant_id: MerchantId, search: Search, limit: int) -> Found:
        """Return the active customers that fit best; say if there may be more."""
        count = self._shards.of(merchant_id).read
        partitions = [keys.of_list(merchant_id, archived=False, shard=n) for n in range(count)]
        budget: float = (UNITS - _SPARE_UNITS) * count
        holders = self._holders(merchant_id, search)
        budget -= _IDENTITY_UNITS * len(search.identities)
        finding = _Finding(
            self._table, self._threads, limit, max(budget - MEMBER_UNITS * limit, _FEWEST_UNITS)
        )
        finding.prefixes(_starts(search, partitions))
        finding.given_names(search, partitions)
        affordable = int(max(budget - finding.spent, 0) / MEMBER_UNITS)
        known = {each.customer.id for each in holders}
        wanted = [each for each in finding.ids if each not in known][:affordable]
        shown = self._customers(merchant_id, wanted, consistent=False)
        fits = [(search.fit_of(each), each) for each in shown if each.customer.status == "active"]
        fits += [(Fit.IDENTITY, each) for each in holders]
        fits.sort(key=lambda pair: (pair[0], pair[1].customer.full_name or "", _id_of(pair)))
        truncated = (
            finding.was_cut or len(fits) > limit or len(wanted) < len(finding.ids.keys() - known)
        )
        return Found(tuple(each for _, each in fits[:limit]), truncated)

    def _holders(self, merchant_id: MerchantId, search: Search) -> list[ListedCustomer]:
        """Return the active holders of identities; one that was merged stands for its survivor."""
        asked = [keys.of_claim(merchant_id, each) for each in search.identities]
        found = (CustomerId(item["holder"]["S"]) for item in self._table.get_many(asked))
        listed = self._customers(merchant_id, found, consistent=True)
        return [each for each in listed if each.customer.status == "active"]

    def _customers(
        self, merchant_id: MerchantId, ids: Iterable[CustomerId], *, consistent: bool
    ) -> list[ListedCustomer]:
        items = self._rows(merchant_id, ids, consistent=consistent)
        merged = [CustomerId(item["merged_into"]["S"]) for item in items if "merged_into" in item]
        items += self._rows(merchant_id, merged, consistent=consistent)
        shown = {item["id"]["S"]: item for item in items if "list_partition" in item}
        return [listed_of(merchant_id, item) for item in shown.values()]

    def _rows(
        self, merchant_id: MerchantId, ids: Iterable[CustomerId], *, consistent: bool
    ) -> list[Row]:
        asked = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(ids)]
        return self._table.get_many(asked, consistent=consistent, attributes=_SHOWN)


class _Finding:
    """Ids found so far, what they cost, and whether something was left unread."""

    def __init__(
        self, table: Table, threads: ThreadPoolExecutor, limit: int, budget: float
    ) -> None:
        self._table = table
        self._threads = threads
        self._limit = limit
        self._budget = budget
        self.spent = 0.0
        self.was_cut = False
        self.ids: dict[CustomerId, None] = {}

    def prefixes(self, starts: Sequence[_Start]) -> None:
        """Look for the starts of keys, all of whose rows fit; no more of each than are shown."""
        affordable = starts[: int(self._budget / MEMBER_UNITS)]
        self.was_cut |= len(affordable) < len(starts)
        for answer in self._threads.map(lambda each: self._read(each, self._limit), affordable):
            self._take(answer)

    def given_names(self, search: Search, partitions: Sequence[str]) -> None:
        """Look through everyone of a given name for the other words, as far as the budget goes."""
        if len(search.words) < 2:  # noqa: PLR2004 - a single word is a start
            return
        starts = [
            _Start(partition, "by_given_name", "given_name_key", f"{word} ")
            for word in dict.fromkeys(search.words)
            for partition in partitions
        ]
        for start in starts:
            self._look_through(search, start)

    def _look_through(self, search: Search, start: _Start) -> None:
        begin: Row | None = None
        while True:
            left = self._budget - self.spent
            if left < MEMBER_UNITS:
                self.was_cut = True
                return
            answer = self._read(start, int(left * _KEYS_A_UNIT), begin)
            fitting = [item for item in answer["Items"] if search.is_within(item[start.key]["S"])]
            begin = answer.get("LastEvaluatedKey")
            self._take({**answer, "Items": fitting, "LastEvaluatedKey": None})
            if begin is None:
                return

    def _take(self, answer: dict[str, Any]) -> None:
        # What finds nothing costs half a unit too; not every engine says so.
        self.spent += max(answer["ConsumedCapacity"]["CapacityUnits"], MEMBER_UNITS)
        self.was_cut |= answer.get("LastEvaluatedKey") is not None
        self.ids.update(dict.fromkeys(CustomerId(item["id"]["S"]) for item in answer["Items"]))

    def _read(self, start: _Start, limit: int, begin: Row | None = None) -> dict[str, Any]:
        request: dict[str, Any] = {
            "IndexName": start.index_name,
            "KeyConditionExpression": "list_partition = :partition AND begins_with(#key, :start)",
            "ExpressionAttributeNames": {"#key": start.key},
            "ExpressionAttributeValues": {
                ":partition": attribute(start.partition),
                ":start": attribute(start.start),
            },
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        }
        if begin is not None:
            request["ExclusiveStartKey"] = begin
        return self._table.query(**request)


def _starts(search: Search, partitions: Sequence[str]) -> list[_Start]:
    """Return the starts to look for, the likeliest first."""
    starts: list[tuple[str, str, str]] = []
    if search.phone_ending:
        starts.append(("by_phone_suffix", "phone_reversed", search.phone_ending))
    if search.email_start:
        starts.append(("by_email", "email", search.email_start))
    orders = list(search.name_starts())
    starts += [("by_name", "name_key", order) for order in orders]
    if len(search.words) <= 2:  # noqa: PLR2004 - a given name, and a given with a family name
        starts += [("by_given_name", "given_name_key", order) for order in orders]
    return [_Start(partition, *start) for start in starts for partition in partitions]


def _id_of(pair: tuple[Fit, ListedCustomer]) -> CustomerId:
    return pair[1].customer.id
