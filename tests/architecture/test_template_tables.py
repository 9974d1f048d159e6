"""The template's tables have the indexes that lists need, within DynamoDB's limits."""

from typing import Any

import pytest

from gates.expand import expanded

RESOURCES: dict[str, Any] = expanded()["Resources"]
TABLE: dict[str, Any] = RESOURCES["Table"]["Properties"]
INDEXES: dict[str, Any] = {index["IndexName"]: index for index in TABLE["GlobalSecondaryIndexes"]}

#: Index → partition key, range keys before the id, projected attributes.
SHAPES = {
    "by_updated_at": ("list_partition", ["updated_at"], ["summary"]),
    "by_order_count": ("list_partition", ["order_count"], ["summary"]),
    "by_last_order_at": ("list_partition", ["last_order_at"], ["summary"]),
    "by_debt": ("list_partition", ["debt"], ["summary"]),
    "by_total_spent": ("list_partition", ["total_spent"], ["summary"]),
    "by_name": ("list_partition", ["name_key"], []),
    "by_given_name": ("list_partition", ["given_name_key"], []),
    "by_phone_suffix": ("list_partition", ["phone_reversed"], []),
    "by_email": ("list_partition", ["email"], []),
    "by_group": ("group_key", [], []),
    "by_tier": ("tier_key", [], []),
    "by_province": ("province_key", [], []),
    "by_due": ("due_shard", ["due_at"], []),
}
MOST_INDEXES = 20
MOST_PROJECTED_BY_AN_INDEX = 20
MOST_PROJECTED_BY_ALL = 100


def _names(index: dict[str, Any], kind: str) -> list[str]:
    return [key["AttributeName"] for key in index["KeySchema"] if key["KeyType"] == kind]


def _projected(index: dict[str, Any]) -> list[str]:
    projection = index["Projection"]
    assert projection["ProjectionType"] in {"KEYS_ONLY", "INCLUDE"}
    names: list[str] = projection.get("NonKeyAttributes", [])
    return names


def test_the_table_has_exactly_the_expected_indexes() -> None:
    assert INDEXES.keys() == SHAPES.keys()
    assert len(INDEXES) <= MOST_INDEXES


@pytest.mark.req("001-15", "001-16", "001-17", "001-18", "001-19")
@pytest.mark.parametrize("name", SHAPES)
def test_an_index_orders_ties_by_id_and_projects_the_attributes_of_lists(name: str) -> None:
    index = INDEXES[name]
    partition, ranges, projected = SHAPES[name]

    assert _names(index, "HASH") == [partition]
    assert _names(index, "RANGE") == [*ranges, "id"]
    assert _projected(index) == projected


def test_projections_stay_within_dynamodbs_limits() -> None:
    counts = [len(_projected(index)) for index in INDEXES.values()]

    assert max(counts) <= MOST_PROJECTED_BY_AN_INDEX
    assert sum(counts) <= MOST_PROJECTED_BY_ALL


def test_metrics_are_number_keys_and_timestamps_are_strings() -> None:
    types = {
        each["AttributeName"]: each["AttributeType"] for each in TABLE["AttributeDefinitions"]
    }

    assert {name for name, kind in types.items() if kind == "N"} == {
        "order_count",
        "debt",
        "total_spent",
    }


@pytest.mark.req("002-01")
@pytest.mark.parametrize("logical_id", ["Table", "IdempotencyTable"])
def test_a_table_is_on_demand_with_a_ttl_and_encrypted_with_our_key(
    logical_id: str,
) -> None:
    table = RESOURCES[logical_id]["Properties"]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


def test_the_customer_table_has_point_in_time_recovery_and_outlives_the_stack() -> None:
    assert TABLE["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert RESOURCES["Table"]["DeletionPolicy"] == "Retain"
    assert RESOURCES["Table"]["UpdateReplacePolicy"] == "Retain"


def test_the_stream_has_exactly_two_readers() -> None:
    readers = {
        resource["Properties"]["FunctionName"]["Ref"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
        and resource["Properties"]["EventSourceArn"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    }

    assert readers == {"PublishChangesFunction", "IndexChangesFunction"}
    assert TABLE["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert "StreamSpecification" not in RESOURCES["IdempotencyTable"]["Properties"]
