"""`ports.CustomerSearch`: claims and prefixes of index keys, within a budget of read units."""

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
from crm.domain.lists.pages import SearchResult
from crm.domain.lists.plans import MEMBER_UNITS
from crm.domain.lists.search import UNITS, Fit, Search

_THREADS = 8
_SHOWN = "pk, sk, id, list_partition, summary, merged_into"
#: Consistent reads of a claim and its holder's row, and of the survivor if the holder was merged.
_IDENTITY_UNITS = 3
#: Spare units for reading the number of shards, and for a last page of keys that is longer.
_SPARE_UNITS = 2
#: Units left for candidates, even if the limit is high.
_FEWEST_UNITS = 12
#: Keys-only rows in one unit.
_KEYS_A_UNIT = 32


class _Prefix(NamedTuple):
    """A prefix of an index's keys in one partition."""

    partition: str
    index_name: str
    key: str
    start: str


class DynamoCustomerSearch:
    """Searches over customers of all merchants; each search covers those of one."""

    def __init__(self, table: Table, shards: DynamoShards | None = None) -> None:
        self._table = table
        self._shards = shards or DynamoShards(table)
        self._threads = ThreadPoolExecutor(_THREADS)

    def find(self, merchant_id: MerchantId, search: Search, limit: int) -> SearchResult:
        """Return the active customers that match best, and whether there may be more."""
        count = self._shards.of(merchant_id).read
        partitions = [keys.of_list(merchant_id, archived=False, shard=n) for n in range(count)]
        budget: float = (UNITS - _SPARE_UNITS) * count
        holders = self._holders(merchant_id, search)
        budget -= _IDENTITY_UNITS * len(search.identities)
        candidates = _Candidates(
            self._table, self._threads, limit, max(budget - MEMBER_UNITS * limit, _FEWEST_UNITS)
        )
        candidates.find_by_prefix(_prefixes(search, partitions))
        candidates.find_by_given_name(search, partitions)
        affordable = int(max(budget - candidates.spent, 0) / MEMBER_UNITS)
        holder_ids = {each.customer.id for each in holders}
        wanted = [each for each in candidates.ids if each not in holder_ids][:affordable]
        shown = self._customers(merchant_id, wanted, consistent=False)
        fits = [(search.fit_of(each), each) for each in shown if each.customer.status == "active"]
        fits += [(Fit.IDENTITY, each) for each in holders]
        fits.sort(key=lambda pair: (pair[0], pair[1].customer.full_name or "", _id_of(pair)))
        truncated = (
            candidates.is_truncated
            or len(fits) > limit
            or len(wanted) < len(candidates.ids.keys() - holder_ids)
        )
        return SearchResult(tuple(each for _, each in fits[:limit]), truncated)

    def _holders(self, merchant_id: MerchantId, search: Search) -> list[ListedCustomer]:
        """Return the active holders of identities, survivors in place of merged ones."""
        lookups = [keys.of_claim(merchant_id, each) for each in search.identities]
        found = (CustomerId(item["holder"]["S"]) for item in self._table.get_many(lookups))
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
        lookups = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(ids)]
        return self._table.get_many(lookups, consistent=consistent, attributes=_SHOWN)


class _Candidates:
    """Ids found so far, the units spent, and whether something was left unread."""

    def __init__(
        self, table: Table, threads: ThreadPoolExecutor, limit: int, budget: float
    ) -> None:
        self._table = table
        self._threads = threads
        self._limit = limit
        self._budget = budget
        self.spent = 0.0
        self.is_truncated = False
        self.ids: dict[CustomerId, None] = {}

    def find_by_prefix(self, prefixes: Sequence[_Prefix]) -> None:
        """Find keys by prefix, where every row matches; at most `limit` rows for each."""
        affordable = prefixes[: int(self._budget / MEMBER_UNITS)]
        self.is_truncated |= len(affordable) < len(prefixes)
        for answer in self._threads.map(lambda each: self._read(each, self._limit), affordable):
            self._collect(answer)

    def find_by_given_name(self, search: Search, partitions: Sequence[str]) -> None:
        """Search customers with a given name for the other words, within the budget."""
        if len(search.words) < 2:  # noqa: PLR2004 - a single word is a prefix
            return
        prefixes = [
            _Prefix(partition, "by_given_name", "given_name_key", f"{word} ")
            for word in dict.fromkeys(search.words)
            for partition in partitions
        ]
        for prefix in prefixes:
            self._scan(search, prefix)

    def _scan(self, search: Search, prefix: _Prefix) -> None:
        begin: Row | None = None
        while True:
            left = self._budget - self.spent
            if left < MEMBER_UNITS:
                self.is_truncated = True
                return
            answer = self._read(prefix, int(left * _KEYS_A_UNIT), begin)
            fitting = [item for item in answer["Items"] if search.is_within(item[prefix.key]["S"])]
            begin = answer.get("LastEvaluatedKey")
            self._collect({**answer, "Items": fitting, "LastEvaluatedKey": None})
            if begin is None:
                return

    def _collect(self, answer: dict[str, Any]) -> None:
        # A query without results costs half a unit too, which not every engine reports.
        self.spent += max(answer["ConsumedCapacity"]["CapacityUnits"], MEMBER_UNITS)
        self.is_truncated |= answer.get("LastEvaluatedKey") is not None
        self.ids.update(dict.fromkeys(CustomerId(item["id"]["S"]) for item in answer["Items"]))

    def _read(self, prefix: _Prefix, limit: int, begin: Row | None = None) -> dict[str, Any]:
        request: dict[str, Any] = {
            "IndexName": prefix.index_name,
            "KeyConditionExpression": "list_partition = :partition AND begins_with(#key, :start)",
            "ExpressionAttributeNames": {"#key": prefix.key},
            "ExpressionAttributeValues": {
                ":partition": attribute(prefix.partition),
                ":start": attribute(prefix.start),
            },
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        }
        if begin is not None:
            request["ExclusiveStartKey"] = begin
        return self._table.query(**request)


def _prefixes(search: Search, partitions: Sequence[str]) -> list[_Prefix]:
    """Return the prefixes to search for, the likeliest first."""
    prefixes: list[tuple[str, str, str]] = []
    if search.phone_ending:
        prefixes.append(("by_phone_suffix", "phone_reversed", search.phone_ending))
    if search.email_start:
        prefixes.append(("by_email", "email", search.email_start))
    orders = list(search.name_starts())
    prefixes += [("by_name", "name_key", order) for order in orders]
    if len(search.words) <= 2:  # noqa: PLR2004 - a given name, and a given with a family name
        prefixes += [("by_given_name", "given_name_key", order) for order in orders]
    return [_Prefix(partition, *prefix) for prefix in prefixes for partition in partitions]


def _id_of(pair: tuple[Fit, ListedCustomer]) -> CustomerId:
    return pair[1].customer.id
