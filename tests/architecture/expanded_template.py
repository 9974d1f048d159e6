"""The expanded template and ways to query it, for the tests of the template."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gates.expand import TEMPLATE, expanded, template

type Resources = Mapping[str, Any]

RESOURCES: Resources = expanded()["Resources"]
SOURCE: Resources = template()["Resources"]
MAPPINGS: Resources = template()["Mappings"]


def of_type(kind: str, resources: Resources = RESOURCES) -> dict[str, Any]:
    """Return the properties of every resource of a type, by logical id."""
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in resources.items()
        if resource["Type"] == kind
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def name_of(value: Any) -> str:
    """Return the logical id that `Ref` or `Fn::GetAtt` names."""
    name: str = value.get("Ref") or value["Fn::GetAtt"][0]
    return name


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every statement of every policy, with the logical id of its resource."""
    for logical_id, resource in RESOURCES.items():
        properties = resource.get("Properties", {})
        documents = [
            properties.get("PolicyDocument"),
            properties.get("KeyPolicy"),
            properties.get("Policy"),
            *(
                policy["PolicyDocument"]
                for policy in properties.get("Policies", []) or []
                if isinstance(policy, dict) and "PolicyDocument" in policy
            ),
        ]
        for document in documents:
            if isinstance(document, dict) and "Statement" in document:
                yield from ((logical_id, each) for each in as_list(document["Statement"]))


def _sections() -> dict[str, set[str]]:
    """Return the resources below each heading, by the heading's first word."""
    sections: dict[str, set[str]] = {}
    section: set[str] = set()
    for line in TEMPLATE.read_text(encoding="utf-8").partition("\nResources:")[2].splitlines():
        if heading := re.match(r"  # -+ (\w+): ", line):
            section = sections.setdefault(heading[1], set())
        elif resource := re.match(r"  (\w+):$", line):
            section.add(resource[1])
    return sections


SECTIONS = _sections()


#: The event source mappings of queues and of the stream, by logical id.
READERS = of_type("AWS::Lambda::EventSourceMapping")
OF_STREAMS = [name for name, mapping in READERS.items() if "StartingPosition" in mapping]

READ_QUEUES = {
    name_of(mapping["EventSourceArn"])
    for name, mapping in READERS.items()
    if name not in OF_STREAMS
}
