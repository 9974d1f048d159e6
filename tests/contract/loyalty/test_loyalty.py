"""The loyalty ports: programs, rewards, ledgers, due items, redemptions and recomputes."""

from dataclasses import dataclass, replace

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.loyalty.loyalty import DynamoPoints, DynamoPrograms, DynamoRewards
from crm.aws.loyalty.recomputes import DynamoRecomputes
from crm.domain.customers.customer import Customer, Identity, Month
from crm.domain.kernel.errors import Conflict, NotFound, Stale
from crm.domain.kernel.times import moment as read_moment
from crm.domain.loyalty.points import Due, PointsEntry, PointsMove, place_of_lot
from crm.domain.loyalty.programs import STANDARD
from crm.domain.loyalty.recomputes import Effect, Example, Recompute
from crm.domain.loyalty.rewards import Redemption, Reward
from crm.domain.merges.changeset import Changeset, CustomerMove, LedgerMove
from crm.domain.orders.orders import Opening
from crm.ports.loyalty import DueLots, Points, Programs, Recomputes, Rewards
from crm.usecases.loyalty.membership import adjust_points
from crm.usecases.loyalty.rewards import cancel_redemption, redeem
from crm.usecases.loyalty.sweep import sweep_shard
from crm.usecases.orders.metrics import add_opening, rebuild, reverse_opening
from tests.builders import LAN, MERCHANT, OTHER_MERCHANT, an_act, moment
from tests.contract.conftest import a_dynamodb_backend
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.loyalty import InMemoryLoyalty
from tests.fakes.recomputes import InMemoryRecomputes
from tests.loyalty_builders import a_program
from tests.order_builders import Backend, a_backend, an_order, placed

SHARDS = [f"{number:02x}" for number in range(16)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A merchant's backend with its loyalty ports."""

    backend: Backend
    programs: Programs
    rewards: Rewards
    points: Points
    lots: DueLots
    recomputes: Recomputes

    def due(self, days: float) -> list[Due]:
        return [each for shard in SHARDS for each in self.lots.due(shard, placed(days))]

    def sweep(self, days: float) -> int:
        return sum(
            sweep_shard(
                shard,
                now=read_moment(placed(days)),
                goes_on=lambda: True,
                due=self.lots,
                points=self.points,
                changesets=self.backend.changesets,
            ).done
            for shard in SHARDS
        )


@pytest.fixture
def shop(engine: Table | None) -> Shop:
    """Give a merchant with automatic enrolment and points on hold for a week."""
    made = _in_memory() if engine is None else _in_dynamodb(engine)
    made.programs.activate(
        MERCHANT, STANDARD, a_program(hold_days=7, expiry_months=3, window_months=2)
    )
    return made


def _in_memory() -> Shop:
    backend = a_backend()
    changesets = backend.changesets
    assert isinstance(changesets, InMemoryChangesets)
    loyalty: InMemoryLoyalty = changesets.loyalty
    return Shop(
        backend=backend,
        programs=loyalty.programs,
        rewards=loyalty.rewards,
        points=loyalty,
        lots=loyalty,
        recomputes=InMemoryRecomputes(),
    )


def _in_dynamodb(table: Table) -> Shop:
    points = DynamoPoints(table)
    return Shop(
        backend=a_dynamodb_backend(table),
        programs=DynamoPrograms(table),
        rewards=DynamoRewards(table),
        points=points,
        lots=points,
        recomputes=DynamoRecomputes(table),
    )


@pytest.mark.req("D12", "B-08")
def test_the_points_of_an_order_are_earned_released_refunded_and_expired(shop: Shop) -> None:
    shop.backend.take(an_order(0, total=5_000_000, paid=5_000_000))
    member = _member(shop)
    assert (member.membership.tier, member.group) == ("gold", "vip")
    assert member.membership.months == {"2026-11": Month(5_000_000, 500)}
    assert (member.membership.points.pending, member.membership.points.available) == (500, 0)
    place = place_of_lot("haravan", "o-0", placed(0))
    assert shop.due(6.4) == []
    assert shop.due(6.6) == [Due(MERCHANT, member.id, place)]

    assert shop.sweep(6.6) == 1
    assert _member(shop).membership.points.available == 500
    assert shop.due(6.6) == []

    shop.backend.take(an_order(0, version=2, total=5_000_000, paid=5_000_000, refunded=4_500_000))
    points = _member(shop).membership.points
    assert (points.available, points.reversed, points.earned) == (50, 450, 500)
    assert _member(shop).membership.tier == "unranked"
    line = shop.points.line(MERCHANT, member.id, place)
    assert line is not None
    assert line.lot is not None
    assert (line.points, line.lot.points) == (500, 50)

    lines = [(each.kind, each.points, each.reason) for each in _lines(shop, member)]
    assert sorted(lines) == [("earn", 500, None), ("reverse", -450, "refunded #1000")]

    shop.sweep(120)
    points = _member(shop).membership.points
    assert (points.available, points.expired, points.live) == (0, 50, 0)
    assert shop.due(400) == []
    assert sorted(each.points for each in _lines(shop, member)) == [-450, -50, 500]


def test_the_lot_of_an_order_follows_its_date(shop: Shop) -> None:
    shop.backend.take(an_order(0, total=1_000_000))
    shop.backend.take(an_order(0, version=2, total=1_000_000, placed_at=placed(-40)))

    member = _member(shop)

    assert [line.at for line in _lines(shop, member)] == [placed(-40)]
    assert member.membership.months == {"2026-10": Month(1_000_000, 100)}
    assert member.membership.joined_at == placed(-40)


@pytest.mark.req("D7")
def test_a_tier_review_is_due_on_the_day_the_tier_may_fall(shop: Shop) -> None:
    shop.programs.activate(
        MERCHANT,
        shop.programs.active(MERCHANT),
        a_program(version=2, window_months=1, review_every="rolling"),
    )
    shop.backend.take(an_order(0, total=1_000_000))
    member = _member(shop)
    assert member.membership.tier == "silver"

    assert shop.due(8.4) == []
    assert shop.due(8.6) == [Due(MERCHANT, member.id, None)]
    assert shop.sweep(8.6) == 1

    assert _member(shop).membership.tier == "unranked"
    assert shop.due(400) == []


def test_an_order_keeps_an_early_review_and_the_review_reschedules_itself(
    shop: Shop,
) -> None:
    program = a_program(version=2, window_months=2, review_every="rolling", hold_days=0)
    shop.programs.activate(MERCHANT, shop.programs.active(MERCHANT), program)
    shop.backend.take(an_order(0, total=1_000_000))
    first = _member(shop).membership.review_at
    assert first == "2026-12-31T17:00:00.000Z"

    shop.backend.take(an_order(20, total=1_000_000))

    assert _member(shop).membership.review_at == first
    shop.sweep(40)
    kept = _member(shop).membership
    assert (kept.tier, kept.review_at) == ("silver", "2027-01-31T17:00:00.000Z")
    assert shop.sweep(71) == 1
    assert _member(shop).membership.tier == "unranked"


def test_a_repeated_order_event_earns_its_points_once(shop: Shop) -> None:
    for _ in range(3):
        shop.backend.take(an_order(0, total=1_000_000))

    member = _member(shop)

    assert member.membership.points.pending == 100
    assert len(_lines(shop, member)) == 1


@pytest.mark.req("B-08", "B-17")
def test_a_lot_that_changed_since_it_was_read_is_not_overwritten(shop: Shop) -> None:
    shop.backend.take(an_order(0, total=1_000_000))
    member = _member(shop)
    (seen,) = _lines(shop, member)
    assert seen.lot is not None
    shop.backend.take(an_order(0, version=2, total=1_000_000, refunded=400_000))
    late = PointsMove(seen, replace(seen, lot=replace(seen.lot, state="live", warned=True)))

    with pytest.raises(Stale):
        shop.backend.changesets.write(MERCHANT, Changeset(points=(LedgerMove(member.id, late),)))

    line = shop.points.line(MERCHANT, member.id, place_of_lot("haravan", "o-0", placed(0)))
    assert line is not None
    assert line.lot == replace(seen.lot, points=60)


def test_a_redemption_takes_points_and_stock_and_a_cancellation_returns_both(shop: Shop) -> None:
    member = _member_with(shop, 50)
    reward = a_reward(stock=1)
    shop.rewards.add(MERCHANT, reward)

    made = _redeem(shop, member)
    with pytest.raises(Conflict, match="reward_out_of_stock"):
        _redeem(shop, member)

    assert shop.points.redemption(MERCHANT, made.id) == made
    assert shop.points.redemptions(MERCHANT, member.id, limit=9).items == (made,)
    assert shop.rewards.get(MERCHANT, reward.id).stock == 0
    assert _member(shop).membership.points.used == 30
    for _ in range(2):
        cancelled = cancel_redemption(
            MERCHANT,
            made.id,
            act=an_act(now=moment(5)),
            changesets=shop.backend.changesets,
            rewards=shop.rewards,
            points=shop.points,
        )
        assert cancelled.status == "cancelled"
    points = _member(shop).membership.points
    assert (points.available, points.used, points.earned) == (50, 0, 50)
    assert shop.rewards.get(MERCHANT, reward.id).stock == 1


def test_a_redemption_is_invisible_to_other_merchants(shop: Shop) -> None:
    member = _member_with(shop, 50)
    shop.rewards.add(MERCHANT, a_reward())
    made = _redeem(shop, member)

    with pytest.raises(NotFound):
        shop.points.redemption(OTHER_MERCHANT, made.id)
    assert shop.points.page(OTHER_MERCHANT, member.id, limit=9).items == ()
    with pytest.raises(NotFound):
        shop.rewards.get(OTHER_MERCHANT, a_reward().id)


def test_program_versions_are_stored_apart_from_the_active_program(shop: Shop) -> None:
    active = shop.programs.active(MERCHANT)
    first, second = a_program(version=1), a_program(version=2, expiry_months=12)
    for program in (first, second):
        shop.programs.add(MERCHANT, program)

    assert shop.programs.newest(MERCHANT) == second
    assert shop.programs.get(MERCHANT, 1) == first
    assert shop.programs.active(MERCHANT) == active
    assert shop.programs.active(OTHER_MERCHANT) == STANDARD
    with pytest.raises(Stale):
        shop.programs.add(MERCHANT, second)
    with pytest.raises(NotFound):
        shop.programs.get(MERCHANT, 3)
    with pytest.raises(Conflict):
        shop.programs.activate(MERCHANT, replace(active, version=7), second)


def test_editing_a_reward_keeps_stock_changes_made_by_redemptions(shop: Shop) -> None:
    member = _member_with(shop, 50)
    reward = a_reward(stock=5)
    shop.rewards.add(MERCHANT, reward)
    _redeem(shop, member)

    shop.rewards.replace(MERCHANT, reward, replace(reward, name="Bình", version=2))

    assert shop.rewards.get(MERCHANT, reward.id) == replace(
        reward, name="Bình", version=2, stock=4
    )
    with pytest.raises(Stale):
        shop.rewards.replace(MERCHANT, reward, replace(reward, name="Ly", version=2))


def test_a_recompute_counts_each_page_once(shop: Shop) -> None:
    job = Recompute(id="01J", version=2, previous=1, dry_run=False, at=placed(0))
    effect = Effect(up=1, same=2, points_effect=-3, examples=(Example("c", "KH1", "a", "b"),))
    shop.recomputes.add(MERCHANT, job)

    for _ in range(2):
        shop.recomputes.count(MERCHANT, "01J", effect, bucket="00", after=None)
    shop.recomputes.count(MERCHANT, "01J", effect, bucket="01", after=None)
    shop.recomputes.end(MERCHANT, "01J", "00")

    kept = shop.recomputes.get(MERCHANT, "01J")
    assert kept == replace(job, ended=frozenset({"00"}), effect=effect + effect)
    assert list(shop.recomputes.newest(MERCHANT)) == [replace(job, ended=frozenset({"00"}))]
    with pytest.raises(NotFound):
        shop.recomputes.get(OTHER_MERCHANT, "01J")


def a_reward(**fields: object) -> Reward:
    """Return a reward of 30 points with unlimited stock."""
    reward = Reward(
        id="01JREWARD", name="Ly sứ", points=30, created_at=placed(0), updated_at=placed(0)
    )
    return replace(reward, **fields)  # type: ignore[arg-type]


def _member(shop: Shop) -> Customer:
    anh = Identity("phone", "+84912345678")
    customers = shop.backend.customers
    return customers.get(MERCHANT, customers.holders(MERCHANT, [anh])[anh])


def _lines(shop: Shop, member: Customer) -> tuple[PointsEntry, ...]:
    return shop.points.page(MERCHANT, member.id, limit=50).items


def _redeem(shop: Shop, member: Customer) -> Redemption:
    act = an_act(now=moment(2), ids=shop.backend.ids)
    return redeem(
        MERCHANT,
        member.id,
        act.new_id(),
        a_reward().id,
        act=act,
        changesets=shop.backend.changesets,
        rewards=shop.rewards,
    )


def _member_with(shop: Shop, points: int) -> Customer:
    """Return a member with some available points."""
    shop.backend.take(an_order(0, total=1_000))
    member = _member(shop)
    act = an_act(now=moment(1), ids=shop.backend.ids)
    adjust_points(
        MERCHANT,
        member.id,
        points,
        "Tặng",
        entry_id=act.new_id(),
        act=act,
        changesets=shop.backend.changesets,
    )
    return _member(shop)


@pytest.mark.req("B-16")
def test_imported_points_enrol_a_customer_and_can_be_reversed(shop: Shop) -> None:
    whose = shop.backend.take(an_order(0, total=100_000, placed_at=placed(-500)))
    brought = Opening(id="op-1", at=placed(0), by=LAN, total_spent=2_000_000, points=70)

    add_opening(MERCHANT, whose, brought, now=moment(1), ports=shop.backend.metrics_ports)
    member = _member(shop)
    assert (member.membership.points.available, member.membership.tier) == (70, "silver")
    assert member.membership.joined_at == placed(0)
    reverse_opening(
        MERCHANT, whose, "op-1", by=LAN, now=moment(2), ports=shop.backend.metrics_ports
    )

    points = _member(shop).membership.points
    assert (points.available, points.reversed, points.earned) == (0, 70, 70)
    assert _member(shop).membership.tier == "unranked"


@pytest.mark.req("B-06", "D7")
def test_a_rebuild_repairs_months_ranking_points_and_tier_but_not_the_ledger(
    shop: Shop,
) -> None:
    whose = shop.backend.take(an_order(0, total=5_000_000, paid=5_000_000))
    shop.backend.take(an_order(1, total=300_000, refunded=100_000))
    shop.backend.take(an_order(2, total=300_000, status="cancelled"))
    right = _member(shop)
    ranked = right.membership.ranking_points
    lost = replace(
        right.membership, months={"2026-01": Month(1, 7)}, tier="unranked", ranking_points=1
    )
    drifted = replace(
        right, membership=lost, group=None, skip_auto_group=False, revision=right.revision + 1
    )
    moved = Changeset(customers=(CustomerMove(right, drifted),))
    shop.backend.changesets.write(MERCHANT, moved)

    repaired = rebuild(MERCHANT, whose, now=moment(5), ports=shop.backend.metrics_ports)
    again = rebuild(MERCHANT, whose, now=moment(6), ports=shop.backend.metrics_ports)

    assert (repaired.repaired, again.repaired) == (True, False)
    after = _member(shop)
    assert (after.membership.tier, after.group) == ("gold", "vip")
    assert after.membership.months == {"2026-11": Month(5_200_000, ranked)}
    assert after.membership.ranking_points == ranked > 0
    assert after.membership.points == right.membership.points
