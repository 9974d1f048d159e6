"""Writers that start at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from crm.domain.kernel.errors import CrmError


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do the works at the same moment; return what each gave, or the refusal that it met."""
    start = Barrier(len(works))

    def done(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        except CrmError as refusal:
            return refusal

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(done, works))
