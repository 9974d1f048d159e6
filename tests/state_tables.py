"""Tables of state machines in `docs/states.md`: how they are written, and how tests read them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from crm.domain.kernel.transitions import StateMachine, Transition

DOCUMENT = Path(__file__).parent.parent / "docs/states.md"
_HEADER = "| event | by | from | to | only if | repeated in | otherwise |"
_RULE = "|---|---|---|---|---|---|---|"
_named = re.compile(r"`(\w+)`").findall


class DocumentedEvent(NamedTuple):
    """A row of a documented table; `refused` maps a state to its code, and None to all others'."""

    event: str
    starts: frozenset[str]
    leads_to: frozenset[str]
    repeats: frozenset[str]
    refused: Mapping[str | None, str]

    def code_in(self, state: str) -> str | None:
        """Return the code with which the event is refused in a state; None for no code."""
        return self.refused.get(state, self.refused.get(None))


def table_of(machine: StateMachine[str, str]) -> list[str]:
    """Return the lines of the table of a state machine."""
    return [_HEADER, _RULE, *map(_line_of, machine.transitions)]


def documented_table(heading: str) -> list[str]:
    """Return the lines of the table under a heading."""
    section = DOCUMENT.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")]


def documented_events(heading: str) -> list[DocumentedEvent]:
    """Return the events of the table under a heading."""
    return [_event_of(line) for line in documented_table(heading)[2:]]


def _line_of(transition: Transition[str, str]) -> str:
    refusals = [
        *(f"`{code}` in `{state}`" for state, code in transition.refused_in.items()),
        *([f"`{transition.refused}`"] if transition.refused else []),
    ]
    cells = (
        f"`{transition.event}`",
        transition.by,
        _states(transition.starts),
        _states(transition.leads_to),
        transition.condition,
        _states(transition.repeats),
        ", ".join(refusals),
    )
    return f"| {' | '.join(cells)} |".replace("|  ", "| ")


def _states(states: Iterable[str]) -> str:
    return ", ".join(f"`{state}`" for state in states)


def _event_of(line: str) -> DocumentedEvent:
    event, _, starts, leads_to, _, repeats, refusals = (
        cell.strip() for cell in line.strip("|").split("|")
    )
    refused: dict[str | None, str] = {}
    for each in filter(None, refusals.split(", ")):
        code, *state = _named(each)
        refused[state[0] if state else None] = code
    return DocumentedEvent(
        _named(event)[0],
        frozenset(_named(starts)),
        frozenset(_named(leads_to)),
        frozenset(_named(repeats)),
        refused,
    )
