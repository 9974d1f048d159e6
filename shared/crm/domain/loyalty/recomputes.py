"""Recompute every member of a merchant under a program version, and count the effect."""

from dataclasses import dataclass, field
from typing import NamedTuple

from crm.domain.customers.customer import Customer
from crm.domain.kernel.times import day_of
from crm.domain.loyalty.programs import Program, months_later, points_for
from crm.domain.loyalty.tiers import tier_on

EXAMPLES = 20
BUCKETS = 16
_MONTHS_A_YEAR = 12


class Example(NamedTuple):
    """A member whose tier changes."""

    customer_id: str
    code: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How many members move up or down, are frozen or stay, and the effect on points.

    `points_effect` is how many more, or fewer, points the spend of the last twelve months would
    have earned at the new rates and tiers.
    """

    up: int = 0
    down: int = 0
    frozen: int = 0
    same: int = 0
    points_effect: int = 0
    examples: tuple[Example, ...] = ()

    def __add__(self, other: "Effect") -> "Effect":
        """Return the combined effect on two sets of members."""
        return Effect(
            up=self.up + other.up,
            down=self.down + other.down,
            frozen=self.frozen + other.frozen,
            same=self.same + other.same,
            points_effect=self.points_effect + other.points_effect,
            examples=(*self.examples, *other.examples)[:EXAMPLES],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recompute:
    """A job that walks a merchant's members for a program version, and its progress.

    A `dry_run` only counts. `at` is the moment for which tiers are computed.
    """

    id: str
    version: int
    previous: int
    dry_run: bool
    at: str
    ended: frozenset[str] = frozenset()
    effect: Effect = field(default_factory=Effect)

    @property
    def is_done(self) -> bool:
        """Whether every bucket has been walked to its end."""
        return len(self.ended) == BUCKETS


def effect_on(customer: Customer, before: Program, after: Program, zone: str, at: str) -> Effect:
    """Return the effect of a program on one customer; none unless the customer is a member."""
    membership = customer.membership
    if membership.joined_at is None:
        return Effect()
    was = membership.tier
    tier = was if customer.skip_auto_group else tier_on(customer, after, day_of(at, zone))
    points = _points(customer, after, tier, zone, at) - _points(customer, before, was, zone, at)
    if customer.skip_auto_group:
        return Effect(frozen=1, points_effect=points)
    if tier == was:
        return Effect(same=1, points_effect=points)
    example = (Example(customer.id, customer.code, was, tier),)
    if _rises(before, after, was, tier):
        return Effect(up=1, points_effect=points, examples=example)
    return Effect(down=1, points_effect=points, examples=example)


def _rises(before: Program, after: Program, was: str, tier: str) -> bool:
    """Tell whether `tier` is above `was`; a tier that only `before` has is ranked by `before`."""
    is_current = after.rung(was) is not None or before.rung(was) is None
    rank = after.rank(was) if is_current else before.rank(was)
    return after.rank(tier) > rank


def _points(customer: Customer, program: Program, tier: str, zone: str, at: str) -> int:
    since = months_later(day_of(at, zone), -_MONTHS_A_YEAR).isoformat()[:7]
    months = customer.membership.months
    spent = sum(each.spent for month, each in months.items() if month > since)
    return points_for(spent, program.rate(tier), program.rounding)
