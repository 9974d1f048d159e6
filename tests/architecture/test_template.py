"""The template's API, user pool, permissions and buckets grant no more than needed."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.expanded_template import (
    SOURCE,
    as_list,
    name_of,
    of_type,
    statements,
)

FUNCTIONS = Path(__file__).parents[2] / "functions"
HTTP = Path(__file__).parents[2] / "shared/crm/http"
MOST_ROUTES = 35

#: Our own managed policies: using encrypted data, and writing execution logs.
OWN_POLICIES = {"UseOfDataKey", "DeliverLogs"}

#: The managed policies that SAM adds to roles: write logs and traces, read streams and queues.
SAM_POLICIES = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
}


# ── the API ────────────────────────────────────────────────────────────────────────────────────


def test_a_function_has_no_more_routes_than_its_resource_policy_holds() -> None:
    routes = Counter(
        name_of(permission["FunctionName"])
        for permission in of_type("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    )

    assert routes
    assert max(routes.values()) <= MOST_ROUTES


@pytest.mark.req("002-01")
def test_every_route_but_health_requires_a_token() -> None:
    (api,) = of_type("AWS::ApiGateway::RestApi").values()
    open_routes = [
        f"{method} {path}"
        for path, methods in api["Body"]["paths"].items()
        for method, operation in methods.items()
        if method != "options" and operation.get("security") != [{"Staff": []}]
    ]

    assert open_routes == ["get /health"]


def test_a_preflight_needs_no_token_and_allows_the_headers_that_the_api_uses() -> None:
    (api,) = of_type("AWS::ApiGateway::RestApi").values()
    for path, methods in api["Body"]["paths"].items():
        preflight = methods["options"]
        answer = preflight["x-amazon-apigateway-integration"]["responses"]["default"]
        allowed = answer["responseParameters"][
            "method.response.header.Access-Control-Allow-Headers"
        ]

        assert "security" not in preflight, path
        assert set(allowed.strip("'").split(",")) == {
            "authorization",
            "content-type",
            "if-match",
            "idempotency-key",
            "accept-language",
        }


def test_refusals_of_the_gateway_are_problem_responses_with_cors_headers() -> None:
    (api,) = of_type("AWS::ApiGateway::RestApi").values()
    answers = api["Body"]["x-amazon-apigateway-gateway-responses"]

    assert {"UNAUTHORIZED", "THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX"} <= answers.keys()
    for kind, answer in answers.items():
        headers = {
            name.removeprefix("gatewayresponse.header."): value
            for name, value in answer["responseParameters"].items()
        }
        body = answer["responseTemplates"]["application/json"]
        problem = json.loads(body.replace("$context.error.messageString", '"why"'))

        assert headers["Content-Type"] == "'application/problem+json'", kind
        assert "Access-Control-Allow-Origin" in headers, kind
        assert {"type", "title", "detail", "instance", "errors"} <= problem.keys(), kind


def test_a_throttled_response_has_a_retry_after_header() -> None:
    (api,) = of_type("AWS::ApiGateway::RestApi").values()
    answer = api["Body"]["x-amazon-apigateway-gateway-responses"]["THROTTLED"]

    assert answer["responseParameters"]["gatewayresponse.header.Retry-After"] == "'2'"


def test_the_access_log_has_routes_but_no_identities_or_paths() -> None:
    (stage,) = of_type("AWS::ApiGateway::Stage").values()
    logged = set(json.loads(stage["AccessLogSetting"]["Format"]).values())

    assert "$context.resourcePath" in logged
    assert not [each for each in logged if "identity" in each or "authorizer" in each]
    assert "$context.path" not in logged


# ── sign-in ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("002-01")
def test_users_cannot_sign_up_by_themselves() -> None:
    (pool,) = of_type("AWS::Cognito::UserPool").values()

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


@pytest.mark.req("002-01")
def test_the_merchant_of_a_user_is_immutable() -> None:
    (pool,) = of_type("AWS::Cognito::UserPool").values()
    (merchant,) = [each for each in pool["Schema"] if each["Name"] == "merchant_id"]

    assert merchant["Mutable"] is False


@pytest.mark.req("002-01")
def test_no_client_may_write_a_custom_claim() -> None:
    clients = of_type("AWS::Cognito::UserPoolClient")
    writable = {name: client["WriteAttributes"] for name, client in clients.items()}

    assert writable
    assert not [
        each for names in writable.values() for each in names if each.startswith("custom:")
    ]


def test_no_client_accepts_a_plain_password_without_aws_credentials() -> None:
    flows = {
        flow
        for client in of_type("AWS::Cognito::UserPoolClient").values()
        for flow in client["ExplicitAuthFlows"]
    }

    assert flows == {
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    }


def test_every_role_is_a_group() -> None:
    groups = {group["GroupName"] for group in of_type("AWS::Cognito::UserPoolGroup").values()}

    assert groups == {"owner", "manager", "staff", "viewer", "service"}


# ── permissions ────────────────────────────────────────────────────────────────────────────────


def test_every_function_has_a_role_of_its_own() -> None:
    functions = of_type("AWS::Lambda::Function")
    roles = {name_of(function["Role"]) for function in functions.values()}

    assert len(roles) == len(functions)


def test_every_wildcard_has_a_documented_reason() -> None:
    with_wildcard = {
        logical_id
        for logical_id, statement in statements()
        if statement["Effect"] == "Allow"
        for value in (*as_list(statement["Action"]), *as_list(statement.get("Resource", [])))
        if isinstance(value, str) and (value == "*" or value.endswith(":*"))
    }
    explained = {
        logical_id
        for logical_id, each in SOURCE.items()
        if "Wildcards" in each.get("Metadata", {})
    }

    assert {each.removesuffix("Role") for each in with_wildcard} == explained


def test_no_function_may_scan() -> None:
    actions = {
        action
        for _, statement in statements()
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
    }

    assert "dynamodb:Query" in actions
    assert not [action for action in actions if "Scan" in action or action == "dynamodb:*"]


def _is_idempotent(handler: Path) -> bool:
    """Return whether a function has a route that takes effect once per Idempotency-Key."""
    modules = re.findall(r"from crm\.http\.(\w+\.\w*routes) import", handler.read_text())
    texts = ((HTTP / f"{each.replace('.', '/')}.py").read_text() for each in modules)
    return any(re.search(r"\bonce=(?!None)", text) for text in texts)


@pytest.mark.req("B-17")
@pytest.mark.parametrize(
    "function",
    sorted(each.parent.name for each in FUNCTIONS.glob("*/handler.py") if _is_idempotent(each)),
)
def test_a_function_with_idempotent_routes_may_access_the_idempotency_table(function: str) -> None:
    role = f"{function.title().replace('_', '')}FunctionRole"
    allowed_actions = {
        action
        for logical_id, statement in statements()
        if logical_id == role
        and statement["Resource"] == {"Fn::GetAtt": ["IdempotencyTable", "Arn"]}
        for action in as_list(statement["Action"])
    }

    assert allowed_actions == {
        f"dynamodb:{does}Item" for does in ("Get", "Put", "Update", "Delete")
    }


def test_the_lists_api_writes_to_no_partition_of_customers() -> None:
    writing = [
        statement["Condition"]
        for logical_id, statement in statements()
        if logical_id == "ListsApiFunctionRole"
        and statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}
        and {"dynamodb:PutItem", "dynamodb:DeleteItem"} & set(as_list(statement["Action"]))
    ]

    assert writing == [{"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": "M#*#*"}}]


def test_the_only_aws_managed_policies_are_those_that_sam_adds() -> None:
    attached = {
        (arn if isinstance(arn, str) else arn.get("Fn::Sub", "")).rsplit("/", 1)[-1]
        for role in of_type("AWS::IAM::Role").values()
        for arn in role.get("ManagedPolicyArns", [])
        if arn not in [{"Ref": name} for name in OWN_POLICIES]
    }

    assert attached == SAM_POLICIES


def test_only_state_machines_have_the_policy_to_deliver_logs() -> None:
    deliverers = {
        logical_id
        for logical_id, role in of_type("AWS::IAM::Role").items()
        if {"Ref": "DeliverLogs"} in role.get("ManagedPolicyArns", [])
    }

    assert deliverers == {f"{name}Role" for name in of_type("AWS::StepFunctions::StateMachine")}


def test_no_sam_policy_template_is_used() -> None:
    functions = [*of_type("AWS::Serverless::Function", SOURCE).values()]
    functions += of_type("AWS::Serverless::StateMachine", SOURCE).values()
    policies = [policy for function in functions for policy in function["Policies"]]

    assert [
        policy for policy in policies if "Statement" not in policy and policy.keys() != {"Ref"}
    ] == []


@pytest.mark.req("002-01")
def test_the_drop_policy_only_allows_puts_under_the_merchant_of_the_tag() -> None:
    policy = of_type("AWS::IAM::ManagedPolicy")["DropWriter"]["PolicyDocument"]
    put, encrypt = policy["Statement"]

    assert put["Action"] == "s3:PutObject"
    assert put["Resource"] == {
        "Fn::Sub": "${FilesBucket.Arn}/drop/${!aws:PrincipalTag/merchant_id}/*"
    }
    assert encrypt["Resource"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert all(action.startswith("kms:") for action in encrypt["Action"])


@pytest.mark.req("002-01")
def test_only_accept_drop_reads_or_removes_dropped_files() -> None:
    readers = {
        logical_id
        for logical_id, statement in statements()
        if statement["Effect"] == "Allow"
        and {"s3:GetObject", "s3:DeleteObject"} & set(as_list(statement["Action"]))
        and {"Fn::Sub": "${FilesBucket.Arn}/drop/*"} in as_list(statement["Resource"])
    }

    assert readers == {"AcceptDropFunctionRole"}


# ── files ──────────────────────────────────────────────────────────────────────────────────────

BUCKETS = of_type("AWS::S3::Bucket")


@pytest.mark.req("002-01")
@pytest.mark.parametrize("logical_id", BUCKETS)
def test_a_bucket_is_private_encrypted_and_versioned_and_expires_its_files(
    logical_id: str,
) -> None:
    bucket = BUCKETS[logical_id]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] <= 30
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert "AbortIncompleteMultipartUpload" in rule


@pytest.mark.req("002-01")
@pytest.mark.parametrize("logical_id", BUCKETS)
def test_a_bucket_denies_requests_without_tls(logical_id: str) -> None:
    (policy,) = [
        policy["PolicyDocument"]
        for policy in of_type("AWS::S3::BucketPolicy").values()
        if name_of(policy["Bucket"]) == logical_id
    ]
    (denied,) = [each for each in policy["Statement"] if each["Effect"] == "Deny"]

    assert (denied["Principal"], denied["Action"]) == ("*", "s3:*")
    assert len(denied["Resource"]) == 2
    assert denied["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
    # Only programs of the local engine reach S3 from a loopback address.
    assert denied["Condition"].keys() == {"Bool", "NotIpAddress"}
    assert denied["Condition"]["NotIpAddress"] == {"aws:SourceIp": "127.0.0.1/32"}
