"""The tables of `template.yaml`, made in whatever engine a test has."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from gates.expand import template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


class Tables(NamedTuple):
    """The names of the two tables."""

    main: str
    idempotency: str


@cache
def definitions() -> Mapping[str, dict[str, Any]]:
    """Return what `create_table` takes but the name, by the logical id of the table."""
    return {
        logical_id: {
            kept: resource["Properties"][kept] for kept in _KEPT if kept in resource["Properties"]
        }
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


def make_tables(client: "DynamoDBClient") -> Tables:
    """Make both tables, empty, under names that nobody else has."""
    suffix = uuid4().hex
    names = {logical_id: f"{logical_id}-{suffix}" for logical_id in definitions()}
    for logical_id, definition in definitions().items():
        client.create_table(TableName=names[logical_id], **definition)
    idempotency = names.pop("IdempotencyTable")
    (main,) = names.values()
    return Tables(main, idempotency)
