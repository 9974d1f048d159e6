"""Interactions of customers with flows, sequences and campaigns, and their counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

InteractionKind = Literal["flow", "sequence", "campaign"]
KINDS: tuple[InteractionKind, ...] = get_args(InteractionKind)

_SHARE_PLACES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One message or click: its item, channel and device."""

    kind: InteractionKind
    item_id: str
    item_name: str | None = None
    channel: str | None = None
    device: str | None = None
    action: str | None = None

    def line(self) -> str:
        """Return the interaction as the text of a history line."""
        parts = (self.item_name or self.item_id, self.channel, self.action)
        return " · ".join(part for part in parts if part)


class ItemCount(NamedTuple):
    """How often a customer interacted with one flow, sequence or campaign."""

    kind: InteractionKind
    item_id: str
    item_name: str | None
    times: int


class Share(NamedTuple):
    """A channel or device, its count, and its share of the total (0 to 1)."""

    name: str
    times: int
    share: float


@dataclass(frozen=True, slots=True)
class Interactions:
    """The counts of a customer's interactions."""

    items: tuple[ItemCount, ...] = ()
    channels: tuple[tuple[str, int], ...] = ()
    devices: tuple[tuple[str, int], ...] = ()

    def count(self, kind: InteractionKind) -> int:
        """Return the number of interactions of one kind (004-05)."""
        return sum(item.times for item in self.items if item.kind == kind)


def shares(counted: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    """Return each count with its share of the total, largest first (004-06, 004-07)."""
    ordered = sorted(counted, key=lambda each: (-each[1], each[0]))
    total = sum(times for _, times in ordered)
    return tuple(
        Share(name, times, round(times / total, _SHARE_PLACES)) for name, times in ordered
    )
