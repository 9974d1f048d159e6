"""Every benchmark in turn, each in a process of its own: python -m benchmarks quick [name …]."""

import subprocess
import sys
from time import perf_counter

from benchmarks import LONG, NAMES
from benchmarks.reporting import MISSED


def main(arguments: list[str]) -> int:
    """Run what is named, or all that is not too long; return 0 if each ran to its end.

    A target that is missed is no failure.
    """
    size, *names = arguments or ["quick"]
    broken = []
    began = perf_counter()
    for name in names or [each for each in NAMES if size == "full" or each not in LONG]:
        started = perf_counter()
        command = [sys.executable, "-m", f"benchmarks.{name}", size]
        status = subprocess.run(command, check=False).returncode
        print(f"── {name} took {perf_counter() - started:.0f} s ──\n", flush=True)
        if status not in {0, MISSED}:
            broken.append(name)
    print(f"All took {perf_counter() - began:.0f} s; the tables are in benchmarks/README.md.")
    if broken:
        print(f"Not measured: {', '.join(broken)}.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
