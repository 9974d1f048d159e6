"""The table's stream: update tags, facet counts and duplicate pairs as customers change."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.aws.events.change_stream import customer_changes, named_pairs
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import blocking_key_index, pairs
from crm.runtime.adapters.facets import facets
from crm.runtime.clock import now
from crm.runtime.observability import log_invocation, logger
from crm.usecases.duplicates.detection import DetectionPorts, detect_duplicates
from crm.usecases.lists.facets import count_changes

counts = facets()
detection = DetectionPorts(customers(), blocking_key_index(), pairs())


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    changes = list(customer_changes(event["Records"]))
    count_changes(changes, facets=counts)
    watched = detect_duplicates(
        changes, named_pairs(event["Records"]), now=now(), detection=detection
    )
    logger.info("counted", changes=len(changes), watched=watched)
