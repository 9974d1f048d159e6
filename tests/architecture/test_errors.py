"""Every failure that a caller can act on has an answer, and workflows name errors that exist."""

import re

import pydantic

from crm.domain.kernel.errors import CrmError
from crm.http.problems import STATUS
from gates import handlers

ROOT = handlers.FUNCTIONS.parent


def test_every_domain_error_has_a_status() -> None:
    assert set(STATUS) == set(CrmError.__subclasses__())


def test_every_status_of_an_error_is_4xx_or_5xx() -> None:
    assert all(status.is_client_error or status.is_server_error for status in STATUS.values())


def test_a_state_machine_retries_and_catches_only_errors_that_exist() -> None:
    workflows = [file.read_text(encoding="utf-8") for file in ROOT.glob("statemachines/*.yaml")]
    named = {
        name.strip()
        for text in workflows
        for names in re.findall(r"ErrorEquals: \[([^\]]*)\]", text)
        for name in names.split(",")
    }
    raised = {
        name
        for file in (ROOT / "shared/crm").rglob("*.py")
        for name in re.findall(r"^class (\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }

    ours = {name for name in named if "." not in name}
    assert "LockHeld" in ours
    assert ours - raised - {pydantic.ValidationError.__name__} == set()
