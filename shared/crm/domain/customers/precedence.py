"""Which writer may overwrite which field: the precedence of D4, as data.

An explicit edit takes precedence over an overwriting import, and that over orders and other sync,
which only fill blank fields and never touch phone or e-mail of an existing customer (002-11).
"""

from collections.abc import Mapping
from typing import Any, Literal

from crm.domain.customers.customer import WRITABLE, Consent, Customer

Writer = Literal["edit", "import", "order", "sync"]
Rule = Literal["always", "when blank", "never", "withdraw only"]

_ALWAYS: Mapping[str, Rule] = dict.fromkeys(WRITABLE, "always")
_FILLING: Mapping[str, Rule] = {
    **dict.fromkeys(WRITABLE, "when blank"),
    "phone": "never",
    "email": "never",
    "marketing_consent": "never",
    "skip_auto_group": "never",
    "group": "never",
    "tags": "never",
    "note": "never",
    "external_ids": "always",
}

RULES: Mapping[Writer, Mapping[str, Rule]] = {
    "edit": _ALWAYS,
    "import": {**_ALWAYS, "marketing_consent": "withdraw only"},
    "order": _FILLING,
    "sync": _FILLING,
}

_NAME_PARTS = ("full_name", "family_name", "given_name")


def permitted(writer: Writer, current: Customer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that this writer may write to the current customer.

    A name counts as one field: its parts are filled together or not at all. Orders and sync add
    external ids of new platforms and leave existing ones.
    """
    allowed = {
        name: value
        for name, value in values.items()
        if _may(RULES[writer][name], _current(name, current), value)
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


def _current(name: str, customer: Customer) -> object:
    return getattr(customer, "full_name" if name in _NAME_PARTS else name)
