"""Step Functions `Strip`: go one stretch of an erasure, and say what it waits for."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.ids import MerchantId
from crm.runtime.clock import now
from crm.runtime.observing import logger
from crm.runtime.privacy import desk
from crm.usecases.erasure_steps import continue_erasure

office = desk()


class Stretch(BaseModel):
    merchant_id: MerchantId
    request_id: str
    settled: bool = False


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = Stretch(**event)
    progress = continue_erasure(**said.model_dump(), now=now(), desk=office)
    logger.info("stripped", request_id=said.request_id, done=progress.done, waits=progress.pause)
    return {**said.model_dump(), **progress._asdict()}
