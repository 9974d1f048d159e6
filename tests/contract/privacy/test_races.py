"""An erasure racing with orders, notes, edits and a merge, none of which is lost."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from crm.aws.dynamodb.table import Table
from crm.domain.customers.anonymization import is_erased
from crm.domain.customers.customer import Identity
from crm.usecases.customers.customers import edit_customer
from crm.usecases.orders.event_customers import EventPorts
from crm.usecases.orders.interactions import record_note
from tests.builders import MERCHANT, Ids, a_customer, an_act, customer_id, moment
from tests.contract.conftest import a_dynamodb_backend
from tests.engines.fixtures import NewTables
from tests.erasure_builders import PrivacyBackend, privacy_backend
from tests.merge_builders import merge
from tests.order_builders import Backend, an_incoming_customer, an_order
from tests.racing import at_once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROUNDS = 4
ANH, BINH = customer_id(901), customer_id(902)
PHONE = Identity("phone", "+84912345678")
HOME = {"line": "12 Lý Thường Kiệt"}


@pytest.fixture
def privacy(dynamodb_local_client: "DynamoDBClient", new_tables: NewTables) -> PrivacyBackend:
    table = Table(dynamodb_local_client, new_tables(dynamodb_local_client).main)
    return privacy_backend(a_dynamodb_backend(table), table)


def personal_rows(privacy: PrivacyBackend) -> list[str]:
    return [
        row.place
        for whose in (ANH, BINH)
        for row in privacy.personal_data.page(MERCHANT, whose, limit=1_000, after=None).items
        if row.personal
    ]


def ordering(backend: Backend, number: int) -> Callable[[], Any]:
    def order() -> Any:
        for version in range(2, 2 + ROUNDS):
            late = an_order(
                1, version=version * 10 + number, total=1_000 * number, shipping_address=HOME
            )
            backend.take_patiently(late, an_incoming_customer(f"e-{number}-{version}"))
        new = an_order(number, shipping_address=HOME)
        backend.take_patiently(new, an_incoming_customer(f"e-new-{number}"))

    return order


def noting(backend: Backend) -> None:
    for number in range(ROUNDS):
        record_note(
            MERCHANT,
            "Ánh thích trà",
            an_incoming_customer(f"note-{number}"),
            now=moment(number),
            ports=EventPorts(backend.customers, backend.changesets, Ids(f"note {number}")),
        )


def editing(backend: Backend) -> None:
    for number in range(ROUNDS):
        seen = backend.customers.get(MERCHANT, ANH)
        edit_customer(
            MERCHANT,
            ANH,
            {"note": f"lần {number}", "full_name": "Ánh"},
            seen_version=seen.version,
            act=an_act(now=moment(number), ids=Ids(f"edit {number}")),
            customers=backend.customers,
        )


@pytest.mark.req("B-14", "B-17")
def test_concurrent_writes_leave_no_personal_data_and_lose_no_order(
    privacy: PrivacyBackend,
) -> None:
    backend = privacy.backend
    backend.customers.add(MERCHANT, a_customer(901, phone=PHONE.value))
    backend.customers.add(MERCHANT, a_customer(902, phone="+84987654321"))
    backend.take(an_order(1, shipping_address=HOME), an_incoming_customer("e-1"))

    at_once(
        lambda: privacy.start(ANH),
        ordering(backend, 2),
        ordering(backend, 3),
        lambda: noting(backend),
        lambda: editing(backend),
        lambda: merge(backend, ANH, BINH),
    )
    request = privacy.start(ANH)
    privacy.finish(request.id)

    anh = backend.customers.get(MERCHANT, ANH)
    assert is_erased(anh)
    binh = backend.customers.get(MERCHANT, BINH)
    assert is_erased(binh) is (binh.merged_into == ANH)
    assert personal_rows(privacy) == []
    holder = backend.customers.holders(MERCHANT, [PHONE]).get(PHONE)
    assert holder not in {ANH, BINH}
    ids = [ANH, *([holder] if holder else [])]
    counted = {each: backend.customers.get(MERCHANT, each).metrics.order_count for each in ids}
    assert sum(counted.values()) == 3
    assert all(backend.fold(each) == backend.metrics(each) for each in ids)
