"""The loops of the template are unrolled as CloudFormation and the SAM CLI unroll them."""

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
    made: dict[str, Any] = unrolled({"Resources": resources})["Resources"]
    return made


def test_a_loop_makes_a_resource_for_each_item() -> None:
    made = _unrolled(LOOP)

    assert list(made) == ["OrdersQueue", "OrdersPolicy", "NotesQueue", "NotesPolicy"]
    assert made["NotesQueue"]["Properties"] == {
        "QueueName": {"Fn::Sub": "${AWS::StackName}-Notes"},
        "Tags": [{"Key": "kind", "Value": "Notes"}],
    }
    assert made["NotesPolicy"]["Properties"] == {
        "Queues": [{"Ref": "NotesQueue"}],
        "Arn": {"Fn::GetAtt": ["NotesQueue", "Arn"]},
    }


def test_a_loop_in_a_loop_makes_a_resource_for_each_pair() -> None:
    inner = {"Fn::ForEach::Ends": ["End", ["Failed", "TimedOut"], {"${Machine}${End}": {}}]}

    made = _unrolled({"Fn::ForEach::Machines": ["Machine", ["Import", "Export"], inner]})

    assert list(made) == ["ImportFailed", "ImportTimedOut", "ExportFailed", "ExportTimedOut"]


def test_text_outside_of_a_sub_is_left_as_cloudformation_leaves_it() -> None:
    made = _unrolled({"Fn::ForEach::Kinds": ["Kind", ["A"], {"${Kind}": {"Text": "${Kind}"}}]})

    assert made == {"A": {"Text": "${Kind}"}}


def test_what_a_loop_makes_takes_the_place_of_nothing() -> None:
    with pytest.raises(ValueError, match="NotesQueue"):
        _unrolled({"NotesQueue": {"Type": "AWS::SQS::Queue"}, **LOOP})


def _settled(part: Any, mappings: dict[str, Any]) -> Any:
    """Return a part of a template with its constant lookups made and `Fn::Sub` as plain text."""
    if isinstance(part, list):
        return [_settled(each, mappings) for each in part]
    if not isinstance(part, dict):
        return part
    settled = {key: _settled(value, mappings) for key, value in part.items()}
    if "Fn::FindInMap" in settled:
        name, first, second = settled["Fn::FindInMap"]
        return mappings[name][first][second]
    form = settled.get("Fn::Sub")
    if isinstance(form, list) and not any(isinstance(each, dict) for each in form[1].values()):
        text, variables = form
        for name, value in variables.items():
            text = text.replace(f"${{{name}}}", str(value))
        return text
    return form if isinstance(form, str) else settled


def test_the_template_is_unrolled_as_the_sam_cli_unrolls_it() -> None:
    written: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    ours, theirs = template(), process_template_for_sam_cli(written)["Resources"]
    in_loops = ours["Resources"].keys() - written["Resources"].keys()

    assert in_loops
    assert ours["Resources"].keys() == theirs.keys()
    for name in in_loops:
        mine = _settled(ours["Resources"][name], ours["Mappings"])
        assert mine == _settled(theirs[name], ours["Mappings"]), name
