"""`ports.Facets`: counts and tag members, updated exactly once despite repeated records."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched
from typing import NamedTuple

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Cancelled, Table, attempts, starting_with
from crm.domain.customers.changes import CustomerChange
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.lists.facets import Facet, FacetKind, facets_left_and_joined

_ACTIONS_A_TRANSACTION = 100
#: A tag takes two actions, and the partition's position one.
_FACETS_A_STEP = 40
_ROUNDS = 4


class _Step(NamedTuple):
    """A part of a change that fits into one transaction, with its sequence in the partition."""

    sequence: str
    customer_id: CustomerId
    left: frozenset[Facet]
    joined: frozenset[Facet]


class DynamoFacets:
    """Rows of facets, and of the last counted sequence of each partition."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def counts(self, merchant_id: MerchantId, kind: FacetKind) -> Mapping[str, int]:
        """Return the number of active customers for each value of a facet, without zeros."""
        rows = self._table.query_all(
            **starting_with(keys.of_counts(merchant_id), keys.counts_of(kind)),
        )
        counted = {keys.counted_value(item["sk"]["S"]): int(item["n"]["N"]) for item in rows}
        return {value: count for value, count in counted.items() if count}

    def move(self, merchant_id: MerchantId, changes: Sequence[CustomerChange]) -> None:
        """Count changes of one partition in order; skip those counted before.

        The transaction also writes the partition's last sequence, on condition that it precedes
        the first change. So a repeated change is recognized as counted.
        """
        waiting = list(_steps(changes))
        if not waiting:
            return
        for _ in attempts(_ROUNDS * len(waiting), pause=0):
            done, actions = self._transaction_of(merchant_id, changes[0].bucket, waiting)
            try:
                self._table.transact(actions)
            except Cancelled as cancelled:
                last = cancelled.refused[0]["last"]["S"]
                waiting = [step for step in waiting if step.sequence > last]
            else:
                waiting = waiting[done:]
            if not waiting:
                return

    def _transaction_of(
        self, merchant_id: MerchantId, bucket: str, steps: Sequence[_Step]
    ) -> tuple[int, list[Action]]:
        """Return how many steps fit into one transaction, and its actions."""
        actions = self._actions(merchant_id, bucket, steps[:1])
        for count in range(2, len(steps) + 1):
            longer = self._actions(merchant_id, bucket, steps[:count])
            if len(longer) > _ACTIONS_A_TRANSACTION:
                return count - 1, actions
            actions = longer
        return len(steps), actions

    def _actions(
        self, merchant_id: MerchantId, bucket: str, steps: Sequence[_Step]
    ) -> list[Action]:
        counts: Counter[Facet] = Counter()
        members: dict[tuple[str, CustomerId], Action] = {}
        for step in steps:
            counts.subtract(step.left)
            counts.update(step.joined)
            for facet in step.left | step.joined:
                if facet.kind == "tag":
                    member = keys.of_tag_member(merchant_id, facet.value, step.customer_id)
                    members[facet.value, step.customer_id] = (
                        self._table.putting({**member, **row({"id": step.customer_id})})
                        if facet in step.joined
                        else self._table.deleting(member)
                    )
        first, last = steps[0].sequence, steps[-1].sequence
        return [
            self._table.putting(
                {**keys.of_stream_position(merchant_id, bucket), **row({"last": last})},
                "attribute_not_exists(pk) OR #last < :first",
                {":first": first},
                {"#last": "last"},
            ),
            *(
                self._table.updating(
                    keys.of_count(merchant_id, facet.kind, facet.value),
                    "ADD n :by",
                    values={":by": by},
                )
                for facet, by in counts.items()
                if by
            ),
            *members.values(),
        ]


def _steps(changes: Sequence[CustomerChange]) -> Iterator[_Step]:
    for change in changes:
        left, joined = facets_left_and_joined(change)
        facets = sorted(left | joined)
        for part, some in enumerate(batched(facets, _FACETS_A_STEP, strict=False)):
            facets_of_step = frozenset(some)
            yield _Step(
                f"{change.sequence}.{part}",
                change.customer_id,
                left & facets_of_step,
                joined & facets_of_step,
            )
