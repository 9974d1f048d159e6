"""The marks of this deployment, apart from the adapters: few functions have its secret."""

from functools import cache

from crm.domain.customers.fingerprints import Marks
from crm.runtime.settings import setting


@cache
def marks() -> Marks:
    """Return the marks, made with this deployment's secret."""
    return Marks(setting("MARKS_SECRET"))
