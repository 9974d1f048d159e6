"""Step Functions `reshard`: move a merchant's list to another number of shards, step by step."""

from typing import Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.shards import shards
from crm.runtime.observability import log_invocation, logger
from crm.usecases.lists.resharding import Move, take_step

shard_store, merchant_store = shards(), merchants()


class Payload(BaseModel):
    step: Literal["begin", "open", "move", "finish"]
    merchant_id: MerchantId
    shards: int
    bucket: str | None = None
    after: CustomerId | None = None


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = Payload(**event)
    next_step = take_step(
        Move(**payload.model_dump()), shards=shard_store, merchants=merchant_store
    )
    logger.info("resharding", step=payload.step, shards=payload.shards, bucket=payload.bucket)
    return next_step
