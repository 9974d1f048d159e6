"""Step Functions `PlanChunk`: decide what becomes of the rows of a chunk."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.ids import ImportId, MerchantId
from crm.runtime.adapters import customers, orders
from crm.runtime.clock import now
from crm.runtime.imports import files, imports
from crm.runtime.observing import logger
from crm.usecases.import_planning import plan_chunk

jobs, store, book, history = imports(), files(), customers(), orders()


class Chunk(BaseModel):
    merchant_id: MerchantId
    import_id: ImportId
    chunk: int


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    said = Chunk(**event)
    plan_chunk(
        **said.model_dump(), now=now(), imports=jobs, files=store, customers=book, orders=history
    )
    logger.info("planned", import_id=said.import_id, chunk=said.chunk)
