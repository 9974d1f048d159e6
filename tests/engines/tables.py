"""Create the tables of `template.yaml` in an engine."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from gates.expand import template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ARGUMENTS = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


class Tables(NamedTuple):
    """The names of the two tables."""

    main: str
    idempotency: str


@cache
def definitions() -> Mapping[str, dict[str, Any]]:
    """Return the arguments of `create_table`, except the name, by the table's logical id."""
    return {
        logical_id: {
            name: value for name, value in resource["Properties"].items() if name in _ARGUMENTS
        }
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


def make_tables(client: "DynamoDBClient") -> Tables:
    """Create both tables under unique names."""
    suffix = uuid4().hex
    names = {logical_id: f"{logical_id}-{suffix}" for logical_id in definitions()}
    for logical_id, definition in definitions().items():
        client.create_table(TableName=names[logical_id], **definition)
    idempotency = names.pop("IdempotencyTable")
    (main,) = names.values()
    return Tables(main, idempotency)
