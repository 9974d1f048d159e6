"""Step Functions `reshard`: move a merchant's list to another number of shards, step by step."""

from typing import Any, Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters import merchants, shards
from crm.runtime.observability import log_invocation, logger
from crm.usecases.lists.resharding import Move, take_step

partitions, book = shards(), merchants()


class Lookup(BaseModel):
    step: Literal["begin", "open", "move", "finish"]
    merchant_id: MerchantId
    shards: int
    bucket: str | None = None
    after: CustomerId | None = None


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = Lookup(**event)
    taken = take_step(Move(**said.model_dump()), shards=partitions, merchants=book)
    logger.info("resharding", step=said.step, shards=said.shards, bucket=said.bucket)
    return taken
