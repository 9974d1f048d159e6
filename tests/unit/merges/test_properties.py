"""Merges and undos among orders: a backend that merges agrees with one that never does.

Both backends get the same events; only the first one merges. Standalone, each of its records
equals the record of the second backend, and each person equals the sum of the records.
"""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.times import DEFAULT_ZONE, day_of
from crm.domain.kernel.times import moment as read_moment
from crm.domain.loyalty.programs import STANDARD, Program
from crm.domain.loyalty.tiers import tier_on
from crm.domain.merges.merge import UNDO_LASTS
from crm.domain.merges.person import pooled_points, standalone
from crm.domain.orders.checkouts import Checkout
from crm.domain.orders.orders import combined_history, metrics_of_history
from crm.usecases.loyalty.membership import adjust_points
from crm.usecases.loyalty.sweep import sweep_shard
from crm.usecases.merges.merges import Partner, merge_customers, undo_merge
from crm.usecases.orders.checkouts import start_checkout
from tests.builders import MERCHANT, a_customer, an_act
from tests.fakes.changesets import InMemoryChangesets
from tests.loyalty_builders import GOLD, SILVER, a_program
from tests.merge_builders import phone, plain
from tests.order_builders import Backend, a_backend, an_incoming_customer, an_order, placed

_PROGRAMS = st.builds(
    a_program,
    window_months=st.sampled_from([None, None, 2]),
    review_every=st.sampled_from(["year", "rolling"]),
    hold_days=st.sampled_from([0, 7]),
    rank_by=st.sampled_from(["spent", "ranking_points"]),
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "email": st.none() | st.just("{}@example.vn"),
    "gender": st.sampled_from([None, "female", "male"]),
    "note": st.sampled_from([None, "Gọi buổi sáng"]),
    "tags": st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(tuple),
    "group": st.sampled_from([None, "vip"]),
    "has_account": st.booleans(),
}
_PERSON = st.fixed_dictionaries(_FIELDS)
#: The numbers of the created customers, and of two that only events name.
_WHO = st.sampled_from([1, 2, 3, 4, 5, 11, 12])
#: Further fields of an order's buyer.
_CARDS = st.sampled_from(
    [{}, {}, {"gender": "female"}, {"gender": "male"}, {"birthday": "1990-05-17"}]
)
_KEEP = st.dictionaries(
    st.sampled_from(["full_name", "phone", "gender", "group", "note", "has_account"]),
    st.sampled_from(["survivor", "loser"]),
    max_size=3,
)


FIRST_STRANGER = 11


class Backends(RuleBasedStateMachine):
    """A backend that merges, and a control that never does."""

    def __init__(self) -> None:
        super().__init__()
        self.subject, self.control = a_backend(), a_backend()
        self.people = 0
        self.days = 0.0
        self.numbers = count(1)
        self.versions: dict[int, int] = {}
        self.buyers: dict[int, int] = {}
        self.merges: list[str] = []
        self.merged_on: dict[str, float] = {}
        self.program: Program = a_program()

    @initialize(program=_PROGRAMS, people=st.lists(_PERSON, min_size=3, max_size=3))
    def begin(self, program: Program, people: list[dict[str, Any]]) -> None:
        for fields in people:
            self.create_one(fields)
        by_points = program.rank_by == "ranking_points"
        gold = replace(GOLD, group="loyal")
        rungs = (
            (replace(SILVER, least=100), replace(gold, least=500)) if by_points else (SILVER, gold)
        )
        self.program = replace(program, rungs=rungs)
        for backend in self.backends:
            loyalty(backend).programs.activate(MERCHANT, STANDARD, self.program)

    @property
    def backends(self) -> tuple[Backend, Backend]:
        return self.subject, self.control

    @precondition(lambda self: self.people < 5)
    @rule(fields=_PERSON)
    def create(self, fields: dict[str, Any]) -> None:
        self.create_one(fields)

    def create_one(self, fields: dict[str, Any]) -> None:
        self.people += 1
        number = self.people
        if fields["email"]:
            fields = {**fields, "email": fields["email"].format(number)}
        for backend in self.backends:
            backend.customers.add(
                MERCHANT, a_customer(number, code=f"KH9{number:05}", phone=phone(number), **fields)
            )

    @rule(
        who=_WHO,
        total=st.integers(0, 60),
        ago=st.integers(0, 40),
        unpaid=st.booleans(),
        card=_CARDS,
    )
    def buy(self, who: int, total: int, ago: int, card: dict[str, str], *, unpaid: bool) -> None:
        if self.people < who < FIRST_STRANGER:
            return
        number = next(self.numbers)
        self.buyers[number], self.versions[number] = who, 1
        amount = total * 100_000
        self.send(
            number,
            card,
            total=amount,
            paid=0 if unpaid else amount,
            placed_at=placed(self.days - ago),
        )

    @precondition(lambda self: self.buyers)
    @rule(
        data=st.data(),
        status=st.sampled_from(["completed", "cancelled"]),
        late=st.booleans(),
        ago=st.integers(0, 40),
    )
    def send_again(self, data: st.DataObject, status: str, ago: int, *, late: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.buyers)))
        if not late:
            self.versions[number] += 1
        self.send(number, {}, total=900_000, status=status, placed_at=placed(self.days - ago))

    @rule(who=_WHO)
    def check_out(self, who: int) -> None:
        if self.people < who < FIRST_STRANGER:
            return
        number = next(self.numbers)
        for backend in self.backends:
            start_checkout(
                MERCHANT,
                Checkout(source="haravan", id=f"c-{number}", status="open", at=placed(self.days)),
                an_incoming_customer(f"c-{number}", phone=phone(who), name="Ánh"),
                now=read_moment(placed(self.days)),
                ports=backend.event_ports,
            )

    @rule(data=st.data(), keep=_KEEP)
    def merge(self, data: st.DataObject, keep: dict[str, str]) -> None:
        ids = [each.id for each in all_records(self.subject)]
        survivor = data.draw(st.sampled_from(ids))
        loser = data.draw(st.sampled_from([each for each in ids if each != survivor]))
        merge_id = f"01M{next(self.numbers):04}"
        try:
            merge_customers(
                MERCHANT,
                merge_id,
                survivor,
                Partner(loser),
                keep,
                act=an_act(now=read_moment(placed(self.days))),
                ports=self.subject.merge_ports,
            )
        except Conflict as conflict:
            refused = conflict.code
        else:
            self.merges.append(merge_id)
            self.merged_on[merge_id] = self.days
            return
        assert refused == "merge_same_person"

    @precondition(lambda self: self.merges)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        merge_id = data.draw(st.sampled_from(self.merges))
        try:
            self.undo_one(merge_id)
        except Conflict as conflict:
            refused = conflict.code
        else:
            return
        assert refused == "merge_not_last"

    @rule(data=st.data(), points=st.integers(1, 50))
    def adjust(self, data: st.DataObject, points: int) -> None:
        shown = [each for each in all_records(self.subject) if each.merged_into is None]
        chosen = data.draw(st.sampled_from(shown))
        if standalone(chosen).membership.joined_at is None:
            return
        entry_id = f"a-{next(self.numbers)}"
        for backend in self.backends:
            adjust_points(
                MERCHANT,
                chosen.id,
                points,
                "Bù điểm",
                entry_id=entry_id,
                act=an_act(now=read_moment(placed(self.days))),
                changesets=backend.changesets,
            )

    @rule(days=st.sampled_from([1, 3, 20]))
    def sweep(self, days: int) -> None:
        oldest = min((self.merged_on[each] for each in self.merges), default=self.days)
        if self.days + days - oldest > UNDO_LASTS.days:
            return
        self.days += days
        self.run_sweep()

    @invariant()
    def each_standalone_record_equals_the_control(self) -> None:
        for record in all_records(self.subject):
            alone = standalone(record)
            expected = self.control.customers.get(MERCHANT, record.id)
            assert alone.metrics == expected.metrics
            assert alone.membership.points == expected.membership.points
            assert alone.membership.months == expected.membership.months
            assert alone.membership.joined_at == expected.membership.joined_at
            if self.program.window_months is None:
                assert alone.membership.tier == expected.membership.tier
                assert (
                    record.standalone_values is not None
                    or record.merged_into
                    or alone.group == expected.group
                )

    @invariant()
    def each_person_is_the_sum_of_the_records(self) -> None:
        for shown in all_records(self.subject):
            if shown.merged_into is not None:
                continue
            ids = [shown.id, *shown.merged_from]
            expected = [self.control.customers.get(MERCHANT, each) for each in ids]
            history = combined_history(
                [self.control.orders.history(MERCHANT, each) for each in ids]
            )
            checkouts = sum(each.metrics.open_checkout_count for each in expected)
            assert shown.metrics == metrics_of_history(
                history, DEFAULT_ZONE, open_checkouts=checkouts
            )
            membership = shown.membership
            extra = [own.extra for each in ids if (own := self.record(each).standalone_values)]
            points = [each.membership.points for each in expected]
            assert membership.points == pooled_points([*points, *extra])
            joined = [each.membership.joined_at for each in expected if each.membership.joined_at]
            assert membership.joined_at == (min(joined) if joined else None)
            if self.program.window_months is None:
                today = day_of(placed(self.days), DEFAULT_ZONE)
                assert membership.tier == tier_on(shown, self.program, today)

    @invariant()
    def every_identity_finds_its_record(self) -> None:
        for record in all_records(self.control):
            holders = self.subject.customers.holders(MERCHANT, record.identities())
            assert set(holders.values()) == {record.id}

    def teardown(self) -> None:
        """Undo every merge: no trace of a merge is left."""
        for merge_id in reversed(self.merges):
            undo_merge(
                MERCHANT,
                merge_id,
                act=an_act(now=read_moment(placed(self.days))),
                ports=self.subject.merge_ports,
            )
        self.run_sweep()
        for expected in all_records(self.control):
            assert bare(self.subject.customers.get(MERCHANT, expected.id)) == bare(expected)
            identities = expected.identities()
            holders = self.subject.customers.holders(MERCHANT, identities)
            assert holders == dict.fromkeys(identities, expected.id)

    def record(self, whose: CustomerId) -> Customer:
        return self.subject.customers.get(MERCHANT, whose)

    def undo_one(self, merge_id: str) -> None:
        undo_merge(
            MERCHANT,
            merge_id,
            act=an_act(now=read_moment(placed(self.days))),
            ports=self.subject.merge_ports,
        )
        self.merges.remove(merge_id)

    def send(self, number: int, card: dict[str, str], **fields: Any) -> None:
        order = an_order(number, version=self.versions[number], **fields)
        incoming = an_incoming_customer(
            f"{order.id}-{order.version}",
            phone=phone(self.buyers[number]),
            name="Ánh",
            **card,
        )
        minutes = self.days * 24 * 60
        one, other = (backend.take(order, incoming, minutes) for backend in self.backends)
        assert one == other

    def run_sweep(self) -> None:
        for backend in self.backends:
            lots = loyalty(backend)
            for _ in range(2):
                sweep_shard(
                    "00",
                    now=read_moment(placed(self.days)),
                    goes_on=lambda: True,
                    due=lots,
                    points=lots,
                    changesets=backend.changesets,
                )


def all_records(backend: Backend) -> list[Customer]:
    """Return every record of a backend."""
    found: list[Customer] = backend.customers.all_of(MERCHANT)  # type: ignore[attr-defined]
    return found


def loyalty(backend: Backend) -> Any:
    """Return the loyalty ports of a backend in memory."""
    assert isinstance(backend.changesets, InMemoryChangesets)
    return backend.changesets.loyalty


def bare(customer: Customer) -> Customer:
    """Return a customer without the fields that every write changes and two hidden ones.

    Those are the time of the next tier review, and the provenance of values.
    """
    membership = replace(customer.membership, review_at=None)
    return plain(replace(customer, membership=membership, provenance={}))


def run(examples: int, steps: int) -> None:
    """Run the state machine."""
    run_state_machine_as_test(
        Backends,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.req("B-05", "D17", "004-18")
def test_merges_and_undos_agree_with_a_backend_that_never_merges() -> None:
    run(60, 25)


@pytest.mark.slow
@pytest.mark.req("B-05", "D17", "004-18")
def test_long_runs_of_merges_and_undos_agree_with_a_backend_that_never_merges() -> None:
    run(1_000, 40)
