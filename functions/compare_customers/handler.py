"""Step Functions `compare`: update the duplicate pairs of some customers of a bucket."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.duplicates import blocking_key_index, pairs
from crm.runtime.adapters.walks import walk
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.duplicates.detection import BucketProgress, DetectionPorts, compare_bucket

detection, customer_walk = DetectionPorts(customers(), blocking_key_index(), pairs()), walk()


class Payload(NamedTuple):
    merchant_id: MerchantId
    bucket: str
    after: CustomerId | None = None
    compared: int = 0


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    done = compare_bucket(
        payload.merchant_id,
        payload.bucket,
        BucketProgress(payload.after, payload.compared),
        now=now(),
        detection=detection,
        walk=customer_walk,
    )
    logger.info("compared", bucket=payload.bucket, compared=done.compared)
    return {**payload._asdict(), **done._asdict(), "is_done": done.after is None}
