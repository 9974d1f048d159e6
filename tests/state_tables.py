"""State machines as `docs/states.md` shows them, and walks over their states and events."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crm.domain.kernel.errors import Conflict, Stale
from crm.domain.kernel.transitions import NotAllowed, StateMachine, Transition
from tests.builders import MERCHANT

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


def assert_moves(documented: DocumentedEvent, state: str, move: Callable[[], Any]) -> None:
    """Assert that a move of a job leads from a state where documented, or is refused as such."""
    if state in documented.starts:
        assert move().status in documented.leads_to
    elif code := documented.code_in(state):
        with pytest.raises(Conflict) as conflict:
            move()
        assert conflict.value.code == code
    else:
        with pytest.raises(NotAllowed):
            move()


def stored_moves(
    port: Any, states: Collection[str], a_job_in: Callable[[int, str], Any]
) -> set[tuple[str, str]]:
    """Try to overwrite a stored job in each state with one in each state; return those written.

    Any other job stays as it was.
    """
    written: set[tuple[str, str]] = set()
    for number, (before, after) in enumerate(product(states, repeat=2)):
        job = a_job_in(number, before)
        port.add(MERCHANT, job)
        try:
            port.replace(MERCHANT, job, replace(job, status=after))
        except Stale:
            assert port.get(MERCHANT, job.id).status == before
        else:
            assert port.get(MERCHANT, job.id).status == after
            written.add((before, after))
    return written


def pages_of_two(port: Any, a_job: Callable[[int], Any]) -> list[tuple[list[str], bool]]:
    """Store three jobs, and return the ids of each page of two, and whether more follow."""
    for number in (2, 3, 1):
        port.add(MERCHANT, a_job(number))
    first = port.newest(MERCHANT, limit=2, before=None)
    second = port.newest(MERCHANT, limit=2, before=first.items[-1].id)
    return [([job.id for job in page.items], page.more) for page in (first, second)]


def allowed_moves(heading: str, states: Collection[str]) -> set[tuple[str, str]]:
    """Return the pairs of states that documented events connect, and each state with itself."""
    moves = {
        move for each in documented_events(heading) for move in product(each.starts, each.leads_to)
    }
    return moves | {(state, state) for state in states}


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
