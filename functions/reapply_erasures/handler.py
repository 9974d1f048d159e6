"""By hand, after a restore: erase again whoever has a tombstone and came back."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from crm.domain.kernel.ids import MerchantId
from crm.runtime.adapters import customers, merchants
from crm.runtime.clock import new_id, now
from crm.runtime.fingerprints import fingerprints
from crm.runtime.observability import log_invocation, logger
from crm.runtime.privacy import requests, runs
from crm.usecases.privacy.erasure import reapply_erasures

book, shops, people, asked, machine = customers(), merchants(), fingerprints(), requests(), runs()


class Restored(BaseModel):
    merchant_id: MerchantId


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, int]:
    said = Restored(**event)
    again = reapply_erasures(
        said.merchant_id,
        now=now(),
        new_id=new_id,
        fingerprints=people,
        customers=book,
        merchants=shops,
        privacy=asked,
        runs=machine,
    )
    logger.info("erased again", erasures=again)
    return {"erasures": again}
