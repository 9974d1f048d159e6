"""Everything that runs has logs, traces and alarms."""

import json
from typing import Any

import pytest

from tests.architecture.expanded_template import (
    MAPPINGS,
    OF_STREAMS,
    READ_QUEUES,
    READERS,
    RESOURCES,
    SECTIONS,
    name_of,
    of_type,
)

DAYS_OF_LOGS = 14


# ── logs and traces ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("group", of_type("AWS::Logs::LogGroup"))
def test_logs_are_kept_for_two_weeks_encrypted_with_our_key(group: str) -> None:
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == DAYS_OF_LOGS
    assert RESOURCES[group]["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}


def test_every_function_machine_and_api_writes_to_a_log_group_of_the_template() -> None:
    groups = of_type("AWS::Logs::LogGroup").keys()
    written = [
        name_of(each["LoggingConfig"]["LogGroup"])
        for each in of_type("AWS::Lambda::Function").values()
    ]
    for machine in of_type("AWS::StepFunctions::StateMachine").values():
        (destination,) = machine["LoggingConfiguration"]["Destinations"]
        written.append(name_of(destination["CloudWatchLogsLogGroup"]["LogGroupArn"]))
    stages = of_type("AWS::ApiGateway::Stage").values()
    written += [name_of(stage["AccessLogSetting"]["DestinationArn"]) for stage in stages]

    assert set(written) == groups


def _invokers() -> dict[str, set[str]]:
    """Return the services that invoke each function, with "events" for queues and the stream."""
    invokers: dict[str, set[str]] = {name: set() for name in of_type("AWS::Lambda::Function")}
    for permission in of_type("AWS::Lambda::Permission").values():
        service = permission["Principal"].removesuffix(".amazonaws.com")
        invokers[name_of(permission["FunctionName"])].add(service)
    for mapping in of_type("AWS::Lambda::EventSourceMapping").values():
        invokers[name_of(mapping["FunctionName"])].add("events")
    for machine in of_type("AWS::StepFunctions::StateMachine").values():
        for value in machine["DefinitionSubstitutions"].values():
            if "Fn::GetAtt" in value:
                invokers[name_of(value)].add("states")
    return invokers


INVOKERS = _invokers()


@pytest.mark.parametrize("function", INVOKERS)
def test_functions_share_a_log_group_by_their_kind_of_invoker(function: str) -> None:
    invokers = INVOKERS[function]
    logging = RESOURCES[function]["Properties"]["LoggingConfig"]

    if "apigateway" in invokers:
        assert logging == {"LogGroup": {"Ref": "HttpLogGroup"}}
    elif "events" in invokers and "states" not in invokers:
        assert logging == {"LogGroup": {"Ref": "EventsLogGroup"}}
    else:
        assert logging == {"LogGroup": {"Ref": "JobsLogGroup"}}


def test_log_groups_of_functions_are_named_after_the_stack() -> None:
    names = {
        group["LogGroupName"]["Fn::Sub"]
        for name, group in of_type("AWS::Logs::LogGroup").items()
        if name in {"HttpLogGroup", "EventsLogGroup", "JobsLogGroup"}
    }

    assert names == {
        f"/aws/lambda/${{AWS::StackName}}/{kind}" for kind in ("Http", "Events", "Jobs")
    }


@pytest.mark.parametrize("function", of_type("AWS::Lambda::Function"))
def test_a_function_has_active_tracing(function: str) -> None:
    assert RESOURCES[function]["Properties"]["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("machine", of_type("AWS::StepFunctions::StateMachine"))
def test_a_state_machine_is_traced_and_logs_no_execution_data(machine: str) -> None:
    properties = RESOURCES[machine]["Properties"]

    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert properties["TracingConfiguration"] == {"Enabled": True}


# ── alarms ─────────────────────────────────────────────────────────────────────────────────────

ALARMS = of_type("AWS::CloudWatch::Alarm")

#: Functions that nothing retries: their first error raises an alarm.
NOT_RETRIED = {"ExpireCheckoutsFunction", "ReapplyErasuresFunction"}
RETRIES = 3


def _resolved(value: Any) -> Any:
    """Return a value with its `Fn::FindInMap` and `Fn::Sub` resolved."""
    if not isinstance(value, dict):
        return value
    if "Fn::FindInMap" in value:
        name, first, second = value["Fn::FindInMap"]
        return MAPPINGS[name][first][second]
    form = value["Fn::Sub"]
    text, variables = form if isinstance(form, list) else (form, {})
    for name, variable in variables.items():
        text = text.replace(f"${{{name}}}", str(_resolved(variable)))
    return text


def _alarms_on(resource: str, namespace: str, metric: str) -> list[dict[str, Any]]:
    """Return the alarms on a metric of a resource."""
    return [
        alarm
        for alarm in ALARMS.values()
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        and [name_of(each["Value"]) for each in alarm.get("Dimensions", [])] == [resource]
    ]


@pytest.mark.parametrize("function", of_type("AWS::Lambda::Function"))
def test_the_error_alarm_of_a_function_allows_fewer_than_three_errors_only_with_retries(
    function: str,
) -> None:
    (alarm,) = _alarms_on(function, "AWS/Lambda", "Errors")
    is_immediate = "apigateway" in INVOKERS[function] or function in NOT_RETRIED

    assert _resolved(alarm["Threshold"]) == (1 if is_immediate else RETRIES)
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 300, 1)


def test_throttled_functions_raise_one_alarm_for_the_account() -> None:
    (alarm,) = [each for each in ALARMS.values() if each["MetricName"] == "Throttles"]

    assert "Dimensions" not in alarm


@pytest.mark.parametrize("machine", of_type("AWS::StepFunctions::StateMachine"))
@pytest.mark.parametrize("end", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_a_failed_or_timed_out_execution_raises_an_alarm(machine: str, end: str) -> None:
    (alarm,) = _alarms_on(machine, "AWS/States", end)

    assert alarm["Threshold"] == 1


@pytest.mark.parametrize("queue", sorted(READ_QUEUES))
def test_an_old_or_deep_queue_raises_an_alarm(queue: str) -> None:
    (age,) = _alarms_on(queue, "AWS/SQS", "ApproximateAgeOfOldestMessage")
    (depth,) = _alarms_on(queue, "AWS/SQS", "ApproximateNumberOfMessagesVisible")

    assert (age["Threshold"], depth["Threshold"]) == (600, 10_000)


@pytest.mark.parametrize(
    "queue", [each for each in of_type("AWS::SQS::Queue") if each not in READ_QUEUES]
)
def test_the_first_dead_letter_raises_an_alarm(queue: str) -> None:
    (alarm,) = _alarms_on(queue, "AWS/SQS", "ApproximateNumberOfMessagesVisible")

    assert alarm["Threshold"] == 1


@pytest.mark.parametrize("reader", OF_STREAMS)
def test_a_reader_that_lags_behind_the_stream_raises_an_alarm(reader: str) -> None:
    function = name_of(READERS[reader]["FunctionName"])

    assert len(_alarms_on(function, "AWS/Lambda", "IteratorAge")) == 1


def test_every_alarm_notifies_the_topic_and_names_its_capability() -> None:
    for name, alarm in ALARMS.items():
        title, text = _resolved(alarm["AlarmName"]), _resolved(alarm["AlarmDescription"])
        capability = text.partition(": ")[0]

        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert capability in SECTIONS or capability == "platform", name
        assert title.startswith(f"${{AWS::StackName}}-{capability}-"), name
        assert "${" not in text, name


def test_alarms_have_unique_metrics_and_names() -> None:
    watched = [
        json.dumps([alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions")])
        for alarm in ALARMS.values()
    ]
    titles = [_resolved(alarm["AlarmName"]) for alarm in ALARMS.values()]

    assert len(set(watched)) == len(watched)
    assert len(set(titles)) == len(titles)
