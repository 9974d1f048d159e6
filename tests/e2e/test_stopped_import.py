"""An import whose execution is stopped from outside ends with a reason and a mail."""

import json

import pytest

from tests.e2e.deployed import Deployed, Merchant, eventually


@pytest.mark.engine
@pytest.mark.req("001-32")
def test_an_aborted_import_fails_with_a_reason_and_a_mail(
    deployed: Deployed, newcomer: Merchant
) -> None:
    api, machine = newcomer.api("owner"), deployed.outputs["ImportStateMachineArn"]
    body = {"file_name": "khach.xlsx", "mode": "overwrite"}
    started = api.call("POST", "/imports", body).body
    incoming = {"detail": {"object": {"key": started["upload"]["fields"]["key"]}}}

    # Without a file the execution keeps retrying to read it until it is stopped.
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
