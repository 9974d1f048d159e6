"""Step Functions `Strip`: run the next step of an erasure, and return what it waits for."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import MerchantId
from crm.runtime.adapters.personal_data import erasure_ports
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.runtime.settings import setting
from crm.usecases.privacy.erasure_steps import continue_erasure

erasure = erasure_ports()


class Payload(NamedTuple):
    merchant_id: MerchantId
    request_id: str
    settled: bool = False


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    progress = continue_erasure(
        **payload._asdict(),
        settle_seconds=int(setting("SETTLE_SECONDS")),
        now=now(),
        ports=erasure,
    )
    logger.info("stripped", privacy_request_id=payload.request_id, done=progress.done)
    return {**payload._asdict(), **progress._asdict()}
