"""Each function has the permissions that it needs and no others."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.engine import REGION
from tests.e2e.deployed import Deployed

type Allowed = Callable[[str, str, str], bool]


@pytest.fixture(scope="session")
def roles(deployed: Deployed) -> dict[str, str]:
    """Return the ARN of each function's role, by the function's folder."""
    pages = deployed.client("lambda").get_paginator("list_functions").paginate()
    prefix = f"khach-quen-{deployed.stage}-"
    return {
        function["FunctionName"].removeprefix(prefix).replace("-", "_"): function["Role"]
        for page in pages
        for function in page["Functions"]
        if function["FunctionName"].startswith(prefix)
    }


@pytest.fixture(scope="session")
def allowed(deployed: Deployed, roles: dict[str, str]) -> Allowed:
    """Return a check by IAM of whether a function may perform an action on a resource."""
    iam, out = deployed.client("iam"), deployed.outputs
    table = deployed.client("dynamodb").describe_table(TableName=out["TableName"])["Table"]
    places = {
        "table": table["TableArn"],
        "index": f"{table['TableArn']}/index/by_updated_at",
        "bus": deployed.client("events").describe_event_bus(Name=out["EventBusName"])["Arn"],
        "uploads": f"arn:aws:s3:::{out['FilesBucket']}/uploads/m/i/file.xlsx",
        "drop": f"arn:aws:s3:::{out['FilesBucket']}/drop/m/khach.csv",
        "quarantine": f"arn:aws:s3:::{out['FilesBucket']}/quarantine/i/m/khach.csv",
        "imports": f"arn:aws:s3:::{out['FilesBucket']}/imports/m/i/chunk.json",
        "marks": f"arn:aws:s3:::{out['FilesBucket']}/imports/m/i/marks",
        "exports": f"arn:aws:s3:::{out['ExportsBucket']}/m/e/file.xlsx",
        "export file": f"arn:aws:s3:::{out['ExportsBucket']}/exports/m/e/file.xlsx",
        "export part": f"arn:aws:s3:::{out['ExportsBucket']}/exports/m/e/parts/00/0.ndjson",
    }

    def judge(function: str, action: str, place: str) -> bool:
        simulation = iam.simulate_principal_policy(
            PolicySourceArn=roles[function], ActionNames=[action], ResourceArns=[places[place]]
        )
        decision: str = simulation["EvaluationResults"][0]["EvalDecision"]
        return decision == "allowed"

    return judge


@pytest.mark.parametrize(
    ("function", "action", "place"),
    [
        ("customers_api", "dynamodb:UpdateItem", "table"),
        ("lists_api", "dynamodb:Query", "index"),
        ("imports_api", "s3:PutObject", "uploads"),
        ("publish_changes", "events:PutEvents", "bus"),
        ("read_import", "s3:GetObject", "uploads"),
        ("apply_import", "dynamodb:PutItem", "table"),
        ("accept_drop", "s3:DeleteObjectVersion", "drop"),
        ("accept_drop", "s3:PutObject", "uploads"),
        ("accept_drop", "s3:PutObject", "quarantine"),
        ("exports_api", "s3:GetObject", "export file"),
        ("read_export", "s3:PutObject", "export part"),
        ("write_export", "s3:PutObject", "export file"),
        ("finish_export", "s3:DeleteObject", "export part"),
        ("privacy_api", "s3:GetObject", "marks"),
        ("continue_erasure", "s3:DeleteObjectVersion", "uploads"),
        ("continue_erasure", "s3:DeleteObjectVersion", "export file"),
        ("continue_erasure", "s3:PutObject", "imports"),
        ("reapply_erasures", "dynamodb:UpdateItem", "table"),
    ],
)
def test_a_function_may_do_what_it_needs(
    allowed: Allowed, function: str, action: str, place: str
) -> None:
    assert allowed(function, action, place)


@pytest.mark.req("002-01")
@pytest.mark.parametrize(
    ("function", "action", "place"),
    [
        ("customers_api", "dynamodb:Query", "index"),
        ("customers_api", "s3:GetObject", "uploads"),
        ("customers_api", "events:PutEvents", "bus"),
        ("lists_api", "dynamodb:UpdateItem", "table"),
        ("lists_api", "s3:GetObject", "uploads"),
        ("imports_api", "s3:GetObject", "uploads"),
        ("imports_api", "s3:PutObject", "imports"),
        ("publish_changes", "dynamodb:PutItem", "table"),
        ("index_changes", "events:PutEvents", "bus"),
        ("read_import", "s3:PutObject", "uploads"),
        ("plan_import", "dynamodb:UpdateItem", "table"),
        ("plan_import", "s3:GetObject", "uploads"),
        ("apply_import", "s3:GetObject", "uploads"),
        ("finish_import", "s3:GetObject", "uploads"),
        ("accept_drop", "s3:GetObject", "uploads"),
        ("accept_drop", "s3:GetObject", "quarantine"),
        ("accept_drop", "s3:PutObject", "imports"),
        ("read_import", "s3:GetObject", "drop"),
        ("record_bounces", "s3:GetObject", "uploads"),
        ("record_bounces", "dynamodb:DeleteItem", "table"),
        ("publish_changes", "s3:GetObject", "uploads"),
        ("exports_api", "s3:PutObject", "export file"),
        ("exports_api", "dynamodb:DeleteItem", "table"),
        ("read_export", "s3:PutObject", "export file"),
        ("read_export", "s3:GetObject", "export file"),
        ("read_export", "dynamodb:UpdateItem", "table"),
        ("write_export", "s3:GetObject", "export file"),
        ("write_export", "s3:GetObject", "uploads"),
        ("finish_export", "s3:GetObject", "export file"),
        ("privacy_api", "s3:GetObject", "imports"),
        ("privacy_api", "s3:GetObject", "uploads"),
        ("privacy_api", "s3:DeleteObjectVersion", "uploads"),
        ("privacy_api", "s3:GetObject", "export file"),
        ("continue_erasure", "s3:GetObject", "uploads"),
        ("continue_erasure", "s3:GetObject", "export file"),
        ("continue_erasure", "s3:PutObject", "export file"),
        ("continue_erasure", "events:PutEvents", "bus"),
        ("reapply_erasures", "s3:DeleteObjectVersion", "uploads"),
    ],
)
def test_a_function_may_not_do_what_only_others_need(
    allowed: Allowed, function: str, action: str, place: str
) -> None:
    assert not allowed(function, action, place)


def test_no_function_may_scan_the_table_or_touch_another_bucket(
    allowed: Allowed, roles: dict[str, str]
) -> None:
    may = [
        (function, action)
        for function in roles
        for action, place in (("dynamodb:Scan", "table"), ("s3:PutObject", "exports"))
        if allowed(function, action, place)
    ]

    assert may == []


@pytest.mark.engine
def test_a_write_by_publish_changes_is_refused(deployed: Deployed, roles: dict[str, str]) -> None:
    assumed = deployed.client("sts").assume_role(
        RoleArn=roles["publish_changes"], RoleSessionName="least-privilege"
    )["Credentials"]
    assert deployed.stack.engine
    publisher: Any = boto3.client(
        "dynamodb",
        endpoint_url=deployed.stack.engine.address,
        region_name=REGION,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )

    with pytest.raises(ClientError, match="AccessDenied"):
        publisher.put_item(
            TableName=deployed.outputs["TableName"], Item={"pk": {"S": "M#m"}, "sk": {"S": "X"}}
        )
