"""A second deployment updates the functions and keeps the data."""

import json
import shutil
from http import HTTPStatus
from pathlib import Path

import pytest

from local import stack
from local.building import HOME, build
from tests.e2e.deployed import Deployed, created


@pytest.mark.engine
def test_a_second_deployment_changes_a_function_and_keeps_the_customers(
    deployed: Deployed, tmp_path: Path
) -> None:
    customer = created(deployed.merchant.manager)
    built = build(stack.architecture(), HOME / "build")
    newer = built._replace(template=tmp_path / "newer" / built.template.name)
    shutil.copytree(built.template.parent, newer.template.parent)
    template = json.loads(newer.template.read_text(encoding="utf-8"))
    template["Resources"]["CustomersApiFunction"]["Properties"]["Timeout"] = 17
    newer.template.write_text(json.dumps(template), encoding="utf-8")

    stack.deploy("local", newer, deployed.stack.engine)

    function = deployed.client("lambda").get_function_configuration(
        FunctionName="khach-quen-local-customers-api"
    )
    again = deployed.merchant.manager.call("GET", f"/customers/{customer['id']}")
    assert function["Timeout"] == 17
    assert (again.status, again.body) == (HTTPStatus.OK, customer)
