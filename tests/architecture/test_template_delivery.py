"""The template loses no message, and its queues, retries and dead letters fit together."""

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
    """Return the functions whose failures end in each queue, by the queue's logical id."""
    ended: dict[str, list[str]] = {name: [] for name in of_type("AWS::SQS::Queue", resources)}
    for mapping in of_type("AWS::Lambda::EventSourceMapping", resources).values():
        function, source = name_of(mapping["FunctionName"]), mapping["EventSourceArn"]
        if "DestinationConfig" in mapping:
            ended[name_of(mapping["DestinationConfig"]["OnFailure"]["Destination"])].append(
                function
            )
        if name_of(source) in ended:
            ended[name_of(source)].append(function)
    for config in of_type("AWS::Lambda::EventInvokeConfig", resources).values():
        queue = name_of(config["DestinationConfig"]["OnFailure"]["Destination"])
        ended[queue].append(name_of(config["FunctionName"]))
    return ended


def _returned_too_soon(resources: Resources) -> list[str]:
    """Return the queues that show a message again while a function may still be at it."""
    functions = of_type("AWS::Lambda::Function", resources)
    queues = of_type("AWS::SQS::Queue", resources)
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
    for queue in of_type("AWS::SQS::Queue").values():
        if "RedrivePolicy" in queue:
            ends.add(name_of(queue["RedrivePolicy"]["deadLetterTargetArn"]))
    without = [
        name
        for name, queue in of_type("AWS::SQS::Queue").items()
        if name not in ends and "RedrivePolicy" not in queue
    ]

    assert without == []


@pytest.mark.parametrize("queue", of_type("AWS::SQS::Queue"))
def test_dead_letters_are_kept_two_weeks_encrypted_and_watched(queue: str) -> None:
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
def test_an_event_that_cannot_be_delivered_is_kept(rule: str) -> None:
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
