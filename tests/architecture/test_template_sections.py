"""The template is divided by capability, and short enough to read."""

import pytest

from gates.expand import TEMPLATE
from tests.architecture.expanded_template import (
    MAPPINGS,
    READ_QUEUES,
    SECTIONS,
    of_type,
)

LINES = 2_800


# ── a person reads it ──────────────────────────────────────────────────────────────────────────


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
    assert {f"{name}{suffix}" for name in MAPPINGS[mapping]} == of_type(kind).keys()
    for name, about in MAPPINGS[mapping].items():
        assert f"{name}{suffix}" in SECTIONS[about["Capability"]]


def test_every_queue_of_dead_letters_belongs_to_a_capability() -> None:
    dead = of_type("AWS::SQS::Queue").keys() - READ_QUEUES

    assert {f"{name}DeadLetters" for name in MAPPINGS["DeadLetters"]} == dead
    assert {each["Capability"] for each in MAPPINGS["DeadLetters"].values()} <= CAPABILITIES
