"""Step Functions `Sweep`: process what is due in one shard: points, warnings, tiers."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.times import moment
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.loyalty import points
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.loyalty.sweep import sweep_shard

points_ledger, changeset_store = points(), changesets()
#: What is left of the function's time when it stops and lets the machine call it again.
_MARGIN_MS = 15_000


class Payload(NamedTuple):
    now: str
    shard: str
    done: int = 0


@log_invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    swept = sweep_shard(
        payload.shard,
        now=moment(payload.now),
        goes_on=lambda: context.get_remaining_time_in_millis() > _MARGIN_MS,
        due=points_ledger,
        points=points_ledger,
        changesets=changeset_store,
    )
    logger.info("swept", shard=payload.shard, done=swept.done)
    return {**event, "done": payload.done + swept.done, "is_done": swept.is_done}
