"""Run by hand after a restore: erase customers again who have a tombstone."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.kernel.acts import Act
from crm.domain.kernel.ids import MerchantId
from crm.runtime.adapters.erasures import erasure_start_ports
from crm.runtime.clock import new_id, now
from crm.runtime.observability import log_invocation, logger
from crm.usecases.privacy.erasure import MACHINE, reapply_erasures

ports = erasure_start_ports()


class Restored(BaseModel):
    merchant_id: MerchantId


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, int]:
    payload = Restored(**event)
    again = reapply_erasures(
        payload.merchant_id,
        act=Act(MACHINE, now(), new_id),
        ports=ports,
    )
    logger.info("erased again", erasures=again)
    return {"erasures": again}
