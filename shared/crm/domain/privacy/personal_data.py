"""What is kept of a person beside their record, in sections, and what of it is personal.

section      of it is personal
-----------  --------------------------------------------------------------
activity     its text and its changes, which hold what was there before
order        the address it went to
points       the reason that staff typed
opening      nothing: figures
redemption   nothing: which reward, how many points
interaction  nothing: how often which campaign, channel or device was met
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Customer, Identity, IdentityKind, external_identities
from crm.domain.imports.values import SOURCE

Section = Literal["activity", "order", "points", "opening", "redemption", "interaction", "other"]

#: What an erasure takes out of the rows of each section.
PERSONAL: Mapping[Section, tuple[str, ...]] = {
    "activity": ("text", "changes"),
    "order": ("shipping_address",),
    "points": ("reason",),
}
_IDENTIFYING: Mapping[str, IdentityKind] = {
    "phone": "phone",
    "email": "email",
    "card_code": "card",
}


class PersonalDataRow(NamedTuple):
    """One thing kept of a customer: where it stands, what it is, what it says."""

    place: str
    section: Section
    values: Mapping[str, Any]

    @property
    def personal(self) -> tuple[str, ...]:
        """What of it an erasure takes out."""
        return tuple(name for name in PERSONAL.get(self.section, ()) if name in self.values)


class PersonalDataPage(NamedTuple):
    """Some rows in the order of their places, and the last place, if more follow."""

    items: tuple[PersonalDataRow, ...]
    next: str | None


class ConsentLine(NamedTuple):
    """That leave to send advertising was given or taken: on what ground, and by whose hand."""

    at: str
    accepted: bool
    source: str | None
    evidence: str | None
    actor: str


def identities_told(rows: Iterable[PersonalDataRow]) -> set[Identity]:
    """Return every identity that the changes in these rows gave or took."""
    found: set[Identity] = set()
    for row in rows:
        for change in row.values.get("changes", ()) if row.section == "activity" else ():
            for value in (change["old"], change["new"]):
                if change["field"] in _IDENTIFYING and value:
                    found.add(Identity(_IDENTIFYING[change["field"]], value))
                elif change["field"] == "external_ids" and value:
                    found.update(external_identities(value))
    return found


def imports_told(rows: Iterable[PersonalDataRow]) -> set[str]:
    """Return the imports that these rows were written by."""
    return {
        actor.partition(":")[0]
        for source, actor in filter(None, map(_author, rows))
        if source == SOURCE
    }


def imports_of(customer: Customer) -> set[str]:
    """Return the imports that the values of a record come from."""
    actors = [each.actor for each in customer.provenance.values() if each.source == SOURCE]
    if customer.created_by.source == SOURCE:
        actors.append(customer.created_by.actor)
    return {actor.partition(":")[0] for actor in actors}


def consents_told(rows: Iterable[PersonalDataRow]) -> list[ConsentLine]:
    """Return how leave to send advertising was given and taken, as the history tells it."""
    return [
        ConsentLine(
            row.values["at"],
            change["new"].get("accepted", False),
            change["new"].get("source"),
            change["new"].get("evidence"),
            row.values["actor"],
        )
        for row in rows
        for change in (row.values.get("changes", ()) if row.section == "activity" else ())
        if change["field"] == "marketing_consent" and change["new"]
    ]


def _author(row: PersonalDataRow) -> tuple[str, str] | None:
    if row.section == "activity":
        return row.values["source"], row.values["actor"]
    if row.section == "opening":
        source, actor = row.values["by"]
        return source, actor
    return None
