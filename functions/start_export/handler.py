"""Step Functions `Start`: take an export up, and say which buckets are to be read."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ExportId, MerchantId
from crm.runtime.adapters import merchants
from crm.runtime.clock import now
from crm.runtime.exports import exports, walk
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.exports.reading import start_export

jobs, book, known = exports(), walk(), merchants()


class Lookup(NamedTuple):
    merchant_id: MerchantId
    export_id: ExportId
    execution: str


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = read_payload(Lookup, event)
    started = start_export(**said._asdict(), now=now(), exports=jobs, walk=book, merchants=known)
    logger.info("started", export_id=said.export_id, buckets=len(started.buckets))
    return {"started": bool(started.buckets), "buckets": started.buckets}
