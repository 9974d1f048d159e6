"""Count tags, groups, tiers and provinces as customers change."""

from collections import defaultdict
from collections.abc import Sequence

from crm.domain.customers.changes import CustomerChange
from crm.domain.lists.facets import changes_moving_facets
from crm.ports.lists import Facets


def count_changes(changes: Sequence[CustomerChange], *, facets: Facets) -> None:
    """Move the counts and tag members that follow from the changes, each change once."""
    streams: dict[tuple[str, str], list[CustomerChange]] = defaultdict(list)
    for change in changes_moving_facets(changes):
        streams[change.merchant_id, change.bucket].append(change)
    for of_one_partition in streams.values():
        facets.move(of_one_partition[0].merchant_id, of_one_partition)
