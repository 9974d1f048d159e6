"""Step Functions `RevertChunk`: take back what a chunk of an import changed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.ids import ImportId, MerchantId
from crm.runtime.adapters import customers, merchants, movements, orders, points
from crm.runtime.clock import now
from crm.runtime.imports import files, imports
from crm.runtime.observing import logger
from crm.usecases.figures import Figures
from crm.usecases.import_reverting import revert_chunk

jobs, store, book, ledgers = imports(), files(), customers(), points()
figures = Figures(book, merchants(), movements(), orders())


class Chunk(BaseModel):
    merchant_id: MerchantId
    import_id: ImportId
    chunk: int


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    said = Chunk(**event)
    counts = revert_chunk(
        **said.model_dump(),
        now=now(),
        imports=jobs,
        files=store,
        customers=book,
        figures=figures,
        points=ledgers,
    )
    logger.info("reverted", import_id=said.import_id, chunk=said.chunk, rows=dict(counts.rows))
