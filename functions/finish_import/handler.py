"""Step Functions `Finish` and `Stop`, and EventBridge when an execution broke: end an import."""

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, model_validator

from crm.domain.ids import ImportId, MerchantId
from crm.domain.imports import STOPPED
from crm.runtime.clock import now
from crm.runtime.imports import imports
from crm.runtime.mails import mailer
from crm.runtime.observing import logger
from crm.usecases.import_ending import finish_import

jobs, post = imports(), mailer()


class Ending(BaseModel):
    merchant_id: MerchantId
    import_id: ImportId
    execution: str
    failure: str | None

    @model_validator(mode="before")
    @classmethod
    def of_broken_execution(cls, said: dict[str, Any]) -> dict[str, Any]:
        """Read "Step Functions Execution Status Change": the its input names the import."""
        if "detail" not in said:
            return said
        began = json.loads(said["detail"]["input"])
        if "import_id" in began:
            named = {name: began[name] for name in ("merchant_id", "import_id")}
        else:
            _, merchant_id, import_id, *_ = began["detail"]["object"]["key"].split("/")
            named = {"merchant_id": merchant_id, "import_id": import_id}
        return {
            **named,
            "execution": said["detail"]["executionArn"],
            "failure": STOPPED,
        }


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], _: LambdaContext) -> None:
    said = Ending.model_validate(event)
    finish_import(**said.model_dump(), now=now(), imports=jobs, mailer=post)
    logger.info("ended", import_id=said.import_id, failure=said.failure)
