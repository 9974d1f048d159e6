"""Lines of a history as the API answers them, masked for callers who may not manage customers."""

from collections.abc import Iterable
from typing import Any

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import FieldChange
from crm.domain.kernel.texts import masked_text
from crm.http.caller import MerchantContext

#: Fields whose values name or reach a person.
_HIDDEN = frozenset({"phone", "email", "birthday", "addresses", "invoice_profile"})


def activity_answer(activity: Activity, caller: MerchantContext) -> dict[str, Any]:
    """Return a line as `ActivityAnswer` documents it."""
    return {
        "id": activity.id,
        "at": activity.at,
        "kind": activity.kind,
        "actor": activity.by.actor,
        "source": activity.by.source,
        "text": activity.text,
        "changes": changes_answer(activity.changes, caller),
    }


def changes_answer(
    changes: Iterable[FieldChange], caller: MerchantContext
) -> list[dict[str, Any]]:
    """Return changes of fields, those that name or reach a person masked if they must be."""
    clear = "customers:manage" in caller.permissions
    return [
        {"field": name, "old": old, "new": new}
        if clear or name not in _HIDDEN
        else {"field": name, "old": _masked(old), "new": _masked(new)}
        for name, old, new in changes
    ]


def _masked(value: object) -> str | None:
    return masked_text(str(value)) if value else None
