"""The table's stream: tell the bus what became of each customer."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.aws.change_stream import customer_changes, failure_of
from crm.runtime.adapters import events
from crm.runtime.observing import logger
from crm.usecases.changes import announce_changes

bus = events()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    changes = list(customer_changes(event["Records"]))
    refused = announce_changes(changes, events=bus)
    logger.info("announced", changes=len(changes), complete=refused is None)
    return failure_of(event["Records"], refused)
