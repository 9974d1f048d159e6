"""In-memory port of facets."""

from collections import Counter
from collections.abc import Mapping, Sequence

from crm.domain.customers.changes import CustomerChange
from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.facets import Facet, FacetKind, facets_left_and_joined


class InMemoryFacets:
    """`ports.Facets` over counters; skips changes by the last sequence of a partition."""

    def __init__(self) -> None:
        self._counts: dict[MerchantId, Counter[Facet]] = {}
        self._last: dict[tuple[MerchantId, str], str] = {}

    def counts(self, merchant_id: MerchantId, kind: FacetKind) -> Mapping[str, int]:
        counted = self._counts.get(merchant_id, Counter())
        return {facet.value: n for facet, n in counted.items() if facet.kind == kind and n}

    def move(self, merchant_id: MerchantId, changes: Sequence[CustomerChange]) -> None:
        counted = self._counts.setdefault(merchant_id, Counter())
        for change in changes:
            if change.sequence > self._last.get((merchant_id, change.bucket), ""):
                left, joined = facets_left_and_joined(change)
                counted.subtract(left)
                counted.update(joined)
                self._last[merchant_id, change.bucket] = change.sequence
