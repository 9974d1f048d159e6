"""EventBridge "Email Bounced" and "Email Complaint Received" of SES: record a failed mail."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from crm.bus.bounces import Feedback
from crm.runtime.adapters.events import suppressions
from crm.runtime.adapters.exports import exports
from crm.runtime.adapters.imports import imports
from crm.runtime.clock import now
from crm.runtime.observability import log_invocation, logger
from crm.usecases.events.bounces import record_bounce

import_jobs, export_jobs, suppression_list = imports(), exports(), suppressions()


@log_invocation
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    bounce = Feedback.model_validate(event["detail"]).bounce_of_job()
    record_bounce(
        bounce, now=now(), imports=import_jobs, exports=export_jobs, suppressions=suppression_list
    )
    logger.info("bounced", kind=bounce.kind, job=bounce.job_id, for_good=bounce.permanent)
