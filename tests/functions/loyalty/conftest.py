"""An owner's client and a member."""

import json
import os

import boto3
import pytest

from crm.runtime.adapters.merchants import merchants
from functions.customers_api.handler import lambda_handler as customers_api
from functions.loyalty_api.handler import lambda_handler
from tests.builders import MERCHANT
from tests.functions.requests import Client
from tests.order_builders import HOA


@pytest.fixture
def api() -> Client:
    """Give an owner's client; its merchant and the recompute state machine exist."""
    merchants().add(MERCHANT, HOA)
    client = boto3.client("stepfunctions")
    client.create_state_machine(
        name=os.environ["RECOMPUTE_STATE_MACHINE"].rpartition(":")[2],
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    return Client(lambda_handler, role="owner")


@pytest.fixture
def member(api: Client) -> str:
    """Give the path of a member."""
    made = Client(customers_api).send(
        "POST", "/customers", {"full_name": "Ánh", "phone": "0912345678"}
    )
    path = f"/customers/{made.body['id']}"
    assert api.send("POST", f"{path}/membership").status == 200
    return path
