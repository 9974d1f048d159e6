"""Step Functions `Start`: start an export, and return the buckets to read."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ExportId, MerchantId
from crm.runtime.adapters.exports import exports
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.walks import walk
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.exports.reading import start_export

export_jobs, customer_walk, merchant_store = exports(), walk(), merchants()


class Payload(NamedTuple):
    merchant_id: MerchantId
    export_id: ExportId
    execution: str


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    started = start_export(
        **payload._asdict(),
        now=now(),
        exports=export_jobs,
        walk=customer_walk,
        merchants=merchant_store,
    )
    logger.info("started", export_id=payload.export_id, buckets=len(started.buckets))
    return {"started": bool(started.buckets), "buckets": started.buckets}
