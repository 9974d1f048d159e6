"""What a customer did with a flow, a sequence or a campaign, counted as it comes in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

InteractionKind = Literal["flow", "sequence", "campaign"]
KINDS: tuple[InteractionKind, ...] = get_args(InteractionKind)

_SHARE_PLACES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One message or click: of which item, over which channel, on which device."""

    kind: InteractionKind
    item_id: str
    item_name: str | None = None
    channel: str | None = None
    device: str | None = None
    action: str | None = None

    def line(self) -> str:
        """Return the interaction in one line of a history."""
        parts = (self.item_name or self.item_id, self.channel, self.action)
        return " · ".join(part for part in parts if part)


class ItemCount(NamedTuple):
    """How often a customer met one flow, sequence or campaign."""

    kind: InteractionKind
    item_id: str
    item_name: str | None
    times: int


class Share(NamedTuple):
    """A channel or device, how often it was, and its part of all of them (0 to 1)."""

    name: str
    times: int
    share: float


@dataclass(frozen=True, slots=True)
class Interactions:
    """A customer's interactions, counted."""

    items: tuple[ItemCount, ...] = ()
    channels: tuple[tuple[str, int], ...] = ()
    devices: tuple[tuple[str, int], ...] = ()

    def count(self, kind: InteractionKind) -> int:
        """Return how many there were of one kind (004-05)."""
        return sum(item.times for item in self.items if item.kind == kind)


def shares(counted: Iterable[tuple[str, int]]) -> tuple[Share, ...]:
    """Return the parts of a whole, largest first (004-06, 004-07)."""
    ordered = sorted(counted, key=lambda each: (-each[1], each[0]))
    whole = sum(times for _, times in ordered)
    return tuple(
        Share(name, times, round(times / whole, _SHARE_PLACES)) for name, times in ordered
    )
