"""What lists and search cost on DynamoDB Local: the benchmark, with few customers."""

from itertools import islice
from typing import get_args

import boto3
import pytest

from benchmarks.lists import Measured, book
from crm.domain.lists import SortKey


@pytest.fixture(scope="module")
def measured(dynamodb_local: str) -> Measured:
    """Give a book of 400 customers of whom 50 have a tag, behind a client that is measured."""
    client = boto3.client("dynamodb", endpoint_url=dynamodb_local)
    return Measured(client, list(book(400)))


@pytest.mark.parametrize("sort", get_args(SortKey))
def test_a_page_of_fifty_costs_at_most_six_units(measured: Measured, sort: SortKey) -> None:
    units = [units for units, _ in islice(measured.pages(sort), 6)]

    assert 3 <= max(units) <= 6


def test_a_tag_of_fifty_customers_reads_a_hundred_rows(measured: Measured) -> None:
    rows, units = measured.rare_tag()

    assert (rows, units < 30) == (100, True)


@pytest.mark.req("B-10")
def test_a_search_costs_at_most_thirty_units_and_loses_nobody_silently(measured: Measured) -> None:
    figures = measured.searches()

    assert figures["search, most units"] <= 30
    assert figures["search, lost without saying so"] == 0
