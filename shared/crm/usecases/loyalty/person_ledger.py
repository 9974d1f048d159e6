"""Read points and redemptions of a person across all merged records."""

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
    """Return the ledger lines of several records, newest first."""
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
    """Return the redemptions of several records, newest first."""
    pages = [points.redemptions(merchant_id, each, limit=limit, before=before) for each in ids]
    if len(pages) == 1:
        return pages[0]
    redemptions = sorted(
        (one for each in pages for one in each.items), key=lambda one: one.id, reverse=True
    )
    older = len(redemptions) > limit or any(each.has_older for each in pages)
    return RedemptionPage(tuple(redemptions[:limit]), older)
