"""Step Functions `Finish` and `Stop`, and EventBridge when an execution broke: end an export."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, model_validator

from crm.domain.exports import STOPPED
from crm.domain.ids import ExportId, MerchantId
from crm.runtime.clock import now
from crm.runtime.exports import exports, files, history
from crm.runtime.mails import mailer
from crm.runtime.observing import logger
from crm.usecases.export_ending import finish_export

jobs, store, lines, post = exports(), files(), history(), mailer()


class Ending(BaseModel):
    merchant_id: MerchantId
    export_id: ExportId
    execution: str
    failure: str | None

    @model_validator(mode="before")
    @classmethod
    def of_broken_execution(cls, said: dict[str, Any]) -> dict[str, Any]:
        """Read "Step Functions Execution Status Change": the input names the export."""
        if "detail" not in said:
            return said
        asked = json.loads(said["detail"]["input"])
        return {**asked, "execution": said["detail"]["executionArn"], "failure": STOPPED}


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    said = Ending.model_validate(event)
    finish_export(
        **said.model_dump(), now=now(), exports=jobs, files=store, history=lines, mailer=post
    )
    logger.info("ended", export_id=said.export_id, failure=said.failure)
