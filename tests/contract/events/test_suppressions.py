"""Contract of `ports.Suppressions`."""

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


def test_an_address_matches_in_any_case_and_with_spaces(suppressions: Suppressions) -> None:
    suppressions.add(MERCHANT, "Lan@Moc.example", until=moment(60))
    suppressions.add(MERCHANT, "lan@moc.example", until=moment(60))

    assert suppressions.holds(MERCHANT, " lan@moc.example")
    assert not suppressions.holds(MERCHANT, "an@moc.example")


def test_an_address_is_suppressed_for_one_merchant_only(suppressions: Suppressions) -> None:
    suppressions.add(MERCHANT, "lan@moc.example", until=moment(60))

    assert not suppressions.holds(OTHER_MERCHANT, "lan@moc.example")


def test_a_row_hides_the_address_and_expires() -> None:
    items: list[dict[str, Any]] = []

    class Recorder:
        def put(self, item: dict[str, Any]) -> None:
            items.append(item)

    DynamoSuppressions(cast("Table", Recorder())).add(MERCHANT, "lan@moc.example", until=moment())

    (item,) = items
    assert "lan" not in json.dumps(item)
    assert item["expires_at"] == {"N": str(int(moment().timestamp()))}
