"""Everything that an interaction, a note or a synced customer changes."""

from typing import Literal, NamedTuple

from crm.domain.inbound.recognition import RecognizedEvent
from crm.domain.inbound.resolution import ResolvedPerson
from crm.domain.merges.changeset import Changeset, revised
from crm.domain.orders.interactions import Interaction


class EventLine(NamedTuple):
    """The line that an event adds to its customer's history, once."""

    kind: Literal["interaction", "note"]
    text: str
    interaction: Interaction | None = None


def customer_changeset(
    event: RecognizedEvent, resolved: ResolvedPerson, line: EventLine | None
) -> Changeset:
    """Store the customer of an event, and add a line to its history."""
    entries = resolved.entries
    if line is not None:
        kind, text, interaction = line
        entry = event.incoming.entry(
            resolved.id, kind, text=text, once=True, interaction=interaction
        )
        entries = (*entries, entry)
    return Changeset(
        customers=revised(resolved.moves, event.at), entries=entries, pairs=resolved.pairs
    )
