"""State machines as data: which event leads from which states to which, and who causes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.domain.kernel.errors import Conflict


class NotAllowed(Exception):
    """A worker caused an event in a state that does not allow it, which is a defect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition[State: str, Event: str]:
    """One event: who causes it (`by`), the states it starts in, and the states it leads to.

    In the states of `repeats` it may have happened already, and then changes nothing. In any other
    state a user gets a `Conflict` with the code `refused`, or that of the state in `refused_in`; a
    worker's event has no code. `condition` says in words what else must hold.
    """

    event: Event
    by: str
    starts: tuple[State, ...]
    leads_to: tuple[State, ...]
    repeats: tuple[State, ...] = ()
    refused: str | None = None
    refused_in: Mapping[State, str] = field(default_factory=dict)
    condition: str = ""


class StateMachine[State: str, Event: str]:
    """The transitions of one kind of job, each event once."""

    def __init__(self, *transitions: Transition[State, Event]) -> None:
        self.transitions = transitions
        self._by_event = {each.event: each for each in transitions}

    def allows(self, state: State, event: Event) -> bool:
        """Tell whether an event may happen in a state."""
        return state in self._by_event[event].starts

    def repeats(self, state: State, event: Event) -> bool:
        """Tell whether an event may have happened before a job came to this state."""
        return state in self._by_event[event].repeats

    def after(self, state: State, event: Event, to: State | None = None) -> State:
        """Return the state that an event leads to; `to` selects one if there are several.

        Raises `Conflict` for a user's event that the state does not allow, and `NotAllowed` for a
        worker's.
        """
        transition = self._by_event[event]
        if state not in transition.starts:
            raise self.refusal(state, event)
        if to is None:
            (to,) = transition.leads_to
        if to not in transition.leads_to:
            raise NotAllowed(f"{event}: {state} to {to}")
        return to

    def refusal(self, state: State, event: Event) -> Conflict | NotAllowed:
        """Return why an event is refused in a state."""
        transition = self._by_event[event]
        code = transition.refused_in.get(state, transition.refused)
        return Conflict(code) if code else NotAllowed(f"{event}: {state}")

    def sources(self, state: State) -> frozenset[State]:
        """Return the states that a write may change to `state`, itself included.

        Adapters make this the condition of a write.
        """
        starts = (each.starts for each in self.transitions if state in each.leads_to)
        return frozenset({state}.union(*starts))
