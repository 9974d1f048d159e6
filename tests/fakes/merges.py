"""`ports.Merges` in memory."""

from dataclasses import replace

from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import MerchantId
from crm.domain.merges.merge import Merge, MergePage


class InMemoryMerges:
    """`ports.Merges` over a dictionary that changesets write."""

    def __init__(self) -> None:
        self.kept: dict[tuple[MerchantId, str], Merge] = {}

    def get(self, merchant_id: MerchantId, merge_id: str) -> Merge:
        try:
            return self.kept[merchant_id, merge_id]
        except KeyError:
            raise NotFound("merge_not_found") from None

    def newest(self, merchant_id: MerchantId, *, limit: int, before: str | None) -> MergePage:
        merges = sorted(
            (
                replace(merge, survivor=None, loser=None)
                for (whose, _), merge in self.kept.items()
                if whose == merchant_id and (before is None or merge.id < before)
            ),
            key=lambda each: each.id,
            reverse=True,
        )
        return MergePage(tuple(merges[:limit]), len(merges) > limit)

    def forget(self, merchant_id: MerchantId, merge_id: str) -> None:
        stored = self.kept.get((merchant_id, merge_id))
        if stored is not None:
            self.kept[merchant_id, merge_id] = replace(stored, survivor=None, loser=None)
