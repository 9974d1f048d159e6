"""The table's stream: keep tag members and the counts of facets, each change once."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.aws.change_stream import customer_changes
from crm.runtime.adapters import facets
from crm.runtime.observing import logger
from crm.usecases.changes import count_changes

counts = facets()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    changes = list(customer_changes(event["Records"]))
    count_changes(changes, facets=counts)
    logger.info("counted", changes=len(changes))
