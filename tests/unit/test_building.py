"""Workflows are written as YAML and deployed as JSON."""

import json

from local.building import as_json

MACHINE = """
StartAt: Each  # a comment
States:
  Each:
    Type: Map
    MaxConcurrency: ${Parallelism}
    ItemProcessor:
      StartAt: Read
      States:
        Read:
          Type: Task
          Resource: ${ReadFunction}
          Retry: &patient [{MaxAttempts: 3}]
          Next: Again
        Again: {Type: Task, Resource: "${ReadFunction}", Retry: *patient, End: true}
    End: true
"""


def test_a_placeholder_of_a_number_becomes_a_number_and_others_stay_text() -> None:
    text = as_json(MACHINE, ["Parallelism"])

    filled = json.loads(text.replace("${Parallelism}", "8"))
    assert filled["States"]["Each"]["MaxConcurrency"] == 8
    reading = filled["States"]["Each"]["ItemProcessor"]["States"]["Read"]
    assert reading["Resource"] == "${ReadFunction}"


def test_what_a_workflow_says_twice_by_reference_is_written_out() -> None:
    states = json.loads(as_json(MACHINE, []))["States"]["Each"]["ItemProcessor"]["States"]

    assert states["Again"]["Retry"] == states["Read"]["Retry"] == [{"MaxAttempts": 3}]
