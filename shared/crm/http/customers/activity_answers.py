"""API answers for history lines, masked for callers who may not manage customers."""

from collections.abc import Iterable
from typing import Any

from crm.domain.customers.activities import Activity
from crm.domain.customers.customer import FieldChange
from crm.domain.customers.masking import MASKED
from crm.domain.kernel.texts import masked_text
from crm.http.caller import MerchantContext
from crm.http.customers.answers import sees_contacts


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
    """Return changes of fields, with masked values unless the caller may manage customers."""
    is_unmasked = sees_contacts(caller)
    return [
        {"field": name, "old": old, "new": new}
        if is_unmasked or name not in MASKED
        else {"field": name, "old": _masked(old), "new": _masked(new)}
        for name, old, new in changes
    ]


def _masked(value: object) -> str | None:
    return masked_text(str(value)) if value else None
