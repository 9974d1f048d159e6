"""An import whose execution is stopped from outside ends with a reason and a mail."""

import json

import pytest

from tests.e2e.deployed import Deployed, Merchant, eventually


@pytest.mark.engine
@pytest.mark.req("001-32")
def test_an_import_that_is_aborted_says_so_and_what_to_do(
    deployed: Deployed, newcomer: Merchant
) -> None:
    api, machine = newcomer.api("owner"), deployed.outputs["ImportStateMachineArn"]
    asked = {"file_name": "khach.xlsx", "mode": "overwrite"}
    started = api.call("POST", "/imports", asked).body
    incoming = {"detail": {"object": {"key": started["upload"]["fields"]["key"]}}}

    # No file is there, so the execution goes on trying to read one, until it is stopped.
    workflows = deployed.client("stepfunctions")
    run = workflows.start_execution(stateMachineArn=machine, input=json.dumps(incoming))
    workflows.stop_execution(executionArn=run["executionArn"])

    ended = eventually(
        lambda: api.call("GET", f"/imports/{started['id']}").body,
        lambda seen: seen["mail"] == "sent",
    )
    assert (ended["status"], ended["failure"]["code"]) == ("failed", "import_stopped")
    assert [mail.subject for mail in deployed.mails(newcomer.email("owner"))] == [
        "Không nhập được khach.xlsx"
    ]
