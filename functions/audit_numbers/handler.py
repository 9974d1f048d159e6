"""Step Functions `Audit`: compare the figures of some customers with their stored orders."""

from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.runtime.adapters import (
    audits,
    changesets,
    customer_walk,
    customers,
    merchants,
    orders,
    points,
)
from crm.runtime.clock import now
from crm.runtime.observability import log_invocation, logger
from crm.runtime.payloads import read_payload
from crm.usecases.orders.metrics import Audited, MetricsPorts, audit_bucket

ports = MetricsPorts(customers(), merchants(), changesets(), orders(), points())
walk, progress = customer_walk(), audits()


class Asking(NamedTuple):
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
    said = read_payload(Asking, event)
    done = audit_bucket(
        said.merchant_id,
        said.bucket,
        Audited(said.after, said.checked, said.drifted, said.repaired),
        repair=said.repair,
        now=now(),
        ports=ports,
        walk=walk,
    )
    counts = {"checked": done.checked, "drifted": done.drifted, "repaired": done.repaired}
    progress.record(said.merchant_id, said.audit_id, said.bucket, counts)
    logger.info("audited", audit_id=said.audit_id, bucket=said.bucket, counts=counts)
    return {**said._asdict(), **done._asdict(), "is_done": done.after is None}
