"""Our expansion of the template's loops equals that of the SAM CLI."""

from typing import Any

import pytest
from samcli.lib.cfn_language_extensions.sam_integration import process_template_for_sam_cli
from samtranslator.yaml_helper import yaml_parse

from gates.expand import TEMPLATE, template, unrolled

LOOP = {
    "Fn::ForEach::Queues": [
        "Kind",
        ["Orders", "Notes"],
        {
            "${Kind}Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "QueueName": {"Fn::Sub": "${AWS::StackName}-${Kind}"},
                    "Tags": [{"Key": "kind", "Value": {"Ref": "Kind"}}],
                },
            },
            "${Kind}Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": {"Fn::Sub": "${Kind}Queue"}}],
                    "Arn": {"Fn::GetAtt": [{"Fn::Sub": "${Kind}Queue"}, "Arn"]},
                },
            },
        },
    ]
}


def _unrolled(resources: dict[str, Any]) -> dict[str, Any]:
    created: dict[str, Any] = unrolled({"Resources": resources})["Resources"]
    return created


def test_a_loop_creates_a_resource_for_each_item() -> None:
    created = _unrolled(LOOP)

    assert list(created) == ["OrdersQueue", "OrdersPolicy", "NotesQueue", "NotesPolicy"]
    assert created["NotesQueue"]["Properties"] == {
        "QueueName": {"Fn::Sub": "${AWS::StackName}-Notes"},
        "Tags": [{"Key": "kind", "Value": "Notes"}],
    }
    assert created["NotesPolicy"]["Properties"] == {
        "Queues": [{"Ref": "NotesQueue"}],
        "Arn": {"Fn::GetAtt": ["NotesQueue", "Arn"]},
    }


def test_a_nested_loop_creates_a_resource_for_each_pair() -> None:
    inner = {"Fn::ForEach::Ends": ["End", ["Failed", "TimedOut"], {"${Machine}${End}": {}}]}

    created = _unrolled({"Fn::ForEach::Machines": ["Machine", ["Import", "Export"], inner]})

    assert list(created) == ["ImportFailed", "ImportTimedOut", "ExportFailed", "ExportTimedOut"]


def test_placeholders_outside_of_fn_sub_stay_unchanged() -> None:
    created = _unrolled({"Fn::ForEach::Kinds": ["Kind", ["A"], {"${Kind}": {"Text": "${Kind}"}}]})

    assert created == {"A": {"Text": "${Kind}"}}


def test_a_loop_that_repeats_a_resource_is_refused() -> None:
    with pytest.raises(ValueError, match="NotesQueue"):
        _unrolled({"NotesQueue": {"Type": "AWS::SQS::Queue"}, **LOOP})


def _resolved(part: Any, mappings: dict[str, Any]) -> Any:
    """Resolve the constant `Fn::FindInMap` and `Fn::Sub` of a part of a template."""
    if isinstance(part, list):
        return [_resolved(each, mappings) for each in part]
    if not isinstance(part, dict):
        return part
    resolved = {key: _resolved(value, mappings) for key, value in part.items()}
    if "Fn::FindInMap" in resolved:
        name, first, second = resolved["Fn::FindInMap"]
        return mappings[name][first][second]
    form = resolved.get("Fn::Sub")
    if isinstance(form, list) and not any(isinstance(each, dict) for each in form[1].values()):
        text, variables = form
        for name, value in variables.items():
            text = text.replace(f"${{{name}}}", str(value))
        return text
    return form if isinstance(form, str) else resolved


def test_the_template_expands_as_with_the_sam_cli() -> None:
    written: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    ours, theirs = template(), process_template_for_sam_cli(written)["Resources"]
    in_loops = ours["Resources"].keys() - written["Resources"].keys()

    assert in_loops
    assert ours["Resources"].keys() == theirs.keys()
    for name in in_loops:
        mine = _resolved(ours["Resources"][name], ours["Mappings"])
        assert mine == _resolved(theirs[name], ours["Mappings"]), name
