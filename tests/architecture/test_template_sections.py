"""The template is divided into sections by capability, within a length limit."""

import pytest

from gates.expand import TEMPLATE
from tests.architecture.expanded_template import (
    MAPPINGS,
    READ_QUEUES,
    SECTIONS,
    of_type,
)

LINES = 2_800


CAPABILITIES = SECTIONS.keys() - {"platform", "alarms"}


def test_the_template_stays_within_its_line_limit() -> None:
    assert len(TEMPLATE.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize(
    ("mapping", "kind", "suffix"),
    [
        ("Functions", "AWS::Lambda::Function", "Function"),
        ("Machines", "AWS::StepFunctions::StateMachine", "StateMachine"),
    ],
)
def test_functions_and_machines_are_in_the_section_of_their_capability(
    mapping: str, kind: str, suffix: str
) -> None:
    assert {f"{name}{suffix}" for name in MAPPINGS[mapping]} == of_type(kind).keys()
    for name, settings in MAPPINGS[mapping].items():
        assert f"{name}{suffix}" in SECTIONS[settings["Capability"]]


def test_every_dead_letter_queue_belongs_to_a_capability() -> None:
    dead = of_type("AWS::SQS::Queue").keys() - READ_QUEUES

    assert {f"{name}DeadLetters" for name in MAPPINGS["DeadLetters"]} == dead
    assert {each["Capability"] for each in MAPPINGS["DeadLetters"].values()} <= CAPABILITIES
