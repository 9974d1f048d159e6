"""The fingerprints of this deployment, separate because few functions have its secret."""

from functools import cache

from crm.domain.customers.fingerprints import Fingerprints
from crm.runtime.settings import setting


@cache
def fingerprints() -> Fingerprints:
    """Return the fingerprints, keyed with this deployment's secret."""
    return Fingerprints(setting("MARKS_SECRET"))
