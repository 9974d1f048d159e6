"""Step Functions `PlanChunk`: decide the outcome of each row of a chunk."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.imports import files, imports
from crm.runtime.adapters.orders import orders
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.planning import plan_chunk

import_jobs, file_store, customer_store, order_store = imports(), files(), customers(), orders()


class Chunk(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    chunk: int


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    payload = read_payload(Chunk, event)
    plan_chunk(
        **payload._asdict(),
        now=now(),
        imports=import_jobs,
        files=file_store,
        customers=customer_store,
        orders=order_store,
    )
    logger.info("planned", import_id=payload.import_id, chunk=payload.chunk)
