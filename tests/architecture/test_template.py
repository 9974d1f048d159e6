"""The template as CloudFormation gets it: closed where it must be, watched, and nothing lost."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gates.expand import TEMPLATE, expanded, template

type Resources = Mapping[str, Any]

RESOURCES: Resources = expanded()["Resources"]
SOURCE: Resources = template()["Resources"]
MAPPINGS: Resources = template()["Mappings"]

FUNCTIONS = Path(__file__).parents[2] / "functions"
HTTP = Path(__file__).parents[2] / "shared/crm/http"

ROUTES_A_FUNCTION = 35
DAYS_OF_LOGS = 14
LINES = 2_800
VISIBILITY_IN_TIMEOUTS = 6

#: Managed policies of our own: to use encrypted data, and to write the log of an execution.
OURS = {"UseOfDataKey", "DeliverLogs"}

#: What SAM gives a role by itself: to write its log and its traces, to read a stream or a queue.
FROM_AWS = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSXrayWriteOnlyAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
}


def _of(kind: str, resources: Resources = RESOURCES) -> dict[str, Any]:
    """Return the properties of every resource of a type, by logical id."""
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in resources.items()
        if resource["Type"] == kind
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(value: Any) -> str:
    """Return the logical id that `Ref` or `Fn::GetAtt` names."""
    name: str = value.get("Ref") or value["Fn::GetAtt"][0]
    return name


def _statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every statement of every policy, with the logical id that it stands in."""
    for logical_id, resource in RESOURCES.items():
        properties = resource.get("Properties", {})
        documents = [
            properties.get("PolicyDocument"),
            properties.get("KeyPolicy"),
            properties.get("Policy"),
            *(
                policy["PolicyDocument"]
                for policy in properties.get("Policies", []) or []
                if isinstance(policy, dict) and "PolicyDocument" in policy
            ),
        ]
        for document in documents:
            if isinstance(document, dict) and "Statement" in document:
                yield from ((logical_id, each) for each in _listed(document["Statement"]))


# ── the API ────────────────────────────────────────────────────────────────────────────────────


def test_a_function_has_no_more_routes_than_its_resource_policy_holds() -> None:
    routes = Counter(
        _named(permission["FunctionName"])
        for permission in _of("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    )

    assert routes
    assert max(routes.values()) <= ROUTES_A_FUNCTION


@pytest.mark.req("002-01")
def test_every_route_but_the_health_of_the_service_asks_for_a_token() -> None:
    (api,) = _of("AWS::ApiGateway::RestApi").values()
    open_routes = [
        f"{method} {path}"
        for path, methods in api["Body"]["paths"].items()
        for method, operation in methods.items()
        if method != "options" and operation.get("security") != [{"Staff": []}]
    ]

    assert open_routes == ["get /health"]


def test_a_preflight_asks_for_no_token_and_allows_what_the_product_uses() -> None:
    (api,) = _of("AWS::ApiGateway::RestApi").values()
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


def test_what_the_gateway_refuses_by_itself_is_a_problem_that_a_browser_may_read() -> None:
    (api,) = _of("AWS::ApiGateway::RestApi").values()
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


def test_a_caller_who_is_throttled_is_told_when_to_come_back() -> None:
    (api,) = _of("AWS::ApiGateway::RestApi").values()
    answer = api["Body"]["x-amazon-apigateway-gateway-responses"]["THROTTLED"]

    assert answer["responseParameters"]["gatewayresponse.header.Retry-After"] == "'2'"


def test_the_access_log_names_routes_and_no_person() -> None:
    (stage,) = _of("AWS::ApiGateway::Stage").values()
    asked = set(json.loads(stage["AccessLogSetting"]["Format"]).values())

    assert "$context.resourcePath" in asked
    assert not [each for each in asked if "identity" in each or "authorizer" in each]
    assert "$context.path" not in asked


# ── people ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("002-01")
def test_nobody_signs_up_by_themselves() -> None:
    (pool,) = _of("AWS::Cognito::UserPool").values()

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


@pytest.mark.req("002-01")
def test_the_merchant_of_a_person_never_changes() -> None:
    (pool,) = _of("AWS::Cognito::UserPool").values()
    (merchant,) = [each for each in pool["Schema"] if each["Name"] == "merchant_id"]

    assert merchant["Mutable"] is False


@pytest.mark.req("002-01")
def test_no_client_may_write_a_claim_of_ours() -> None:
    clients = _of("AWS::Cognito::UserPoolClient")
    writable = {name: client["WriteAttributes"] for name, client in clients.items()}

    assert writable
    assert not [
        each for names in writable.values() for each in names if each.startswith("custom:")
    ]


def test_no_client_takes_a_password_over_the_wire_without_credentials_of_the_account() -> None:
    flows = {
        flow
        for client in _of("AWS::Cognito::UserPoolClient").values()
        for flow in client["ExplicitAuthFlows"]
    }

    assert flows == {
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    }


def test_every_role_of_the_product_is_a_group() -> None:
    groups = {group["GroupName"] for group in _of("AWS::Cognito::UserPoolGroup").values()}

    assert groups == {"owner", "manager", "staff", "viewer", "service"}


# ── rights ─────────────────────────────────────────────────────────────────────────────────────


def test_every_function_has_a_role_of_its_own() -> None:
    functions = _of("AWS::Lambda::Function")
    roles = {_named(function["Role"]) for function in functions.values()}

    assert len(roles) == len(functions)


def test_a_wildcard_has_a_written_reason() -> None:
    bare = {
        logical_id
        for logical_id, statement in _statements()
        if statement["Effect"] == "Allow"
        for value in (*_listed(statement["Action"]), *_listed(statement.get("Resource", [])))
        if isinstance(value, str) and (value == "*" or value.endswith(":*"))
    }
    explained = {
        logical_id
        for logical_id, each in SOURCE.items()
        if "Wildcards" in each.get("Metadata", {})
    }

    assert {each.removesuffix("Role") for each in bare} == explained


def test_no_function_may_scan() -> None:
    actions = {
        action
        for _, statement in _statements()
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
    }

    assert "dynamodb:Query" in actions
    assert not [action for action in actions if "Scan" in action or action == "dynamodb:*"]


def _keeps_keys(handler: Path) -> bool:
    """Return whether a route of a function has its effect once under an Idempotency-Key."""
    modules = re.findall(r"from crm\.http\.(\w+\.\w*routes) import", handler.read_text())
    return any(
        "@app.once(" in (HTTP / f"{each.replace('.', '/')}.py").read_text() for each in modules
    )


@pytest.mark.req("B-17")
@pytest.mark.parametrize(
    "function",
    sorted(each.parent.name for each in FUNCTIONS.glob("*/handler.py") if _keeps_keys(each)),
)
def test_whoever_takes_an_idempotency_key_may_keep_it(function: str) -> None:
    role = f"{function.title().replace('_', '')}FunctionRole"
    kept = {
        action
        for logical_id, statement in _statements()
        if logical_id == role
        and statement["Resource"] == {"Fn::GetAtt": ["IdempotencyTable", "Arn"]}
        for action in _listed(statement["Action"])
    }

    assert kept == {f"dynamodb:{does}Item" for does in ("Get", "Put", "Update", "Delete")}


def test_whoever_answers_lists_writes_to_no_partition_of_customers() -> None:
    writing = [
        statement["Condition"]
        for logical_id, statement in _statements()
        if logical_id == "ListsApiFunctionRole"
        and statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}
        and {"dynamodb:PutItem", "dynamodb:DeleteItem"} & set(_listed(statement["Action"]))
    ]

    assert writing == [{"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": "M#*#*"}}]


def test_policies_that_aws_wrote_are_those_that_sam_gives() -> None:
    written = {
        (arn if isinstance(arn, str) else arn.get("Fn::Sub", "")).rsplit("/", 1)[-1]
        for role in _of("AWS::IAM::Role").values()
        for arn in role.get("ManagedPolicyArns", [])
        if arn not in [{"Ref": name} for name in OURS]
    }

    assert written == FROM_AWS


def test_only_state_machines_may_deliver_logs_as_they_please() -> None:
    deliverers = {
        logical_id
        for logical_id, role in _of("AWS::IAM::Role").items()
        if {"Ref": "DeliverLogs"} in role.get("ManagedPolicyArns", [])
    }

    assert deliverers == {f"{name}Role" for name in _of("AWS::StepFunctions::StateMachine")}


def test_no_policy_is_made_by_a_template_of_sam() -> None:
    functions = [*_of("AWS::Serverless::Function", SOURCE).values()]
    functions += _of("AWS::Serverless::StateMachine", SOURCE).values()
    policies = [policy for function in functions for policy in function["Policies"]]

    assert [
        policy for policy in policies if "Statement" not in policy and policy.keys() != {"Ref"}
    ] == []


@pytest.mark.req("002-01")
def test_who_drops_files_may_put_them_under_the_merchant_of_their_tag_and_do_nothing_else() -> (
    None
):
    policy = _of("AWS::IAM::ManagedPolicy")["DropWriter"]["PolicyDocument"]
    put, encrypt = policy["Statement"]

    assert put["Action"] == "s3:PutObject"
    assert put["Resource"] == {
        "Fn::Sub": "${FilesBucket.Arn}/drop/${!aws:PrincipalTag/merchant_id}/*"
    }
    assert encrypt["Resource"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert all(action.startswith("kms:") for action in encrypt["Action"])


@pytest.mark.req("002-01")
def test_only_who_takes_files_out_of_the_drop_folder_reads_or_removes_them() -> None:
    readers = {
        logical_id
        for logical_id, statement in _statements()
        if statement["Effect"] == "Allow"
        and {"s3:GetObject", "s3:DeleteObject"} & set(_listed(statement["Action"]))
        and {"Fn::Sub": "${FilesBucket.Arn}/drop/*"} in _listed(statement["Resource"])
    }

    assert readers == {"AcceptDropFunctionRole"}


# ── files ──────────────────────────────────────────────────────────────────────────────────────

BUCKETS = _of("AWS::S3::Bucket")


@pytest.mark.req("002-01")
@pytest.mark.parametrize("logical_id", BUCKETS)
def test_a_bucket_is_private_encrypted_versioned_and_empties_itself(logical_id: str) -> None:
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
def test_a_bucket_answers_nobody_without_tls(logical_id: str) -> None:
    (policy,) = [
        policy["PolicyDocument"]
        for policy in _of("AWS::S3::BucketPolicy").values()
        if _named(policy["Bucket"]) == logical_id
    ]
    (denied,) = [each for each in policy["Statement"] if each["Effect"] == "Deny"]

    assert (denied["Principal"], denied["Action"]) == ("*", "s3:*")
    assert len(denied["Resource"]) == 2
    assert denied["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
    # Nobody reaches S3 from the loopback but a program of the local engine.
    assert denied["Condition"].keys() == {"Bool", "NotIpAddress"}
    assert denied["Condition"]["NotIpAddress"] == {"aws:SourceIp": "127.0.0.1/32"}


# ── nothing is lost ────────────────────────────────────────────────────────────────────────────


def _failures_of(resources: Resources) -> dict[str, list[str]]:
    """Return the functions whose failures end in each queue, by the queue's logical id."""
    ended: dict[str, list[str]] = {name: [] for name in _of("AWS::SQS::Queue", resources)}
    for mapping in _of("AWS::Lambda::EventSourceMapping", resources).values():
        function, source = _named(mapping["FunctionName"]), mapping["EventSourceArn"]
        if "DestinationConfig" in mapping:
            ended[_named(mapping["DestinationConfig"]["OnFailure"]["Destination"])].append(
                function
            )
        if _named(source) in ended:
            ended[_named(source)].append(function)
    for config in _of("AWS::Lambda::EventInvokeConfig", resources).values():
        queue = _named(config["DestinationConfig"]["OnFailure"]["Destination"])
        ended[queue].append(_named(config["FunctionName"]))
    return ended


def _returned_too_soon(resources: Resources) -> list[str]:
    """Return the queues that show a message again while a function may still be at it."""
    functions = _of("AWS::Lambda::Function", resources)
    queues = _of("AWS::SQS::Queue", resources)
    return [
        queue
        for queue, readers in _failures_of(resources).items()
        for reader in readers
        if queues[queue]["VisibilityTimeout"]
        < VISIBILITY_IN_TIMEOUTS * functions[reader]["Timeout"]
    ]


def test_a_message_stays_hidden_for_six_times_as_long_as_its_reader_may_take() -> None:
    assert any(_failures_of(RESOURCES).values())
    assert _returned_too_soon(RESOURCES) == []


def test_a_queue_that_shows_its_messages_too_soon_is_found() -> None:
    hasty = {
        "Reader": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 60}},
        "Orders": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 359}},
        "Reading": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Reader"},
                "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
            },
        },
    }

    assert _returned_too_soon(hasty) == ["Orders"]


def test_every_queue_has_dead_letters_or_is_where_they_end() -> None:
    ends = {queue for queue, readers in _failures_of(RESOURCES).items() if readers}
    for queue in _of("AWS::SQS::Queue").values():
        if "RedrivePolicy" in queue:
            ends.add(_named(queue["RedrivePolicy"]["deadLetterTargetArn"]))
    without = [
        name
        for name, queue in _of("AWS::SQS::Queue").items()
        if name not in ends and "RedrivePolicy" not in queue
    ]

    assert without == []


@pytest.mark.parametrize("queue", _of("AWS::SQS::Queue"))
def test_dead_letters_are_kept_two_weeks_encrypted_and_watched(queue: str) -> None:
    properties = RESOURCES[queue]["Properties"]
    watched = [
        _named(dimension["Value"])
        for alarm in _of("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]

    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert properties["KmsMasterKeyId"] == {"Ref": "DataKey"}
    assert queue in watched


@pytest.mark.parametrize("rule", _of("AWS::Events::Rule"))
def test_an_event_that_cannot_be_delivered_is_kept(rule: str) -> None:
    for target in RESOURCES[rule]["Properties"]["Targets"]:
        queue = _named(target["DeadLetterConfig"]["Arn"])
        senders = [
            statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            for logical_id, statement in _statements()
            if RESOURCES[logical_id]["Type"] == "AWS::SQS::QueuePolicy"
            and _named(statement["Resource"]) == queue
        ]

        assert {"Fn::GetAtt": [rule, "Arn"]} in [
            each for some in senders for each in _listed(some)
        ]


READERS = _of("AWS::Lambda::EventSourceMapping")
OF_STREAMS = [name for name, mapping in READERS.items() if "StartingPosition" in mapping]


def test_the_stream_has_exactly_two_readers() -> None:
    assert len(OF_STREAMS) == 2


@pytest.mark.parametrize("name", [name for name in READERS if name not in OF_STREAMS])
def test_a_queue_is_read_by_some_at_a_time_and_answered_message_by_message(name: str) -> None:
    mapping = RESOURCES[name]["Properties"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    some = {"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "EventParallelism"]}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": some}


@pytest.mark.parametrize("name", OF_STREAMS)
def test_a_change_that_cannot_be_read_holds_up_no_other_for_ever(name: str) -> None:
    mapping = RESOURCES[name]["Properties"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] <= 10
    assert "OnFailure" in mapping["DestinationConfig"]


# ── everything is logged ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("group", _of("AWS::Logs::LogGroup"))
def test_a_log_is_kept_two_weeks_and_encrypted_with_our_key(group: str) -> None:
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == DAYS_OF_LOGS
    assert RESOURCES[group]["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


def test_every_function_machine_and_api_writes_to_a_log_that_the_template_made() -> None:
    groups = _of("AWS::Logs::LogGroup").keys()
    written = [
        _named(each["LoggingConfig"]["LogGroup"]) for each in _of("AWS::Lambda::Function").values()
    ]
    for machine in _of("AWS::StepFunctions::StateMachine").values():
        (destination,) = machine["LoggingConfiguration"]["Destinations"]
        written.append(_named(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]))
    stages = _of("AWS::ApiGateway::Stage").values()
    written += [_named(stage["AccessLogSetting"]["DestinationArn"]) for stage in stages]

    assert set(written) == groups


def _invokers() -> dict[str, set[str]]:
    """Return what invokes each function: the API, events, or whoever runs jobs."""
    invokers: dict[str, set[str]] = {name: set() for name in _of("AWS::Lambda::Function")}
    for permission in _of("AWS::Lambda::Permission").values():
        service = permission["Principal"].removesuffix(".amazonaws.com")
        invokers[_named(permission["FunctionName"])].add(service)
    for mapping in _of("AWS::Lambda::EventSourceMapping").values():
        invokers[_named(mapping["FunctionName"])].add("events")
    for machine in _of("AWS::StepFunctions::StateMachine").values():
        for value in machine["DefinitionSubstitutions"].values():
            if "Fn::GetAtt" in value:
                invokers[_named(value)].add("states")
    return invokers


INVOKERS = _invokers()


@pytest.mark.parametrize("function", INVOKERS)
def test_a_function_shares_its_log_with_those_that_are_invoked_alike(function: str) -> None:
    invokers = INVOKERS[function]
    shared = RESOURCES[function]["Properties"]["LoggingConfig"]

    if "apigateway" in invokers:
        assert shared == {"LogGroup": {"Ref": "HttpLogGroup"}}
    elif "events" in invokers and "states" not in invokers:
        assert shared == {"LogGroup": {"Ref": "EventsLogGroup"}}
    else:
        assert shared == {"LogGroup": {"Ref": "JobsLogGroup"}}


def test_log_groups_of_functions_are_found_below_the_stack() -> None:
    names = {
        group["LogGroupName"]["Fn::Sub"]
        for name, group in _of("AWS::Logs::LogGroup").items()
        if name in {"HttpLogGroup", "EventsLogGroup", "JobsLogGroup"}
    }

    assert names == {
        f"/aws/lambda/${{AWS::StackName}}/{kind}" for kind in ("Http", "Events", "Jobs")
    }


@pytest.mark.parametrize("function", _of("AWS::Lambda::Function"))
def test_a_function_traces(function: str) -> None:
    assert RESOURCES[function]["Properties"]["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("machine", _of("AWS::StepFunctions::StateMachine"))
def test_a_state_machine_traces_and_logs_nothing_that_it_carries(machine: str) -> None:
    properties = RESOURCES[machine]["Properties"]

    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert properties["TracingConfiguration"] == {"Enabled": True}


# ── everything is watched ──────────────────────────────────────────────────────────────────────

ALARMS = _of("AWS::CloudWatch::Alarm")

#: What nobody tries again before somebody has looked: its first error is an alarm.
NOT_RETRIED = {"ExpireCheckoutsFunction", "ReapplyErasuresFunction"}
RETRIES = 3


def _looked_up(value: Any) -> Any:
    """Return a value with what the template looks up in its mappings, and fills in, resolved."""
    if not isinstance(value, dict):
        return value
    if "Fn::FindInMap" in value:
        name, first, second = value["Fn::FindInMap"]
        return MAPPINGS[name][first][second]
    form = value["Fn::Sub"]
    text, variables = form if isinstance(form, list) else (form, {})
    for name, variable in variables.items():
        text = text.replace(f"${{{name}}}", str(_looked_up(variable)))
    return text


def _watching(resource: str, namespace: str, metric: str) -> list[dict[str, Any]]:
    """Return the alarms on one metric of one resource."""
    return [
        alarm
        for alarm in ALARMS.values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        and [_named(each["Value"]) for each in alarm.get("Dimensions", [])] == [resource]
    ]


@pytest.mark.parametrize("function", _of("AWS::Lambda::Function"))
def test_errors_of_a_function_are_watched_from_the_first_that_nothing_makes_good(
    function: str,
) -> None:
    (alarm,) = _watching(function, "AWS/Lambda", "Errors")
    waited_for = "apigateway" in INVOKERS[function] or function in NOT_RETRIED

    assert _looked_up(alarm["Threshold"]) == (1 if waited_for else RETRIES)
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 300, 1)


def test_no_function_is_throttled_unseen() -> None:
    (alarm,) = [each for each in ALARMS.values() if each["MetricName"] == "Throttles"]

    assert "Dimensions" not in alarm


@pytest.mark.parametrize("machine", _of("AWS::StepFunctions::StateMachine"))
@pytest.mark.parametrize("end", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_an_execution_that_does_not_succeed_is_an_alarm(machine: str, end: str) -> None:
    (alarm,) = _watching(machine, "AWS/States", end)

    assert alarm["Threshold"] == 1


READ_QUEUES = {
    _named(mapping["EventSourceArn"])
    for name, mapping in READERS.items()
    if name not in OF_STREAMS
}


@pytest.mark.parametrize("queue", sorted(READ_QUEUES))
def test_a_queue_that_grows_old_or_deep_is_an_alarm(queue: str) -> None:
    (age,) = _watching(queue, "AWS/SQS", "ApproximateAgeOfOldestMessage")
    (depth,) = _watching(queue, "AWS/SQS", "ApproximateNumberOfMessagesVisible")

    assert (age["Threshold"], depth["Threshold"]) == (600, 10_000)


@pytest.mark.parametrize(
    "queue", [each for each in _of("AWS::SQS::Queue") if each not in READ_QUEUES]
)
def test_the_first_dead_letter_is_an_alarm(queue: str) -> None:
    (alarm,) = _watching(queue, "AWS/SQS", "ApproximateNumberOfMessagesVisible")

    assert alarm["Threshold"] == 1


@pytest.mark.parametrize("reader", OF_STREAMS)
def test_a_reader_that_lags_behind_the_stream_is_an_alarm(reader: str) -> None:
    function = _named(READERS[reader]["FunctionName"])

    assert len(_watching(function, "AWS/Lambda", "IteratorAge")) == 1


def test_every_alarm_tells_somebody_what_it_is_about() -> None:
    for name, alarm in ALARMS.items():
        title, text = _looked_up(alarm["AlarmName"]), _looked_up(alarm["AlarmDescription"])
        capability = text.partition(": ")[0]

        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert capability in SECTIONS or capability == "platform", name
        assert title.startswith(f"${{AWS::StackName}}-{capability}-"), name
        assert "${" not in text, name


def test_no_two_alarms_are_alike() -> None:
    watched = [
        json.dumps([alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions")])
        for alarm in ALARMS.values()
    ]
    titles = [_looked_up(alarm["AlarmName"]) for alarm in ALARMS.values()]

    assert len(set(watched)) == len(watched)
    assert len(set(titles)) == len(titles)


# ── a person reads it ──────────────────────────────────────────────────────────────────────────


def _sections() -> dict[str, set[str]]:
    """Return the resources below each heading, by the heading's first word."""
    sections: dict[str, set[str]] = {}
    section: set[str] = set()
    for line in TEMPLATE.read_text(encoding="utf-8").partition("\nResources:")[2].splitlines():
        if heading := re.match(r"  # -+ (\w+): ", line):
            section = sections.setdefault(heading[1], set())
        elif resource := re.match(r"  (\w+):$", line):
            section.add(resource[1])
    return sections


SECTIONS = _sections()
CAPABILITIES = SECTIONS.keys() - {"platform", "alarms"}


def test_the_template_is_no_longer_than_a_person_reads() -> None:
    assert len(TEMPLATE.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize(
    ("mapping", "kind", "suffix"),
    [
        ("Functions", "AWS::Lambda::Function", "Function"),
        ("Machines", "AWS::StepFunctions::StateMachine", "StateMachine"),
    ],
)
def test_what_a_capability_runs_stands_in_its_section(
    mapping: str, kind: str, suffix: str
) -> None:
    assert {f"{name}{suffix}" for name in MAPPINGS[mapping]} == _of(kind).keys()
    for name, about in MAPPINGS[mapping].items():
        assert f"{name}{suffix}" in SECTIONS[about["Capability"]]


def test_every_queue_of_dead_letters_belongs_to_a_capability() -> None:
    dead = _of("AWS::SQS::Queue").keys() - READ_QUEUES

    assert {f"{name}DeadLetters" for name in MAPPINGS["DeadLetters"]} == dead
    assert {each["Capability"] for each in MAPPINGS["DeadLetters"].values()} <= CAPABILITIES
