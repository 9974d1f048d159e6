"""Step Functions `Audit`: compare the metrics of some customers with their stored orders."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.customers import customers
from crm.runtime.adapters.loyalty import points
from crm.runtime.adapters.merchants import merchants
from crm.runtime.adapters.orders import audits, orders
from crm.runtime.adapters.walks import walk
from crm.runtime.clock import now
from crm.runtime.executions import read_payload
from crm.runtime.observability import log_invocation, logger
from crm.usecases.orders.metrics import Audited, MetricsPorts, audit_bucket

ports = MetricsPorts(customers(), merchants(), changesets(), orders(), points())
customer_walk, progress = walk(), audits()


class Payload(NamedTuple):
    merchant_id: MerchantId
    audit_id: str
    bucket: str
    repair: bool
    after: CustomerId | None = None
    checked: int = 0
    drifted: int = 0
    repaired: int = 0


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    payload = read_payload(Payload, event)
    done = audit_bucket(
        payload.merchant_id,
        payload.bucket,
        Audited(payload.after, payload.checked, payload.drifted, payload.repaired),
        repair=payload.repair,
        now=now(),
        ports=ports,
        walk=customer_walk,
    )
    counts = {"checked": done.checked, "drifted": done.drifted, "repaired": done.repaired}
    progress.record(payload.merchant_id, payload.audit_id, payload.bucket, counts)
    logger.info("audited", audit_id=payload.audit_id, bucket=payload.bucket, counts=counts)
    return {**payload._asdict(), **done._asdict(), "is_done": done.after is None}
