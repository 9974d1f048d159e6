"""Step Functions `PlanChunk`: decide what becomes of the rows of a chunk."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters import customers, orders
from crm.runtime.clock import now
from crm.runtime.imports import files, imports
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.imports.planning import plan_chunk

jobs, store, book, history = imports(), files(), customers(), orders()


class Chunk(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    chunk: int


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    said = read_payload(Chunk, event)
    plan_chunk(
        **said._asdict(), now=now(), imports=jobs, files=store, customers=book, orders=history
    )
    logger.info("planned", import_id=said.import_id, chunk=said.chunk)
