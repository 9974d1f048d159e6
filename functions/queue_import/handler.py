"""Step Functions `TakeLock`: give an import the lock, or tell it when to ask again."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.adapters.imports import imports
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.imports.lock import queue_import

import_jobs = imports()


class Payload(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str
    attempt: int


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    step = queue_import(**payload._asdict(), now=now(), imports=import_jobs)
    logger.info("queued", import_id=payload.import_id, next=step.next)
    return step._asdict()
