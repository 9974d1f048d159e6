"""Leave to send advertising: given on a stated ground, never by default (Law 91/2025/QH15)."""

from collections.abc import Mapping
from typing import Any

from crm.domain.customers.customer import Consent
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.kernel.texts import read_line

_LONGEST_SOURCE = 100
_LONGEST_EVIDENCE = 1_000


def read_consent(raw: Mapping[str, Any], current: Consent, at: str) -> Consent:
    """Return the consent after a merge patch; what does not change keeps its moment and ground.

    To give it a source must be named. Raises `Invalid`, its fields relative to the consent.
    """
    accepted = current.accepted if raw.get("accepted") is None else bool(raw["accepted"])
    problems: list[Problem] = []
    told: dict[str, str | None] = {}
    for name, limit in (("source", _LONGEST_SOURCE), ("evidence", _LONGEST_EVIDENCE)):
        try:
            told[name] = read_line(raw.get(name) or "", limit) or None
        except Refused as refused:
            problems.append(Problem(name, refused.code, refused.params))
    if problems:
        raise Invalid("invalid_fields", *problems)
    if accepted == current.accepted and told["source"] in {None, current.source}:
        if told["evidence"] in {None, current.evidence}:
            return current
        return Consent(accepted, current.at, current.source, told["evidence"])
    if accepted and told["source"] is None:
        raise Invalid("invalid_fields", Problem("source", "consent_source_required"))
    return Consent(accepted, at, told["source"], told["evidence"])
