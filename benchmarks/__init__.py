"""Benchmarks: each module measures one thing, prints it and keeps it in `results/`."""

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

RESULTS = Path(__file__).parent / "results"

Figures = Mapping[str, float]


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


def report(name: str, figures: Figures, goals: Mapping[str, tuple[float, float]]) -> int:
    """Print and keep figures; return 1 if a goal, a figure and its highest value, is missed."""
    width = max(map(len, [*figures, *goals]))
    for what, figure in figures.items():
        print(f"{what:<{width}}  {figure:>10,.3f}")
    met = {what: figure <= most for what, (figure, most) in goals.items()}
    for what, (figure, most) in goals.items():
        print(
            f"{what:<{width}}  {figure:>10,.3f}  {'met' if met[what] else 'MISSED'} (≤ {most:,})"
        )
    kept = {
        "figures": dict(figures),
        "goals": {
            what: {"figure": figure, "at_most": most, "met": met[what]}
            for what, (figure, most) in goals.items()
        },
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
        },
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    return 0 if all(met.values()) else 1
