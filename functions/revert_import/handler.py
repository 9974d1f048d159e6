"""Step Functions `RevertChunk`: undo the changes of one chunk of an import."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.imports import files, imports
from crm.runtime.adapters.loyalty import points
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.orders import orders
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.reverting import revert_chunk
from crm.usecases.orders.metrics import MetricsPorts

import_jobs, file_store = imports(), files()
metrics_ports = MetricsPorts(customers(), merchants(), changesets(), orders(), points())


class Chunk(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    chunk: int


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    payload = read_payload(Chunk, event)
    counts = revert_chunk(
        **payload._asdict(),
        now=now(),
        imports=import_jobs,
        files=file_store,
        metrics=metrics_ports,
    )
    logger.info(
        "reverted", import_id=payload.import_id, chunk=payload.chunk, rows=dict(counts.rows)
    )
