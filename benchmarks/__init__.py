"""Benchmarks: each module measures one thing, prints the result and stores it in `results/`.

size    purpose                                       time
------  --------------------------------------------  -----------------------------
tiny    tests that it runs                            seconds, results not stored
quick   `make bench`, alone on the machine            at most 5 minutes in all
full    `make bench-full`, also a million customers   at most 90 minutes in all
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Literal

type Size = Literal["tiny", "quick", "full"]

#: Benchmarks that take minutes each: they run by name or with `full`.
LONG = ("lists", "pipelines")
#: The order of running and of the README.
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
    """Return the mean time of a call over all inputs, in the fastest round."""

    def one_round() -> float:
        start = perf_counter()
        for each in inputs:
            call(each)
        return perf_counter() - start

    return round(min(one_round() for _ in range(rounds)) / len(inputs) * 1_000_000, 3)
