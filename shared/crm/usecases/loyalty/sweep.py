"""The daily sweep of loyalty: release, warn, expire and review whatever came due.

What was done is due no more, so a sweep that is killed goes on where it was when it starts again,
and a day that was missed is caught up by the next.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from crm.domain.customers.customer import Author
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult, after_due, after_review
from crm.domain.loyalty.points import Due
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.changeset import Extra
from crm.domain.merges.pooled_points import after_pooled_due
from crm.ports.loyalty import DueLots, Points
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import Change, Member, change_member
from crm.usecases.orders.due_work import Done, see_to_each

_SWEEP = Author(SOURCE, "sweep")


def sweep_shard(
    shard: str,
    *,
    now: datetime,
    goes_on: Callable[[], bool],
    due: DueLots,
    points: Points,
    changesets: Changesets,
) -> Done:
    """See to what is due in a shard by `now`, for as long as `goes_on` says."""
    seeing = partial(process_due, now=now, points=points, changesets=changesets)
    return see_to_each(due.due(shard, stamp(now)), seeing, goes_on)


def process_due(each: Due, *, now: datetime, points: Points, changesets: Changesets) -> None:
    """Do what one due thing is due for, once: it looks at the thing as it stands."""

    def seeing(member: Member, context: LoyaltyContext) -> Change:
        alone = member.alone
        if each.lot is None:
            return Change(result=after_review(alone, context, "review"), reason="review")
        line = points.line(each.merchant_id, alone.id, each.lot)
        if line is None:
            return Change(result=LoyaltyResult(customer=alone))
        if line.shared_since is not None:
            shared = after_pooled_due(member.person, Extra(alone.id, line), context)
            return Change(
                result=LoyaltyResult(
                    customer=alone, points=tuple(each.move for each in shared.points)
                ),
                shown=shared.person.record(alone.id),
            )
        result = after_due(alone, line, context, member.pooled)
        return Change(result=result, reason="review")

    seed = f"{each.lot.id if each.lot else 'review'} {each.customer_id}"
    _once(each.merchant_id, each, seeing, seed, now, changesets)


def _once(  # noqa: PLR0917 - the function above names each
    merchant_id: MerchantId,
    each: Due,
    change: Callable[[Member, LoyaltyContext], Change],
    seed: str,
    now: datetime,
    changesets: Changesets,
) -> None:
    try:
        change_member(
            merchant_id,
            each.customer_id,
            change,
            by=_SWEEP,
            seed=seed,
            now=now,
            changesets=changesets,
        )
    except NotFound:
        # The index is a moment behind the table: what is gone is due no more.
        return
