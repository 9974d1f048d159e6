"""The contract of `ports.IdempotencyRecords`, in memory and in DynamoDB."""

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.idempotency.requests import DynamoIdempotencyRecords
from crm.domain.idempotency.requests import KEPT, IdempotentRequest, new_record
from crm.domain.kernel.errors import Conflict
from crm.domain.kernel.ids import UserId
from crm.ports.idempotency import IdempotencyRecords
from tests.builders import MERCHANT, OTHER_MERCHANT, moment
from tests.contract.conftest import PROVIDERS
from tests.engines.fixtures import NewTables
from tests.fakes.idempotency import InMemoryIdempotencyRecords

REQUEST = IdempotentRequest(UserId("user-lan"), "POST /customers", "key-1")
RECORD = new_record("hash-1", moment())


@pytest.fixture(params=PROVIDERS)
def requests(request: pytest.FixtureRequest, new_tables: NewTables) -> IdempotencyRecords:
    if request.param == "in memory":
        return InMemoryIdempotencyRecords()
    fixture = "moto_client" if request.param == "moto" else "dynamodb_local_client"
    client = request.getfixturevalue(fixture)
    return DynamoIdempotencyRecords(Table(client, new_tables(client).idempotency))


def test_a_key_is_opened_once(requests: IdempotencyRecords) -> None:
    assert requests.open(MERCHANT, REQUEST, RECORD, now=moment()) is None

    later = new_record("hash-2", moment(1))
    assert requests.open(MERCHANT, REQUEST, later, now=moment(1)) == RECORD


@pytest.mark.parametrize(
    "another",
    [
        REQUEST._replace(user_id=UserId("user-minh")),
        REQUEST._replace(route="POST /imports"),
        REQUEST._replace(key="key-2"),
    ],
)
def test_a_key_belongs_to_one_merchant_user_and_route(
    requests: IdempotencyRecords, another: IdempotentRequest
) -> None:
    requests.open(MERCHANT, REQUEST, RECORD, now=moment())

    assert requests.open(MERCHANT, another, RECORD, now=moment()) is None
    assert requests.open(OTHER_MERCHANT, REQUEST, RECORD, now=moment()) is None


def test_a_key_expires_after_a_day_even_if_its_row_is_still_there(
    requests: IdempotencyRecords,
) -> None:
    requests.open(MERCHANT, REQUEST, RECORD, now=moment())
    tomorrow = moment() + KEPT

    assert requests.open(MERCHANT, REQUEST, new_record("hash-2", tomorrow), now=tomorrow) is None


def test_a_completed_request_keeps_its_resource(requests: IdempotencyRecords) -> None:
    requests.open(MERCHANT, REQUEST, RECORD, now=moment())
    done = RECORD.done(201, "c-1", "/customers/c-1")

    requests.replace(MERCHANT, REQUEST, RECORD, done)

    assert requests.open(MERCHANT, REQUEST, RECORD, now=moment(1)) == done


def test_only_one_attempt_takes_over(requests: IdempotencyRecords) -> None:
    requests.open(MERCHANT, REQUEST, RECORD, now=moment())
    requests.replace(MERCHANT, REQUEST, RECORD, RECORD.taken_over(moment(1)))

    with pytest.raises(Conflict):
        requests.replace(MERCHANT, REQUEST, RECORD, RECORD.taken_over(moment(2)))
    with pytest.raises(Conflict):
        requests.remove(MERCHANT, REQUEST, RECORD)
    assert requests.open(MERCHANT, REQUEST, RECORD, now=moment(2)) == RECORD.taken_over(moment(1))


def test_a_removed_request_can_be_opened_again(requests: IdempotencyRecords) -> None:
    requests.open(MERCHANT, REQUEST, RECORD, now=moment())
    requests.remove(MERCHANT, REQUEST, RECORD)

    assert requests.open(MERCHANT, REQUEST, RECORD, now=moment(1)) is None


def test_a_request_that_was_not_opened_is_neither_replaced_nor_removed(
    requests: IdempotencyRecords,
) -> None:
    with pytest.raises(Conflict):
        requests.replace(MERCHANT, REQUEST, RECORD, RECORD.done(201, "c-1", None))
    with pytest.raises(Conflict):
        requests.remove(MERCHANT, REQUEST, RECORD)
