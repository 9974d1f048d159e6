"""Merges and undos among concurrent orders, edits and imports of both records lose nothing."""

from typing import TYPE_CHECKING, Any

import pytest

from crm.aws.dynamodb.table import Table
from crm.domain.customers.activities import Activity, Edit
from crm.domain.customers.customer import Customer
from crm.domain.customers.metrics import Metrics
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Conflict, CrmError, Stale
from crm.domain.kernel.ids import CustomerId, derived_ulid
from crm.domain.kernel.times import stamp
from crm.domain.merges.merge import Merge
from crm.domain.merges.person import standalone
from crm.domain.orders.orders import combined_history, metrics_of_history
from crm.usecases.customers.customers import edit_customer
from crm.usecases.customers.tags import add_tag
from tests.builders import MERCHANT, Ids, a_customer, an_act, customer_id, moment
from tests.contract.conftest import a_dynamodb_backend
from tests.engines.fixtures import NewTables
from tests.merge_builders import merge, plain, retry, undo
from tests.order_builders import HOA, Backend, an_incoming_customer, an_order
from tests.racing import at_once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def kept(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> Backend:
    """Give an empty backend of an engine whose transactions collide."""
    return a_dynamodb_backend(Table(dynamodb_local_client, new_tables(dynamodb_local_client).main))


@pytest.mark.req("B-05", "B-17")
def test_merges_and_undos_among_concurrent_writers_lose_nothing(kept: Backend) -> None:
    for number in range(8):
        Round(kept, number).run()


@pytest.mark.slow
@pytest.mark.req("B-05", "B-17")
@pytest.mark.parametrize("first", [0, 250])
def test_merges_and_undos_among_concurrent_writers_lose_nothing_in_500_rounds(
    kept: Backend, first: int
) -> None:
    for number in range(first, first + 250):
        Round(kept, number).run()


class Round:
    """Two records of one person that several writers change concurrently."""

    def __init__(self, backend: Backend, number: int) -> None:
        self.backend = backend
        self.number = number
        self.one, self.other = (customer_id(2 * number + each) for each in (1, 2))
        for each in (1, 2):
            made = a_customer(2 * number + each, phone=self.phone(each))
            backend.customers.add(MERCHANT, made)
        for each in (1, 2):
            self.order(each, each)

    def run(self) -> None:
        """Merge among other writers, then undo the merge among them."""
        made, *_, noted, tagged, gendered = at_once(
            lambda: retry(merge, self.backend, self.one, self.other),
            lambda: self.order(3, of=1),
            lambda: self.order(4, of=2),
            lambda: self.order(2, of=2, version=2, status="cancelled"),
            lambda: self.edited(self.one, {"note": "Gọi lại"}),
            lambda: add_tag(
                MERCHANT,
                self.other,
                "sỉ",
                act=an_act(now=moment(2), ids=Ids(f"tag {self.number}")),
                customers=self.backend.customers,
            ),
            lambda: self.imported(self.other),
        )
        assert isinstance(made, Merge)
        one, other = self.records()
        self.assert_sums(one)
        assert (one.note == "Gọi lại") == (not isinstance(noted, CrmError))
        # A successful write to the loser came before the merge, so the survivor has it too.
        for refused, has in (
            (tagged, lambda each: "sỉ" in each.tags),
            (gendered, lambda each: each.gender == "female"),
        ):
            written = not isinstance(refused, CrmError)
            assert [has(one), has(other)] == [written, written]
        before = plain(standalone(other))

        undone, *_, edit = at_once(
            lambda: retry(undo, self.backend, made.id),
            lambda: self.order(5, of=1),
            lambda: self.order(6, of=2),
            lambda: self.order(4, of=2, version=2, refunded=50_000),
            lambda: self.edited(self.one, {"note": "Đã gọi"}),
        )

        assert undone.status == "undone"
        one, other = self.records()
        for each in (one, other):
            assert each.metrics == self.fold(each.id)
            assert (each.merged_into, each.merged_from, each.standalone_values) == (None, {}, None)
        assert (one.note == "Đã gọi") == (not isinstance(edit, CrmError))
        assert (other.tags, other.gender, other.phone) == (
            before.tags,
            before.gender,
            before.phone,
        )

    def phone(self, each: int) -> str:
        return f"+849{self.number:06}{each:02}"

    def order(self, order: int, of: int, **fields: Any) -> None:
        snapshot = an_order(order, id=f"o-{self.number}-{order}", **fields)
        incoming = an_incoming_customer(f"{snapshot.id}-{snapshot.version}", phone=self.phone(of))
        self.backend.take_patiently(snapshot, incoming)

    def edited(self, customer: CustomerId, fields: dict[str, Any]) -> Customer:
        seen = self.backend.customers.get(MERCHANT, customer)
        return edit_customer(
            MERCHANT,
            customer,
            fields,
            seen_version=seen.version,
            act=an_act(now=moment(1), ids=Ids(f"{customer} {fields}")),
            customers=self.backend.customers,
        )

    def imported(self, customer: CustomerId) -> None:
        """Write as an import does: edits in one transaction, with refused ones reported."""
        seen = self.backend.customers.get(MERCHANT, customer)
        if seen.status != "active":
            raise Conflict("customer_merged")
        by, at = Author("import", f"01J:{self.number}"), stamp(moment(3))
        changes = seen.changes({"gender": "female"})
        line = Activity(
            id=derived_ulid(moment(3), str(self.number)),
            at=at,
            kind="edited",
            by=by,
            changes=changes,
        )
        edit = Edit(seen, seen.edited(changes, by, at), line)
        if self.backend.customers.update_all(MERCHANT, [edit]):
            raise Stale("stale", current_version=None)

    def records(self) -> tuple[Customer, Customer]:
        one, other = (
            self.backend.customers.get(MERCHANT, each) for each in (self.one, self.other)
        )
        return one, other

    def fold(self, customer: CustomerId) -> Metrics:
        return metrics_of_history(self.backend.orders.history(MERCHANT, customer), HOA.zone)

    def assert_sums(self, survivor: Customer) -> None:
        ids = (self.one, self.other)
        histories = [self.backend.orders.history(MERCHANT, each) for each in ids]
        assert survivor.metrics == metrics_of_history(combined_history(histories), HOA.zone)
        assert survivor.metrics.order_count == 3
        for each in self.records():
            assert standalone(each).metrics == self.fold(each.id)
