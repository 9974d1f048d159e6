"""The progress of an import: its chunks, its rows by outcome, and how far each step is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

Phase = Literal["planned", "applied", "reverted"]

#: The result of a row. Every data row of a file has exactly one outcome.
Outcome = Literal[
    "created",
    "updated",
    "unchanged",
    "skipped",
    "duplicated",
    "merged_in_file",
    "conflict",
    "invalid",
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: The result of reverting a row that changed something.
Undoing = Literal["reverted", "kept"]
RowOutcome = Literal[Outcome, Undoing]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by outcome."""

    rows: Mapping[RowOutcome, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The number of rows that have an outcome."""
        return sum(self.rows.values())

    def by_outcome(self) -> dict[Outcome, int]:
        """Return the count of every outcome, including zeros."""
        return {outcome: self.rows.get(outcome, 0) for outcome in OUTCOMES}


def counts_of(outcomes: Iterable[RowOutcome]) -> Counts:
    """Count outcomes."""
    rows: dict[RowOutcome, int] = {}
    for outcome in outcomes:
        rows[outcome] = rows.get(outcome, 0) + 1
    return Counts(rows)


def sum_of(parts: Iterable[Counts]) -> Counts:
    """Add up the counts of chunks."""
    rows: dict[RowOutcome, int] = {}
    for part in parts:
        for outcome, count in part.rows.items():
            rows[outcome] = rows.get(outcome, 0) + count
    return Counts(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is. `total` is unknown until the file is read.

    `result` counts the plan's rows while it awaits its commit, then the applied rows.
    `applying_at` is when the import first wrote a customer, and `first_code` the number of its
    first new customer's code; `undone` counts the rows reverted so far.
    """

    chunks: int = 0
    total: int | None = None
    read: int = 0
    planned: int = 0
    applied: int = 0
    result: Counts | None = None
    first_code: int | None = None
    applying_at: str | None = None
    undone: Counts | None = None

    def with_chunks(self, phase: Phase, chunks: Iterable[Counts]) -> "Progress":
        """Return the progress with that of a phase: the sum of its recorded chunks."""
        counts = sum_of(chunks)
        match phase:
            case "planned":
                return replace(self, planned=counts.total)
            case "applied":
                return replace(self, applied=counts.total)
            case "reverted":
                return replace(self, undone=counts)
