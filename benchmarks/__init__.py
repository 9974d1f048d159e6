"""Benchmarks: each module measures one thing, prints it and keeps it in `results/`.

size    is for                                        takes
------  --------------------------------------------  ------------------
tiny    the tests: does it run, does it measure       seconds, kept nowhere
quick   `make bench`, alone on the machine            at most 5 minutes in all
full    `make bench-full`, a million customers too    at most 90 minutes in all
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Literal

type Size = Literal["tiny", "quick", "full"]

#: Take minutes by themselves: by their names, and with `full`.
LONG = ("lists", "pipelines")
#: In the order in which they run and stand in the README.
NAMES = (
    "costs",
    "growth",
    "lists",
    "handlers",
    "starts",
    "spreadsheets",
    "pipelines",
    "duplicates",
    "phones",
    "units",
)


def microseconds_a_call[Input](
    call: Callable[[Input], Any], inputs: Sequence[Input], *, rounds: int = 7
) -> float:
    """Return the time of one call over all inputs, in the fastest of some rounds."""

    def one_round() -> float:
        began = perf_counter()
        for each in inputs:
            call(each)
        return perf_counter() - began

    return round(min(one_round() for _ in range(rounds)) / len(inputs) * 1_000_000, 3)
