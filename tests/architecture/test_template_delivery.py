"""No message is lost: queues, retries, timeouts and dead letters fit together."""

import pytest

from tests.architecture.expanded_template import (
    OF_STREAMS,
    READERS,
    RESOURCES,
    Resources,
    as_list,
    name_of,
    of_type,
    statements,
)

VISIBILITY_IN_TIMEOUTS = 6


# ── nothing is lost ────────────────────────────────────────────────────────────────────────────


def _failures_of(resources: Resources) -> dict[str, list[str]]:
    """Return the functions that read or fail into each queue, by the queue's logical id."""
    functions_of: dict[str, list[str]] = {
        name: [] for name in of_type("AWS::SQS::Queue", resources)
    }
    for mapping in of_type("AWS::Lambda::EventSourceMapping", resources).values():
        function, source = name_of(mapping["FunctionName"]), mapping["EventSourceArn"]
        if "DestinationConfig" in mapping:
            functions_of[name_of(mapping["DestinationConfig"]["OnFailure"]["Destination"])].append(
                function
            )
        if name_of(source) in functions_of:
            functions_of[name_of(source)].append(function)
    for config in of_type("AWS::Lambda::EventInvokeConfig", resources).values():
        queue = name_of(config["DestinationConfig"]["OnFailure"]["Destination"])
        functions_of[queue].append(name_of(config["FunctionName"]))
    return functions_of


def _with_short_timeout(resources: Resources) -> list[str]:
    """Return the queues whose messages reappear while a function may still process them."""
    functions = of_type("AWS::Lambda::Function", resources)
    queues = of_type("AWS::SQS::Queue", resources)
    return [
        queue
        for queue, readers in _failures_of(resources).items()
        for reader in readers
        if queues[queue]["VisibilityTimeout"]
        < VISIBILITY_IN_TIMEOUTS * functions[reader]["Timeout"]
    ]


def test_the_visibility_timeout_is_at_least_six_function_timeouts() -> None:
    assert any(_failures_of(RESOURCES).values())
    assert _with_short_timeout(RESOURCES) == []


def test_a_queue_with_a_short_visibility_timeout_is_found() -> None:
    resources = {
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

    assert _with_short_timeout(resources) == ["Orders"]


def test_every_queue_has_a_dead_letter_queue_or_is_one() -> None:
    dead_letter_queues = {queue for queue, readers in _failures_of(RESOURCES).items() if readers}
    for queue in of_type("AWS::SQS::Queue").values():
        if "RedrivePolicy" in queue:
            dead_letter_queues.add(name_of(queue["RedrivePolicy"]["deadLetterTargetArn"]))
    without = [
        name
        for name, queue in of_type("AWS::SQS::Queue").items()
        if name not in dead_letter_queues and "RedrivePolicy" not in queue
    ]

    assert without == []


@pytest.mark.parametrize("queue", of_type("AWS::SQS::Queue"))
def test_a_queue_keeps_messages_for_two_weeks_encrypted_and_with_an_alarm(queue: str) -> None:
    properties = RESOURCES[queue]["Properties"]
    watched = [
        name_of(dimension["Value"])
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", [])
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]

    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert properties["KmsMasterKeyId"] == {"Ref": "DataKey"}
    assert queue in watched


@pytest.mark.parametrize("rule", of_type("AWS::Events::Rule"))
def test_an_undeliverable_event_becomes_a_dead_letter(rule: str) -> None:
    for target in RESOURCES[rule]["Properties"]["Targets"]:
        queue = name_of(target["DeadLetterConfig"]["Arn"])
        senders = [
            statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            for logical_id, statement in statements()
            if RESOURCES[logical_id]["Type"] == "AWS::SQS::QueuePolicy"
            and name_of(statement["Resource"]) == queue
        ]

        assert {"Fn::GetAtt": [rule, "Arn"]} in [
            each for some in senders for each in as_list(some)
        ]


def test_the_stream_has_exactly_two_readers() -> None:
    assert len(OF_STREAMS) == 2


@pytest.mark.parametrize("name", [name for name in READERS if name not in OF_STREAMS])
def test_a_queue_has_limited_concurrency_and_partial_batch_responses(name: str) -> None:
    mapping = RESOURCES[name]["Properties"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    parallelism = {"Fn::FindInMap": ["Stages", {"Ref": "Stage"}, "EventParallelism"]}
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": parallelism}


@pytest.mark.parametrize("name", OF_STREAMS)
def test_an_unreadable_change_does_not_block_the_stream(name: str) -> None:
    mapping = RESOURCES[name]["Properties"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] <= 10
    assert "OnFailure" in mapping["DestinationConfig"]
