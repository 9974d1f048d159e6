"""Which writer may overwrite which field: the precedence of D4, as data.

An explicit edit takes precedence over an overwriting import, and that over orders and other sync,
which only fill blank fields and never touch phone or e-mail of an existing customer (002-11).
"""

from collections.abc import Mapping
from typing import Any, Literal

from crm.domain.customers.customer import Consent, Customer
from crm.domain.customers.fields import FIELD, FIELDS, EventRule, ImportRule

Writer = Literal["edit", "import", "order", "sync"]
type Rule = ImportRule | EventRule

_BY_EVENT: Mapping[str, Rule] = {each.name: each.by_event for each in FIELDS}

RULES: Mapping[Writer, Mapping[str, Rule]] = {
    "edit": dict.fromkeys(FIELD, "always"),
    "import": {each.name: each.by_import for each in FIELDS},
    "order": _BY_EVENT,
    "sync": _BY_EVENT,
}


def permitted(writer: Writer, current: Customer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that this writer may write to the current customer.

    A name counts as one field: its parts are filled together or not at all. Orders and sync add
    external ids of new platforms and leave existing ones.
    """
    rules = RULES[writer]
    allowed = {
        name: value
        for name, value in values.items()
        if _may(rules[name], getattr(current, FIELD[name].part_of), value)
    }
    if "external_ids" in allowed and writer in {"order", "sync"}:
        allowed["external_ids"] = {**allowed["external_ids"], **current.external_ids}
    return allowed


def _may(rule: Rule, current: object, value: object) -> bool:
    if rule == "when blank":
        return not current and bool(value)
    if rule == "withdraw only":
        return isinstance(value, Consent) and not value.accepted
    return rule == "always"
