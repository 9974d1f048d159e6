"""The marks of this deployment, apart from the adapters: few functions have its secret."""

from functools import cache

from crm.domain.customers.fingerprints import Fingerprints
from crm.runtime.settings import setting


@cache
def fingerprints() -> Fingerprints:
    """Return the marks, made with this deployment's secret."""
    return Fingerprints(setting("MARKS_SECRET"))
