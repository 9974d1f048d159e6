"""EventBridge "Email Bounced" and "Email Complaint Received" of SES: a mail that failed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.bounces import Feedback
from crm.runtime.clock import now
from crm.runtime.exports import exports
from crm.runtime.imports import imports
from crm.runtime.observability import log_invocation, logger
from crm.runtime.suppressions import suppressions
from crm.usecases.events.bounces import record_bounce

arriving, leaving, quiet = imports(), exports(), suppressions()


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    bounce = Feedback.model_validate(event["detail"]).bounce_of_job()
    record_bounce(bounce, now=now(), imports=arriving, exports=leaving, suppressions=quiet)
    logger.info("bounced", kind=bounce.kind, job=bounce.job_id, for_good=bounce.for_good)
