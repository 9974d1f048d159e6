"""Run functions concurrently."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from crm.domain.kernel.errors import CrmError


def at_once(*functions: Callable[[], Any]) -> list[Any]:
    """Start the functions at the same moment; return each one's result, or its `CrmError`."""
    start = Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return function()
        except CrmError as error:
            return error

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))
