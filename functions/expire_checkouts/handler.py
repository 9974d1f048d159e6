"""Scheduler, daily: close checkouts that stayed open for thirty days."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.runtime.adapters.changesets import changesets
from crm.runtime.adapters.orders import orders
from crm.runtime.clock import now
from crm.runtime.observability import log_invocation, logger
from crm.usecases.orders.checkouts import expire_checkouts

changeset_store, order_store = changesets(), orders()


@log_invocation
def lambda_handler(_: dict[str, Any], __: LambdaContext) -> None:
    closed = expire_checkouts(now(), due=order_store, changesets=changeset_store)
    logger.info("expired", checkouts=closed)
