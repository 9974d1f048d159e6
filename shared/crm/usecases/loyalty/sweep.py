"""The daily loyalty sweep: release, warn of and expire due lots, and review due tiers.

Processed items are no longer due, so a restarted sweep continues where it was killed, and the next
sweep catches up on a missed day.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import NotFound
from crm.domain.kernel.times import stamp
from crm.domain.loyalty.membership import LoyaltyContext, LoyaltyResult, after_due, after_review
from crm.domain.loyalty.points import Due
from crm.domain.loyalty.tiers import SOURCE
from crm.domain.merges.changeset import Extra
from crm.domain.merges.pooled_points import after_pooled_due
from crm.ports.loyalty import DueLots, Points
from crm.ports.orders import Changesets
from crm.usecases.loyalty.membership import Change, Member, change_member
from crm.usecases.orders.due_work import ProcessedItems, process_each

_SWEEP = Author(SOURCE, "sweep")


def sweep_shard(
    shard: str,
    *,
    now: datetime,
    goes_on: Callable[[], bool],
    due: DueLots,
    points: Points,
    changesets: Changesets,
) -> ProcessedItems:
    """Process the items of a shard due by `now`, while `goes_on` returns true."""
    process = partial(process_due, now=now, points=points, changesets=changesets)
    return process_each(due.due(shard, stamp(now)), process, goes_on)


def process_due(each: Due, *, now: datetime, points: Points, changesets: Changesets) -> None:
    """Process one due item from its stored state, so that repeating it has no effect."""

    def change(member: Member, context: LoyaltyContext) -> Change:
        alone = member.alone
        if each.lot is None:
            return Change(result=after_review(alone, context, "review"), reason="review")
        line = points.line(each.merchant_id, alone.id, each.lot)
        if line is None:
            return Change(result=LoyaltyResult(customer=alone))
        if line.shared_since is not None:
            pooled = after_pooled_due(member.person, Extra(alone.id, line), context)
            return Change(
                result=LoyaltyResult(
                    customer=alone, points=tuple(each.move for each in pooled.points)
                ),
                shown=pooled.person.record(alone.id),
            )
        result = after_due(alone, line, context, member.pooled)
        return Change(result=result, reason="review")

    seed = f"{each.lot.id if each.lot else 'review'} {each.customer_id}"
    _change_once(each, change, seed, now, changesets)


def _change_once(
    each: Due,
    change: Callable[[Member, LoyaltyContext], Change],
    seed: str,
    now: datetime,
    changesets: Changesets,
) -> None:
    try:
        change_member(
            each.merchant_id,
            each.customer_id,
            change,
            by=_SWEEP,
            seed=seed,
            now=now,
            changesets=changesets,
        )
    except NotFound:
        # The index lags behind the table: a removed customer is no longer due.
        return
