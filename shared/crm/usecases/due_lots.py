"""The daily sweep of loyalty: release, warn, expire and review whatever came due.

What was done is due no more, so a sweep that is killed goes on where it was when it starts again,
and a day that was missed is caught up by the next.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from crm.domain.customer import Author
from crm.domain.errors import NotFound
from crm.domain.ids import MerchantId
from crm.domain.loyalty import Loyal, Occasion, after_due, after_review
from crm.domain.movements import Extra
from crm.domain.points import Due
from crm.domain.sharing import after_due_together
from crm.domain.tiers import SOURCE
from crm.domain.times import stamp
from crm.ports import DueLots, Movements, Points
from crm.usecases.membership import Change, Member, change_member

_SWEEP = Author(SOURCE, "sweep")


class Swept(NamedTuple):
    """How many due things of a shard were seen to, and whether that was all of them."""

    done: int
    is_done: bool


def sweep_shard(
    shard: str,
    *,
    now: datetime,
    goes_on: Callable[[], bool],
    due: DueLots,
    points: Points,
    movements: Movements,
) -> Swept:
    """See to what is due in a shard by `now`, for as long as `goes_on` says.

    What fails holds nobody else up: it stays due, and its failure is raised when the rest is done.
    """
    done, failure = 0, None
    for each in due.due(shard, stamp(now)):
        if not goes_on():
            return Swept(done, is_done=False)
        try:
            see_to(each, now=now, points=points, movements=movements)
        except Exception as error:  # noqa: BLE001 - whatever it is, others are due as well
            failure = failure or error
        else:
            done += 1
    if failure is not None:
        raise failure
    return Swept(done, is_done=True)


def see_to(each: Due, *, now: datetime, points: Points, movements: Movements) -> None:
    """Do what one due thing is due for, once: it looks at the thing as it stands."""

    def seeing(member: Member, occasion: Occasion) -> Change:
        alone = member.alone
        if each.lot is None:
            return Change(loyal=after_review(alone, occasion, "review"), reason="review")
        line = points.line(each.merchant_id, alone.id, each.lot)
        if line is None:
            return Change(loyal=Loyal(customer=alone))
        if line.shared_since is not None:
            shared = after_due_together(member.person, Extra(alone.id, line), occasion)
            return Change(
                loyal=Loyal(customer=alone, points=tuple(each.move for each in shared.points)),
                shown=shared.person.record(alone.id),
            )
        loyal = after_due(alone, line, occasion, member.together)
        return Change(loyal=loyal, reason="review")

    seed = f"{each.lot.id if each.lot else 'review'} {each.customer_id}"
    _once(each.merchant_id, each, seeing, seed, now, movements)


def _once(  # noqa: PLR0917 - the function above names each
    merchant_id: MerchantId,
    each: Due,
    change: Callable[[Member, Occasion], Change],
    seed: str,
    now: datetime,
    movements: Movements,
) -> None:
    try:
        change_member(
            merchant_id,
            each.customer_id,
            change,
            by=_SWEEP,
            seed=seed,
            now=now,
            movements=movements,
        )
    except NotFound:
        # The index is a moment behind the table: what is gone is due no more.
        return
