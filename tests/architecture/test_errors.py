"""Every failure that a caller can act on has an answer."""

from crm.domain.kernel.errors import CrmError
from crm.http.problems import STATUS


def test_every_failure_has_an_answer() -> None:
    assert set(STATUS) == set(CrmError.__subclasses__())


def test_a_failure_is_never_answered_as_a_success() -> None:
    assert all(status.is_client_error or status.is_server_error for status in STATUS.values())
