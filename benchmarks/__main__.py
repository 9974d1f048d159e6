"""Run benchmarks, each in its own process: python -m benchmarks quick [name …]."""

import subprocess
import sys
from time import perf_counter

from benchmarks import LONG, NAMES
from benchmarks.reporting import MISSED


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all for this size; return 0 if each ran to its end.

    A missed target is not a failure.
    """
    size, *names = arguments or ["quick"]
    failed = []
    start = perf_counter()
    for name in names or [each for each in NAMES if size == "full" or each not in LONG]:
        started = perf_counter()
        command = [sys.executable, "-m", f"benchmarks.{name}", size]
        status = subprocess.run(command, check=False).returncode
        print(f"── {name} took {perf_counter() - started:.0f} s ──\n", flush=True)
        if status not in {0, MISSED}:
            failed.append(name)
    print(f"Total: {perf_counter() - start:.0f} s; the tables are in benchmarks/README.md.")
    if failed:
        print(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
