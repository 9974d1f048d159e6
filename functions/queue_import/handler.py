"""Step Functions `TakeLock`: tell an import what it does next, or when to ask again."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import ImportId, MerchantId
from crm.runtime.clock import now
from crm.runtime.imports import imports
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.imports.lock import queue_import

jobs = imports()


class Asking(NamedTuple):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str
    attempt: int


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    said = read_payload(Asking, event)
    turn = queue_import(**said._asdict(), now=now(), imports=jobs)
    logger.info("asked for the turn", import_id=said.import_id, next=turn.next)
    return turn._asdict()
