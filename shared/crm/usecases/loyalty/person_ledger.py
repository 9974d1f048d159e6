"""Points and redemptions of a person, read across the records that were merged."""

from collections.abc import Sequence

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.loyalty.points import PointsPage, PointsPosition, RedemptionPage
from crm.ports.loyalty import Points


def pooled_points(
    merchant_id: MerchantId,
    ids: Sequence[CustomerId],
    *,
    limit: int,
    before: PointsPosition | None,
    points: Points,
) -> PointsPage:
    """Return lines of the ledgers of several records, newest first."""
    pages = [points.page(merchant_id, each, limit=limit, before=before) for each in ids]
    if len(pages) == 1:
        return pages[0]
    lines = sorted(
        (line for each in pages for line in each.items),
        key=lambda line: (line.at, line.id),
        reverse=True,
    )
    older = len(lines) > limit or any(each.has_older for each in pages)
    return PointsPage(tuple(lines[:limit]), older)


def pooled_redemptions(
    merchant_id: MerchantId,
    ids: Sequence[CustomerId],
    *,
    limit: int,
    before: str | None,
    points: Points,
) -> RedemptionPage:
    """Return redemptions of several records, newest first."""
    pages = [points.redemptions(merchant_id, each, limit=limit, before=before) for each in ids]
    if len(pages) == 1:
        return pages[0]
    found = sorted(
        (one for each in pages for one in each.items), key=lambda one: one.id, reverse=True
    )
    older = len(found) > limit or any(each.has_older for each in pages)
    return RedemptionPage(tuple(found[:limit]), older)
