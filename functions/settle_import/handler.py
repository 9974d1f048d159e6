"""Step Functions `Settle`: combine the plans of all chunks, and assign customer codes."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.imports import files, imports
from crm.runtime.adapters.orders import orders
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.planning import settle_plan

import_jobs, file_store, customer_store, order_store = imports(), files(), customers(), orders()


class Plan(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Plan, event)
    ready = settle_plan(
        payload.merchant_id,
        payload.import_id,
        execution=payload.execution,
        now=now(),
        imports=import_jobs,
        files=file_store,
        customers=customer_store,
        orders=order_store,
    )
    logger.info("settled", import_id=payload.import_id, chunks=len(ready))
    return {"applies": bool(ready), "chunks": [each._asdict() for each in ready]}
