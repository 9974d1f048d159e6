"""Rows kept about a person beside their record, by section, and their personal fields.

section      personal fields
-----------  --------------------------------------------------------------
activity     text, and changes, which contain earlier values
order        the shipping address
points       the reason typed by staff
opening      none: balances
redemption   none: reward and points
interaction  none: counts by campaign, channel or device
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from crm.domain.customers.customer import Customer, Identity, IdentityKind, external_identities
from crm.domain.customers.fields import FIELDS
from crm.domain.imports.values import SOURCE

Section = Literal["activity", "order", "points", "opening", "redemption", "interaction", "other"]

#: The attributes that an erasure removes from the rows of each section.
PERSONAL: Mapping[Section, tuple[str, ...]] = {
    "activity": ("text", "changes"),
    "order": ("shipping_address",),
    "points": ("reason",),
}
#: The fields that claim one identity each.
_IDENTITY_FIELDS: Mapping[str, IdentityKind] = {
    each.name: each.identity for each in FIELDS if each.identity and each.identity != "ext"
}


class PersonalDataRow(NamedTuple):
    """One row about a customer: `place` is its sort key, `values` its attributes."""

    place: str
    section: Section
    values: Mapping[str, Any]

    @property
    def personal(self) -> tuple[str, ...]:
        """The attributes of the row that an erasure removes."""
        return tuple(name for name in PERSONAL.get(self.section, ()) if name in self.values)


class PersonalDataPage(NamedTuple):
    """Rows in the order of their places; `next` is the last place if more follow."""

    items: tuple[PersonalDataRow, ...]
    next: str | None


class ConsentLine(NamedTuple):
    """A change of the consent to advertising: its source, evidence and author."""

    at: str
    accepted: bool
    source: str | None
    evidence: str | None
    actor: str


def identities_in(rows: Iterable[PersonalDataRow]) -> set[Identity]:
    """Return every identity that the changes in the rows added or removed."""
    found: set[Identity] = set()
    for row in rows:
        for change in row.values.get("changes", ()) if row.section == "activity" else ():
            for value in (change["old"], change["new"]):
                if change["field"] in _IDENTITY_FIELDS and value:
                    found.add(Identity(_IDENTITY_FIELDS[change["field"]], value))
                elif change["field"] == "external_ids" and value:
                    found.update(external_identities(value))
    return found


def imports_in(rows: Iterable[PersonalDataRow]) -> set[str]:
    """Return the ids of the imports that wrote the rows."""
    return {
        actor.partition(":")[0]
        for source, actor in filter(None, map(_author, rows))
        if source == SOURCE
    }


def imports_of(customer: Customer) -> set[str]:
    """Return the ids of the imports from which values of a record come."""
    actors = [each.actor for each in customer.provenance.values() if each.source == SOURCE]
    if customer.created_by.source == SOURCE:
        actors.append(customer.created_by.actor)
    return {actor.partition(":")[0] for actor in actors}


def consents_in(rows: Iterable[PersonalDataRow]) -> list[ConsentLine]:
    """Return the changes of the consent to advertising in the history."""
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
