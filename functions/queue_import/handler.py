"""Step Functions `TakeTurn`: tell an import what it does next, or when to ask again."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.ids import ImportId, MerchantId
from crm.runtime.clock import now
from crm.runtime.imports import imports
from crm.runtime.observing import logger
from crm.usecases.import_turns import queue_import

jobs = imports()


class Asking(BaseModel):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str
    attempt: int


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = Asking(**event)
    turn = queue_import(**said.model_dump(), now=now(), imports=jobs)
    logger.info("asked for the turn", import_id=said.import_id, next=turn.next)
    return turn._asdict()
