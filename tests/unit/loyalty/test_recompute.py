"""Recomputing tiers: activating a program has the effect that its simulation predicted."""

import random
from dataclasses import replace

import pytest

from crm.domain.customers.customer import Customer, Month
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId
from crm.domain.loyalty.programs import Program
from crm.domain.loyalty.recomputes import BUCKETS, Recompute
from crm.usecases.loyalty.programs import activate, recompute_page, simulate
from tests.builders import MERCHANT, Ids, an_act, customer_id, moment
from tests.fakes.changesets import InMemoryChangesets
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.exports import InMemoryWalk
from tests.fakes.merchants import InMemoryMerchants
from tests.fakes.recomputes import InMemoryRecomputes
from tests.loyalty_builders import GOLD, SILVER, a_member, a_program
from tests.order_builders import HOA

OLD = a_program(version=1)
NEW = a_program(
    version=2,
    rungs=(replace(SILVER, least=2_000_000), replace(GOLD, least=4_000_000, vnd_per_point=4_000)),
)


class Base:
    """A merchant with generated members, and the ports of recomputes."""

    def __init__(self, *people: Customer) -> None:
        self.customers = InMemoryCustomers(*people)
        self.merchants = InMemoryMerchants(HOA)
        self.changesets = InMemoryChangesets(self.customers, self.merchants)
        self.programs = self.changesets.loyalty.programs
        self.walk = InMemoryWalk(self.customers, 500)
        self.recomputes = InMemoryRecomputes()
        self.ids = Ids()
        for program in (OLD, NEW):
            self.programs.add(MERCHANT, program)
        self.programs.activate(MERCHANT, self.programs.active(MERCHANT), OLD)

    def start_activation(self, version: int = 2) -> Recompute:
        act = an_act(ids=self.ids)
        return activate(
            MERCHANT,
            act.new_id(),
            version,
            act=act,
            programs=self.programs,
            recomputes=self.recomputes,
            runs=self.recomputes,
        )

    def page(self, job: Recompute, bucket: str, after: CustomerId | None) -> CustomerId | None:
        return recompute_page(
            MERCHANT,
            job.id,
            bucket,
            after,
            programs=self.programs,
            merchants=self.merchants,
            walk=self.walk,
            changesets=self.changesets,
            recomputes=self.recomputes,
        )

    def run_job(self, job: Recompute) -> Recompute:
        for bucket in self.walk.buckets(MERCHANT):
            after = self.page(job, bucket, None)
            while after is not None:
                after = self.page(job, bucket, after)
        return self.recomputes.get(MERCHANT, job.id)


def _people(count: int) -> list[Customer]:
    draw = random.Random(6)
    people = []
    for number in range(1, count + 1):
        spent = draw.randrange(0, 8_000_000, 10_000)
        person = a_member(
            number,
            tier=OLD.earned_by(spent),
            months={"2026-11": Month(spent, spent // 10_000)} if spent else {},
        )
        metrics = Metrics(order_count=1, total_spent=spent)
        person = replace(person, metrics=metrics, skip_auto_group=number % 50 == 7)
        if number % 10 == 0:
            membership = replace(person.membership, joined_at=None, tier="unranked")
            person = replace(person, membership=membership)
        people.append(person)
    return people


@pytest.mark.req("B-07")
def test_activating_moves_five_thousand_members_exactly_as_simulated() -> None:
    people = _people(5_000)
    base = Base(*people)

    predicted = simulate(
        MERCHANT,
        2,
        now=moment(),
        programs=base.programs,
        merchants=base.merchants,
        walk=base.walk,
    )
    done = base.run_job(base.start_activation())

    assert predicted is not None
    assert done.is_done
    assert done.effect == predicted
    members = [each for each in people if each.membership.joined_at]
    assert predicted.up + predicted.down + predicted.frozen + predicted.same == len(members)
    assert min(predicted.up, predicted.down, predicted.frozen, predicted.same) > 0
    moved = {"up": 0, "down": 0}
    for person in people:
        after = base.customers.get(MERCHANT, person.id)
        was, now = person.membership.tier, after.membership.tier
        if person.membership.joined_at is None or person.skip_auto_group:
            assert (now, after.group) == (was, person.group)
            continue
        assert now == NEW.earned_by(person.metrics.total_spent)
        if was != now:
            moved["up" if NEW.rank(now) > NEW.rank(was) else "down"] += 1
    assert moved == {"up": predicted.up, "down": predicted.down}


def test_a_page_repeated_after_a_failure_counts_once() -> None:
    base = Base(*_people(200))
    job = base.start_activation()
    for bucket in base.walk.buckets(MERCHANT):
        base.page(job, bucket, None)
    first = base.recomputes.get(MERCHANT, job.id)

    for bucket in base.walk.buckets(MERCHANT):
        base.page(job, bucket, None)

    assert base.recomputes.get(MERCHANT, job.id) == first
    assert len(first.ended) == BUCKETS


def test_a_program_is_not_activated_while_a_recompute_is_running() -> None:
    base = Base(*_people(20))
    third = replace(NEW, version=3)
    base.programs.add(MERCHANT, third)
    job = base.start_activation()

    with pytest.raises(Conflict, match="program_recomputing"):
        base.start_activation(3)
    base.run_job(job)

    assert base.start_activation(3).version == 3


def test_an_older_version_cannot_be_activated_but_the_active_one_can_be_recomputed() -> None:
    base = Base(*_people(20))
    base.run_job(base.start_activation())

    with pytest.raises(Conflict, match="program_is_active"):
        base.start_activation(1)
    again = base.run_job(base.start_activation())

    assert (again.effect.up, again.effect.down) == (0, 0)


def test_a_tier_of_the_old_program_is_compared_by_its_old_rank() -> None:
    person = replace(
        a_member(1, tier="gold"), metrics=Metrics(order_count=1, total_spent=6_000_000)
    )
    base = Base(person)
    renamed = Program(version=3, rungs=(replace(SILVER, code="star"),), since=OLD.since)
    base.programs.add(MERCHANT, renamed)

    done = base.run_job(base.start_activation(3))

    assert (done.effect.up, done.effect.down) == (0, 1)
    assert base.customers.get(MERCHANT, customer_id()).membership.tier == "star"
