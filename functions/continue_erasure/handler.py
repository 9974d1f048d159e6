"""Step Functions `Strip`: go one stretch of an erasure, and say what it waits for."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import MerchantId
from crm.runtime.clock import now
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.runtime.privacy import ports
from crm.runtime.settings import setting
from crm.usecases.privacy.erasure_steps import continue_erasure

office = ports()


class TimeRange(NamedTuple):
    merchant_id: MerchantId
    request_id: str
    settled: bool = False


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = read_payload(TimeRange, event)
    progress = continue_erasure(
        **said._asdict(),
        settle_seconds=int(setting("SETTLE_SECONDS")),
        now=now(),
        ports=office,
    )
    logger.info("stripped", request_id=said.request_id, done=progress.done)
    return {**said._asdict(), **progress._asdict()}
