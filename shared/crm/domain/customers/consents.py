"""Marketing consent: given with a named source, never by default (Law 91/2025/QH15)."""

from collections.abc import Mapping
from typing import Any

from crm.domain.customers.customer import Consent
from crm.domain.kernel.errors import Invalid, Problem, read_each
from crm.domain.kernel.texts import read_line

_LONGEST = {"source": 100, "evidence": 1_000}


def read_consent(raw: Mapping[str, Any], current: Consent, at: str) -> Consent:
    """Return the consent after a merge patch; an unchanged one keeps its moment and source.

    Giving consent requires a source. Raises `Invalid`, its fields relative to the consent.
    """
    accepted = current.accepted if raw.get("accepted") is None else bool(raw["accepted"])
    parts = {name: raw.get(name) or "" for name in _LONGEST}
    patch = read_each(parts, lambda name, text: read_line(text, _LONGEST[name]) or None)
    if accepted == current.accepted and patch["source"] in {None, current.source}:
        if patch["evidence"] in {None, current.evidence}:
            return current
        return Consent(accepted, current.at, current.source, patch["evidence"])
    if accepted and patch["source"] is None:
        raise Invalid("invalid_fields", Problem("source", "consent_source_required"))
    return Consent(accepted, at, patch["source"], patch["evidence"])


def consent_shape(consent: Consent) -> dict[str, Any]:
    """Return a consent as JSON of the API and of events, without its evidence."""
    return {"accepted": consent.accepted, "at": consent.at, "source": consent.source}


def decode_consent(stored: Mapping[str, Any]) -> Consent:
    """Return a consent from its JSON in the history."""
    return Consent(**stored)
