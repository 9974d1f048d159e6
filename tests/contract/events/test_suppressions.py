"""What `ports.Suppressions` promises, whoever provides it."""

import json
from typing import Any, cast

import pytest

from crm.aws.dynamodb.table import Table
from crm.aws.events.suppressions import DynamoSuppressions
from crm.ports.events import Suppressions
from tests.builders import MERCHANT, OTHER_MERCHANT, moment
from tests.fakes.suppressions import InMemorySuppressions


@pytest.fixture
def suppressions(engine: Table | None) -> Suppressions:
    return InMemorySuppressions() if engine is None else DynamoSuppressions(engine)


def test_an_address_is_known_however_it_is_written(suppressions: Suppressions) -> None:
    suppressions.add(MERCHANT, "Lan@Moc.example", until=moment(60))
    suppressions.add(MERCHANT, "lan@moc.example", until=moment(60))

    assert suppressions.holds(MERCHANT, " lan@moc.example")
    assert not suppressions.holds(MERCHANT, "an@moc.example")


def test_an_address_of_one_merchant_is_not_another_ones(suppressions: Suppressions) -> None:
    suppressions.add(MERCHANT, "lan@moc.example", until=moment(60))

    assert not suppressions.holds(OTHER_MERCHANT, "lan@moc.example")


def test_no_row_says_what_the_address_is_and_each_goes_by_itself() -> None:
    kept: list[dict[str, Any]] = []

    class Recorder:
        def put(self, item: dict[str, Any]) -> None:
            kept.append(item)

    DynamoSuppressions(cast("Table", Recorder())).add(MERCHANT, "lan@moc.example", until=moment())

    (item,) = kept
    assert "lan" not in json.dumps(item)
    assert item["expires_at"] == {"N": str(int(moment().timestamp()))}
