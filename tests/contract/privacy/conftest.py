"""Privacy ports in each engine."""

import pytest

from crm.aws.dynamodb.table import Table
from tests.erasure_builders import PrivacyBackend, privacy_backend
from tests.order_builders import Backend


@pytest.fixture
def privacy(backend: Backend, engine: Table | None) -> PrivacyBackend:
    """Give the privacy ports of a merchant's backend, in each engine."""
    return privacy_backend(backend, engine)
