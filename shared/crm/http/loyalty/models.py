"""Request and response models of the loyalty routes."""

from typing import Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from crm.domain.loyalty.points import EntryKind, LotState
from crm.http.bodies import Answer, Body


class TierWrite(Body):
    """A tier: from what it is earned, and how many đồng make a point in it."""

    code: StrictStr = Field(examples=["gold"])
    name: StrictStr = Field(examples=["Vàng"])
    min_spent: StrictInt | None = Field(None, examples=[10_000_000])
    min_ranking_points: StrictInt | None = None
    earn_vnd_per_point: StrictInt = Field(examples=[10_000])
    group: StrictStr | None = Field(None, examples=["vip"])


class WindowWrite(Body):
    """So many calendar months, this one included."""

    months: StrictInt = Field(examples=[12])


class ReviewWrite(Body):
    """When tiers may fall by themselves, and whether they do."""

    every: Literal["year", "rolling"] = "year"
    rule: Literal["keep", "drop"] = "drop"


class ProgramWrite(Body):
    """A whole program: it becomes the next version, as a draft."""

    enrolment: Literal["automatic", "explicit"] = "explicit"
    tiers: list[TierWrite] = Field(min_length=1, max_length=100)
    window: Literal["lifetime"] | WindowWrite = "lifetime"
    rounding: Literal["down", "half_up"] = "down"
    hold_days: StrictInt = 0
    expiry_months: StrictInt | None = None
    review: ReviewWrite = Field(default_factory=ReviewWrite)


class VersionWrite(Body):
    """Which version of the program."""

    version: StrictInt = Field(examples=[2])


class TierByHand(Body):
    """The tier to freeze a member in, or null to let the record decide again."""

    tier: StrictStr | None = Field(examples=["gold"])
    reason: StrictStr = Field(examples=["Khách quen của chủ tiệm"])


class AdjustmentWrite(Body):
    """Points to put in, or with a minus to take out."""

    points: StrictInt = Field(examples=[50])
    reason: StrictStr = Field(examples=["Bù điểm đơn cũ"])


class RedemptionWrite(Body):
    """Which reward."""

    reward_id: StrictStr


class RewardPatch(Body):
    """A JSON merge patch of a reward."""

    name: StrictStr | None = Field(None, examples=["Ly sứ"])
    points: StrictInt | None = Field(None, examples=[50])
    stock: StrictInt | None = Field(None, description="Null for no end of them.")
    active: StrictBool | None = None


class RewardWrite(RewardPatch):
    """A new reward."""

    name: StrictStr = Field(examples=["Ly sứ"])
    points: StrictInt = Field(examples=[50])
    active: StrictBool = True


class TierAnswer(Answer):
    """A tier; it has one of the two thresholds."""

    code: str
    name: str
    min_spent: int | None = None
    min_ranking_points: int | None = None
    earn_vnd_per_point: int
    group: str | None


class WindowAnswer(Answer):
    """So many calendar months, this one included."""

    months: int


class ReviewAnswer(Answer):
    """When tiers may fall by themselves, and whether they do."""

    every: Literal["year", "rolling"]
    rule: Literal["keep", "drop"]


class ProgramAnswer(Answer):
    """A version of the program; `active_version` is the one that counts."""

    version: int
    active_version: int
    enrolment: Literal["automatic", "explicit"]
    tiers: list[TierAnswer]
    window: Literal["lifetime"] | WindowAnswer
    rounding: Literal["down", "half_up"]
    hold_days: int
    expiry_months: int | None
    review: ReviewAnswer


class ExampleAnswer(Answer):
    """A member whose tier moves."""

    customer_id: str
    code: str
    before: str
    after: str


class SimulationAnswer(Answer):
    """What a version would do to the members there are."""

    up: int
    down: int
    frozen: int
    same: int
    points_effect: int
    examples: list[ExampleAnswer]


class RecomputeAnswer(SimulationAnswer):
    """A job that walks over all members, and what it comes to so far."""

    id: str
    version: int
    dry_run: bool
    status: Literal["running", "finished"]
    progress: dict[Literal["done", "total"], int]


class BalancesAnswer(Answer):
    """The balances of a ledger; what is earned is the sum of the others."""

    earned: int
    pending: int
    available: int
    used: int
    expired: int
    reversed: int


class NextTierAnswer(Answer):
    """The tier above, and what is missing to it."""

    tier: str
    name: str
    missing: int
    text: str


class RiskAnswer(Answer):
    """The day on which the tier falls if nothing is bought until then, and to what."""

    on: str
    tier: str
    text: str


class MemberAnswer(Answer):
    """A customer's place in the program."""

    is_member: bool
    joined_at: str | None
    tier: str
    tier_name: str | None
    is_frozen: bool
    ranking_points: int
    worth: int
    points: BalancesAnswer
    next_tier: NextTierAnswer | None
    at_risk: RiskAnswer | None


class OrderNameAnswer(Answer):
    """What names an order."""

    source: str
    id: str


class LotAnswer(Answer):
    """What became of points that came together."""

    points: int
    state: LotState
    effective_at: str
    expires_at: str | None


class PointsLineAnswer(Answer):
    """A line of a ledger."""

    id: str
    at: str
    kind: EntryKind
    points: int
    reason: str | None
    order: OrderNameAnswer | None
    redemption_id: str | None
    source: str
    actor: str
    lot: LotAnswer | None


class PointsLinePageAnswer(Answer):
    """Some lines of a ledger, newest first."""

    items: list[PointsLineAnswer]
    next_cursor: str | None


class RewardAnswer(Answer):
    """Something that points buy."""

    id: str
    name: str
    points: int
    stock: int | None
    active: bool
    version: int
    created_at: str
    updated_at: str


class RewardPageAnswer(Answer):
    """Some rewards, oldest first."""

    items: list[RewardAnswer]
    next_cursor: str | None


class RedemptionAnswer(Answer):
    """A reward that a customer got for points."""

    id: str
    customer_id: str
    reward_id: str
    reward_name: str
    points: int
    status: Literal["redeemed", "cancelled"]
    at: str
    by: str
    cancelled_at: str | None
    cancelled_by: str | None


class RedemptionPageAnswer(Answer):
    """Some redemptions of a customer, newest first."""

    items: list[RedemptionAnswer]
    next_cursor: str | None
