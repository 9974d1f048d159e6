"""Step Functions `Settle`: join the plans of all chunks, and take codes for the new customers."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters import customers, orders
from crm.runtime.clock import now
from crm.runtime.imports import files, imports
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.imports.planning import settle_plan

jobs, store, book, history = imports(), files(), customers(), orders()


class Plan(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = read_payload(Plan, event)
    ready = settle_plan(
        said.merchant_id,
        said.import_id,
        execution=said.execution,
        now=now(),
        imports=jobs,
        files=store,
        customers=book,
        orders=history,
    )
    logger.info("settled", import_id=said.import_id, chunks=len(ready))
    return {"applies": bool(ready), "chunks": [each._asdict() for each in ready]}
