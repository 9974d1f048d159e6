"""Step Functions `Sweep`: see to what is due in one shard: points, warnings, tiers."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel

from crm.runtime.adapters import movements, points
from crm.runtime.observing import logger
from crm.usecases.due_lots import sweep_shard

ledgers, moves = points(), movements()
#: What is left of the function's time when it stops and lets the machine call it again.
_MARGIN_MS = 15_000


class Asking(BaseModel):
    now: AwareDatetime
    shard: str
    done: int = 0


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    said = Asking(**event)
    swept = sweep_shard(
        said.shard,
        now=said.now,
        goes_on=lambda: context.get_remaining_time_in_millis() > _MARGIN_MS,
        due=ledgers,
        points=ledgers,
        movements=moves,
    )
    logger.info("swept", shard=said.shard, done=swept.done)
    return {**event, "done": said.done + swept.done, "is_done": swept.is_done}
